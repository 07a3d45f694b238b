package cloudwatch

import (
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch/metricmath"
)

// MetricQuery is one time series of GetMetricData or of an alarm.
type MetricQuery = metricmath.Query

// MetricStat is a statistic of a metric.
type MetricStat = metricmath.Stat

// Datapoint is one period of GetMetricStatistics.
type Datapoint struct {
	Timestamp                                   time.Time // beginning of the period
	SampleCount, Average, Sum, Minimum, Maximum float64
	Extended                                    map[string]float64 // by percentile, "p99"
}

// MetricResult is a time series of GetMetricData, oldest value first.
type MetricResult struct {
	ID         string
	Label      string
	Timestamps []time.Time
	Values     []float64
}

// GetMetricStatistics returns the periods of [start, end) that have samples, oldest first.
func (s *Service) GetMetricStatistics(
	id Metric,
	start, end time.Time,
	period time.Duration,
	unit string,
	percentiles ...string,
) ([]Datapoint, error) {
	if err := metricmath.CheckPeriod(int(period / time.Second)); err != nil {
		return nil, err
	}
	for _, p := range percentiles {
		if _, ok := metricmath.PercentileRank(p); !ok {
			return nil, awserr.Invalid(
				"InvalidParameterValue",
				"The value %s for parameter ExtendedStatistics is not supported.",
				p,
			)
		}
	}
	start, end = s.kept(start, end, period)
	s.mu.Lock()
	defer s.mu.Unlock()
	var points []Datapoint
	m, ok := s.metrics[id.key()]
	if !ok {
		return nil, nil
	}
	for at := start.Truncate(period); at.Before(end); at = at.Add(period) {
		b := m.window(at, period, unit)
		if b == nil {
			continue
		}
		point := Datapoint{
			Timestamp:   at,
			SampleCount: b.count,
			Average:     b.sum / b.count,
			Sum:         b.sum,
			Minimum:     b.min,
			Maximum:     b.max,
			Extended:    map[string]float64{},
		}
		for _, p := range percentiles {
			if v, ok := b.statistic(p); ok {
				point.Extended[p] = v
			}
		}
		points = append(points, point)
	}
	return points, nil
}

// GetMetricData computes the queries over [start, end) and returns those whose ReturnData is not false.
func (s *Service) GetMetricData(queries []MetricQuery, start, end time.Time) ([]MetricResult, error) {
	plan, err := metricmath.NewPlan(queries)
	if err != nil {
		return nil, err
	}
	start, end = s.kept(start, end, plan.Period)
	s.mu.Lock()
	defer s.mu.Unlock()
	var times []time.Time
	for at := start.Truncate(plan.Period); at.Before(end); at = at.Add(plan.Period) {
		times = append(times, at)
	}
	data, err := plan.Run(s.sample, times)
	if err != nil {
		return nil, err
	}
	var results []MetricResult
	for _, q := range queries {
		if q.ReturnData != nil && !*q.ReturnData {
			continue
		}
		result := MetricResult{ID: q.ID, Label: q.Name()}
		for _, at := range times {
			if v, ok := data[q.ID][at.Unix()]; ok {
				result.Timestamps, result.Values = append(result.Timestamps, at), append(result.Values, v)
			}
		}
		results = append(results, result)
	}
	return results, nil
}

// kept is the part of [start, end) for which there can be data of a period, so that a question about all times is
// answered too.
func (s *Service) kept(start, end time.Time, period time.Duration) (from, to time.Time) {
	now, keeping := s.env.Now(), coarseKept
	if period < time.Minute {
		keeping = fineKept
	}
	if first := now.Add(-keeping - period); start.Before(first) {
		start = first
	}
	if last := now.Add(furthestAhead + period); end.After(last) {
		end = last
	}
	return start, end
}

// sample reads a statistic of a metric for each of these times. The caller holds the lock.
func (s *Service) sample(stat MetricStat, times []time.Time) metricmath.Series {
	data := metricmath.Series{}
	m, ok := s.metrics[Metric{stat.Namespace, stat.MetricName, stat.Dimensions}.key()]
	if !ok {
		return data
	}
	for _, at := range times {
		b := m.window(at, time.Duration(stat.Period)*time.Second, stat.Unit)
		if b == nil {
			continue
		}
		if v, ok := b.statistic(stat.Stat); ok {
			data[at.Unix()] = v
		}
	}
	return data
}
