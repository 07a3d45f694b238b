package dsqlconn

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
)

var (
	errConflict = &pgconn.PgError{
		Code:    "40001",
		Message: "change conflicts with another transaction, please retry: (OC000)",
	}
	policy = Policy{Attempts: 4, Base: 100 * time.Millisecond, Max: 300 * time.Millisecond}
)

func TestAConflictIsRepeatedUntilTheTransactionCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		err := Retry(t.Context(), policy, func(context.Context) error {
			if calls++; calls < 4 {
				return fmt.Errorf("commit: %w", errConflict)
			}
			return nil
		})
		assert.NoError(t, err)
		assert.Equal(t, 4, calls)
	})
}

func TestRepetitionIsBoundedInNumberAndTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 100 {
			calls, start := 0, time.Now()
			err := Retry(t.Context(), policy, func(context.Context) error { calls++; return errConflict })
			assert.Equal(t, ReasonConflict, Classify(err), "the conflict is what stood in the way")
			assert.Equal(t, 4, calls)
			assert.LessOrEqual(t, time.Since(start), (100+200+300)*time.Millisecond)
		}
	})
}

func TestOnlyConflictsAreRepeated(t *testing.T) {
	for name, err := range map[string]error{
		"success":       nil,
		"duplicate key": &pgconn.PgError{Code: "23505"},
		"not SQL":       errors.New("other"),
		"deadline":      context.DeadlineExceeded,
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			got := Retry(t.Context(), policy, func(context.Context) error { calls++; return err })
			assert.Equal(t, err, got)
			assert.Equal(t, 1, calls)
		})
	}
}

func TestAnUnavailableServerIsAskedAgainForTheWholeTransaction(t *testing.T) {
	unavailable := &pgconn.PgError{Code: "XX000", Message: "server unavailable"}
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		err := Retry(t.Context(), policy, func(context.Context) error {
			if calls++; calls < 4 {
				return fmt.Errorf("commit: %w", unavailable)
			}
			return nil
		})
		assert.NoError(t, err)
		assert.Equal(t, 4, calls)

		calls = 0
		err = Retry(t.Context(), policy, func(context.Context) error { calls++; return unavailable })
		assert.Equal(t, ReasonUnavailable, Classify(err), "and told, if it stays so")
		assert.Equal(t, 4, calls)
	})
	other := &pgconn.PgError{Code: "XX000", Message: "unexpected node type"}
	assert.Equal(t, ReasonQuery, Classify(other), "another internal error is not repeated")
	assert.ErrorIs(t, Retry(t.Context(), policy, func(context.Context) error { return other }), other)
	assert.False(t, IsConflict(unavailable), "it is no conflict either")
}

func TestTheContextEndsTheWaitAndTheConflictIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		err := Retry(ctx, Policy{Attempts: 9, Base: time.Hour, Max: time.Hour}, func(context.Context) error {
			calls++
			cancel()
			return errConflict
		})
		assert.True(t, IsConflict(err))
		assert.Equal(t, 1, calls)
	})
}

func TestConflictsInEveryFormDSQLGivesThem(t *testing.T) {
	for _, code := range []string{"40001", "OC000", "OC001"} {
		assert.Equal(t, ReasonConflict, Classify(fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code})))
	}
	assert.False(t, IsConflict(errors.New("40001")))
}

func TestReasonsHaveTheWordsOfTheReports(t *testing.T) {
	for reason, word := range map[Reason]string{
		ReasonNone:     "",
		ReasonLocal:    "local",
		ReasonDNS:      "dns",
		ReasonConnect:  "connect",
		ReasonTLS:      "tls",
		ReasonAuth:     "auth",
		ReasonQuery:    "query",
		ReasonConflict: "conflict",
		ReasonTimeout:  "timeout",
		Reason(99):     "Reason(99)",
	} {
		assert.Equal(t, word, reason.String())
	}
	assert.Equal(t, ReasonNone, Classify(nil))
	assert.Equal(t, ReasonAuth, Classify(&pgconn.PgError{Code: "28000"}), "a pooled connection's refusal")
	assert.Equal(t, ReasonAuth, Classify(&pgconn.PgError{Code: "42501"}), "a statement without its grant")
}
