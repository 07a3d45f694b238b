package api

import (
	"errors"
	"net/http"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/dsql"
)

// failure is an error as a protocol writes it.
type failure struct {
	code    string // what the query protocol has
	shape   string // the error's name in the service's model, which the other protocols have
	message string
	status  int
	members map[string]string // what the exception's model has beside the message, by JSON name
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

// shapes are the names, in the models of services that once spoke the query protocol, of errors whose code is another.
var shapes = map[string]string{
	"AWS.SimpleQueueService.NonExistentQueue": "QueueDoesNotExist",
	"InvalidParameterCombination":             "InvalidParameterCombinationException",
	"InvalidParameterValue":                   "InvalidParameterValueException",
	"MissingParameter":                        "MissingRequiredParameterException",
}

// shaped is an error whose code several shapes of its service's model share.
type shaped struct {
	error
	shape string
}

func (s shaped) Unwrap() error { return s.error }

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
	f.shape = f.code
	if name, ok := shapes[f.code]; ok {
		f.shape = name
	}
	if named := (shaped{}); errors.As(err, &named) {
		f.shape = named.shape
	}
	return f
}

// malformedRequest is the answer to a request that cannot be read.
func malformedRequest(err error) error { return awserr.Invalid("SerializationException", "%v", err) }
