package service

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"aurora-dsql-dr/lambda/internal/breaker"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
	"aurora-dsql-dr/lambda/internal/ledger"
	"aurora-dsql-dr/lambda/internal/transaction"
)

// problem is an answer that is no success, in the form of RFC 9457.
type problem struct {
	Title    string               `json:"title"`
	Status   int                  `json:"status"`
	Detail   string               `json:"detail"`
	Problems transaction.Problems `json:"problems,omitempty"`
	// TransactionID is that of an order whose outcome the client must find out by sending it again.
	TransactionID string `json:"transaction_id,omitempty"`

	retryAfter time.Duration
	allow      string
}

// Times after which a client may try again.
const (
	retrySoon = time.Second
	retryKey  = 30 * time.Second // somebody has to give the key back
)

// problemOf is the answer to an error, or nil if it is none that a client is to see.
func problemOf(err error) *problem {
	var problems transaction.Problems
	var open *breaker.OpenError
	var key *fieldcrypt.KeyError
	switch {
	case errors.As(err, &problems):
		return newProblem(http.StatusBadRequest, "the request is not accepted: "+problems.Error(), problems...)
	case errors.Is(err, transaction.ErrTooLarge):
		return newProblem(http.StatusRequestEntityTooLarge, "want at most "+strconv.Itoa(transaction.MaxBody)+" bytes")
	case errors.Is(err, ledger.ErrNotFound):
		return newProblem(http.StatusNotFound, ledger.ErrNotFound.Error())
	case errors.Is(err, ledger.ErrMismatch):
		return newProblem(http.StatusConflict, ledger.ErrMismatch.Error()+
			"; repeat an order unchanged, or give another one an ID of its own")
	case errors.As(err, &open):
		return unavailable(open.Error(), open.RetryAfter)
	case errors.As(err, &key):
		return unavailable("the key that encrypts fields cannot be used ("+reasonOf(err)+
			"); nothing is stored or shown without it", retryKey)
	case dsqlconn.IsUnavailable(err):
		return unavailable("the database was unavailable each time", retrySoon)
	case dsqlconn.Unreachable(err):
		return unavailable("the database did not answer ("+dsqlconn.Classify(err).String()+")", retrySoon)
	case dsqlconn.IsConflict(err):
		return unavailable("other writers were faster each time", retrySoon)
	default:
		return nil
	}
}

// reasonOf is what AWS calls the failure, or what we do; never an ARN.
func reasonOf(err error) string {
	var api interface{ ErrorCode() string }
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	var missing *fieldcrypt.KeyError
	if errors.As(err, &missing) && errors.Unwrap(missing.Unwrap()) == nil {
		return missing.Unwrap().Error()
	}
	return "no answer from KMS"
}

func newProblem(status int, detail string, problems ...transaction.Problem) *problem {
	return &problem{
		Title:    http.StatusText(status),
		Status:   status,
		Detail:   detail,
		Problems: problems,
	}
}

func unavailable(detail string, retryAfter time.Duration) *problem {
	p := newProblem(http.StatusServiceUnavailable, detail)
	p.retryAfter = retryAfter
	return p
}

func (p *problem) headers() map[string]string {
	headers := map[string]string{"Content-Type": "application/problem+json"}
	if p.retryAfter > 0 {
		headers["Retry-After"] = strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds())))
	}
	if p.allow != "" {
		headers["Allow"] = p.allow
	}
	return headers
}
