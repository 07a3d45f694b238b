package api

import (
	"errors"
	"net/http"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/dsql"
)

// failure is an error as a protocol writes it.
type failure struct {
	code, message string
	status        int
	members       map[string]string // what the exception's model has beside the message, by JSON name
}

// jsonCodes are the names the JSON and CBOR protocols have for errors all services share; the services' own keep theirs.
var jsonCodes = map[string]string{
	"AccessDenied":               "AccessDeniedException",
	"ExpiredToken":               "ExpiredTokenException",
	"IncompleteSignature":        "IncompleteSignatureException",
	"InvalidClientTokenId":       "UnrecognizedClientException",
	"MissingAuthenticationToken": "MissingAuthenticationTokenException",
	"ServiceUnavailable":         "ServiceUnavailableException",
	"SignatureDoesNotMatch":      "InvalidSignatureException",
}

// newFailure is an error as the protocol spells it. What is no error of AWS's is an internal failure.
func newFailure(err error, p protocol) failure {
	f := failure{code: "InternalFailure", message: err.Error(), status: http.StatusInternalServerError}
	if known := (*awserr.Error)(nil); errors.As(err, &known) {
		f.code, f.message, f.status = known.Code, known.Message, known.Status
	}
	if ofDSQL := (*dsql.Error)(nil); errors.As(err, &ofDSQL) {
		f.members = ofDSQL.Fields
	}
	if _, isQuery := p.(queryProtocol); isQuery {
		return f
	}
	if code, ok := jsonCodes[f.code]; ok {
		f.code = code
	}
	return f
}

// malformedRequest is the answer to a request that cannot be read.
func malformedRequest(err error) error { return awserr.Invalid("SerializationException", "%v", err) }
