package metricmath

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Series maps the beginning of a period, in Unix seconds, to its value. A period without data is not in it.
type Series map[int64]float64

// value is what an expression yields: exactly one of a number, a time series and an array of time series
// (CloudWatch User Guide, "Using math expressions with CloudWatch metrics").
type value struct {
	scalar *float64
	series Series
	array  []Series
}

func scalarOf(v float64) value { return value{scalar: &v} }

// asSeries gives a number the same value at all times. An array is no single time series.
func (v value) asSeries(times []time.Time) (Series, error) {
	switch {
	case v.series != nil:
		return v.series, nil
	case v.scalar != nil:
		constant := Series{}
		for _, at := range times {
			constant[at.Unix()] = *v.scalar
		}
		return constant, nil
	default:
		return nil, fmt.Errorf("the expression yields an array of %d time series, one is wanted", len(v.array))
	}
}

// scope is what expressions are computed in.
type scope struct {
	times   []time.Time
	series  map[string]Series
	metrics []string // ids of the queries that are metrics
}

type expression interface {
	eval(scope) (value, error)
	// references appends the ids of the queries the expression names.
	references(to []string) []string
}

type number float64

func (n number) eval(scope) (value, error)       { return scalarOf(float64(n)), nil }
func (n number) references(to []string) []string { return to }

type reference string

func (r reference) eval(s scope) (value, error) {
	series := s.series[string(r)]
	if series == nil {
		series = Series{}
	}
	return value{series: series}, nil
}
func (r reference) references(to []string) []string { return append(to, string(r)) }

type list []expression

func (l list) eval(s scope) (value, error) {
	array := []Series{}
	for _, item := range l {
		v, err := item.eval(s)
		if err != nil {
			return value{}, err
		}
		series, err := v.asSeries(s.times)
		if err != nil {
			return value{}, err
		}
		array = append(array, series)
	}
	return value{array: array}, nil
}

func (l list) references(to []string) []string {
	for _, item := range l {
		to = item.references(to)
	}
	return to
}

type binary struct {
	operator    string
	left, right expression
}

func (b binary) references(to []string) []string { return b.right.references(b.left.references(to)) }

func (b binary) eval(s scope) (value, error) {
	left, err := b.left.eval(s)
	if err != nil {
		return value{}, err
	}
	right, err := b.right.eval(s)
	if err != nil {
		return value{}, err
	}
	if left.array != nil || right.array != nil {
		return value{}, fmt.Errorf("operator %s: arrays of time series are only for SUM, AVG, MIN and MAX", b.operator)
	}
	compute := operations[b.operator]
	if left.scalar != nil && right.scalar != nil {
		return scalarOf(compute(*left.scalar, *right.scalar)), nil
	}
	result := Series{}
	for at := range moments(left, right) {
		if v := compute(left.at(at), right.at(at)); !math.IsNaN(v) && !math.IsInf(v, 0) {
			result[at] = v
		}
	}
	return value{series: result}, nil
}

// moments are the times at which at least one time series has data. At those a missing term counts as 0; where all are
// missing, so is the result.
func moments(values ...value) map[int64]bool {
	times := map[int64]bool{}
	for _, v := range values {
		for at := range v.series {
			times[at] = true
		}
	}
	return times
}

// at is the value at a time, 0 where there is none.
func (v value) at(t int64) float64 {
	if v.scalar != nil {
		return *v.scalar
	}
	return v.series[t]
}

// operations are the operators of expressions. Comparisons and logic yield 1 and 0; a division by zero yields nothing.
var operations = map[string]func(a, b float64) float64{
	"+":  func(a, b float64) float64 { return a + b },
	"-":  func(a, b float64) float64 { return a - b },
	"*":  func(a, b float64) float64 { return a * b },
	"/":  func(a, b float64) float64 { return a / b },
	"==": func(a, b float64) float64 { return truth(a == b) },
	"!=": func(a, b float64) float64 { return truth(a != b) },
	"<":  func(a, b float64) float64 { return truth(a < b) },
	"<=": func(a, b float64) float64 { return truth(a <= b) },
	">":  func(a, b float64) float64 { return truth(a > b) },
	">=": func(a, b float64) float64 { return truth(a >= b) },
	"&&": func(a, b float64) float64 { return truth(a != 0 && b != 0) },
	"||": func(a, b float64) float64 { return truth(a != 0 || b != 0) },
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

type call struct {
	name string
	args list
}

func (c call) references(to []string) []string { return c.args.references(to) }

func (c call) eval(s scope) (value, error) {
	args := make([]value, len(c.args))
	for i, arg := range c.args {
		v, err := arg.eval(s)
		if err != nil {
			return value{}, err
		}
		args[i] = v
	}
	return functions[c.name].compute(s, args)
}

// function is a function of expressions with the number of its arguments.
type function struct {
	arity   int
	compute func(scope, []value) (value, error)
}

// functions are the functions of expressions.
var functions = map[string]function{
	"METRICS": {0, allMetrics},
	"SUM":     {1, aggregate(sum)},
	"AVG":     {1, aggregate(func(values []float64) float64 { return sum(values) / float64(len(values)) })},
	"MIN":     {1, aggregate(slices.Min[[]float64])},
	"MAX":     {1, aggregate(slices.Max[[]float64])},
	"FILL":    {2, fill},
	"IF":      {3, choose},
}

func allMetrics(s scope, _ []value) (value, error) {
	array := []Series{}
	for _, id := range s.metrics {
		array = append(array, s.series[id])
	}
	return value{array: array}, nil
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

// aggregate works across the series of an array, at each time over those that have data, or over all values of one
// series, which yields a number.
func aggregate(over func([]float64) float64) func(scope, []value) (value, error) {
	return func(_ scope, args []value) (value, error) {
		switch arg := args[0]; {
		case arg.scalar != nil:
			return arg, nil
		case arg.array == nil:
			if len(arg.series) == 0 {
				return value{series: Series{}}, nil
			}
			return scalarOf(over(slices.Collect(maps.Values(arg.series)))), nil
		default:
			present := map[int64][]float64{}
			for _, series := range arg.array {
				for at, v := range series {
					present[at] = append(present[at], v)
				}
			}
			result := Series{}
			for at, values := range present {
				result[at] = over(values)
			}
			return value{series: result}, nil
		}
	}
}

// fill gives a series a number where it has no data.
func fill(s scope, args []value) (value, error) {
	if args[0].series == nil || args[1].scalar == nil {
		return value{}, fmt.Errorf("FILL wants a time series and a number; the sandbox does not model REPEAT and LINEAR")
	}
	result := maps.Clone(args[0].series)
	for _, at := range s.times {
		if _, ok := result[at.Unix()]; !ok {
			result[at.Unix()] = *args[1].scalar
		}
	}
	return value{series: result}, nil
}

// choose takes, at each time at which the condition has data, the second argument where it is not 0, else the third.
func choose(s scope, args []value) (value, error) {
	condition, err := args[0].asSeries(s.times)
	if err != nil {
		return value{}, err
	}
	result := Series{}
	for at, c := range condition {
		chosen := args[1]
		if c == 0 {
			chosen = args[2]
		}
		if v, ok := chosen.series[at]; ok || chosen.scalar != nil {
			if chosen.scalar != nil {
				v = *chosen.scalar
			}
			result[at] = v
		}
	}
	return value{series: result}, nil
}
