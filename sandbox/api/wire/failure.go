package wire

import (
	"errors"
	"fmt"
	"net/http"

	"aurora-dsql-dr/sandbox/awserr"
)

// failure is an error as the protocols write it.
type failure struct {
	code    string // what the query protocol has
	name    string // what the others have
	shape   string // the error's name in the service's model, which may be another
	message string
	status  int
	members map[string]string // what the exception's model has beside the message, by JSON name
}

// names are what the JSON and CBOR protocols call the errors all services share; the services' own keep theirs.
var names = map[string]string{
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
	"AWS.SimpleQueueService.NonExistentQueue":     "QueueDoesNotExist",
	"AWS.SimpleQueueService.PurgeQueueInProgress": "PurgeQueueInProgress",
	"InvalidParameterCombination":                 "InvalidParameterCombinationException",
	"InvalidParameterValue":                       "InvalidParameterValueException",
	"MissingParameter":                            "MissingRequiredParameterException",
	"QueueAlreadyExists":                          "QueueNameExists",
}

// Shaped is an error whose code several shapes of its service's model share.
func Shaped(err error, shape string) error { return shaped{err, shape} }

type shaped struct {
	error
	shape string
}

func (s shaped) Unwrap() error { return s.error }

// detailed is an error whose model has more than a message.
type detailed interface {
	error
	// Members are by JSON name.
	Members() map[string]string
}

// newFailure is an error as AWS spells it. What is no error of AWS's is an internal failure.
func newFailure(err error) failure {
	f := failure{code: "InternalFailure", message: err.Error(), status: http.StatusInternalServerError}
	if known := (*awserr.Error)(nil); errors.As(err, &known) {
		f.code = known.Code
		f.message = known.Message
		f.status = known.Status
	}
	if more := detailed(nil); errors.As(err, &more) {
		f.members = more.Members()
	}
	f.name = renamed(f.code, names)
	f.shape = renamed(f.name, shapes)
	if named := (shaped{}); errors.As(err, &named) {
		f.shape = named.shape
	}
	return f
}

func renamed(name string, others map[string]string) string {
	if other, ok := others[name]; ok {
		return other
	}
	return name
}

// tree is the body of the error. The API models spell message either way.
func (f failure) tree() object {
	members := object{"__type": f.shape, "message": f.message, "Message": f.message}
	for name, value := range f.members {
		members[name] = value
	}
	return members
}

// fault says whose it is, in the words of the query protocol.
func (f failure) fault() string {
	if f.status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// malformed is the answer to a request that cannot be read.
func malformed(err error) error { return awserr.Invalid("SerializationException", "%v", err) }

// NotImplemented says what is not modelled. It has a status that SDKs do not retry.
func NotImplemented(format string, args ...any) *awserr.Error {
	return &awserr.Error{
		Code:    "NotImplemented",
		Message: fmt.Sprintf(format, args...),
		Status:  http.StatusNotImplemented,
	}
}
