package components

import (
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/alarm"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// Runs of an observer that its two watchers wait for in vain before they say so, and how long the second gives the
// alarm on the loss of a region to say it instead.
const (
	silentRuns    = 3
	unheardRuns   = 10
	unheardWithin = 5 * time.Minute
)

// Watcher is a data region that waits for an observer's samples.
type Watcher struct {
	// Region of the alarm, and its Topic. Required.
	Region Region
	Topic  *AlertTopic
}

// MonitorAlarmsArgs configures MonitorAlarms.
type MonitorAlarmsArgs struct {
	// Monitor is what is watched, and StartedBy what runs it. Required.
	Monitor   *RegionalMonitor
	StartedBy *MonitorSchedule
	// Schedule is the time between two runs: a sample each. Required.
	Schedule time.Duration
	// Topic of the monitor's own region. Required.
	Topic *AlertTopic
	// First holds the dead-man alarm: the monitor's own region if that is a data region, so that the loss of the region is
	// told once, by the composite of the other side. Required.
	First Watcher
	// Second is the other data region. It says what the first could not say, because its notifications fail. Required.
	Second Watcher
	// Lost is the second watcher's alarm on the loss of the other region; while it is in ALARM, the second watcher is
	// quiet. Required.
	Lost *cloudwatch.CompositeAlarm
	// UnheardName is the name of the second watcher's alarm. Required.
	UnheardName pulumi.StringInput
	// Runbooks are linked from the descriptions. Required.
	Runbooks contract.Runbooks
}

// MonitorAlarms tell when an observer itself is broken: it fails, is throttled, is not started, or has gone silent. Its
// dead letters have no alarm: a run that ends there has failed, was throttled or could not be started, and is counted
// as that. They are kept for diagnosis.
type MonitorAlarms struct {
	pulumi.ResourceState

	// Own are the alarms in the monitor's own region, First and Second those of its watchers.
	Own, First, Second AlarmList
}

// NewMonitorAlarms creates the alarms of one monitor, after its first check.
func NewMonitorAlarms(
	ctx *pulumi.Context, name string, args *MonitorAlarmsArgs, opts ...pulumi.ResourceOption,
) (*MonitorAlarms, error) {
	a := &MonitorAlarms{}
	if err := part.Open(ctx, "MonitorAlarms", name, a, args.validate(), opts); err != nil {
		return nil, err
	}
	for _, watch := range []struct {
		list   *AlarmList
		create func(*alarm.Set, string) error
	}{{&a.Own, args.own}, {&a.First, args.first}, {&a.Second, args.second}} {
		set := &alarm.Set{Context: ctx, Parent: a, After: []pulumi.Resource{args.StartedBy.FirstCheck}}
		if err := watch.create(set, name); err != nil {
			return nil, err
		}
		*watch.list = AlarmList{ARNs: set.ARNs, Names: set.Names}
	}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{"names": a.Own.Names, "silentName": a.First.Names[0]})
}

func (a *MonitorAlarmsArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	first, second := a.First.Region.Required("First.Region"), a.Second.Region.Required("Second.Region")
	return part.Required(first, second, map[string]bool{
		"Monitor":      a.Monitor != nil,
		"StartedBy":    a.StartedBy != nil,
		"Schedule":     a.Schedule > 0,
		"Topic":        a.Topic != nil,
		"First.Topic":  a.First.Topic != nil,
		"Second.Topic": a.Second.Topic != nil,
		"Lost":         a.Lost != nil,
		"UnheardName":  a.UnheardName != nil,
		"Runbooks":     a.Runbooks != "",
	})
}

