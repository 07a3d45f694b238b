// Package reason words why AWS has not done what a command asked for, for whoever has to act.
package reason

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// denials, strangers and throttles are the codes by which services say that a caller may not ask, is nobody (any more),
// or asks too much (AWS General Reference, "Common errors", and each service's).
var (
	denials = map[string]bool{
		"AccessDenied":                  true,
		"AccessDeniedException":         true,
		"AuthorizationError":            true,
		"AuthorizationErrorException":   true,
		"NotAuthorized":                 true,
		"UnauthorizedOperation":         true,
		"KMSAccessDeniedException":      true,
		"OptInRequired":                 true,
		"SubscriptionRequiredException": true,
	}
	strangers = map[string]bool{
		"ExpiredToken":                true,
		"ExpiredTokenException":       true,
		"IncompleteSignature":         true,
		"InvalidClientTokenId":        true,
		"InvalidSignatureException":   true,
		"MissingAuthenticationToken":  true,
		"SignatureDoesNotMatch":       true,
		"UnrecognizedClientException": true,
	}
	throttles = map[string]bool{
		"RequestLimitExceeded":     true,
		"Throttling":               true,
		"ThrottlingException":      true,
		"ThrottledException":       true,
		"TooManyRequestsException": true,
	}
)

// Of is the reason of an error in one line: a permission, credentials, patience, or a region that does not answer.
func Of(err error) string {
	var refused smithy.APIError
	var operation *smithy.OperationError
	var network net.Error
	asked := "AWS"
	if errors.As(err, &operation) {
		asked = operation.ServiceID + " " + operation.OperationName
	}
	missing, none := withoutCredentials(err)
	isRefused := errors.As(err, &refused)
	switch {
	case none:
		return fmt.Sprintf("there are no AWS credentials: take some by which aws sts get-caller-identity answers (%s)",
			missing)
	case isRefused && denials[refused.ErrorCode()]:
		return fmt.Sprintf("%s is not allowed: %s", asked, refused.ErrorMessage())
	case isRefused && strangers[refused.ErrorCode()]:
		return fmt.Sprintf("%s does not know the caller (%s): renew the credentials", asked, refused.ErrorCode())
	case isRefused && throttles[refused.ErrorCode()]:
		return fmt.Sprintf("%s is throttled (%s): ask again in a minute", asked, refused.ErrorCode())
	case isRefused:
		return fmt.Sprintf("%s says %s: %s", asked, refused.ErrorCode(), refused.ErrorMessage())
	case errors.Is(err, context.DeadlineExceeded):
		return asked + " did not answer in time"
	case errors.As(err, &network):
		return fmt.Sprintf("%s cannot be reached: %v", asked, innermost(network))
	default:
		return err.Error()
	}
}

// withoutCredentials tells the error of a caller for whom no credentials were found, and why there are none. The SDK
// has words for it, and no type.
func withoutCredentials(err error) (why string, none bool) {
	_, why, none = strings.Cut(err.Error(), "get credentials: ")
	why = strings.TrimPrefix(why, "failed to refresh cached credentials, ")
	why, _, _ = strings.Cut(why, ", operation error")
	return why, none
}

// innermost is what the network itself said, without the address that was asked for.
func innermost(err net.Error) error {
	var operation *net.OpError
	var request *url.Error
	switch {
	case errors.As(err, &operation):
		return operation
	case errors.As(err, &request):
		return request.Err
	default:
		return err
	}
}

// Unanswered tells the error of a service, or of a whole region, that does not answer, whoever asks.
func Unanswered(err error) bool {
	if err == nil {
		return false
	}
	if _, none := withoutCredentials(err); none {
		return false
	}
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) && answer.HTTPStatusCode() > 0 {
		return answer.HTTPStatusCode() >= http.StatusInternalServerError
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(net.Error))
}

// Told is an error's text, in which whatever AWS's SDK says is worded by Of.
func Told(err error) string {
	text := err.Error()
	for _, failed := range operations(err) {
		text = strings.ReplaceAll(text, failed.Error(), Of(failed))
	}
	return text
}

// operations are the outermost errors of the SDK in an error, and in all that it joins.
func operations(err error) []error {
	switch e := err.(type) { //nolint:errorlint // it goes down the tree itself
	case *smithy.OperationError:
		return []error{e}
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return operations(inner)
		}
	case interface{ Unwrap() []error }:
		var all []error
		for _, inner := range e.Unwrap() {
			all = append(all, operations(inner)...)
		}
		return all
	}
	return nil
}
