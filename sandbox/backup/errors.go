package backup

import "aurora-dsql-dr/sandbox/awserr"

// Errors of the API (API Reference, "Common Errors" and those of each operation), status 400 all of them.

func notFound(format string, args ...any) error {
	return awserr.NotFound(400, "ResourceNotFoundException", format, args...)
}

func invalidValue(format string, args ...any) error {
	return awserr.Invalid("InvalidParameterValueException", format, args...)
}

func invalidRequest(format string, args ...any) error {
	return awserr.Invalid("InvalidRequestException", format, args...)
}

func exists(format string, args ...any) error {
	return awserr.Conflict(400, "AlreadyExistsException", format, args...)
}
