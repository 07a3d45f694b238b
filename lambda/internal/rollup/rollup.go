// Package rollup counts in the background, so that a total costs the same however many rows there are. A row counts by
// itself until a roll-up, in one database transaction, marks it and adds it to a total; whoever reads adds up the
// totals and the rows that are not marked, in one statement and so in one snapshot. Therefore a total is exact at every
// moment: a row that commits late is one that is not marked yet, one that comes again was there before, and a roll-up
// that crashes has marked and added nothing.
//
// No row is hot. A total belongs to the region that counts, and the rows are marked in batches.
package rollup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/lambda/internal/budget"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
)

const (
	// batchSize is how many rows one transaction marks, below the 3,000 that a transaction of DSQL may change.
	batchSize = 1000
	// historySize is how many transactions of the history one step counts. It only reads.
	historySize = 10_000
	// steps bounds a run, so that a long history leaves a minute's run time to catch up: 20,000 rows a minute and
	// region are three times what the API's default throttle lets in.
	steps = 20
)

// Database is a pool of connections, or one.
type Database interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Roller rolls up for one region.
type Roller struct {
	Database Database
	// Region is the roller's.
	Region string
	// Settled and Takeover are the ages from which rows of the own region and of the other are counted: by then their
	// publishers and the other region's roller are through with them, so that nobody else changes them.
	Settled, Takeover time.Duration
	// Conflicts bounds the repetition of a transaction that lost a conflict.
	Conflicts dsqlconn.Policy
}

// Run counts what is not counted yet, in a bounded number of steps; what is left is the next run's. The error joins
// what went wrong with each total.
func (r Roller) Run(ctx context.Context) error {
	return errors.Join(
		r.repeat(ctx, "count the transactions from before", r.history),
		r.repeat(ctx, "count transactions", r.transactions),
		r.repeat(ctx, "count events", r.events),
	)
}

// step is one transaction; more tells that there is more to do.
type step func(ctx context.Context, tx pgx.Tx) (more bool, err error)

func (r Roller) repeat(ctx context.Context, what string, do step) error {
	for range steps {
		if !budget.HasTime(ctx) {
			return nil
		}
		more := false
		err := dsqlconn.Retry(ctx, r.Conflicts, func(ctx context.Context) error {
			return pgx.BeginFunc(ctx, r.Database, func(tx pgx.Tx) (err error) {
				more, err = do(ctx, tx)
				return err
			})
		})
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if !more {
			return nil
		}
	}
	return nil
}

// ownFirst marks a batch of the own region's rows or, if there is none, of the other's: two rollers that count what was
// left for long would otherwise want the same rows each time. It returns how many were marked, and whether there may be
// more.
func (r Roller) ownFirst(
	ctx context.Context, tx pgx.Tx, own, other string, take func(first, second string),
) (marked int, more bool, err error) {
	marked, err = each(ctx, tx, take, own, r.Region, r.Settled.Microseconds(), batchSize)
	if err != nil || marked > 0 {
		return marked, true, err
	}
	marked, err = each(ctx, tx, take, other, r.Region, r.Takeover.Microseconds(), batchSize)
	return marked, marked == batchSize, err
}

// each runs an UPDATE that returns two texts of each row, and returns how many rows there were.
func each(ctx context.Context, tx pgx.Tx, take func(first, second string), sql string, args ...any) (int, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	var first, second string
	tag, err := pgx.ForEachRow(rows, []any{&first, &second}, func() error {
		take(first, second)
		return nil
	})
	return int(tag.RowsAffected()), err
}
