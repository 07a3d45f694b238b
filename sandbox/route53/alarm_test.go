package route53

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/region"
)

// watched is a CloudWatch in which a metric can be put, and a service that reads it.
func watched(t *testing.T) (*Service, *cloudwatch.Service, *region.Env, func(values ...float64)) {
	t.Helper()
	env := region.New("us-east-2", "123456789012", clock.New(1))
	metrics := cloudwatch.New(env, nil)
	s := New(Options{Clock: env.Clock, CloudWatch: func(string) (*cloudwatch.Service, error) { return metrics, env.Available("cloudwatch") }})
	t.Cleanup(s.Close)
	return s, metrics, env, func(values ...float64) {
		for i, v := range values {
			at := env.Now().Truncate(time.Minute).Add(time.Duration(i-len(values)) * time.Minute)
			require.NoError(t, metrics.PutMetricData("App", cloudwatch.Sample("Down", nil, v, "Count", at)))
		}
	}
}

func alarm(edit ...func(*cloudwatch.MetricAlarm)) cloudwatch.MetricAlarm {
	a := cloudwatch.MetricAlarm{Name: "down", ComparisonOperator: "GreaterThanThreshold", Threshold: on(0.0), EvaluationPeriods: 2,
		Namespace: "App", MetricName: "Down", Statistic: "Maximum", Period: 60, TreatMissingData: "breaching"}
	for _, e := range edit {
		e(&a)
	}
	return a
}

func onAlarm(insufficient string) Config {
	return Config{Type: CloudWatchMetric, AlarmRegion: "us-east-2", AlarmName: "down", InsufficientData: insufficient}
}

func TestACheckOnAnAlarmReadsTheMetricAndNotTheAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, metrics, env, put := watched(t)
		_, err := metrics.PutMetricAlarm(alarm())
		require.NoError(t, err)
		abstains, err := s.CreateHealthCheck("abstains", onAlarm(StatusHealthy))
		require.NoError(t, err)
		strict, err := s.CreateHealthCheck("strict", onAlarm(StatusUnhealthy))
		require.NoError(t, err)
		remembers, err := s.CreateHealthCheck("remembers", onAlarm(StatusLastKnown))
		require.NoError(t, err)
		says := func(want ...bool) {
			t.Helper()
			time.Sleep(lookInterval + time.Second)
			assert.Equal(t, want, []bool{healthy(t, s, abstains.ID), healthy(t, s, strict.ID), healthy(t, s, remembers.ID)})
		}
		says(true, false, true)
		require.NoError(t, metrics.SetAlarmState("down", cloudwatch.StateAlarm, "a test"))
		says(true, false, true)
		put(1, 1)
		says(false, false, false)
		require.NoError(t, metrics.SetAlarmState("down", cloudwatch.StateOK, "a test"))
		says(false, false, false)
		env.SetDown(true)
		says(true, false, false)
		env.SetDown(false)
		says(false, false, false)
		time.Sleep(10 * time.Minute)
		says(true, false, false)
		put(0, 0)
		says(true, true, true)
	})
}

func TestACheckKeepsTheAlarmsSettingsUntilItIsToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, metrics, _, put := watched(t)
		_, err := metrics.PutMetricAlarm(alarm())
		require.NoError(t, err)
		hc, err := s.CreateHealthCheck("one", onAlarm(StatusHealthy))
		require.NoError(t, err)
		put(1, 1)
		_, err = metrics.PutMetricAlarm(alarm(func(a *cloudwatch.MetricAlarm) { a.Threshold = on(5.0) }))
		require.NoError(t, err)
		_, err = s.UpdateHealthCheck(hc.ID, 0, Update{InsufficientData: on(StatusUnhealthy)})
		require.NoError(t, err)
		assert.False(t, healthy(t, s, hc.ID), "the old threshold")
		told, err := s.UpdateHealthCheck(hc.ID, 0, Update{AlarmRegion: "us-east-2", AlarmName: "down"})
		require.NoError(t, err)
		assert.InDelta(t, 5, *told.Alarm.Threshold, 0)
		assert.True(t, healthy(t, s, hc.ID), "the new one")
		require.NoError(t, metrics.DeleteAlarms("down"))
		time.Sleep(time.Minute)
		assert.True(t, healthy(t, s, hc.ID), "the alarm itself is not asked")
	})
}

func TestAlarmsThatRoute53CannotFollowAreRefused(t *testing.T) {
	for says, edit := range map[string]func(*cloudwatch.MetricAlarm){
		"uses metric math": func(a *cloudwatch.MetricAlarm) {
			a.Namespace, a.MetricName, a.Statistic, a.Period = "", "", "", 0
			a.MetricQueries = []cloudwatch.MetricQuery{{ID: "e", Expression: "m+1", ReturnData: on(true)},
				{ID: "m", Metric: &cloudwatch.MetricStat{Namespace: "App", MetricName: "Down", Period: 60, Stat: "Sum"}}}
		},
		`is an "M out of N" alarm`:       func(a *cloudwatch.MetricAlarm) { a.DatapointsToAlarm = 1 },
		"uses an extended statistic":     func(a *cloudwatch.MetricAlarm) { a.Statistic, a.ExtendedStatistic = "", "p99" },
		"is on a high-resolution metric": func(a *cloudwatch.MetricAlarm) { a.Period = 10 },
		"does not exist":                 func(a *cloudwatch.MetricAlarm) { a.Name = "other" },
	} {
		s, metrics, _, _ := watched(t)
		_, err := metrics.PutMetricAlarm(alarm(edit))
		require.NoError(t, err, says)
		_, err = s.CreateHealthCheck("one", onAlarm(StatusHealthy))
		requireCode(t, err, "InvalidInput", "CloudWatch alarm down in us-east-2 "+says)
	}
	s, metrics, env, _ := watched(t)
	_, err := metrics.PutMetricAlarm(alarm(func(a *cloudwatch.MetricAlarm) { a.Name = "child" }))
	require.NoError(t, err)
	_, err = metrics.PutCompositeAlarm(cloudwatch.CompositeAlarm{AlarmName: "down", AlarmRule: "ALARM(child)"})
	require.NoError(t, err)
	_, err = s.CreateHealthCheck("one", onAlarm(StatusHealthy))
	requireCode(t, err, "InvalidInput", "is a composite alarm")
	env.SetDown(true)
	_, err = s.CreateHealthCheck("one", onAlarm(StatusHealthy))
	require.ErrorIs(t, err, awserr.ErrUnavailable)
}
