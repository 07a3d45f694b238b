package components

import (
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/lambda/contract"
)

// How an alarm treats periods without data (PutMetricAlarm, TreatMissingData).
const (
	missingIsFine   = "notBreaching"
	missingIsBreach = "breaching"
)

// Comparisons (PutMetricAlarm, ComparisonOperator).
const (
	atLeast = "GreaterThanOrEqualToThreshold"
	above   = "GreaterThanThreshold"
	below   = "LessThanThreshold"
)

// alarmSet creates the alarms of one component and remembers them.
type alarmSet struct {
	ctx    *pulumi.Context
	parent pulumi.Resource
	after  []pulumi.Resource
	// ARNs and Names are of the alarms created so far, in order.
	arns, names pulumi.StringArray
}

// metric creates an alarm on a metric or an expression. It notifies the topic, which must be of the same region, of
// ALARM and of OK; a nil topic makes an alarm without actions.
func (s *alarmSet) metric(region Region, topic *AlertTopic, name string, args cloudwatch.MetricAlarmArgs) (*cloudwatch.MetricAlarm, error) {
	if topic != nil {
		args.AlarmActions, args.OkActions = pulumi.Array{topic.ARN}, pulumi.Array{topic.ARN}
	}
	alarm, err := cloudwatch.NewMetricAlarm(s.ctx, name, &args, region.child(s.parent, pulumi.DependsOn(s.after))...)
	if err != nil {
		return nil, err
	}
	s.arns, s.names = append(s.arns, alarm.Arn), append(s.names, alarm.Name)
	return alarm, nil
}

// outOf sets "m of the last n periods" on an alarm.
func outOf(args cloudwatch.MetricAlarmArgs, m, n int) cloudwatch.MetricAlarmArgs {
	args.DatapointsToAlarm, args.EvaluationPeriods = pulumi.Int(m), pulumi.Int(n)
	return args
}

// described says what an alarm means and where to read what to do. It is the description that CloudWatch puts into every
// notification.
func described(what string, runbooks contract.Runbooks, runbook contract.Runbook) pulumi.String {
	return pulumi.String(what + " Runbook: " + runbooks.To(runbook))
}

type namedAlarm struct {
	name string
	args cloudwatch.MetricAlarmArgs
}

// countAlarm alarms when something that should not happen does. AWS publishes such counts only when there is something
// to count, so no data is fine.
func countAlarm(namespace, metric, statistic string, dimensions pulumi.StringMap, period time.Duration, description pulumi.String) cloudwatch.MetricAlarmArgs {
	return cloudwatch.MetricAlarmArgs{
		AlarmDescription:   description,
		Namespace:          pulumi.String(namespace),
		MetricName:         pulumi.String(metric),
		Dimensions:         dimensions,
		Statistic:          pulumi.String(statistic),
		Period:             pulumi.Int(int(period.Seconds())),
		Threshold:          pulumi.Float64(1),
		ComparisonOperator: pulumi.String(atLeast),
		TreatMissingData:   pulumi.String(missingIsFine),
	}
}
