package check

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

// everywhere lays a fault over both endpoints.
func (w *world) everywhere(t *testing.T, f sqlendpoint.Fault) {
	t.Helper()
	for region := range w.Endpoints {
		w.fault(t, region, f)
	}
}

// An observer that was quiet while its peers closed an incident has not heard of the end by sharing.
func testQuietWhileOthersClosed(t *testing.T, w *world) {
	observers := w.three(t)
	quiet := observers[2]
	rounds(t, 3, observers...)
	w.fault(t, primary, sqlendpoint.Fault{Refuse: true})
	rounds(t, 3, observers...)
	w.fault(t, primary, sqlendpoint.Fault{})
	rounds(t, 6, observers[:2]...)
	require.Equal(t, []string{"opened us-east-1 confirmed", "resolved us-east-1 confirmed"}, w.told())
	require.NotEmpty(t, quiet.ledger, "it still remembers the incident")
	rounds(t, 4, quiet)
	require.Empty(t, quiet.ledger)

	w.everywhere(t, sqlendpoint.Fault{Refuse: true})
	rounds(t, 3, quiet)
	assert.Equal(t, []string{"opened us-east-1 unconfirmed", "opened us-east-2 unconfirmed"}, w.told()[1:3],
		"the next outage is news")
	w.everywhere(t, sqlendpoint.Fault{})
	rounds(t, 3, quiet)
	assert.Len(t, w.told(), 6, "and whoever paged it resolves it")
}

// What other observers have opened and could not tell is told by one for whom everything is well.
func testOwedByOthers(t *testing.T, w *world) {
	cut := map[string]string{primary: nowhere(t)}
	one, two, well := w.observer(t, secondary, cut), w.observer(t, witness, cut), w.observer(t, primary, nil)
	for _, deaf := range []*Checker{one, two} {
		deaf.Alerts = &alerts{fail: slices.Repeat([]error{assert.AnError}, 100)}
	}
	rounds(t, 4, well)
	for range 3 {
		for _, deaf := range []*Checker{one, two} {
			_, _ = deaf.Check(t.Context(), contract.CheckEvent{Probes: 1}, "")
		}
	}
	require.Empty(t, w.told())
	rounds(t, 1, well)
	assert.Equal(t, []string{"opened us-east-1 confirmed"}, w.told())
}

// after does something between a round's probes and what follows from them.
type after struct {
	Prober
	done func(contract.Target)
}

func (a after) Probe(ctx context.Context, target contract.Target, word incident.Word) probe.Result {
	result := a.Prober.Probe(ctx, target, word)
	a.done(target)
	return result
}

// sharer is an observer for whom both endpoints are well, while the database has an open incident of the secondary one:
// it has to share. Between its probes and the sharing something befalls the endpoints.
func (w *world) sharer(t *testing.T, befalls func(region string)) *Checker {
	o := w.observer(t, witness, nil)
	rounds(t, 3, o)
	w.Exec(t, `INSERT INTO dr.incident (endpoint, number, opened_by, reason, notice_sent_at, notice_due_at)
		VALUES ('`+w.Hosts[secondary]+`', 1, 'x', 'timeout', now(), now() + interval '1 hour')`)
	o.Prober = after{o.Prober, func(target contract.Target) { befalls(target.Region) }}
	return o
}

func testSharingFallsBack(t *testing.T, w *world) {
	o := w.sharer(t, func(region string) {
		if region == primary {
			w.fault(t, primary, sqlendpoint.Fault{BlackHole: true})
		}
	})
	rounds(t, 1, o)
	assert.Equal(t, []string{"resolved us-east-2 unconfirmed"}, w.told(), "through the other connection")
}

func testSharingFails(t *testing.T, w *world) {
	o := w.sharer(t, func(region string) { w.fault(t, region, sqlendpoint.Fault{BlackHole: true}) })
	_, err := o.Check(t.Context(), contract.CheckEvent{Probes: 1}, "")
	require.ErrorIs(t, err, ErrUnshared)
	assert.Empty(t, w.told(), "it has no evidence of its own that anything is lost")
}

// A grant that is gone is a refusal as well.
func testGrantGone(t *testing.T, w *world) {
	o := w.observer(t, witness, nil)
	rounds(t, 3, o)
	w.Exec(t, "REVOKE INSERT ON dr.marker FROM "+schema.RoleMonitor)
	defer w.Exec(t, "GRANT INSERT ON dr.marker TO "+schema.RoleMonitor)
	for range 3 {
		_, err := o.Check(t.Context(), contract.CheckEvent{Probes: 1}, "")
		assert.ErrorIs(t, err, ErrRefused)
	}
	assert.Empty(t, w.told())
}
