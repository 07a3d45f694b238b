package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// Settings are common to all sessions of an observer.
type Settings struct {
	// Observer is the observer's name, its region.
	Observer string
	// Observers are the names of all, and Endpoints the endpoints they write through. The word of anybody else is not
	// read.
	Observers, Endpoints []string
	// Fresh is the age up to which a stored word counts, the observer's own included.
	Fresh time.Duration
	// Lease is how long a claimed notice stays with its claimant; after it, another observer publishes.
	Lease time.Duration
	// Reminder is the time between two pages about an open incident.
	Reminder time.Duration
	// Hold is how long a withdrawal counts after its end; 0 reads no withdrawals, since no traffic is routed.
	Hold time.Duration
	// Conflicts bounds the repetition of a transaction that lost a conflict.
	Conflicts dsqlconn.Policy
}

// Session is the shared memory through one connection. It must not be used concurrently. Its methods take the deadline
// from the context; errors are the driver's, wrapped, so that dsqlconn.Classify knows them.
type Session struct {
	conn     *pgx.Conn
	endpoint string
	settings Settings
	unread   error // why the session reads no withdrawals, though it was to
}

// NewSession takes over the connection to the endpoint.
func NewSession(conn *pgx.Conn, endpoint string, settings Settings) *Session {
	return &Session{conn: conn, endpoint: endpoint, settings: settings}
}

// Close ends the session and its connection. It does not wait for the server, and a connection that is lost already is
// as good as closed.
func (s *Session) Close(ctx context.Context) { _ = s.conn.Close(ctx) }

// Visit is what one transaction found.
type Visit struct {
	// Word is the word written.
	Word Word
	// Snapshot is the memory before the visit, with incidents and withdrawals as the visit left them.
	Snapshot Snapshot
	// Unread is why withdrawals could not be read, though everything else could.
	Unread error
	// Notices are the actions that succeeded: this observer must publish them and then call Sent, or Release if it is
	// certain that nobody got them. Without either, another observer publishes when the lease has run out.
	Notices []Notice
	// Query is the duration of the read of all markers, Commit that of the COMMIT.
	Query, Commit time.Duration
}

// Committed tells a visit that was made from none.
func (v Visit) Committed() bool { return v.Commit > 0 }

// Mark reads the memory and writes the observer's marker in one transaction. If the memory holds a fresh word of the
// observer that is newer than the given one, that is the one written and returned: a function that has just started, or
// whose sibling has run since, goes on from there.
func (s *Session) Mark(ctx context.Context, word Word) (Visit, error) {
	return s.visit(ctx, func(snapshot Snapshot) (Word, []Action) {
		if stored, ok := snapshot.Word(s.settings.Observer, s.settings.Fresh); ok && stored.At.After(word.At) {
			return stored, nil
		}
		return word, nil
	})
}

// Share writes the observer's word, then carries out what decide wants, all in one transaction. Conflicts repeat it,
// decide included.
func (s *Session) Share(ctx context.Context, word Word, decide func(Snapshot) []Action) (Visit, error) {
	return s.visit(ctx, func(snapshot Snapshot) (Word, []Action) { return word, decide(snapshot) })
}

func (s *Session) visit(ctx context.Context, plan func(Snapshot) (Word, []Action)) (v Visit, err error) {
	err = dsqlconn.Retry(ctx, s.settings.Conflicts, func(ctx context.Context) error {
		v, err = s.attempt(ctx, plan)
		return err
	})
	if s.settings.Hold > 0 && unmigrated(err) {
		s.settings.Hold, s.unread = 0, err
		return s.visit(ctx, plan)
	}
	if err != nil {
		return Visit{}, fmt.Errorf("shared memory at %s: %w", s.endpoint, err)
	}
	return v, nil
}

