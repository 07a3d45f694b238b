package cloudwatch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAMetricIsItsExactDimensions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		both := map[string]string{"ClusterID": "c", "Region": "us-east-1"}
		require.NoError(t, s.PutMetricData("N", Sample("Health", both, 1, "Count", s.env.Now())))
		for _, dimensions := range []map[string]string{nil, {"ClusterID": "c"}, {"ClusterID": "c", "Region": "us-east-2"}} {
			assert.Empty(t, statistics(t, s, Metric{"N", "Health", dimensions}), "%v is another metric", dimensions)
		}
		assert.Len(t, statistics(t, s, Metric{"N", "Health", both}), 1)
	})
}

func TestStatisticsOfOneMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		now := s.env.Now()
		require.NoError(t, s.PutMetricData("N",
			Datum{MetricName: "Latency", Values: []float64{10, 20}, Counts: []float64{98, 1}, Timestamp: now},
			Sample("Latency", nil, 1000, "None", now.Add(59*time.Second))))
		points := statistics(t, s, Metric{"N", "Latency", nil}, "p50", "p99", "p99.9")
		require.Len(t, points, 1)
		p := points[0]
		assert.Equal(t, now, p.Timestamp)
		assert.Equal(t, []float64{100, 2000, 20, 10, 1000}, []float64{p.SampleCount, p.Sum, p.Average, p.Minimum, p.Maximum})
		assert.Equal(t, map[string]float64{"p50": 10, "p99": 20, "p99.9": 1000}, p.Extended)
	})
}

func TestAStatisticSetCountsButGivesNoPercentile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		require.NoError(t, s.PutMetricData("N", Datum{MetricName: "M", StatisticValues: &StatisticSet{SampleCount: 4, Sum: 10, Minimum: 1, Maximum: 4}}))
		points := statistics(t, s, Metric{"N", "M", nil}, "p50")
		require.Len(t, points, 1)
		assert.InDelta(t, 2.5, points[0].Average, 0)
		assert.Empty(t, points[0].Extended)
	})
}

func TestUnitsAreKeptApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		now := s.env.Now()
		require.NoError(t, s.PutMetricData("N", Sample("M", nil, 1, "Seconds", now), Sample("M", nil, 1000, "Milliseconds", now)))
		sum := func(unit string) float64 {
			points, err := s.GetMetricStatistics(Metric{"N", "M", nil}, now, now.Add(time.Minute), time.Minute, unit)
			require.NoError(t, err)
			require.Len(t, points, 1)
			return points[0].Sum
		}
		assert.InDelta(t, 1, sum("Seconds"), 0)
		assert.InDelta(t, 1001, sum(""), 0, "without a unit all are taken together")
	})
}

func TestOnlyHighResolutionSamplesHavePeriodsBelowAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		now := s.env.Now()
		fine := Sample("Fine", nil, 1, "None", now.Add(15*time.Second))
		fine.StorageResolution = 1
		require.NoError(t, s.PutMetricData("N", fine, Sample("Coarse", nil, 1, "None", now.Add(15*time.Second))))
		for name, want := range map[string]int{"Fine": 1, "Coarse": 0} {
			points, err := s.GetMetricStatistics(Metric{"N", name, nil}, now, now.Add(time.Minute), 10*time.Second, "")
			require.NoError(t, err)
			assert.Len(t, points, want, name)
		}
	})
}

func TestOldDataIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		d := Sample("M", nil, 1, "None", s.env.Now())
		d.StorageResolution = 1
		require.NoError(t, s.PutMetricData("N", d))
		m := s.metrics[Metric{"N", "M", nil}.key()]

		time.Sleep(3*time.Hour + time.Minute)
		s.Tick(s.env.Now())
		assert.Empty(t, m.units["None"].seconds, "seconds are kept for three hours")
		assert.Len(t, m.units["None"].minutes, 1)

		time.Sleep(15 * 24 * time.Hour)
		s.Tick(s.env.Now())
		assert.Empty(t, s.ListMetrics(""), "minutes are kept for fifteen days")
	})
}

func TestGetMetricDataComputesExpressions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		now := s.env.Now()
		require.NoError(t, s.PutMetricData("N", Sample("A", nil, 1, "", now), Sample("B", nil, 2, "", now), Sample("A", nil, 5, "", now.Add(time.Minute))))
		hidden := false
		results, err := s.GetMetricData([]MetricQuery{
			{ID: "total", Expression: "a + b", Label: "Total"},
			{ID: "a", Metric: &MetricStat{Namespace: "N", MetricName: "A", Period: 60, Stat: "Sum"}},
			{ID: "b", Metric: &MetricStat{Namespace: "N", MetricName: "B", Period: 60, Stat: "Sum"}, ReturnData: &hidden},
		}, now, now.Add(3*time.Minute))
		require.NoError(t, err)
		minutes := []time.Time{now, now.Add(time.Minute)}
		assert.Equal(t, []MetricResult{
			{ID: "total", Label: "Total", Timestamps: minutes, Values: []float64{3, 5}},
			{ID: "a", Label: "A", Timestamps: minutes, Values: []float64{1, 5}},
		}, results)
	})
}

func statistics(t *testing.T, s *Service, m Metric, percentiles ...string) []Datapoint {
	t.Helper()
	now := s.env.Now()
	points, err := s.GetMetricStatistics(m, now, now.Add(time.Minute), time.Minute, "", percentiles...)
	require.NoError(t, err)
	return points
}
