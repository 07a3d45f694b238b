package incident

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
)

// What was said of an endpoint, and when: markers and withdrawals have the same columns, so that one statement reads
// both.
const (
	markerColumns = `observer, endpoint, extract(epoch FROM now() - written_at)::float8, state,
	NULL::timestamptz, NULL, '', '', false`
	withdrawalColumns = `withdrawn_by, endpoint, extract(epoch FROM now() - least(until, ended_at))::float8, reason,
	since, least(until, ended_at), coalesce(ended_how, ''), coalesce(ended_by, ''),
	coalesce(notice_due_at <= now(), false)`
)

// said is a row of these columns.
type said struct {
	who, endpoint string
	age           time.Duration
	text          string
	since, until  *time.Time // nil of a marker
	how, endedBy  string
	due           bool
}

func scanSaid(row pgx.CollectableRow, more ...any) (s said, err error) {
	var age float64
	err = row.Scan(append([]any{&s.who, &s.endpoint, &age, &s.text, &s.since, &s.until, &s.how, &s.endedBy, &s.due},
		more...)...)
	s.age = time.Duration(age * float64(time.Second))
	return s, err
}

// readWords reads by key: what somebody else has left in the tables, however much, is neither a vote nor a delay.
func (s *Session) readWords(ctx context.Context, tx pgx.Tx, into *Snapshot) error {
	query := `SELECT ` + markerColumns + ` FROM dr.marker WHERE observer = ANY($1) AND endpoint = ANY($2)`
	if s.settings.Hold > 0 {
		query += ` UNION ALL SELECT ` + withdrawalColumns + ` FROM dr.withdrawal WHERE endpoint = ANY($2)`
	}
	rows, err := tx.Query(ctx, query, s.settings.Observers, s.settings.Endpoints)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (said, error) { return scanSaid(row) })
	for _, row := range all {
		if row.since == nil {
			into.Markers = append(into.Markers, row.marker())
		} else {
			into.Withdrawals = append(into.Withdrawals, row.withdrawal())
		}
	}
	return err
}

func (s said) marker() Marker {
	// now() is when the transaction began: a marker may be younger
	m := Marker{Observer: s.who, Endpoint: s.endpoint, Age: max(0, s.age)}
	// A word that cannot be read is one that says nothing: a newer program may write what this one does not know.
	if json.Unmarshal([]byte(s.text), &m.Word) != nil {
		m.Word = Word{}
	}
	return m
}

func (s said) withdrawal() Withdrawal {
	return Withdrawal{
		Endpoint: s.endpoint,
		Reason:   s.text,
		By:       s.who,
		Since:    *s.since,
		Until:    *s.until,
		Left:     -s.age,
		How:      s.how,
		EndedBy:  s.endedBy,
		Due:      s.due,
	}
}

// remembered is the word with what the observer's own markers know of LostAt: whoever starts anew writes over them.
func (s Snapshot) remembered(observer string, word Word) Word {
	for _, m := range s.Markers {
		if m.Observer == observer {
			word = word.Remember(m.Word)
		}
	}
	return word
}
