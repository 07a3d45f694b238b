package check

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/probe"
	"aurora-dsql-dr/lambda/internal/verdict"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

// eager probes again every two seconds, and holds nothing for an outage that is shorter than five.
func eager(script map[string][]probe.Result) (*Checker, *fakes) {
	c, f := checker(script)
	c.Cadence.Reprobe, c.Policy.MinimumOutage = 2*time.Second, 5*time.Second
	c.Log = slog.New(slog.NewTextHandler(&f.logged, nil))
	return c, f
}

// again is when the endpoint was probed between the rounds, counted from the start of the run. Without sessions, which
// the fakes do not give, a decision is followed by an attempt to get one at the same time: it is left out.
func (f *fakes) again(endpoint string, start time.Time) []time.Duration {
	var offsets []time.Duration
	for _, at := range f.prober.again[endpoint] {
		offsets = append(offsets, at.Sub(start))
	}
	return slices.Compact(offsets)
}

const s = time.Second

func TestAnEndpointThatFailedIsProbedAgainUntilItIsDecided(t *testing.T) {
	for intent, tt := range map[string]struct {
		given  []probe.Result
		again  []time.Duration
		opened bool
	}{
		"a refusal is probed every 2 s, until it has lasted for 5 s": {
			[]probe.Result{down}, []time.Duration{0, 2 * s, 4 * s, 6 * s}, true},
		"a blip that is over ends it, and pages nobody": {
			[]probe.Result{down, down, down, up}, []time.Duration{0, 2 * s, 4 * s}, false},
		"what says nothing decides nothing": {
			[]probe.Result{down, unknown, up}, []time.Duration{0, 2 * s}, false},
		"closing keeps the cadence": {
			[]probe.Result{down, down, down, down, down, up}, []time.Duration{0, 2 * s, 4 * s, 6 * s}, true},
		"in quiet times there is nothing to decide": {[]probe.Result{up}, nil, false},
		"a cluster that wakes is not probed again":  {[]probe.Result{waking}, nil, false},
	} {
		t.Run(intent, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, f := eager(script(tt.given, []probe.Result{up}))
				start := time.Now()
				_, _ = c.Check(lambdaContext(t), contract.CheckEvent{}, "")
				assert.Equal(t, tt.again, f.again(east.Endpoint, start))
				assert.Equal(t, tt.opened, strings.Contains(f.logged.String(), contract.LogLost))
				require.Len(t, f.samples.got, 1)
				assert.Len(t, f.samples.got[0][0].Probes, 4, "metrics count rounds")
			})
		})
	}
}

var waking = probe.Result{Observation: verdict.Observation{
	Verdict: verdict.Degraded,
	Reason:  verdict.Timeout,
	Waking:  true,
}}

func TestAHungEndpointIsDecidedByItsFirstReprobe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := eager(script([]probe.Result{down}, []probe.Result{up}))
		f.prober.hung = east.Endpoint
		start := time.Now()
		_, _ = c.Check(lambdaContext(t), contract.CheckEvent{Probes: 1}, "")
		assert.Equal(t, []time.Duration{11250 * time.Millisecond}, f.again(east.Endpoint, start))
		assert.True(t, c.word.States[east.Endpoint].Open)
		assert.Equal(t, start.UTC(), c.word.States[east.Endpoint].FailingSince, "from the start of the first failed probe")
	})
}

func TestAnObserverThatFindsEveryEndpointLostPagesBetweenItsRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := eager(script([]probe.Result{down}, []probe.Result{down}))
		start := time.Now()
		_, err := c.Check(lambdaContext(t), contract.CheckEvent{Probes: 1}, "")
		require.NoError(t, err)
		assert.Len(t, f.alerts.got, 2)
		assert.Equal(t, 6*s, time.Since(start))
	})
}

// An observer that a re-probe lets in is no stranger to the database: what the other endpoint refuses then is a vote.
func TestAReprobeThatIsLetInEndsTheAbstention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := eager(script([]probe.Result{down, up}, []probe.Result{down, refused}))
		_, err := c.Check(lambdaContext(t), contract.CheckEvent{Probes: 1}, "")
		require.NotErrorIs(t, err, ErrRefused)
		assert.True(t, c.word.States[ohio.Endpoint].Open)
		assert.Equal(t, verdict.Auth, c.word.States[ohio.Endpoint].Reason)
		assert.Contains(t, f.logged.String(), "endpoint lost")
	})
}

// Two observers agree within one round each: what one decides between its rounds the other must hear at once.
func testDecisionIsShared(t *testing.T, w *world) {
	observers := []*Checker{w.observer(t, secondary, nil), w.observer(t, witness, nil)}
	rounds(t, 3, observers...)
	for _, o := range observers {
		o.Cadence.Reprobe, o.Policy.MinimumOutage = 50*time.Millisecond, 200*time.Millisecond
	}
	w.fault(t, primary, sqlendpoint.Fault{Refuse: true})
	rounds(t, 1, observers...)
	assert.Equal(t, []string{"opened us-east-1 confirmed"}, w.told())
	w.fault(t, primary, sqlendpoint.Fault{})
	rounds(t, 1, observers...)
	assert.Equal(t, []string{"opened us-east-1 confirmed"}, w.told(), "closing takes its rounds")
	for _, o := range observers {
		assert.Equal(t, verdict.State{Successes: 3}, o.word.States[w.Hosts[secondary]])
	}
}

// An observer that cannot reach the endpoint that serves, just when it has found the other one lost, is not alone.
func TestADecisionThatCannotBeSharedWaitsForTheNextRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := eager(script([]probe.Result{down}, []probe.Result{up, down})) // without sessions
		c.word = incident.Word{}
		c.Cadence.Interval = time.Minute
		_, _ = c.Check(lambdaContext(t), contract.CheckEvent{Probes: 1}, "")
		assert.True(t, c.word.States[east.Endpoint].Open)
		assert.Equal(t, 1, c.word.States[ohio.Endpoint].Successes, "the visit that failed is no probe")
		assert.Empty(t, f.alerts.got)
	})
}

// An endpoint that was failing before the other one began to is found lost first: nobody is left to pass that on, so it
// is told without asking an endpoint that fails, and before that one is found lost as well.
func TestAnObserverWhoseEndpointsAllFailAsksNoneToPassOnTheNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := eager(script([]probe.Result{down}, []probe.Result{down}))
		start := time.Now()
		c.word = incident.Word{
			At: start,
			States: map[string]verdict.State{
				east.Endpoint: {Failures: 1, FailingSince: start.Add(-2 * s), Reason: verdict.Timeout},
			},
		}
		_, err := c.Check(lambdaContext(t), contract.CheckEvent{Probes: 1}, "")
		require.NoError(t, err)
		var asked []time.Duration
		for _, at := range f.prober.again[ohio.Endpoint] {
			asked = append(asked, at.Sub(start))
		}
		assert.Equal(t, []time.Duration{0, 2 * s, 4 * s, 6 * s}, asked, "by re-probes only")
		assert.Len(t, f.alerts.got, 2)
	})
}
