package check

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

// routed is an observer of a stack that routes traffic.
func (w *world) routed(t *testing.T, name string) *Checker {
	o := w.observer(t, name, nil)
	prober := o.Prober.(probe.Prober)
	prober.Memory.Hold, o.Hold = contract.TrafficHold, contract.TrafficHold
	o.Prober = prober
	return o
}

func (w *world) threeRouted(t *testing.T) []*Checker {
	return []*Checker{w.routed(t, primary), w.routed(t, secondary), w.routed(t, witness)}
}

func withdraw(region string) contract.CheckEvent {
	return contract.CheckEvent{Withdraw: &contract.Withdraw{
		Region: region,
		Until:  time.Now().Add(time.Hour),
		Reason: "new firewall",
		By:     "alice",
	}}
}

var giveBack = contract.CheckEvent{Return: &contract.Return{Region: primary, By: "bob"}}

// say is each observer's latest word about the primary and the secondary endpoint.
func say(observers ...*Checker) [][]bool {
	var out [][]bool
	for _, o := range observers {
		s := o.Metrics.(*samples)
		s.mu.Lock()
		words := make([]bool, len(o.Targets))
		for i, target := range o.Targets {
			var at time.Time
			for _, run := range s.got {
				for _, series := range run {
					if series.Target == target && series.Word != nil && !series.Word.At.Before(at) {
						at, words[i] = series.Word.At, series.Word.Unfit
					}
				}
			}
		}
		s.mu.Unlock()
		out = append(out, words)
	}
	return out
}

func testWithdrawnRegion(t *testing.T, w *world) {
	observers := w.threeRouted(t)
	rounds(t, 3, observers...)
	require.Equal(t, [][]bool{{false, false}, {false, false}, {false, false}}, say(observers...))

	report, err := observers[1].Run(t.Context(), withdraw(primary), "request-1")
	require.NoError(t, err)
	assert.Equal(t, &contract.Withdrawal{
		Region: primary,
		Reason: "new firewall",
		By:     "alice",
		Since:  report.Withdrawal.Since,
		Until:  report.Withdrawal.Until,
	}, report.Withdrawal)
	assert.WithinDuration(t, time.Now().Add(time.Hour), report.Withdrawal.Until, time.Minute)
	assert.Equal(t, []any{secondary, "request-1", 0}, []any{report.Region, report.RequestID, report.Probes}, "no run")

	rounds(t, 3, observers...)
	assert.Equal(t, [][]bool{{true, false}, {true, false}, {true, false}}, say(observers...))
	assert.Equal(t, []string{"withdrawn us-east-1 "}, w.told(), "and nobody is paged")

	_, err = observers[2].Run(t.Context(), giveBack, "")
	require.NoError(t, err)
	assert.Equal(t, []string{"returned us-east-1 ", "withdrawn us-east-1 "}, w.told())
	rounds(t, 1, observers...)
	assert.Equal(t, [][]bool{{true, false}, {true, false}, {true, false}}, say(observers...), "it is held")
	w.Exec(t, `UPDATE dr.withdrawal SET ended_at = ended_at - interval '8 minutes'`)
	rounds(t, 1, observers...)
	assert.Equal(t, [][]bool{{false, false}, {false, false}, {false, false}}, say(observers...))
	assert.Len(t, w.told(), 2)
}

func testWithdrawalLapses(t *testing.T, w *world) {
	observers := w.threeRouted(t)
	rounds(t, 3, observers...)
	_, err := observers[0].Run(t.Context(), withdraw(primary), "")
	require.NoError(t, err)
	rounds(t, 1, observers...)
	w.fault(t, secondary, sqlendpoint.Fault{Refuse: true})
	rounds(t, 4, observers...)
	assert.Equal(t, []string{"lapsed us-east-1 ", "opened us-east-2 confirmed", "withdrawn us-east-1 "}, w.told())
	assert.Equal(t, [][]bool{{false, true}, {false, true}, {false, true}}, say(observers...), "without a hold")
	report, err := observers[0].Run(t.Context(), withdraw(primary), "")
	require.NoError(t, err)
	assert.Contains(t, report.Refused,
		"region us-east-1 is the last fit one: us-east-2 is lost, incident 1 is open since")
}

