package dsql

import (
	"fmt"
	"net/http"
)

// Error is an error of the Aurora DSQL API: one of the exceptions of its model, with the members that model gives it.
type Error struct {
	// Code is the exception's name, for example "ValidationException".
	Code    string
	Message string
	// Status is the HTTP status.
	Status int
	// Fields are the exception's further members by JSON name: reason, resourceId, resourceType, ….
	Fields map[string]string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Reasons of a ValidationException.
const (
	reasonProtected = "deletionProtectionEnabled"
	reasonField     = "fieldValidationFailed"
	reasonOther     = "other"
)

func invalid(reason, format string, args ...any) *Error {
	return &Error{Code: "ValidationException", Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest,
		Fields: map[string]string{"reason": reason}}
}

func notFound(id string) *Error {
	return &Error{Code: "ResourceNotFoundException", Message: "Resource not found.", Status: http.StatusNotFound,
		Fields: map[string]string{"resourceId": id, "resourceType": "cluster"}}
}

func conflict(id, format string, args ...any) *Error {
	return &Error{Code: "ConflictException", Message: fmt.Sprintf(format, args...), Status: http.StatusConflict,
		Fields: map[string]string{"resourceId": id, "resourceType": "cluster"}}
}

func quotaExceeded(format string, args ...any) *Error {
	return &Error{Code: "ServiceQuotaExceededException", Message: fmt.Sprintf(format, args...),
		Status: http.StatusPaymentRequired, Fields: map[string]string{"serviceCode": "dsql", "resourceType": "cluster"}}
}

func denied(format string, args ...any) *Error {
	return &Error{Code: "AccessDeniedException", Message: fmt.Sprintf(format, args...), Status: http.StatusForbidden}
}
