package lambda

import (
	"net/http"

	"aurora-dsql-dr/sandbox/awserr"
)

func invalid(format string, args ...any) *awserr.Error {
	return awserr.Invalid("InvalidParameterValueException", format, args...)
}

func malformed(format string, args ...any) *awserr.Error {
	return awserr.Invalid("ValidationException", format, args...)
}

func notFound(format string, args ...any) *awserr.Error {
	return awserr.NotFound(http.StatusNotFound, "ResourceNotFoundException", format, args...)
}

func conflict(format string, args ...any) *awserr.Error {
	return awserr.Conflict(http.StatusConflict, "ResourceConflictException", format, args...)
}

// errThrottled is Lambda's answer when a function's concurrency is used up.
var errThrottled = &awserr.Error{
	Code:    "TooManyRequestsException",
	Message: "Rate Exceeded.",
	Status:  http.StatusTooManyRequests,
}
