package cloudwatch

import (
	"time"

	"aurora-dsql-dr/sandbox/awserr"
)

// MetricQuery is one time series of GetMetricData or of an alarm: a metric or an expression over other queries.
type MetricQuery struct {
	ID         string      `json:"id"`
	Expression string      `json:"expression,omitempty"`
	Label      string      `json:"label,omitempty"`
	Metric     *MetricStat `json:"metric,omitempty"`
	Period     int         `json:"period,omitempty"` // seconds, of an expression
	ReturnData *bool       `json:"returnData,omitempty"`
}

// MetricStat is a statistic of a metric.
type MetricStat struct {
	Namespace  string            `json:"namespace,omitempty"`
	MetricName string            `json:"metricName"`
	Dimensions map[string]string `json:"dimensions,omitempty"`
	Period     int               `json:"period"` // seconds
	Stat       string            `json:"stat"`   // Sum, Average, Minimum, Maximum, SampleCount or pNN
	Unit       string            `json:"unit,omitempty"`
}

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
func (s *Service) GetMetricStatistics(id Metric, start, end time.Time, period time.Duration, unit string, percentiles ...string) ([]Datapoint, error) {
	if err := checkPeriod(int(period / time.Second)); err != nil {
		return nil, err
	}
	for _, p := range percentiles {
		if _, ok := percentileRank(p); !ok {
			return nil, awserr.Invalid("InvalidParameterValue", "The value %s for parameter ExtendedStatistics is not supported.", p)
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
			Timestamp: at, SampleCount: b.count, Average: b.sum / b.count, Sum: b.sum, Minimum: b.min, Maximum: b.max,
			Extended: map[string]float64{},
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

func checkPeriod(seconds int) error {
	if seconds == 1 || seconds == 5 || seconds == 10 || seconds == 20 || seconds == 30 || seconds > 0 && seconds%60 == 0 {
		return nil
	}
	return awserr.Invalid("InvalidParameterValue", "Period %d: accepted are 1, 5, 10, 20, 30 and multiples of 60 seconds.", seconds)
}

// GetMetricData computes the queries over [start, end) and returns those whose ReturnData is not false.
func (s *Service) GetMetricData(queries []MetricQuery, start, end time.Time) ([]MetricResult, error) {
	plan, err := newPlan(queries)
	if err != nil {
		return nil, err
	}
	start, end = s.kept(start, end, plan.period)
	s.mu.Lock()
	defer s.mu.Unlock()
	var times []time.Time
	for at := start.Truncate(plan.period); at.Before(end); at = at.Add(plan.period) {
		times = append(times, at)
	}
	data, err := plan.run(s, times)
	if err != nil {
		return nil, err
	}
	var results []MetricResult
	for _, q := range queries {
		if q.ReturnData != nil && !*q.ReturnData {
			continue
		}
		result := MetricResult{ID: q.ID, Label: q.label()}
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

func (q MetricQuery) label() string {
	switch {
	case q.Label != "":
		return q.Label
	case q.Metric != nil:
		return q.Metric.MetricName
	default:
		return q.ID
	}
}
