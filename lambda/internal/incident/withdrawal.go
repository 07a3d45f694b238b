package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
)

// How a withdrawal ended before its time.
const (
	howReturned = "returned"
	howLapsed   = "lapsed"
)

// Withdrawal is the latest one of an endpoint. Times are the database's.
type Withdrawal struct {
	Endpoint, Reason, By string
	Since                time.Time
	// Until is when it ends, or ended.
	Until time.Time
	// Left is how long it is in force yet, by the database's clock; if negative, it ended so long ago.
	Left time.Duration
	// How it ended, empty if by its time, and EndedBy whom, if by somebody.
	How, EndedBy string
	// Due tells that the notice of its lapse is to be published now.
	Due bool
}

// InForce tells whether it keeps clients away now.
func (w Withdrawal) InForce() bool { return w.Left > 0 }

// Counts tells whether the endpoint is unfit for it: it is in force, or ended less than the hold ago and did not lapse.
func (w Withdrawal) Counts(hold time.Duration) bool { return w.Left > -hold && w.How != howLapsed }

// WithdrawnAt is the withdrawal that makes the endpoint unfit, if there is one. The loss of another endpoint of those
// that are watched ends it at once, whoever comes to write that down.
func (s Snapshot) WithdrawnAt(endpoint string, watched []string, hold time.Duration) (Withdrawal, bool) {
	for _, other := range watched {
		if _, lost := s.OpenAt(other); lost && other != endpoint {
			return Withdrawal{}, false
		}
	}
	for _, w := range s.Withdrawals {
		if w.Endpoint == endpoint && w.Counts(hold) {
			return w, true
		}
	}
	return Withdrawal{}, false
}

// lapse ends a withdrawal, or takes over the notice that it was ended. Of one that was over already and only counted,
// nobody is told.
func (s *Session) lapse(ctx context.Context, tx pgx.Tx, a Action, v *Visit) error {
	update := `UPDATE dr.withdrawal SET notice_due_at = now() + $2::float8 * interval '1 second'
		WHERE endpoint = $1::text AND notice_due_at <= now()`
	if a.Step == Lapse {
		update = `UPDATE dr.withdrawal SET ended_how = '` + howLapsed + `', ended_at = least(ended_at, until, now()),
			notice_due_at = CASE WHEN least(ended_at, until) > now() THEN now() + $2::float8 * interval '1 second' END
		WHERE endpoint = $1::text AND ended_how IS DISTINCT FROM '` + howLapsed + `'`
	}
	rows, err := tx.Query(ctx, update+` RETURNING `+withdrawalColumns+`, now(), notice_due_at IS NOT NULL`, a.Endpoint,
		s.settings.Lease.Seconds())
	if err != nil {
		return err
	}
	var now time.Time
	var told bool
	changed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (said, error) { return scanSaid(row, &now, &told) })
	for _, row := range changed {
		w := row.withdrawal()
		v.Snapshot.Withdrawals = slices.DeleteFunc(v.Snapshot.Withdrawals,
			func(old Withdrawal) bool { return old.Endpoint == w.Endpoint })
		v.Snapshot.Withdrawals = append(v.Snapshot.Withdrawals, w)
		if told {
			v.Notices = append(v.Notices, Notice{Kind: Lapsed, Withdrawal: w, At: now})
		}
	}
	return err
}

// settleLapse sets when the notice of a lapse is due: an expression. A withdrawal that has been made since owes none.
func (s *Session) settleLapse(ctx context.Context, n Notice, due string) error {
	err := dsqlconn.Retry(ctx, s.settings.Conflicts, func(ctx context.Context) error {
		_, err := s.conn.Exec(ctx, `UPDATE dr.withdrawal SET notice_due_at = `+due+`
			WHERE endpoint = $1::text AND since = $2::timestamptz AND ended_how = '`+howLapsed+`'`,
			n.Withdrawal.Endpoint, n.Withdrawal.Since)
		return err
	})
	if err != nil {
		return fmt.Errorf("notice of the lapsed withdrawal of %s: %w", n.Withdrawal.Endpoint, err)
	}
	return nil
}

// unmigrated tells the answer of a database that does not have the table of withdrawals yet, or not the grant. A
// deployment that updates an older stack and turns traffic routing on updates the function first, and the migration
// needs the function's role: the observer goes on without, since what it would find is no outage.
func unmigrated(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "42P01" || pg.Code == "42501")
}