// own are the alarms on what AWS publishes about the function and its rule. One run that fails pages nobody: the next
// one is a schedule away, and does the same work.
func (a *MonitorAlarmsArgs) own(set *alarm.Set, name string) error {
	region := a.Monitor.Region.Name
	function := pulumi.StringMap{"FunctionName": a.Monitor.Function.Function.Name}
	count := func(namespace, metric string, dimensions pulumi.StringMap, what string) cloudwatch.MetricAlarmArgs {
		description := alarm.Described(what, a.Runbooks, contract.RunbookMonitorBroken)
		return alarm.OutOf(alarm.Count(namespace, metric, dimensions, a.Schedule, description), 2, 3)
	}
	for _, made := range []namedAlarm{
		{name + "-errors", count("AWS/Lambda", "Errors", function,
			"The health check in "+region+" fails: it could not make its check.")},
		{name + "-throttles", count("AWS/Lambda", "Throttles", function,
			"The health check in "+region+" is throttled.")},
		{name + "-failed-invocations", count("AWS/Events", "FailedInvocations",
			pulumi.StringMap{"RuleName": a.StartedBy.Rule.Name},
			"EventBridge could not start the health check in "+region+".")},
	} {
		if _, err := set.Metric(a.Monitor.Region.Provider, a.Topic.ARN, made.name, made.args); err != nil {
			return err
		}
	}
	return nil
}

// first is the dead-man alarm, which says as well when the observer is back.
func (a *MonitorAlarmsArgs) first(set *alarm.Set, name string) error {
	observer := a.Monitor.Region.Name
	silent := a.withoutSamples(silentRuns, alarm.Described("The observer in "+observer+
		" is silent: nobody watches the database from there.",
		a.Runbooks, contract.RunbookMonitorSilent))
	silent.OkActions = pulumi.Array{a.First.Topic.ARN}
	_, err := set.Metric(a.First.Region.Provider, a.First.Topic.ARN, name+"-silent", silent)
	return err
}

// second says once what the first watcher could not say, or said long ago. The all-clear is the first watcher's.
func (a *MonitorAlarmsArgs) second(set *alarm.Set, name string) error {
	observer, here := a.Monitor.Region.Name, a.Second.Region.Name
	unheard, err := set.Metric(a.Second.Region.Provider, nil, name+"-unheard", a.withoutSamples(unheardRuns,
		pulumi.String("No sample of the observer in "+observer+" reaches "+here+
			". Notifies nobody: its composite alarm does.")))
	if err != nil {
		return err
	}
	_, err = set.Composite(a.Second.Region.Provider, a.Second.Topic.ARN, name+"-unheard-told", unheard,
		cloudwatch.CompositeAlarmArgs{
			AlarmName: a.UnheardName,
			AlarmDescription: alarm.Described(
				fmt.Sprintf("The observer in %s has been silent in %s for %d runs: nobody watches the database from there, "+
					"and who should have said so may be unable to.", observer, here, unheardRuns), a.Runbooks,
				contract.RunbookMonitorSilent),
			ActionsSuppressor: alarm.QuietWhile(a.Lost, unheardWithin),
		})
	return err
}

// withoutSamples is an alarm for which missing data is the breach: no sample of the observer for as many runs.
func (a *MonitorAlarmsArgs) withoutSamples(runs int, description pulumi.String) cloudwatch.MetricAlarmArgs {
	return alarm.OutOf(cloudwatch.MetricAlarmArgs{
		AlarmDescription:   description,
		Namespace:          pulumi.String(contract.MetricNamespace),
		MetricName:         pulumi.String(contract.MetricEndpointUnreachable),
		Dimensions:         observerDimensions(a.Monitor.targets[0], a.Monitor.Region.Name),
		Statistic:          pulumi.String("SampleCount"),
		Period:             pulumi.Int(int(a.Schedule.Seconds())),
		Threshold:          pulumi.Float64(1),
		ComparisonOperator: pulumi.String(alarm.Below),
		TreatMissingData:   pulumi.String(alarm.MissingIsBreach),
	}, runs, runs)
}

// observerDimensions are the dimensions the function publishes with, from the one definition both sides share.
func observerDimensions(side *DsqlSide, observer string) pulumi.StringMapOutput {
	return side.Identifier.ApplyT(func(id string) map[string]string {
		return contract.ObserverDimensions(id, side.Region, observer)
	}).(pulumi.StringMapOutput)
}
