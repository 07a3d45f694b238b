package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
)

// Database is a connection or a pool of them.
type Database interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Store is the table app.outbox. Every method is one statement, and so one transaction, repeated on conflicts.
type Store struct {
	Database Database
	// Region is the publisher's.
	Region string
	// Lease is how long a claimed row stays with its claimant.
	Lease time.Duration
	// Sweep and Takeover are the ages at which unsent rows of the own region and of the other are due.
	Sweep, Takeover time.Duration
	// CatchUp is how long the region's publisher may be unseen before it has been away.
	CatchUp time.Duration
	// Conflicts bounds the repetition of a statement that lost a conflict.
	Conflicts dsqlconn.Policy
}

// A row is free if it is neither sent nor parked nor claimed. Two publishers that claim one row at the same time change
// the same row: one of them loses with a conflict, looks again, and finds it claimed.
//
// Rows that are not sent have no sent_at: ordering by it as well lets the database read them in the order of its index.
const (
	free  = `sent_at IS NULL AND parked_at IS NULL AND (claimed_until IS NULL OR claimed_until <= now())`
	claim = `UPDATE app.outbox SET claimed_by = $1, claimed_until = now() + $2 * interval '1 microsecond' WHERE ` + free +
		` AND id IN `
	taken = ` RETURNING id::text, region, transaction_id, body, created_at`

	claimIDs = claim + `(SELECT unnest($3::uuid[]))` + taken
	claimDue = claim + `(SELECT id FROM app.outbox WHERE ` + free + `
		AND created_at <= now() - (CASE WHEN region = $1 THEN $3::bigint ELSE $4::bigint END) * interval '1 microsecond'
		ORDER BY sent_at, created_at LIMIT $5)` + taken
	mark = `UPDATE app.outbox SET sent_at = now() WHERE id = ANY($1::uuid[])`
	park = `UPDATE app.outbox SET parked_at = now(), parked_reason = $2 WHERE id = $1::uuid AND sent_at IS NULL`
	age  = `SELECT coalesce((SELECT extract(epoch FROM now() - created_at) FROM app.outbox
		WHERE sent_at IS NULL AND parked_at IS NULL ORDER BY sent_at, created_at LIMIT 1), 0)::float8`
	// A row that is not counted yet stands for its transaction (package rollup).
	purge = `DELETE FROM app.outbox WHERE id IN
		(SELECT id FROM app.outbox WHERE sent_at <= now() - $1 * interval '1 microsecond'
			AND (counted_at IS NOT NULL OR created_at < (SELECT until FROM app.transaction_history WHERE id = 1))
			ORDER BY sent_at LIMIT $2)`
)

// ClaimIDs claims those of the events that are free, of whatever age.
func (s *Store) ClaimIDs(ctx context.Context, ids []string) ([]Event, error) {
	return s.claim(ctx, claimIDs, s.Region, s.Lease.Microseconds(), ids)
}

// ClaimDue claims at most limit free events that are due, the oldest first.
func (s *Store) ClaimDue(ctx context.Context, limit int) ([]Event, error) {
	return s.claim(ctx, claimDue, s.Region, s.Lease.Microseconds(), s.Sweep.Microseconds(), s.Takeover.Microseconds(),
		limit)
}

func (s *Store) claim(ctx context.Context, sql string, args ...any) (events []Event, err error) {
	err = dsqlconn.Retry(ctx, s.Conflicts, func(ctx context.Context) error {
		rows, err := s.Database.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		events, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim events: %w", err)
	}
	return events, nil
}

// Mark records that the events were sent, whoever holds the claim by now.
func (s *Store) Mark(ctx context.Context, ids []string) error {
	_, err := s.exec(ctx, mark, ids)
	if err != nil {
		return fmt.Errorf("mark events sent: %w", err)
	}
	return nil
}

// Park takes an event that can never be sent out of the way of the others. A person may repair the row and set
// parked_at to null.
func (s *Store) Park(ctx context.Context, event Unsendable) error {
	if _, err := s.exec(ctx, park, event.ID, event.Reason); err != nil {
		return fmt.Errorf("park event %s: %w", event.ID, err)
	}
	return nil
}

// Age is how long the oldest unsent event has been waiting, 0 if there is none.
func (s *Store) Age(ctx context.Context) (time.Duration, error) {
	rows, err := s.Database.Query(ctx, age)
	if err != nil {
		return 0, fmt.Errorf("age of the outbox: %w", err)
	}
	seconds, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[float64])
	if err != nil {
		return 0, fmt.Errorf("age of the outbox: %w", err)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// Purge deletes at most limit events that were sent longer ago than the retention, and returns how many.
func (s *Store) Purge(ctx context.Context, retention time.Duration, limit int) (int, error) {
	deleted, err := s.exec(ctx, purge, retention.Microseconds(), limit)
	if err != nil {
		return 0, fmt.Errorf("delete old events: %w", err)
	}
	return deleted, nil
}

func (s *Store) exec(ctx context.Context, sql string, args ...any) (changed int, err error) {
	err = dsqlconn.Retry(ctx, s.Conflicts, func(ctx context.Context) error {
		tag, err := s.Database.Exec(ctx, sql, args...)
		changed = int(tag.RowsAffected())
		return err
	})
	return changed, err
}
