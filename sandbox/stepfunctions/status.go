package stepfunctions

import (
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/stepfunctions/asl"
)

// metrics are what is counted when an execution changes its status (Developer Guide, "Monitoring Step Functions metrics
// using Amazon CloudWatch").
var metrics = map[string]string{
	Running:   "ExecutionsStarted",
	Succeeded: "ExecutionsSucceeded",
	Failed:    "ExecutionsFailed",
	TimedOut:  "ExecutionsTimedOut",
	Aborted:   "ExecutionsAborted",
}

// announce tells CloudWatch and the default bus of an execution's new status. Both are best effort: what is down loses
// it.
func (s *Service) announce(e Execution) {
	now := e.Start
	dimensions := map[string]string{"StateMachineArn": e.StateMachineArn}
	var data []cloudwatch.Datum
	if e.Status != Running {
		now = e.Stop
		lasted := float64(e.Stop.Sub(e.Start).Milliseconds())
		data = append(data, cloudwatch.Sample("ExecutionTime", dimensions, lasted, "Milliseconds", now))
	}
	data = append(data, cloudwatch.Sample(metrics[e.Status], dimensions, 1, "Count", now))
	_ = s.deps.CloudWatch.Publish("AWS/States", data...)
	_ = s.deps.Events.Announce(events.Entry{
		Source:     "aws.states",
		DetailType: "Step Functions Execution Status Change",
		Detail:     asl.Encode(e.detail()),
		Resources:  []string{e.Arn},
		Time:       now,
	})
}

// maxEscaped is the most bytes of escaped input and output that an event carries.
const maxEscaped = 248 << 10

// detail is an execution as an event tells of it (Developer Guide, "Automating Step Functions event delivery with
// EventBridge"). Times are in milliseconds; what an execution does not have is null.
func (e Execution) detail() map[string]any {
	input, output := len(asl.Encode(e.Input)), len(asl.Encode(e.Output))
	return map[string]any{
		"executionArn":           e.Arn,
		"stateMachineArn":        e.StateMachineArn,
		"stateMachineVersionArn": nil,
		"stateMachineAliasArn":   nil,
		"name":                   e.Name,
		"status":                 e.Status,
		"startDate":              e.Start.UnixMilli(),
		"stopDate":               millis(e.Stop),
		"input":                  optional(e.Input, input+output <= maxEscaped),
		"inputDetails":           map[string]any{"included": input+output <= maxEscaped},
		"output":                 optional(e.Output, output <= maxEscaped),
		"outputDetails":          outputDetails(e.Output, output <= maxEscaped),
		"error":                  optional(e.Error, true),
		"cause":                  optional(e.Cause, true),
	}
}

func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func optional(text string, included bool) any {
	if text == "" || !included {
		return nil
	}
	return text
}

func outputDetails(output string, included bool) any {
	if output == "" {
		return nil
	}
	return map[string]any{"included": included}
}
