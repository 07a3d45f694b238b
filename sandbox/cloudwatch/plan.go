package cloudwatch

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// maxExpression is the length of a metric math expression (CloudWatch API Reference, MetricDataQuery).
const maxExpression = 2048

// plan is a checked set of queries: their order of computation, the common period, and which of them return data.
type plan struct {
	queries  []MetricQuery
	parsed   map[string]expression
	order    []string // dependencies first
	period   time.Duration
	returned []string
}

// newPlan checks queries and reports all problems: ids, statistics, periods, expressions and what they refer to.
func newPlan(queries []MetricQuery) (*plan, error) {
	p := &plan{queries: queries, parsed: map[string]expression{}}
	var problems []error
	for _, q := range queries {
		if err := p.add(q); err != nil {
			problems = append(problems, fmt.Errorf("query %q: %w", q.ID, err))
		}
	}
	if p.period == 0 {
		problems = append(problems, errors.New("queries: none is of a metric with a period"))
	}
	for _, q := range queries {
		if err := p.visit(q.ID, nil); err != nil {
			problems = append(problems, err)
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *plan) add(q MetricQuery) error {
	if _, taken := p.parsed[q.ID]; taken {
		return errors.New("the id is used twice")
	}
	if !identifier.MatchString(q.ID) {
		return errors.New("the id must be a lowercase letter followed by letters, digits and underscores")
	}
	if q.ReturnData == nil || *q.ReturnData {
		p.returned = append(p.returned, q.ID)
	}
	switch {
	case q.Metric != nil && q.Expression != "", q.Metric == nil && q.Expression == "":
		return errors.New("exactly one of metric and expression is required")
	case len(q.Expression) > maxExpression:
		return fmt.Errorf("an expression of %d characters, at most %d are accepted", len(q.Expression), maxExpression)
	case q.Expression != "":
		parsed, err := parseExpression(q.Expression)
		p.parsed[q.ID] = parsed
		return err
	}
	p.parsed[q.ID] = nil
	return p.addMetric(*q.Metric)
}

// addMetric also sees to the common period: the sandbox does not mix periods in one set of queries.
func (p *plan) addMetric(m MetricStat) error {
	if m.Namespace == "" || m.MetricName == "" {
		return errors.New("namespace and metricName are required")
	}
	if !validStatistic(m.Stat) {
		return fmt.Errorf("stat %q: accepted are Sum, Average, Minimum, Maximum, SampleCount and percentiles such as p99", m.Stat)
	}
	if err := checkPeriod(m.Period); err != nil {
		return err
	}
	period := time.Duration(m.Period) * time.Second
	if p.period != 0 && p.period != period {
		return fmt.Errorf("period %s differs from %s: the sandbox wants one period in a set of queries", period, p.period)
	}
	p.period = period
	return nil
}

// visit puts a query behind those it refers to.
func (p *plan) visit(id string, path []string) error {
	if slices.Contains(p.order, id) {
		return nil
	}
	if slices.Contains(path, id) {
		return fmt.Errorf("query %q: refers to itself by way of %v", id, path)
	}
	if parsed := p.parsed[id]; parsed != nil {
		for _, ref := range parsed.references(nil) {
			if _, known := p.parsed[ref]; !known {
				return fmt.Errorf("query %q: the expression refers to %q, which is no query", id, ref)
			}
			if err := p.visit(ref, append(path, id)); err != nil {
				return err
			}
		}
	}
	p.order = append(p.order, id)
	return nil
}

// run computes all queries at these times, the beginnings of periods.
func (p *plan) run(s *Service, times []time.Time) (map[string]timeSeries, error) {
	scope := scope{times: times, series: map[string]timeSeries{}}
	for _, q := range p.queries {
		if q.Metric != nil {
			scope.metrics = append(scope.metrics, q.ID)
		}
	}
	for _, id := range p.metricsFirst() {
		q := p.query(id)
		if q.Metric != nil {
			scope.series[id] = s.sample(*q.Metric, times)
			continue
		}
		v, err := p.parsed[id].eval(scope)
		if err != nil {
			return nil, fmt.Errorf("query %q: %w", id, err)
		}
		if scope.series[id], err = v.asSeries(times); err != nil {
			return nil, fmt.Errorf("query %q: %w", id, err)
		}
		maps.DeleteFunc(scope.series[id], func(_ int64, v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	}
	return scope.series, nil
}

// metricsFirst is the order of computation with metrics before expressions, as METRICS() refers to all metrics.
func (p *plan) metricsFirst() []string {
	metrics := slices.DeleteFunc(slices.Clone(p.order), func(id string) bool { return p.query(id).Metric == nil })
	expressions := slices.DeleteFunc(slices.Clone(p.order), func(id string) bool { return p.query(id).Metric != nil })
	return append(metrics, expressions...)
}

func (p *plan) query(id string) MetricQuery {
	return p.queries[slices.IndexFunc(p.queries, func(q MetricQuery) bool { return q.ID == id })]
}

// sample reads a statistic of a metric for each of these times. The caller holds the lock.
func (s *Service) sample(stat MetricStat, times []time.Time) timeSeries {
	data := timeSeries{}
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
