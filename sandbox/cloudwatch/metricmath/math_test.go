package metricmath

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExpressions(t *testing.T) {
	none := Series{}
	for _, c := range []struct {
		intent     string
		expression string
		want       Series
	}{
		{"precedence as in arithmetic", "1 + 2 * 3 - 8 / 4", Series{0: 5, 60: 5, 120: 5}},
		{"brackets and a sign", "-(1 + 2) * 2", Series{0: -6, 60: -6, 120: -6}},
		{"a missing term counts as 0 where another has data", "a + b + c", Series{0: 3, 60: 1}},
		{"a quorum over what is there", "a + b + c >= 2", Series{0: 1, 60: 0}},
		{"all terms missing is missing", "c + d", none},
		{"comparisons are 1 and 0", "a == 1", Series{0: 1, 60: 1}},
		{"logic by words", "a > 0 AND b > 0 OR c > 0", Series{0: 1, 60: 0}},
		{"a division by zero yields nothing", "1 / (a - 1)", none},
		{"SUM across metrics", "SUM(METRICS())", Series{0: 3, 60: 1}},
		{"MAX across a list", "MAX([a, b])", Series{0: 2, 60: 1}},
		{"MIN across a list", "MIN([a, b])", Series{0: 1, 60: 1}},
		{"AVG across those that have data", "AVG([a, b])", Series{0: 1.5, 60: 1}},
		{"SUM of one metric is a number", "SUM(a)", Series{0: 2, 60: 2, 120: 2}},
		{"FILL gives missing ones a number", "FILL(b, 7)", Series{0: 2, 60: 7, 120: 7}},
		{"IF chooses", "IF(a > b, 10, b)", Series{0: 2, 60: 10}},
	} {
		t.Run(c.intent, func(t *testing.T) {
			parsed, err := parse(c.expression)
			require.NoError(t, err)
			times := []time.Time{time.Unix(0, 0), time.Unix(60, 0), time.Unix(120, 0)}
			v, err := parsed.eval(scope{
				times:   times,
				series:  map[string]Series{"a": {0: 1, 60: 1}, "b": {0: 2}, "c": {}},
				metrics: []string{"a", "b", "c"},
			})
			require.NoError(t, err)
			got, err := v.asSeries(times)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestWhatIsNoExpressionIsRefusedWithTheReason(t *testing.T) {
	for expression, reason := range map[string]string{
		"a +":           "ends too early",
		"a b":           `unexpected "b"`,
		"(a":            `expected ")"`,
		"a ? b":         "cannot read",
		"Above(a)":      "function Above: the sandbox models AVG, FILL, IF",
		"IF(a, b)":      "takes 3 arguments, not 2",
		"SUM(a, b":      `expected ")"`,
		"METRICS(a)":    "takes 0 arguments",
		"Upper + a":     `unexpected "Upper"`,
		"[a, b":         `expected "]"`,
		"a + * b":       `unexpected "*"`,
		"FILL(a, b) )":  `unexpected ")"`,
		"SUM([a,,b])":   `unexpected ","`,
		"1 ** 2":        `unexpected "*"`,
		"a >= >= b":     `unexpected ">="`,
		"a = b":         "cannot read",
		"ANOMALY(m1,2)": "function ANOMALY",
	} {
		_, err := parse(expression)
		assert.ErrorContains(t, err, reason, expression)
	}
}

func TestQueriesAreCheckedTogether(t *testing.T) {
	stat := &Stat{Namespace: "n", MetricName: "m", Period: 60, Stat: "Sum"}
	other := *stat
	other.Period = 300
	bad := *stat
	bad.Stat = "Median"
	_, err := NewPlan([]Query{
		{ID: "m1", Metric: stat}, {ID: "m1", Metric: stat}, {ID: "M2", Metric: stat}, {ID: "m3", Metric: &other}, {ID: "m4", Metric: &bad},
		{ID: "e1", Expression: "m1 + nowhere"}, {ID: "e2", Expression: "e3"}, {ID: "e3", Expression: "e2"}, {ID: "e4"},
	})
	for _, problem := range []string{
		`query "m1": the id is used twice`, `query "M2": the id must be`, `query "m3": period 5m0s differs from 1m0s`,
		`query "m4": stat "Median"`, `refers to "nowhere"`, "refers to itself", `query "e4": exactly one of metric and expression`,
	} {
		assert.ErrorContains(t, err, problem)
	}
}
