package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// fillSize is how many transactions are filled in at a time: three rows each and one of each total, below the 3,000
// that a transaction of DSQL may change.
const fillSize = 900

// What fill inserts is what remains of transactions that were sent and counted.
const (
	fillTransactions = `INSERT INTO app.transaction (id, amount, region, status, created_at)
		SELECT $1 || n, 100.50, $2, 'completed', now() - n * interval '1 millisecond' FROM generate_series(1, $3::int) AS n`
	fillOutbox = `INSERT INTO app.outbox (id, region, transaction_id, body, created_at, sent_at, claimed_by, counted_at)
		SELECT gen_random_uuid(), $2, $1 || n, '{}', now() - n * interval '1 millisecond', now(), $2, now()
			FROM generate_series(1, $3::int) AS n`
	fillProjection = `INSERT INTO app.projection (event_id, region, amount, occurred_at, processed_in, counted_at)
		SELECT gen_random_uuid(), $1, 100.50, now(), $1, now() FROM generate_series(1, $2::int)`
	fillCount = `INSERT INTO app.transaction_total AS t (region, counted_in, transactions) VALUES ($1, 'bench', $2)
		ON CONFLICT (region, counted_in) DO UPDATE SET transactions = t.transactions + excluded.transactions`
	fillTotal = `INSERT INTO app.projection_total AS t (region, counted_in, transactions, amount)
			VALUES ($1, 'bench', $2::bigint, $2::bigint * 100.50)
		ON CONFLICT (region, counted_in) DO UPDATE
			SET transactions = t.transactions + excluded.transactions, amount = t.amount + excluded.amount`
)

// grow fills the tables up to a number of transactions, and lets the database look at them, as Aurora DSQL does by
// itself.
func (d *deployed) grow(ctx context.Context, size int) error {
	var now int
	if err := d.database.QueryRow(ctx, "SELECT count(*) FROM app.transaction").Scan(&now); err != nil {
		return err
	}
	for ; now < size; now += fillSize {
		n, prefix := min(fillSize, size-now), uuid.NewString()[:8]+"-"
		batch := &pgx.Batch{}
		batch.Queue(fillTransactions, prefix, d.region, n)
		batch.Queue(fillOutbox, prefix, d.region, n)
		batch.Queue(fillProjection, d.region, n)
		batch.Queue(fillCount, d.region, n)
		batch.Queue(fillTotal, d.region, n)
		if err := d.again(ctx, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() }); err != nil {
			return fmt.Errorf("fill in transactions: %w", err)
		}
	}
	for _, table := range []string{"app.transaction", "app.outbox", "app.projection"} {
		if _, err := d.database.Exec(ctx, "ANALYZE "+table); err != nil {
			return err
		}
	}
	return nil
}

// leaveBehind adds events that no publisher was invoked for, old enough for a scheduled run to send them.
func (d *deployed) leaveBehind(ctx context.Context) error {
	for range swept {
		if err := d.database.write(ctx, created(d.region), false); err != nil {
			return err
		}
	}
	return d.again(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(
			ctx,
			"UPDATE app.outbox SET created_at = created_at - interval '1 minute' WHERE sent_at IS NULL AND claimed_by IS NULL",
		)
		return err
	})
}

// again repeats a transaction that lost a conflict with the functions.
func (d *deployed) again(ctx context.Context, do func(pgx.Tx) error) error {
	const attempts = 20
	var err error
	for range attempts {
		if err = pgx.BeginFunc(ctx, d.database, do); err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}
