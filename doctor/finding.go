package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/aws/smithy-go"
)

// Status is what came of a question.
type Status string

// The three statuses. What could not be asked is never OK.
const (
	OK      Status = "ok"
	Failed  Status = "failed"
	Unasked Status = "unasked"
)

// Finding is the answer to one question, of the account or of one region.
type Finding struct {
	// ID is stable; docs/doctor.md has a heading for each.
	ID     string `json:"id"`
	Region string `json:"region,omitempty"`
	Status Status `json:"status"`
	// Asked is the question, Found the answer.
	Asked string `json:"asked"`
	Found string `json:"found"`
	// Why it matters, and what to do about it: also of a good answer, so that findings can be read alone.
	Why string `json:"why"`
	Do  string `json:"do"`
	// Runbook is the page, with an anchor.
	Runbook string `json:"runbook"`
}

// answer is what a check has found, of a region or "" for the account.
type answer struct {
	region string
	status Status
	found  string
}

func good(region, format string, values ...any) answer {
	return answer{region, OK, fmt.Sprintf(format, values...)}
}

func bad(region, format string, values ...any) answer {
	return answer{region, Failed, fmt.Sprintf(format, values...)}
}

// sound is good unless there are faults, which it names.
func sound(region string, faults []string, format string, values ...any) answer {
	if len(faults) > 0 {
		return bad(region, "%s", strings.Join(faults, ", "))
	}
	return good(region, format, values...)
}

// unasked says why a question got no answer.
func unasked(region string, err error) answer { return answer{region, Unasked, reason(err)} }

// denials, expiries and throttles are the codes by which services say that a caller may not ask, is nobody any more, or
// asks too much (AWS General Reference, "Common errors", and each service's).
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

// reason is an error for whoever has to act: a permission, credentials, patience, or a region that does not answer.
func reason(err error) string {
	var refused smithy.APIError
	var operation *smithy.OperationError
	var network net.Error
	asked := "AWS"
	if errors.As(err, &operation) {
		asked = operation.ServiceID + " " + operation.OperationName
	}
	isRefused := errors.As(err, &refused)
	switch {
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
		return fmt.Sprintf("%s cannot be reached: %v", asked, network)
	default:
		return err.Error()
	}
}
