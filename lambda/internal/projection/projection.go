// Package projection is what the application's events add up to: totals per region. Each event is one row, by which it
// is known when it comes again. A row per region that every event added to would make any two events at a time
// conflict, so that rows are added up in the background (package rollup).
package projection

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/rollup"
)

// Database is a connection or a pool of them.
type Database interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

const insert = `INSERT INTO app.projection (event_id, region, amount, occurred_at, processed_in)
		VALUES ($1::text::uuid, $2, $3::text::numeric, $4, $5) ON CONFLICT (event_id) DO NOTHING`

// Record adds an event, once however often it comes and in whichever region; processedIn is the one that it came to
// now. It tells whether the event was new.
func Record(
	ctx context.Context, db Database, conflicts dsqlconn.Policy, event contract.TransactionCreated, processedIn string,
) (added bool, err error) {
	err = dsqlconn.Retry(ctx, conflicts, func(ctx context.Context) error {
		tag, err := db.Exec(ctx, insert, event.ID, event.Region, event.Amount, event.Time, processedIn)
		added = tag.RowsAffected() == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("record event %s: %w", event.ID, err)
	}
	return added, nil
}

// Total is the events of one region.
type Total struct {
	Region       string `json:"region"`
	Transactions int64  `json:"transactions"`
	// Amount is the exact decimal.
	Amount string `json:"amount"`
}

// Totals are the totals of all regions that have events, by name.
func Totals(ctx context.Context, db Database) ([]Total, error) {
	rows, err := db.Query(ctx, rollup.SelectTotals)
	if err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	totals, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Total])
	if err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	return totals, nil
}
