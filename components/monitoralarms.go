package components

import (
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/lambda/contract"
)

// MonitorAlarmsArgs configures MonitorAlarms.
type MonitorAlarmsArgs struct {
	// Monitor and Schedule are what is watched. Required.
	Monitor  *RegionalMonitor
	Schedule *MonitorSchedule
	// Topic of the monitor's own region. Required.
	Topic *AlertTopic
	// Watcher is the data region that holds the dead-man alarm, and WatcherTopic its topic: the monitor's own region if
	// that is a data region, so that the loss of the region is told once, by the composite of the other side. Required.
	Watcher      Region
	WatcherTopic *AlertTopic
	// Runbooks are linked from the descriptions. Required.
	Runbooks contract.Runbooks
}

// MonitorAlarms tell when an observer itself is broken: it fails, is throttled, is not started, leaves dead letters, or
// has gone silent.
type MonitorAlarms struct {
	pulumi.ResourceState

	// ARNs of the alarms in the monitor's own region, and of the dead-man alarm, which may be elsewhere.
	ARNs      pulumi.StringArray
	SilentARN pulumi.StringOutput
	// Names of the alarms, in the same split.
	Names      pulumi.StringArray
	SilentName pulumi.StringOutput
}

// NewMonitorAlarms creates the alarms of one monitor, after its first check.
func NewMonitorAlarms(ctx *pulumi.Context, name string, args *MonitorAlarmsArgs, opts ...pulumi.ResourceOption) (*MonitorAlarms, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("MonitorAlarms %q: %w", name, err)
	}
	a := &MonitorAlarms{}
	if err := ctx.RegisterComponentResource(token("MonitorAlarms"), name, a, opts...); err != nil {
		return nil, err
	}
	set := &alarmSet{ctx: ctx, parent: a, after: []pulumi.Resource{args.Schedule.FirstCheck}}
	for _, own := range args.own(name) {
		if _, err := set.metric(args.Monitor.Region, args.Topic, own.name, own.args); err != nil {
			return nil, err
		}
	}
	a.ARNs, a.Names = set.arns, set.names
	silent, err := set.metric(args.Watcher, args.WatcherTopic, name+"-silent", args.silent())
	if err != nil {
		return nil, err
	}
	a.SilentARN, a.SilentName = silent.Arn, silent.Name
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{"names": a.Names, "silentName": a.SilentName})
}

func (a *MonitorAlarmsArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return required(a.Watcher.required("Watcher"), map[string]bool{
		"Monitor": a.Monitor != nil, "Schedule": a.Schedule != nil, "Topic": a.Topic != nil, "WatcherTopic": a.WatcherTopic != nil, "Runbooks": a.Runbooks != "",
	})
}

// own are the alarms on what AWS publishes about the function, its rule and its queue. A count that AWS publishes only
// when there is something to count is fine when it is missing.
func (a *MonitorAlarmsArgs) own(name string) []namedAlarm {
	region := a.Monitor.Region.Name
	function, schedule := a.Monitor.Function.Function.Name, a.Monitor.settings.Schedule
	broken := func(what string) pulumi.String { return described(what, a.Runbooks, contract.RunbookMonitorBroken) }
	return []namedAlarm{
		{name + "-errors", outOf(countAlarm("AWS/Lambda", "Errors", "Sum", pulumi.StringMap{"FunctionName": function}, schedule,
			broken("The health check in "+region+" fails: it could not make its check.")), 2, 3)},
		{name + "-throttles", outOf(countAlarm("AWS/Lambda", "Throttles", "Sum", pulumi.StringMap{"FunctionName": function}, schedule,
			broken("The health check in "+region+" is throttled.")), 2, 3)},
		{name + "-failed-invocations", outOf(countAlarm("AWS/Events", "FailedInvocations", "Sum", pulumi.StringMap{"RuleName": a.Schedule.Rule.Name}, schedule,
			broken("EventBridge could not start the health check in "+region+".")), 1, 1)},
		{name + "-dead-letters", outOf(countAlarm("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", pulumi.StringMap{"QueueName": a.Monitor.Function.DeadLetters.Name}, 5*time.Minute,
			broken("Runs of the health check in "+region+" ended in its dead-letter queue.")), 1, 1)},
	}
}

// silent is the dead-man alarm: no sample of an observer for three runs. Missing data is the breach.
func (a *MonitorAlarmsArgs) silent() cloudwatch.MetricAlarmArgs {
	observer := a.Monitor.Region.Name
	return outOf(cloudwatch.MetricAlarmArgs{
		AlarmDescription:   described("The observer in "+observer+" is silent: nobody watches the database from there.", a.Runbooks, contract.RunbookMonitorSilent),
		Namespace:          pulumi.String(contract.MetricNamespace),
		MetricName:         pulumi.String(contract.MetricEndpointUnreachable),
		Dimensions:         observerDimensions(a.Monitor.targets[0], observer),
		Statistic:          pulumi.String("SampleCount"),
		Period:             pulumi.Int(int(a.Monitor.settings.Schedule.Seconds())),
		Threshold:          pulumi.Float64(1),
		ComparisonOperator: pulumi.String(below),
		TreatMissingData:   pulumi.String(missingIsBreach),
	}, 3, 3)
}

// observerDimensions are the dimensions the function publishes with, from the one definition both sides share.
func observerDimensions(side *DsqlSide, observer string) pulumi.StringMapOutput {
	return side.Identifier.ApplyT(func(id string) map[string]string {
		return contract.ObserverDimensions(id, side.Region, observer)
	}).(pulumi.StringMapOutput)
}
