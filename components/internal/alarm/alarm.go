// Package alarm has what components make their alarms of.
package alarm

import (
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// How an alarm treats periods without data (PutMetricAlarm, TreatMissingData).
const (
	MissingIsFine    = "notBreaching"
	MissingIsBreach  = "breaching"
	MissingIsUnknown = "missing"
	MissingKeeps     = "ignore"
)

// Comparisons (PutMetricAlarm, ComparisonOperator).
const (
	AtLeast = "GreaterThanOrEqualToThreshold"
	Above   = "GreaterThanThreshold"
	Below   = "LessThanThreshold"
)

// Set creates the alarms of one component and remembers them.
type Set struct {
	Context *pulumi.Context
	// Parent of the alarms, and After what they are made after.
	Parent pulumi.Resource
	After  []pulumi.Resource
	// ARNs and Names are of the alarms created so far, in order.
	ARNs, Names pulumi.StringArray
}

// Metric creates an alarm on a metric or an expression, in the provider's region. It tells the topic of that region, by
// its ARN, when it goes into ALARM, and when it is over only if it is given OkActions; a nil topic makes an alarm
// without actions.
func (s *Set) Metric(
	provider pulumi.ProviderResource, topic pulumi.Input, name string, args cloudwatch.MetricAlarmArgs,
) (*cloudwatch.MetricAlarm, error) {
	if topic != nil {
		args.AlarmActions = pulumi.Array{topic}
	}
	made, err := cloudwatch.NewMetricAlarm(s.Context, name, &args,
		part.Child(s.Parent, provider, pulumi.DependsOn(s.After))...)
	if err != nil {
		return nil, err
	}
	s.ARNs, s.Names = append(s.ARNs, made.Arn), append(s.Names, made.Name)
	return made, nil
}

// Composite creates an alarm that is in ALARM while another one is, and tells the topic so.
func (s *Set) Composite(
	provider pulumi.ProviderResource, topic pulumi.StringInput, name string, of *cloudwatch.MetricAlarm,
	args cloudwatch.CompositeAlarmArgs,
) (*cloudwatch.CompositeAlarm, error) {
	args.AlarmRule = pulumi.Sprintf(`ALARM("%s")`, of.Name)
	args.AlarmActions = pulumi.StringArray{topic}
	made, err := cloudwatch.NewCompositeAlarm(s.Context, name, &args, part.Child(s.Parent, provider)...)
	if err != nil {
		return nil, err
	}
	s.ARNs, s.Names = append(s.ARNs, made.Arn), append(s.Names, made.AlarmName)
	return made, nil
}

// QuietWhile holds the actions of a composite alarm back while another alarm of its region is in ALARM. It waits for
// that alarm to follow a change, and follows its end itself, for as long as within.
func QuietWhile(alarm *cloudwatch.CompositeAlarm, within time.Duration) cloudwatch.CompositeAlarmActionsSuppressorArgs {
	seconds := pulumi.Int(int(within.Seconds()))
	return cloudwatch.CompositeAlarmActionsSuppressorArgs{Alarm: alarm.Arn, WaitPeriod: seconds, ExtensionPeriod: seconds}
}

// OutOf sets "m of the last n periods" on an alarm.
func OutOf(args cloudwatch.MetricAlarmArgs, m, n int) cloudwatch.MetricAlarmArgs {
	args.DatapointsToAlarm, args.EvaluationPeriods = pulumi.Int(m), pulumi.Int(n)
	return args
}

// Described says what an alarm means and where to read what to do. It is the description that CloudWatch puts into
// every notification.
func Described(what string, runbooks contract.Runbooks, runbook contract.Runbook) pulumi.String {
	return pulumi.String(what + " Runbook: " + runbooks.To(runbook))
}

// Count alarms when something that should not happen does. AWS publishes such counts only when there is something
// to count, so no data is fine.
func Count(
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
		ComparisonOperator: pulumi.String(AtLeast),
		TreatMissingData:   pulumi.String(MissingIsFine),
	}
}

// A queue that was idle for six hours publishes up to fifteen minutes late when it is used again (SQS Developer Guide,
// "Monitoring Amazon SQS queues using CloudWatch"): an alarm that looks back less may miss the first message.
const (
	lostEventPeriod  = time.Minute
	lostEventPeriods = 15
)

// LostEvents alarms when a message arrives in a queue of events that were lost: the first one, and each that comes when
// a quarter of an hour was quiet. The depth would stay until somebody purges the queue, and hide the next. Whoever
// buries a message here calls SendMessage, which NumberOfMessagesSent counts; it would not count what SQS moves by
// itself.
func LostEvents(queue pulumi.StringInput, description pulumi.String) cloudwatch.MetricAlarmArgs {
	dimensions := pulumi.StringMap{"QueueName": queue}
	return OutOf(Count("AWS/SQS", "NumberOfMessagesSent", dimensions, lostEventPeriod, description), 1,
		lostEventPeriods)
}