func testLapseToldByAnother(t *testing.T, w *world) {
	deaf, well := w.routed(t, primary), w.routed(t, witness)
	rounds(t, 3, deaf, well)
	_, err := well.Run(t.Context(), withdraw(primary), "")
	require.NoError(t, err)
	w.fault(t, secondary, sqlendpoint.Fault{Refuse: true})
	rounds(t, 1, deaf, well)
	rounds(t, 1, well) // says so, and finds nobody to agree
	deaf.Alerts = &alerts{fail: []error{assert.AnError, assert.AnError}}
	_, err = deaf.Check(t.Context(), contract.CheckEvent{Probes: 1}, "")
	require.ErrorIs(t, err, assert.AnError, "it ended the withdrawal and could tell nobody")
	rounds(t, 1, well)
	assert.Equal(t, []string{"lapsed us-east-1 ", "opened us-east-2 confirmed", "withdrawn us-east-1 "}, w.told())
	rounds(t, 1, well)
	assert.Len(t, w.told(), 3)
}

func testWithdrawnThroughAny(t *testing.T, w *world) {
	w.fault(t, primary, sqlendpoint.Fault{Refuse: true})
	_, err := w.routed(t, primary).Run(t.Context(), withdraw(primary), "")
	require.NoError(t, err, "its own endpoint takes nothing")
	w.fault(t, secondary, sqlendpoint.Fault{Refuse: true})
	_, err = w.routed(t, secondary).Run(t.Context(), giveBack, "")
	assert.ErrorContains(t, err, "no endpoint took the change: us-east-2: connect to "+w.Hosts[secondary])
	assert.ErrorContains(t, err, "us-east-1: connect to "+w.Hosts[primary])
	assert.Equal(t, []string{"withdrawn us-east-1 "}, w.told())
}

func testWithdrawalAnswers(t *testing.T, w *world) {
	o := w.routed(t, primary)
	refused := func(o *Checker, event contract.CheckEvent) string {
		report, err := o.Run(t.Context(), event, "")
		require.NoError(t, err, "an observer that refuses is not broken")
		assert.Nil(t, report.Withdrawal)
		return report.Refused
	}
	event := withdraw("eu-west-1")
	event.Withdraw.Until = time.Time{}
	assert.Regexp(t, `^region is "eu-west-1": want us-east-1 or us-east-2\nuntil is missing: want an end after now`,
		refused(o, event))
	both := withdraw(primary)
	both.Return = giveBack.Return
	assert.Equal(t, "withdraw and return are both set: want one", refused(o, both))
	assert.Equal(t, "region us-east-1 is not withdrawn", refused(o, giveBack))
	assert.Empty(t, w.told())

	o.Alerts = &alerts{fail: []error{assert.AnError}}
	report, err := o.Run(t.Context(), withdraw(primary), "")
	require.NoError(t, err, "it is done")
	assert.Equal(t, assert.AnError.Error(), report.Withdrawal.Untold)
	assert.Empty(t, report.Refused)

	assert.Equal(t, "this stack routes no traffic: set traffic in its configuration",
		refused(w.observer(t, primary, nil), withdraw(primary)))
}

// As while a stack is updated: endpoints are watched as before, and the deployment waits for the migration.
func testWithdrawalsUnread(t *testing.T, w *world) {
	o := w.routed(t, witness)
	w.Exec(t, "REVOKE SELECT ON dr.withdrawal FROM "+schema.RoleMonitor)
	for range 3 {
		report, err := o.Check(t.Context(), contract.CheckEvent{Probes: 1}, "")
		assert.ErrorIs(t, err, ErrUnread)
		assert.True(t, report.Healthy)
	}
	assert.ErrorContains(t, o.refusals(t.Context()), w.Hosts[primary]+" refuses it")
	w.Exec(t, "GRANT SELECT ON dr.withdrawal TO "+schema.RoleMonitor)
	require.NoError(t, o.refusals(t.Context()))
	rounds(t, 1, o)
	assert.Empty(t, w.told())
}
