package rollup_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/transaction"
)

// Whatever happens at the same time, both totals are exact at every moment, in both regions: writers of which some
// commit late, events that come again, publishers that change the same rows, and rollers of both regions that die
// anywhere.
func TestTotalsAreExactAtEveryMoment(t *testing.T) {
	const writers, orders = 6, 25
	w, b := newWorld(t), &books{}
	ctx, stop := context.WithCancel(t.Context())
	var background, writing errgroup.Group
	for _, region := range regions {
		background.Go(func() error { return w.rollAndDie(ctx, region) })
		background.Go(func() error { return w.rollAndDie(ctx, region) })
		background.Go(func() error { return w.publish(ctx, region) })
		background.Go(func() error { return w.watch(ctx, b, region) })
	}
	for i := range writers {
		write := w.write
		if i%3 == 0 {
			write = w.writeLate
		}
		writing.Go(func() error {
			for n := range orders {
				amount := transaction.Amount(1 + rand.N(int64(transaction.MaxAmount)))
				if err := write(ctx, b, regions[i%2], fmt.Sprintf("t-%d-%d", i, n), amount); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, writing.Wait())
	stop()
	require.NoError(t, background.Wait())

	w.settle(t)
	count, err := w.ledgers[apptest.Ohio].Count(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, writers*orders, count)
	events, amount, err := w.total(t.Context(), apptest.Ohio)
	require.NoError(t, err)
	assert.EqualValues(t, writers*orders, events)
	assert.Equal(t, transaction.Amount(b.hundredths.Load()).String(), amount)
	assert.Equal(t, []string{fmt.Sprintf("%d %d", writers*orders, writers*orders)}, w.Column(t, `SELECT
		(SELECT sum(transactions) FROM app.transaction_total) || ' ' ||
		(SELECT sum(transactions) FROM app.projection_total)`), "all of it rolled up")
	assert.Len(t, w.Column(t, "SELECT event_id::text FROM app.projection"), writers*orders,
		"by which an event is known when it comes again")
}

// rollAndDie rolls up again and again; each run is cut off somewhere.
func (w *world) rollAndDie(ctx context.Context, region string) error {
	for ctx.Err() == nil {
		life, die := context.WithCancel(ctx)
		killed := time.AfterFunc(rand.N(60*time.Millisecond), die)
		err := w.rollers[region].Run(life)
		killed.Stop()
		if err != nil && life.Err() == nil {
			return err
		}
		die()
	}
	return nil
}

// publish claims and marks rows, as publishers do at the same time.
func (w *world) publish(ctx context.Context, region string) error {
	for ctx.Err() == nil {
		events, err := w.stores[region].ClaimDue(ctx, 5)
		var ids []string
		for _, e := range events {
			ids = append(ids, e.ID)
		}
		if err == nil && len(ids) > 0 {
			err = w.stores[region].Mark(ctx, ids)
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// watch reads the totals: each is between what was done before it was asked for and what was begun before it answered.
func (w *world) watch(ctx context.Context, b *books, region string) error {
	for ctx.Err() == nil {
		done := b.done.Load()
		count, err := w.ledgers[region].Count(ctx)
		begun := b.begun.Load()
		if err == nil && (count < done || count > begun) {
			return fmt.Errorf("%s: %d transactions, want %d to %d", region, count, done, begun)
		}
		done = b.eventsDone.Load()
		events, _, sumErr := w.total(ctx, region)
		begun = b.eventsBegun.Load()
		if sumErr == nil && (events < done || events > begun) {
			return fmt.Errorf("%s: %d events, want %d to %d", region, events, done, begun)
		}
		if err := errors.Join(err, sumErr); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// A database from before is counted while it is used: nothing of it was counted, and the outbox rows of most
// transactions are deleted.
func TestADatabaseFromBeforeIsCountedInSteps(t *testing.T) {
	const batches, each = 13, 2500 // more than three steps
	w := newWorld(t)
	for i := range batches {
		w.Exec(t, fmt.Sprintf(`INSERT INTO app.transaction (id, amount, created_at, region, status)
			SELECT 'old-%[1]d-' || n, 1, now() - interval '2 hours' + %[1]d * interval '1 second' +
				(n / 100) * interval '1 microsecond', 'us-east-1', 'completed'
			FROM generate_series(1, %[2]d) AS n`, i, each))
	}
	w.Exec(t, `INSERT INTO app.outbox (id, region, transaction_id, body, created_at, sent_at)
		SELECT gen_random_uuid(), region, id, '{}', created_at, now() FROM app.transaction WHERE id LIKE 'old-12-%'`)
	w.Exec(t, `INSERT INTO app.projection (event_id, region, amount, occurred_at, processed_in)
		SELECT id, region, 1, created_at, 'us-east-2' FROM app.outbox`)
	var written atomic.Int64
	written.Store(batches * each)
	count := func() int64 {
		n, err := w.ledgers[apptest.East].Count(t.Context())
		assert.NoError(t, err)
		return n
	}
	totals := func() string {
		found, err := w.ledgers[apptest.East].Totals(t.Context())
		assert.NoError(t, err)
		return fmt.Sprint(found)
	}
	assert.Equal(t, written.Load(), count(), "before any roll-up")
	assert.Equal(t, "[{us-east-1 2500 2500.00}]", totals(), "equal amounts are added up, each")

	var rolling sync.WaitGroup
	for _, region := range regions {
		rolling.Go(func() { assert.NoError(t, w.rollers[region].Run(t.Context())) })
	}
	for i := range 20 {
		_, err := w.ledgers[apptest.Ohio].Write(t.Context(), transaction.Order{ID: fmt.Sprintf("new-%d", i), Amount: 1})
		require.NoError(t, err)
		assert.Equal(t, written.Add(1), count(), "at every step")
	}
	rolling.Wait()
	w.settle(t)
	assert.Equal(t, written.Load(), count())
	assert.Equal(t, []string{fmt.Sprintf("%d 20", batches*each)}, w.Column(t,
		"SELECT transactions || ' ' || (SELECT sum(transactions) FROM app.transaction_total) FROM app.transaction_history"),
		"each transaction once")
	assert.Equal(t, "[{us-east-1 2500 2500.00}]", totals())
}

// A transaction of Aurora DSQL lives for five minutes at most: what commits so late has a time that is as old.
func TestATransactionThatCommitsLateIsCounted(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.rollers[apptest.East].Run(t.Context())) // begins the history
	w.settle(t)
	w.Exec(t,
		`INSERT INTO app.transaction (id, amount, created_at, region, status)
			VALUES ('late', 1, now() - interval '5 minutes', 'us-east-1', 'completed')`,
		`INSERT INTO app.outbox (id, region, transaction_id, body, created_at)
			SELECT gen_random_uuid(), region, id, '{}', created_at FROM app.transaction`,
	)
	for _, when := range []string{"before the next roll-up", "after it"} {
		count, err := w.ledgers[apptest.East].Count(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 1, count, when)
		w.settle(t)
	}
}

// The other region's rows are left to its own roller, and taken over when it is lost.
func TestARollerLeavesFreshRowsToOthers(t *testing.T) {
	w, b := newWorld(t), &books{}
	require.NoError(t, w.write(t.Context(), b, apptest.East, "east", 1))
	require.NoError(t, w.write(t.Context(), b, apptest.Ohio, "ohio", 1))
	w.Exec(t, "UPDATE app.projection SET processed_in = region")
	east := w.rollers[apptest.East]
	east.Settled, east.Takeover = time.Hour, 2*time.Hour
	open := func() string {
		return strings.Join(w.Column(t, "SELECT region FROM app.outbox WHERE counted_at IS NULL ORDER BY region"), " ") +
			"; " +
			strings.Join(w.Column(t, "SELECT region FROM app.projection WHERE counted_at IS NULL ORDER BY region"), " ")
	}
	require.NoError(t, east.Run(t.Context()))
	assert.Equal(t, "us-east-1 us-east-2; us-east-1 us-east-2", open(), "a publisher may be at work on the outbox's rows")
	east.Settled = 0
	require.NoError(t, east.Run(t.Context()))
	assert.Equal(t, "us-east-2; us-east-2", open())
	east.Takeover = 0
	require.NoError(t, east.Run(t.Context()))
	assert.Equal(t, "; ", open())
}

func TestARollerWithoutTimeBeginsNothing(t *testing.T) {
	w, b := newWorld(t), &books{}
	require.NoError(t, w.write(t.Context(), b, apptest.East, "east", 1))
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // less than the reserve
	defer cancel()
	require.NoError(t, w.rollers[apptest.East].Run(ctx))
	assert.Equal(t, []string{"0"}, w.Column(t, "SELECT count(*)::text FROM app.transaction_history"))
}
