package incident

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
)

// Withdraw takes a region out of traffic, or changes the withdrawal that is in force. What it cannot do is a
// contract.Refusal with all reasons.
func (s *Session) Withdraw(ctx context.Context, asked contract.Withdraw) (Withdrawal, error) {
	return s.change(ctx, func(v view) []error { return v.withdraw(asked) }, `
		INSERT INTO dr.withdrawal AS w (endpoint, reason, withdrawn_by, since, until)
		VALUES ($1::text, $2::text, $3::text, now(), $4::timestamptz)
		ON CONFLICT (endpoint) DO UPDATE SET
			reason = excluded.reason, withdrawn_by = excluded.withdrawn_by, until = excluded.until,
			since = CASE WHEN least(w.until, w.ended_at) > now() THEN w.since ELSE now() END,
			ended_at = NULL, ended_how = NULL, ended_by = NULL, notice_due_at = NULL`,
		endpointIn(s.settings.Endpoints, asked.Region), asked.Reason, asked.By, asked.Until)
}

// Return ends a region's withdrawal before its time. What it cannot do is a contract.Refusal with all reasons.
func (s *Session) Return(ctx context.Context, asked contract.Return) (Withdrawal, error) {
	return s.change(ctx, func(v view) []error { return v.giveBack(asked) }, `
		UPDATE dr.withdrawal SET ended_at = now(), ended_how = '`+howReturned+`', ended_by = $2::text
		WHERE endpoint = $1::text`,
		endpointIn(s.settings.Endpoints, asked.Region), asked.By)
}

// change looks, asks what speaks against it, and writes, in one transaction. A conflict, such as two that change at
// once, repeats it from the beginning.
func (s *Session) change(
	ctx context.Context, refuse func(view) []error, write string, args ...any,
) (w Withdrawal, err error) {
	err = dsqlconn.Retry(ctx, s.settings.Conflicts, func(ctx context.Context) error {
		tx, err := s.conn.Begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(ctx) }() // after a commit it does nothing; after an error that error is the answer
		v, err := s.look(ctx, tx)
		if err != nil {
			return err
		}
		if problems := refuse(v); len(problems) > 0 {
			return contract.Refusal{Reason: errors.Join(problems...).Error()}
		}
		rows, err := tx.Query(ctx, write+` RETURNING `+withdrawalColumns, args...)
		if err != nil {
			return err
		}
		row, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (said, error) { return scanSaid(row) })
		if err != nil {
			return err
		}
		w = row.withdrawal()
		return tx.Commit(ctx)
	})
	var refused contract.Refusal
	if errors.As(err, &refused) {
		return Withdrawal{}, refused
	}
	if err != nil {
		return Withdrawal{}, fmt.Errorf("shared memory at %s: %w", s.endpoint, err)
	}
	return w, nil
}

// look reads all that speaks for or against a withdrawal, and changes the guard: another one who does the same at the
// same time conflicts.
func (s *Session) look(ctx context.Context, tx pgx.Tx) (v view, err error) {
	v = view{settings: s.settings, closed: map[string]time.Time{}}
	if err = s.readWords(ctx, tx, &v.Snapshot); err != nil {
		return v, err
	}
	if v.Incidents, err = readIncidents(ctx, tx); err != nil {
		return v, err
	}
	for _, endpoint := range s.settings.Endpoints {
		var closed *time.Time
		err := tx.QueryRow(ctx, `
			SELECT closed_at FROM dr.incident WHERE endpoint = $1::text ORDER BY number DESC LIMIT 1`,
			endpoint).Scan(&closed)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return v, err
		}
		if closed != nil {
			v.closed[endpoint] = *closed
		}
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO dr.withdrawal_guard (name, changed_at) VALUES ('all', now())
		ON CONFLICT (name) DO UPDATE SET changed_at = excluded.changed_at RETURNING changed_at`).Scan(&v.now)
	return v, err
}
