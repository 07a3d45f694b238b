// Package awserr is the error every service of the sandbox answers with: AWS's code, message and HTTP status.
package awserr

import (
	"errors"
	"fmt"
	"net/http"
)

// Kinds of errors, for errors.Is. AWS spells "not found" differently in every service and not always with status 404.
var (
	ErrNotFound    = errors.New("not found")
	ErrDenied      = errors.New("access denied")
	ErrUnavailable = errors.New("unavailable")
)

// Error is what an AWS API answers. Code is the error code of the service's API reference, Status the HTTP status.
type Error struct {
	Code    string
	Message string
	Status  int
	kind    error
}

// Error is "Code: message", as the AWS CLI prints it.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Unwrap gives the kind of the error, nil for a plain bad request.
func (e *Error) Unwrap() error { return e.kind }

// Invalid is an error 400: the request itself is at fault.
func Invalid(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

// Conflict is an error with status 409 or 400, as the service has it: the request contradicts the state.
func Conflict(status int, code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Status: status}
}

// NotFound is an ErrNotFound with the code and the status the service uses for it.
func NotFound(status int, code, format string, args ...any) *Error {
	return &Error{
		Code:    code,
		Message: fmt.Sprintf(format, args...),
		Status:  status,
		kind:    ErrNotFound,
	}
}

// Denied is an ErrDenied, status 403.
func Denied(code, format string, args ...any) *Error {
	return &Error{
		Code:    code,
		Message: fmt.Sprintf(format, args...),
		Status:  http.StatusForbidden,
		kind:    ErrDenied,
	}
}

// Unavailable is an ErrUnavailable, status 503: worth a retry.
func Unavailable(format string, args ...any) *Error {
	return &Error{
		Code: "ServiceUnavailable", Message: fmt.Sprintf(format, args...),
		Status: http.StatusServiceUnavailable, kind: ErrUnavailable,
	}
}
