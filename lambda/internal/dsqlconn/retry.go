package dsqlconn

import (
	"context"
	"math/rand/v2"
	"time"
)

// Policy bounds the repetition of a transaction.
type Policy struct {
	// Attempts is how often the transaction is tried at most, the first time included.
	Attempts int
	// Base is the longest wait after the first failure; it doubles with each further one, up to Max. The wait is
	// drawn evenly between nothing and that bound, so that contenders part.
	Base, Max time.Duration
}

// ShortTransactions is the policy of a request's transaction, which takes milliseconds: some ten writers may want one
// row at a time, and the waits add up to a second.
var ShortTransactions = Policy{Attempts: 10, Base: 10 * time.Millisecond, Max: 250 * time.Millisecond}

// Retry runs fn, one whole idempotent transaction, again as long as it loses a conflict (IsConflict) or the server is
// unavailable (IsUnavailable), after which it may have been committed. It gives up when the policy's attempts are spent
// or the context ends, and returns the last of these errors: that is what stood in the way. Any other error is returned
// at once.
func Retry(ctx context.Context, policy Policy, fn func(context.Context) error) error {
	bound := policy.Base
	for attempt := 1; ; attempt++ {
		err := fn(ctx)
		if !IsConflict(err) && !IsUnavailable(err) || attempt >= policy.Attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(bound + 1)): //nolint:gosec // jitter is no secret
		}
		bound = min(2*bound, policy.Max)
	}
}
