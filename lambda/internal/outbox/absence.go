package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
)

// An absence begins a lease before the publisher was last seen: what was sent then may have been on its way still.
// Another absence while the publisher catches up makes the first one longer.
const (
	seen = `INSERT INTO app.publisher AS p (region, seen_at) VALUES ($1, now()) ON CONFLICT (region) DO UPDATE SET
		behind_from = CASE WHEN p.seen_at < now() - $2 * interval '1 microsecond'
			THEN coalesce(p.behind_from, p.seen_at - $3 * interval '1 microsecond') ELSE p.behind_from END,
		behind_until = CASE WHEN p.seen_at < now() - $2 * interval '1 microsecond' THEN now() ELSE p.behind_until END,
		seen_at = now()
		RETURNING behind_from, behind_until`
	sentElsewhere = `SELECT id::text, region, transaction_id, body, created_at, claimed_by, sent_at FROM app.outbox
		WHERE sent_at >= $1 AND (sent_at, id) > ($1, $2::uuid)
			AND sent_at <= $3 AND claimed_by <> $4 ORDER BY sent_at, id LIMIT $5`
	caughtUp = `UPDATE app.publisher SET behind_from = CASE WHEN $2::timestamptz < behind_until THEN $2::timestamptz END,
		behind_until = CASE WHEN $2::timestamptz < behind_until THEN behind_until END
		WHERE region = $1 AND behind_until = $3`
)

// Seen records a scheduled run of the region's publisher, and returns the absence that it has to catch up with.
func (s *Store) Seen(ctx context.Context) (absence Absence, err error) {
	err = dsqlconn.Retry(ctx, s.Conflicts, func(ctx context.Context) error {
		rows, err := s.Database.Query(ctx, seen, s.Region, s.CatchUp.Microseconds(), s.Lease.Microseconds())
		if err != nil {
			return err
		}
		absence, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Absence])
		return err
	})
	if err != nil {
		return Absence{}, fmt.Errorf("record the run: %w", err)
	}
	return absence, nil
}

// SentElsewhere returns at most limit events that the other region sent, in the order in which it did, from behind a
// position until a time.
func (s *Store) SentElsewhere(ctx context.Context, after Position, until time.Time, limit int) ([]Sent, error) {
	rows, err := s.Database.Query(ctx, sentElsewhere, after.At, after.ID, until, s.Region, limit)
	if err != nil {
		return nil, fmt.Errorf("read the other region's events: %w", err)
	}
	events, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Sent])
	if err != nil {
		return nil, fmt.Errorf("read the other region's events: %w", err)
	}
	return events, nil
}

// CaughtUp records how far the publisher has caught up with the absence that ends at until, or that it has done with
// it.
func (s *Store) CaughtUp(ctx context.Context, to, until time.Time) error {
	if _, err := s.exec(ctx, caughtUp, s.Region, to, until); err != nil {
		return fmt.Errorf("record how far the run has caught up: %w", err)
	}
	return nil
}
