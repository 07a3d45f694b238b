package components

import (
	"errors"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/alarm"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// SNS publishes each minute; five are looked at, since a sample may come late.
const (
	deliveryPeriod  = time.Minute
	deliveryPeriods = 5
)

// AlertTopicAlarmsArgs configures AlertTopicAlarms.
type AlertTopicAlarmsArgs struct {
	// Region of the topic, and the Topic. Required.
	Region Region
	Topic  *AlertTopic
	// Runbooks are linked from the description. Required.
	Runbooks contract.Runbooks
}

// AlertTopicAlarms tell when alerts do not reach a recipient. The topic's other recipients learn it, by the same topic;
// if there are none, the alarm is on the dashboard.
type AlertTopicAlarms struct {
	pulumi.ResourceState

	// ARNs and Names of the alarms.
	ARNs, Names pulumi.StringArray
}

// NewAlertTopicAlarms creates the alarm.
func NewAlertTopicAlarms(
	ctx *pulumi.Context, name string, args *AlertTopicAlarmsArgs, opts ...pulumi.ResourceOption,
) (*AlertTopicAlarms, error) {
	a := &AlertTopicAlarms{}
	if err := part.Open(ctx, "AlertTopicAlarms", name, a, args.validate(), opts); err != nil {
		return nil, err
	}
	set := &alarm.Set{Context: ctx, Parent: a}
	if _, err := set.Metric(args.Region.Provider, args.Topic.ARN, name+"-undelivered", args.undelivered()); err != nil {
		return nil, err
	}
	a.ARNs, a.Names = set.ARNs, set.Names
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{"names": a.Names})
}

func (a *AlertTopicAlarmsArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"), map[string]bool{
		"Topic":    a.Topic != nil,
		"Runbooks": a.Runbooks != "",
	})
}

// undelivered counts what SNS gives up (SNS Developer Guide, "Monitoring Amazon SNS topics using CloudWatch"). Its
// metrics of redriving stay without data: the subscriptions have no queue to redrive to.
func (a *AlertTopicAlarmsArgs) undelivered() cloudwatch.MetricAlarmArgs {
	dimensions := pulumi.StringMap{"TopicName": a.Topic.ARN.ApplyT(func(arn string) string {
		return arn[strings.LastIndex(arn, ":")+1:]
	}).(pulumi.StringOutput)}
	description := alarm.Described("Alerts of "+a.Region.Name+" do not reach a recipient.", a.Runbooks,
		contract.RunbookUndelivered)
	failed := alarm.Count("AWS/SNS", "NumberOfNotificationsFailed", dimensions, deliveryPeriod, description)
	return alarm.OutOf(failed, 1, deliveryPeriods)
}
