package outbox

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

// diary is a table of events without events, which notes what a run does.
type diary struct {
	Rows
	entries []string
}

func (d *diary) note(what string) { d.entries = append(d.entries, what) }

func (d *diary) Age(context.Context) (time.Duration, error) { d.note("age"); return 0, nil }

func (d *diary) Seen(context.Context) (Absence, error) {
	d.note("seen")
	from := time.Now().Add(-time.Minute)
	until := from.Add(time.Second)
	return Absence{From: &from, Until: &until}, nil
}

func (d *diary) ClaimDue(context.Context, int) ([]Event, error) { d.note("sweep"); return nil, nil }

func (d *diary) SentElsewhere(context.Context, Position, time.Time, int) ([]Sent, error) {
	d.note("catch up")
	return nil, nil
}

func (d *diary) CaughtUp(context.Context, time.Time, time.Time) error { return nil }

func (d *diary) Purge(context.Context, time.Duration, int) (int, error) {
	d.note("purge")
	return 0, nil
}

// A run records that it is there before any work whose length varies, or a long one would look like an absence. What is
// due goes before what can wait: on a slow database a run ends before it has done everything.
func TestARunSendsBeforeItCounts(t *testing.T) {
	rows := &diary{}
	p := Publisher{
		Rows:      rows,
		RollUp:    func(context.Context) error { rows.note("roll up"); return nil },
		RecordAge: func(time.Duration) error { return nil },
		Log:       slog.New(slog.DiscardHandler),
	}
	require.NoError(t, p.Run(t.Context(), contract.PublishEvent{}))
	assert.Equal(t, []string{"age", "seen", "sweep", "roll up", "catch up", "purge"}, rows.entries)
}
