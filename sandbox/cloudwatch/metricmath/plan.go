// Package metricmath computes CloudWatch's metric math: queries of metrics and expressions over them (CloudWatch User
// Guide, "Using math expressions with CloudWatch metrics"). It is pure: whoever runs a plan hands over the samples.
package metricmath

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

// Plan is a checked set of queries: their order of computation, the common period, and which of them return data.
type Plan struct {
	// Period is common to all queries, Returned are the ids of those that return data.
	Period   time.Duration
	Returned []string

	queries []Query
	parsed  map[string]expression
	order   []string // dependencies first
}

// NewPlan checks queries and reports all problems: ids, statistics, periods, expressions and what they refer to.
func NewPlan(queries []Query) (*Plan, error) {
	p := &Plan{queries: queries, parsed: map[string]expression{}}
	var problems []error
	for _, q := range queries {
		if err := p.add(q); err != nil {
			problems = append(problems, fmt.Errorf("query %q: %w", q.ID, err))
		}
	}
	if p.Period == 0 {
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

func (p *Plan) add(q Query) error {
	if _, taken := p.parsed[q.ID]; taken {
		return errors.New("the id is used twice")
	}
	if !identifier.MatchString(q.ID) {
		return errors.New("the id must be a lowercase letter followed by letters, digits and underscores")
	}
	if q.ReturnData == nil || *q.ReturnData {
		p.Returned = append(p.Returned, q.ID)
	}
	switch {
	case q.Metric != nil && q.Expression != "", q.Metric == nil && q.Expression == "":
		return errors.New("exactly one of metric and expression is required")
	case len(q.Expression) > maxExpression:
		return fmt.Errorf("an expression of %d characters, at most %d are accepted", len(q.Expression), maxExpression)
	case q.Expression != "":
		parsed, err := parse(q.Expression)
		p.parsed[q.ID] = parsed
		return err
	}
	p.parsed[q.ID] = nil
	return p.addMetric(*q.Metric)
}

// addMetric also sees to the common period: the sandbox does not mix periods in one set of queries.
func (p *Plan) addMetric(m Stat) error {
	if m.Namespace == "" || m.MetricName == "" {
		return errors.New("namespace and metricName are required")
	}
	if !ValidStatistic(m.Stat) {
		return fmt.Errorf("stat %q: want Sum, Average, Minimum, Maximum, SampleCount or a percentile such as p99",
			m.Stat)
	}
	if err := CheckPeriod(m.Period); err != nil {
		return err
	}
	period := time.Duration(m.Period) * time.Second
	if p.Period != 0 && p.Period != period {
		return fmt.Errorf("period %s differs from %s: the sandbox wants one period in a set of queries", period, p.Period)
	}
	p.Period = period
	return nil
}

// visit puts a query behind those it refers to.
func (p *Plan) visit(id string, path []string) error {
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

// Run computes all queries at these times, the beginnings of periods, over what sample says of a metric at them.
func (p *Plan) Run(sample func(Stat, []time.Time) Series, times []time.Time) (map[string]Series, error) {
	scope := scope{times: times, series: map[string]Series{}}
	for _, q := range p.queries {
		if q.Metric != nil {
			scope.metrics = append(scope.metrics, q.ID)
		}
	}
	for _, id := range p.metricsFirst() {
		q := p.query(id)
		if q.Metric != nil {
			scope.series[id] = sample(*q.Metric, times)
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
func (p *Plan) metricsFirst() []string {
	metrics := slices.DeleteFunc(slices.Clone(p.order), func(id string) bool { return p.query(id).Metric == nil })
	expressions := slices.DeleteFunc(slices.Clone(p.order), func(id string) bool { return p.query(id).Metric != nil })
	return append(metrics, expressions...)
}

func (p *Plan) query(id string) Query {
	return p.queries[slices.IndexFunc(p.queries, func(q Query) bool { return q.ID == id })]
}
