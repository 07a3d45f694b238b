package lambda

import (
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

const metricNamespace = "AWS/Lambda"

// measureInvocation publishes what Lambda publishes of an invocation, with the time it was invoked at ("Types of
// metrics for Lambda functions", Lambda Developer Guide).
func (s *Service) measureInvocation(name string, invoked time.Time, run invocation) {
	failed := 0.0
	if run.functionError != "" {
		failed = 1
	}
	s.publish(name, invoked,
		sample{"Invocations", 1, "Count"}, sample{"Errors", failed, "Count"}, sample{"Throttles", 0, "Count"},
		sample{"Duration", millis(run.duration), "Milliseconds"})
}

func (s *Service) measureThrottle(name string) { s.measureCount(name, "Throttles") }

func (s *Service) measureConcurrency(name string, executing int) {
	s.publish(name, s.env.Now(), sample{"ConcurrentExecutions", float64(executing), "Count"})
}

func (s *Service) measureCount(name, metric string) {
	s.publish(name, s.env.Now(), sample{metric, 1, "Count"})
}

type sample struct {
	metric string
	value  float64
	unit   string
}

// publish is best effort: Lambda's own metrics are lost while CloudWatch is unavailable.
func (s *Service) publish(function string, at time.Time, samples ...sample) {
	dimensions := map[string]string{"FunctionName": function}
	data := make([]cloudwatch.Datum, len(samples))
	for i, m := range samples {
		data[i] = cloudwatch.Sample(m.metric, dimensions, m.value, m.unit, at)
	}
	_ = s.deps.CloudWatch.Publish(metricNamespace, data...)
}
