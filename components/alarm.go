package components

import (
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/lambda/contract"
)

// How an alarm treats periods without data (PutMetricAlarm, TreatMissingData).
const (
	missingIsFine    = "notBreaching"
	missingIsBreach  = "breaching"
	missingIsUnknown = "missing"
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

// metric creates an alarm on a metric or an expression. It tells the topic, which must be of the same region, when it
// goes into ALARM, and when it is over only if it is given OkActions; a nil topic makes an alarm without actions.
func (s *alarmSet) metric(
	region Region, topic *AlertTopic, name string, args cloudwatch.MetricAlarmArgs,
) (*cloudwatch.MetricAlarm, error) {
	if topic != nil {
		args.AlarmActions = pulumi.Array{topic.ARN}
	}
	alarm, err := cloudwatch.NewMetricAlarm(s.ctx, name, &args, region.child(s.parent, pulumi.DependsOn(s.after))...)
	if err != nil {
		return nil, err
	}
	s.arns, s.names = append(s.arns, alarm.Arn), append(s.names, alarm.Name)
	return alarm, nil
}

// composite creates an alarm that is in ALARM while another one is, and tells the topic so.
func (s *alarmSet) composite(
	region Region, topic *AlertTopic, name string, of *cloudwatch.MetricAlarm, args cloudwatch.CompositeAlarmArgs,
) (*cloudwatch.CompositeAlarm, error) {
	args.AlarmRule = pulumi.Sprintf(`ALARM("%s")`, of.Name)
	args.AlarmActions = pulumi.StringArray{topic.ARN}
	alarm, err := cloudwatch.NewCompositeAlarm(s.ctx, name, &args, region.child(s.parent)...)
	if err != nil {
		return nil, err
	}
	s.arns, s.names = append(s.arns, alarm.Arn), append(s.names, alarm.AlarmName)
	return alarm, nil
}

// quietWhile holds the actions of a composite alarm back while another alarm of its region is in ALARM. It waits for
// that alarm to follow a change, and follows its end itself, for as long as within.
func quietWhile(alarm *cloudwatch.CompositeAlarm, within time.Duration) cloudwatch.CompositeAlarmActionsSuppressorArgs {
	seconds := pulumi.Int(int(within.Seconds()))
	return cloudwatch.CompositeAlarmActionsSuppressorArgs{Alarm: alarm.Arn, WaitPeriod: seconds, ExtensionPeriod: seconds}
}

// outOf sets "m of the last n periods" on an alarm.
func outOf(args cloudwatch.MetricAlarmArgs, m, n int) cloudwatch.MetricAlarmArgs {
	args.DatapointsToAlarm, args.EvaluationPeriods = pulumi.Int(m), pulumi.Int(n)
	return args
}

// described says what an alarm means and where to read what to do. It is the description that CloudWatch puts into
// every notification.
func described(what string, runbooks contract.Runbooks, runbook contract.Runbook) pulumi.String {
	return pulumi.String(what + " Runbook: " + runbooks.To(runbook))
}

type namedAlarm struct {
	name string
	args cloudwatch.MetricAlarmArgs
}

// countAlarm alarms when something that should not happen does. AWS publishes such counts only when there is something
// to count, so no data is fine.
func countAlarm(
	namespace, metric string, dimensions pulumi.StringMap, period time.Duration, description pulumi.String,
) cloudwatch.MetricAlarmArgs {
	return cloudwatch.MetricAlarmArgs{
		AlarmDescription:   description,
		Namespace:          pulumi.String(namespace),
		MetricName:         pulumi.String(metric),
		Dimensions:         dimensions,
		Statistic:          pulumi.String("Sum"),
		Period:             pulumi.Int(int(period.Seconds())),
		Threshold:          pulumi.Float64(1),
		ComparisonOperator: pulumi.String(atLeast),
		TreatMissingData:   pulumi.String(missingIsFine),
	}
}

// A queue that was idle for six hours publishes up to fifteen minutes late when it is used again (SQS Developer Guide,
// "Monitoring Amazon SQS queues using CloudWatch"): an alarm that looks back less may miss the first message.
const (
	lostEventPeriod  = time.Minute
	lostEventPeriods = 15
)

// lostEvents alarms when a message arrives in a queue of events that were lost: the first one, and each that comes when
// a quarter of an hour was quiet. The depth would stay until somebody purges the queue, and hide the next. Whoever
// buries a message here calls SendMessage, which NumberOfMessagesSent counts; it would not count what SQS moves by
// itself.
func lostEvents(queue pulumi.StringInput, description pulumi.String) cloudwatch.MetricAlarmArgs {
	dimensions := pulumi.StringMap{"QueueName": queue}
	return outOf(countAlarm("AWS/SQS", "NumberOfMessagesSent", dimensions, lostEventPeriod, description), 1,
		lostEventPeriods)
}
