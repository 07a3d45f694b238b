package dsql

import (
	"net/http"

	"aurora-dsql-dr/sandbox/awserr"
)

// Error is an error of the Aurora DSQL API with the members its model gives that exception. It unwraps to the
// *awserr.Error.
type Error struct {
	Base *awserr.Error
	// Fields are the exception's members beside the message, by JSON name: reason, resourceId, resourceType, ….
	Fields map[string]string
}

func (e *Error) Error() string { return e.Base.Error() }

// Unwrap is the code, message and HTTP status.
func (e *Error) Unwrap() error { return e.Base }

// Members are Fields.
func (e *Error) Members() map[string]string { return e.Fields }

// Reasons of a ValidationException.
const (
	reasonProtected = "deletionProtectionEnabled"
	reasonField     = "fieldValidationFailed"
	reasonOther     = "other"
)

func invalid(reason, format string, args ...any) *Error {
	return &Error{awserr.Invalid("ValidationException", format, args...), map[string]string{"reason": reason}}
}

func notFound(id string) *Error {
	return &Error{awserr.NotFound(http.StatusNotFound, "ResourceNotFoundException", "Resource not found."),
		map[string]string{"resourceId": id, "resourceType": "cluster"}}
}

func conflict(id, format string, args ...any) *Error {
	return &Error{awserr.Conflict(http.StatusConflict, "ConflictException", format, args...),
		map[string]string{"resourceId": id, "resourceType": "cluster"}}
}

func quotaExceeded(format string, args ...any) *Error {
	return &Error{awserr.Conflict(http.StatusPaymentRequired, "ServiceQuotaExceededException", format, args...),
		map[string]string{"serviceCode": "dsql", "resourceType": "cluster"}}
}

func denied(format string, args ...any) *Error {
	return &Error{awserr.Denied("AccessDeniedException", format, args...), nil}
}
