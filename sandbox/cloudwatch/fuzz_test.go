package cloudwatch

import (
	"testing"
	"time"
)

func FuzzExpressions(f *testing.F) {
	for _, seed := range []string{"m1 + 1", "SUM(METRICS())", "IF(m1 > 0 AND m2, FILL(m1, 0), m2 / 0)", "[m1, m2]", "-1", "1e400", "MAX([])", "AVG(1/0)", "((((", "m1 m2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := newService(t)
		if s.PutMetricData("N", Sample("M", nil, 1, "", s.env.Now())) != nil {
			t.Fatal("the metric is good")
		}
		now := s.env.Now()
		stat := MetricStat{Namespace: "N", MetricName: "M", Period: 60, Stat: "Sum"}
		_, _ = s.GetMetricData([]MetricQuery{{ID: "m1", Metric: &stat}, {ID: "m2", Metric: &stat}, {ID: "e", Expression: text}}, now.Add(-time.Minute), now.Add(time.Minute))
	})
}

func FuzzAlarmRules(f *testing.F) {
	for _, seed := range []string{"ALARM(a) OR NOT OK(\"b\")", "TRUE", "((FALSE) AND", `ALARM("`, "ALARM(arn:aws:cloudwatch:us-east-1:1:alarm:a)", "NOT (NOT (NOT"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, text string) { _, _ = parseRule(text) })
}
