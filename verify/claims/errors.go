package claims

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/jackc/pgx/v5/pgconn"
)

// codeOf is the code of a refusal, AWS's or a SQLSTATE, and its message; "" for what is no refusal.
func codeOf(err error) (code, message string) {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode(), api.ErrorMessage()
	}
	if sql, ok := errors.AsType[*pgconn.PgError](err); ok {
		return sql.Code, sql.Message
	}
	return "", ""
}

// sentence is an error for a cell of a table.
func sentence(err error) string {
	said := err.Error()
	if code, message := codeOf(err); code != "" {
		said = code + " (" + message + ")"
	}
	const most = 300
	said = strings.Join(strings.Fields(said), " ")
	if runes := []rune(said); len(runes) > most {
		said = string(runes[:most]) + "…"
	}
	return said
}

// denials are the codes with which services say that the caller may not, or that they do not know it.
var denials = []string{
	"AccessDenied", "AccessDeniedException", "AuthFailure", "AuthorizationError", "ExpiredToken", "ExpiredTokenException",
	"InvalidClientTokenId", "InvalidSignatureException", "NotAuthorized", "OptInRequired", "SignatureDoesNotMatch",
	"SubscriptionRequiredException", "UnauthorizedOperation", "UnrecognizedClientException",
}

// quotas are the codes with which they say that the account has too much already.
var quotas = []string{
	"LimitExceeded", "LimitExceededException", "ServiceQuotaExceededException", "TooManyHealthChecks",
	"TooManyHostedZones",
}

// isAnswer is whether an error is a service's answer to what it was asked: not a denial, a full account, a throttle or
// a failure of its own.
func isAnswer(err error) bool {
	if _, kept := errors.AsType[unaskable](err); kept {
		return false
	}
	code, _ := codeOf(err)
	return isRefusal(err) && !slices.Contains(denials, code) && !slices.Contains(quotas, code) && !isThrottle(code)
}

// isRefusal is whether a service has answered that it did not do what it was asked.
func isRefusal(err error) bool {
	code, _ := codeOf(err)
	response, ok := errors.AsType[*smithyhttp.ResponseError](err)
	return code != "" && (!ok || response.HTTPStatusCode() < http.StatusInternalServerError)
}

func isThrottle(code string) bool {
	_, throttle := retry.DefaultThrottleErrorCodes[code]
	return throttle
}

// saysThere is whether a refusal may be of a thing that an earlier attempt of the same call has made: the SDK repeats
// calls whose answer was lost.
func saysThere(err error) bool {
	code, _ := codeOf(err)
	return strings.Contains(code, "Exist") || strings.Contains(code, "Conflict")
}

// isGone is whether an error says that there is no such thing.
func isGone(err error) bool {
	code, _ := codeOf(err)
	return strings.Contains(code, "NotFound") || strings.HasPrefix(code, "NoSuch") ||
		strings.HasSuffix(code, "NonExistentQueue") || strings.HasSuffix(code, "DoesNotExist")
}

// busy are the codes with which services put off what they are asked.
var busy = []string{
	"ConflictException", "PriorRequestNotComplete", "ResourceConflictException", "ResourceInUseException",
}

// isBusy is whether an error says that a thing cannot be removed at this moment.
func isBusy(err error) bool {
	code, _ := codeOf(err)
	return isThrottle(code) || slices.Contains(busy, code)
}