func (s *Session) attempt(ctx context.Context, plan func(Snapshot) (Word, []Action)) (v Visit, err error) {
	tx, err := s.conn.Begin(ctx)
	if err != nil {
		return v, err
	}
	defer func() { _ = tx.Rollback(ctx) }() // after a commit it does nothing; after an error that error is the answer

	start := time.Now()
	if err = s.readWords(ctx, tx, &v.Snapshot); err != nil {
		return v, err
	}
	v.Query, v.Unread = time.Since(start), s.unread
	if v.Snapshot.Incidents, err = readIncidents(ctx, tx); err != nil {
		return v, err
	}
	word, actions := plan(v.Snapshot)
	v.Word = v.Snapshot.remembered(s.settings.Observer, word)
	if err = s.writeMarker(ctx, tx, v.Word); err != nil {
		return v, err
	}
	for _, a := range actions {
		if err = s.act(ctx, tx, a, &v); err != nil {
			return v, err
		}
	}
	start = time.Now()
	err = tx.Commit(ctx)
	v.Commit = time.Since(start)
	return v, err
}

func (s *Session) writeMarker(ctx context.Context, tx pgx.Tx, word Word) error {
	state, err := json.Marshal(word)
	if err != nil {
		return fmt.Errorf("word: %w", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO dr.marker (observer, endpoint, written_at, state) VALUES ($1, $2, now(), $3)
		ON CONFLICT (observer, endpoint) DO UPDATE SET written_at = excluded.written_at, state = excluded.state`,
		s.settings.Observer, s.endpoint, string(state))
	return err
}

// incidentColumns are scanned by scanIncident.
const incidentColumns = `endpoint, number, opened_at, opened_by, coalesce(confirmed_by, ''), reason, closed_at,
	coalesce(closed_by, ''), notice_sent_at IS NOT NULL, coalesce(notice_due_at <= now(), false)`

func scanIncident(row pgx.CollectableRow, more ...any) (i Incident, err error) {
	var reason string
	var closedAt *time.Time
	err = row.Scan(append([]any{&i.Endpoint, &i.Number, &i.OpenedAt, &i.OpenedBy, &i.ConfirmedBy, &reason, &closedAt,
		&i.ClosedBy,
		&i.Announced, &i.Due}, more...)...)
	if err != nil {
		return i, err
	}
	if closedAt != nil {
		i.ClosedAt = *closedAt
	}
	i.Reason, _ = verdict.ParseReason(reason) // one that a newer program wrote stays None
	return i, nil
}

// readIncidents finds those that are open or owe a notice by the one thing they have in common: a notice is due, now or
// later. Opening sets the time, whatever follows moves it, and only the last word about the end clears it. The range,
// which is all of time, is what an index serves without statistics: the table keeps the incidents of years.
func readIncidents(ctx context.Context, tx pgx.Tx) ([]Incident, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+incidentColumns+` FROM dr.incident
		WHERE notice_due_at > '-infinity' AND notice_due_at < 'infinity' ORDER BY endpoint, number`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Incident, error) { return scanIncident(row) })
}

// act carries out one action. A condition that does not hold any more means that another observer was faster: no row,
// no notice, no error.
func (s *Session) act(ctx context.Context, tx pgx.Tx, a Action, v *Visit) error {
	if a.Step == Lapse || a.Step == ClaimLapse {
		return s.lapse(ctx, tx, a, v)
	}
	rows, err := s.write(ctx, tx, a)
	if err != nil {
		return err
	}
	var now time.Time
	changed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Incident,
		error) {
		return scanIncident(row, &now)
	})
	if err != nil {
		return err
	}
	for _, i := range changed {
		v.Snapshot.put(i)
		if i.Open() || i.Announced { // the end of what nobody was told is no news
			v.Notices = append(v.Notices, noticeOf(i, now))
		}
	}
	return nil
}

func (s *Session) write(ctx context.Context, tx pgx.Tx, a Action) (pgx.Rows, error) {
	const returning = ` RETURNING ` + incidentColumns + `, now()`
	lease := s.settings.Lease.Seconds()
	switch a.Step {
	case Open:
		// Two openers take the same number, and the key lets only one commit.
		return tx.Query(ctx, `
			INSERT INTO dr.incident (endpoint, number, opened_at, opened_by, confirmed_by, reason, notice_due_at)
			SELECT $1::text, coalesce(max(number), 0) + 1, now(), $2::text, nullif($3::text, ''), $4::text,
				now() + $5::float8 * interval '1 second'
			FROM dr.incident WHERE endpoint = $1::text
			ON CONFLICT (endpoint, number) DO NOTHING`+returning,
			a.Endpoint, s.settings.Observer, a.ConfirmedBy, a.Reason.String(), lease)
	case Close:
		return tx.Query(ctx, `
			UPDATE dr.incident SET closed_at = now(), closed_by = $3::text,
				notice_due_at = CASE WHEN notice_sent_at IS NOT NULL THEN now() + $4::float8 * interval '1 second' END
			WHERE endpoint = $1::text AND number = $2::bigint AND closed_at IS NULL`+returning,
			a.Endpoint, a.Number, s.settings.Observer, lease)
	default: // Claim
		return tx.Query(ctx, `
			UPDATE dr.incident SET notice_due_at =
				CASE WHEN closed_at IS NULL OR notice_sent_at IS NOT NULL THEN now() + $3::float8 * interval '1 second' END
			WHERE endpoint = $1::text AND number = $2::bigint AND notice_due_at <= now()`+returning,
			a.Endpoint, a.Number, lease)
	}
}

// put replaces the incident in the snapshot, or adds it.
func (s *Snapshot) put(i Incident) {
	for n, old := range s.Incidents {
		if old.Endpoint == i.Endpoint && old.Number == i.Number {
			s.Incidents[n] = i
			return
		}
	}
	s.Incidents = append(s.Incidents, i)
}

// Sent records that a topic has accepted the notice: the next one about an open incident is due after the reminder, a
// resolved incident owes none any more. The first word of an incident that ended while it was on its way makes the
// resolved notice due, which its closer owed nobody; a later word must not put off the closer's notice.
func (s *Session) Sent(ctx context.Context, n Notice) error {
	if n.Kind == Lapsed {
		return s.settleLapse(ctx, n, "NULL")
	}
	return s.settle(ctx, n, `
		UPDATE dr.incident SET notice_sent_at = now(), notice_due_at = CASE
			WHEN closed_at IS NULL THEN now() + $4::float8 * interval '1 second'
			WHEN $3::bool THEN now() END
		WHERE endpoint = $1::text AND number = $2::bigint
			AND ((closed_at IS NULL) = $3::bool OR notice_sent_at IS NULL)`,
		s.settings.Reminder.Seconds())
}

// Release gives back a notice that no topic has, so that another observer need not wait for the lease. An incident that
// was closed in the meantime owes its closer's notice, if any.
func (s *Session) Release(ctx context.Context, n Notice) error {
	if n.Kind == Lapsed {
		return s.settleLapse(ctx, n, "now()")
	}
	return s.settle(ctx, n, `
		UPDATE dr.incident SET notice_due_at = now() + $4::float8 * interval '1 second'
		WHERE endpoint = $1::text AND number = $2::bigint AND (closed_at IS NULL) = $3::bool`, 0.0)
}

func (s *Session) settle(ctx context.Context, n Notice, update string, delay float64) error {
	err := dsqlconn.Retry(ctx, s.settings.Conflicts, func(ctx context.Context) error {
		_, err := s.conn.Exec(ctx, update, n.Incident.Endpoint, n.Incident.Number, n.Incident.Open(), delay)
		return err
	})
	if err != nil {
		return fmt.Errorf("notice of incident %d of %s: %w", n.Incident.Number, n.Incident.Endpoint, err)
	}
	return nil
}
