package check

import (
	"context"
	"encoding/json"
	"errors"
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
)

func TestARunProbesBothEndpointsAtAFixedCadence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{up}, []probe.Result{down}))
		f.prober.takes, f.prober.hung = 3*time.Second, ohio.Endpoint
		start := time.Now()
		report, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "request-1")
		require.NoError(t, err)
		for _, endpoint := range []string{east.Endpoint, ohio.Endpoint} {
			var offsets []time.Duration
			for _, at := range f.prober.asked[endpoint] {
				offsets = append(offsets, at.Sub(start))
			}
			assert.Equal(t, []time.Duration{0, 15 * time.Second, 30 * time.Second, 45 * time.Second}, offsets,
				"one that hangs delays no other")
		}
		assert.Equal(t, 56250*time.Millisecond, time.Since(start), "it ends with its last probe")
		assert.Equal(t, 4, report.Probes)
	})
}

func TestTheReportIsTheLastProbeOfEveryEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := checker(script([]probe.Result{down, up}, []probe.Result{up, down}))
		start := time.Now().UTC()
		report, err := c.Check(lambdaContext(t), contract.CheckEvent{Probes: 2}, "request-1")
		require.NoError(t, err, "an unhealthy endpoint is a successful check")
		assert.Equal(t, contract.HealthReport{
			Timestamp:    start,
			Region:       "us-west-2",
			FunctionName: "health-check",
			RequestID:    "request-1",
			Healthy:      false,
			Probes:       2,
			Targets: []contract.TargetHealth{
				{
					Region:        "us-east-1",
					ClusterID:     "aaa",
					ClusterARN:    east.ClusterARN,
					Status:        "ACTIVE",
					Healthy:       true,
					Verdict:       "up",
					ConnectMillis: 20,
					QueryMillis:   2,
					CommitMillis:  8,
				},
				{
					Region:     "us-east-2",
					ClusterID:  "bbb",
					ClusterARN: ohio.ClusterARN,
					Verdict:    "down",
					Reason:     "timeout",
					Detail:     "no answer",
				},
			},
			Memory: &contract.Memory{Incidents: []contract.OpenIncident{}},
		}, report)
	})
}

// The age of the other side's markers measures replication while they are written; through an outage of the other side
// it would only measure the outage, and alarm for what has been paged.
func TestTheMarkerAgeIsToldWhileBothSidesServe(t *testing.T) {
	for name, c := range map[string]struct {
		other probe.Result
		want  float64
	}{"both serve": {up, 5}, "the other is lost": {down, 0}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				seen := up
				seen.Visit.Snapshot.Markers = []incident.Marker{{
					Observer: "us-east-1",
					Endpoint: ohio.Endpoint,
					Age:      5 * time.Second,
				}}
				checker, f := checker(script([]probe.Result{seen}, []probe.Result{c.other}))
				report, err := checker.Check(lambdaContext(t), contract.CheckEvent{Probes: 1}, "")
				require.NoError(t, err)
				assert.InDelta(t, c.want, report.Targets[0].MarkerAgeSeconds, 0.001)
				assert.Equal(t, c.want > 0, strings.Contains(f.out.String(), contract.MetricMarkerAge))
			})
		})
	}
}

func TestMetricsArePublishedOnceARunEvenWhenEverythingIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{down}, []probe.Result{down}))
		f.prober.takes = 11250 * time.Millisecond // every step to its deadline
		start := time.Now()
		ctx := lambdaContext(t)
		_, err := c.Check(ctx, contract.CheckEvent{}, "")
		require.NoError(t, err)
		require.Len(t, f.samples.got, 1)
		assert.Equal(t, 56250*time.Millisecond, f.samples.at.Sub(start))
		for _, s := range f.samples.got[0] {
			unreachable, ok := s.Unreachable()
			assert.True(t, unreachable && ok)
			assert.Len(t, s.Probes, 4)
		}
		require.NoError(t, ctx.Err(), "before the deadline")
	})
}

func TestARunWhoseMetricsHangStillAnswersBeforeItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{up}, []probe.Result{up}))
		f.samples.hang = true
		ctx := lambdaContext(t)
		_, err := c.Check(ctx, contract.CheckEvent{}, "")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, ctx.Err())
	})
}

func TestMetricsThatReachNoRegionFailTheCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{up}, []probe.Result{up}))
		f.samples.fail = errors.New("metrics reached no region")
		report, err := c.Check(lambdaContext(t), contract.CheckEvent{Probes: 1}, "")
		assert.ErrorIs(t, err, f.samples.fail)
		assert.True(t, report.Healthy)
	})
}

func TestARunThatLearnsNothingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := checker(script([]probe.Result{unknown}, []probe.Result{unknown}))
		_, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
		assert.ErrorIs(t, err, ErrNothingLearned)
		assert.ErrorContains(t, err, "no credentials")
	})
}

func TestARunThatLearnsSomethingSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := checker(script([]probe.Result{unknown}, []probe.Result{unknown, unknown, up}))
		_, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
		assert.NoError(t, err)
	})
}

func TestLatenciesStayInTheObserversRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{up}, []probe.Result{down}))
		_, err := c.Check(lambdaContext(t), contract.CheckEvent{Probes: 2}, "")
		require.NoError(t, err)
		var line struct {
			ClusterID, Observer string
			ConnectLatency      []float64
		}
		require.NoError(t, json.Unmarshal(f.out.Bytes(), &line), "one line: the other endpoint has no latency")
		assert.Equal(t, []float64{20, 20}, line.ConnectLatency)
		assert.Equal(t, []string{"aaa", "us-west-2"}, []string{line.ClusterID, line.Observer})
	})
}

func TestWithoutAnyCommitAnObserverPagesOnItsOwnEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{down}, []probe.Result{down}))
		lostEast, lostOhio := "DSQL LOST in us-east-1: timeout UNCONFIRMED", "DSQL LOST in us-east-2: timeout UNCONFIRMED"
		for range 15 {
			at := time.Now()
			_, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
			require.NoError(t, err)
			assert.ElementsMatch(t, []string{lostEast, lostOhio}, f.alerts.subjects(), "once per outage")
			time.Sleep(time.Until(at.Add(time.Minute)))
		}
		_, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{"DSQL STILL LOST in us-east-1 for 15m15s: timeout UNCONFIRMED",
			"DSQL STILL LOST in us-east-2 for 15m15s: timeout UNCONFIRMED"},
			f.alerts.subjects()[2:], "and a reminder after 15 minutes")
	})
}

func TestAPageThatReachesNoTopicFailsTheCheckAndIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{down}, []probe.Result{unknown}))
		f.alerts.fail = []error{errors.New("no topic took it"), errors.New("no topic took it")}
		_, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
		assert.ErrorContains(t, err, "no topic took it")
		assert.Equal(t, []string{"DSQL LOST in us-east-1: timeout UNCONFIRMED"}, f.alerts.subjects(), "in the fourth round")
	})
}

func TestAnOutageWithoutTheDatabaseIsResolvedByWhoPagedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{down, down, up}, []probe.Result{down, down, up}))
		for range 2 {
			at := time.Now()
			_, err := c.Check(lambdaContext(t), contract.CheckEvent{}, "")
			require.NoError(t, err)
			time.Sleep(time.Until(at.Add(time.Minute)))
		}
		assert.ElementsMatch(t, []string{"DSQL RESOLVED in us-east-1 after 1m0s UNCONFIRMED",
			"DSQL RESOLVED in us-east-2 after 1m0s UNCONFIRMED"}, f.alerts.subjects()[2:])
	})
}

func TestEndpointsThatNobodyWatchesAnyMoreAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stored := up
		stored.Visit.Word = incident.Word{
			At: time.Now(),
			States: map[string]verdict.State{
				"old.dsql.us-east-1.on.aws": {Open: true, Failures: 2},
				east.Endpoint:               {Open: true, Failures: 2, FailingSince: time.Now()},
			},
		}
		c, f := checker(script([]probe.Result{stored, down}, []probe.Result{down}))
		_, err := c.Check(lambdaContext(t), contract.CheckEvent{Probes: 2}, "")
		require.NoError(t, err)
		assert.Len(t, f.alerts.got, 2, "only those that are watched are paged for")
		assert.Len(t, c.word.States, 2)
	})
}

func TestAPauseForgetsAStreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{down}, []probe.Result{down}))
		_, err := c.Check(lambdaContext(t), contract.CheckEvent{Probes: 1}, "")
		require.NoError(t, err)
		time.Sleep(c.Cadence.Fresh())
		_, err = c.Check(lambdaContext(t), contract.CheckEvent{Probes: 1}, "")
		require.NoError(t, err)
		assert.Empty(t, f.alerts.got, "two failures an age apart are not consecutive")
		_, err = c.Check(lambdaContext(t), contract.CheckEvent{Probes: 1}, "")
		require.NoError(t, err)
		assert.Len(t, f.alerts.got, 2)
	})
}

func TestACancelledRunEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := checker(script([]probe.Result{unknown}, []probe.Result{unknown}))
		f.prober.takes = 3 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		time.AfterFunc(20*time.Second, cancel)
		start := time.Now()
		_, err := c.Check(ctx, contract.CheckEvent{}, "")
		assert.ErrorIs(t, err, ErrNothingLearned)
		assert.Equal(t, 20*time.Second, time.Since(start))
	})
}
