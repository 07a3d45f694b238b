package components

import (
	"errors"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/alarm"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// Thresholds of the application's alarms.
const (
	requestLatencyMillis  = 1000
	outboxAgeSeconds      = 180
	eventDelayMillis      = 60_000
	applicationPeriod     = time.Minute
	publisherSilentRuns   = 10
	transactionPercentile = "p99"
)

// ApplicationAlarmsArgs configures ApplicationAlarms.
type ApplicationAlarmsArgs struct {
	// Region of the alarms, and Topic its topic. Required.
	Region Region
	Topic  *AlertTopic
	// The region's parts of the application. Required.
	Service   *TransactionService
	Publisher *OutboxPublisher
	Processor *EventProcessor
	Bus       *RegionalBus
	// Routes of the region's events. Optional; nil without routes.
	Routes *EventRoutes
	// Runbooks are linked from the descriptions. Required.
	Runbooks contract.Runbooks
}

// ApplicationAlarms tell when a region's part of the application does not do its work.
type ApplicationAlarms struct {
	pulumi.ResourceState

	// ARNs and Names of the alarms.
	ARNs, Names pulumi.StringArray
}

// NewApplicationAlarms creates the alarms.
func NewApplicationAlarms(
	ctx *pulumi.Context, name string, args *ApplicationAlarmsArgs, opts ...pulumi.ResourceOption,
) (*ApplicationAlarms, error) {
	a := &ApplicationAlarms{}
	if err := part.Open(ctx, "ApplicationAlarms", name, a, args.validate(), opts); err != nil {
		return nil, err
	}
	set := &alarm.Set{Context: ctx, Parent: a, After: []pulumi.Resource{args.Publisher.FirstRun}}
	for _, made := range append(args.plumbing(name), args.measured(name)...) {
		if _, err := set.Metric(args.Region.Provider, args.Topic.ARN, made.name, made.args); err != nil {
			return nil, err
		}
	}
	a.ARNs, a.Names = set.ARNs, set.Names
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{"names": a.Names})
}

func (a *ApplicationAlarmsArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"), map[string]bool{
		"Topic":     a.Topic != nil,
		"Service":   a.Service != nil,
		"Publisher": a.Publisher != nil && a.Publisher.FirstRun != nil,
		"Processor": a.Processor != nil,
		"Bus":       a.Bus != nil,
		"Runbooks":  a.Runbooks != "",
	})
}

func (a *ApplicationAlarmsArgs) described(what string) pulumi.String {
	return alarm.Described(what, a.Runbooks, contract.RunbookApplication)
}

// plumbing are the alarms on what AWS publishes about functions, rules and queues. The publisher's dead letters have
// none: the next run, a minute later, does what a failed one left.
func (a *ApplicationAlarmsArgs) plumbing(name string) []namedAlarm {
	region := a.Region.Name
	errorsOf := func(f *GoFunction, what string) cloudwatch.MetricAlarmArgs {
		return alarm.OutOf(alarm.Count("AWS/Lambda", "Errors", pulumi.StringMap{"FunctionName": f.Function.Name},
			applicationPeriod, a.described(what)), 2, 3)
	}
	alarms := []namedAlarm{
		{name + "-transaction-errors", errorsOf(a.Service.Function, "The transaction service in "+region+" fails.")},
		{name + "-unavailable", alarm.OutOf(a.unavailable(), 3, 5)},
		{name + "-publisher-errors", errorsOf(a.Publisher.Function, "The outbox publisher in "+region+" fails.")},
		{name + "-publisher-silent", a.publisherSilent()},
		{name + "-processor-errors", errorsOf(a.Processor.Function, "The event processor in "+region+" fails.")},
		{name + "-processor-dead-letters", alarm.LostEvents(a.Processor.Function.DeadLetters.Name,
			a.described("Events in "+region+" could not be processed."))},
		{name + "-undelivered", alarm.LostEvents(a.Bus.Undelivered.Name,
			a.described("Events from "+region+" did not reach the other region."))},
		// What cannot be delivered goes to that queue and is told there; what cannot be buried is gone.
		{name + "-forward-lost", alarm.OutOf(alarm.Count("AWS/Events", "InvocationsFailedToBeSentToDlq",
			a.Bus.forwardDimensions(), applicationPeriod,
			a.described("Events from "+region+" did not reach the other region, and could not be kept either.")), 1, 5)},
	}
	if a.Routes != nil {
		alarms = append(alarms, namedAlarm{name + "-routes-undelivered", alarm.LostEvents(a.Routes.Undelivered.Name,
			a.described("Events in "+region+" did not reach the target of a route."))})
	}
	return alarms
}

// unavailable alarms on server errors: the service answers 503 where a retry may help. Few requests: one that fails;
// many: one in a hundred. The open route, whose 503 is an answer, does not count.
func (a *ApplicationAlarmsArgs) unavailable() cloudwatch.MetricAlarmArgs {
	failed, requests := "failed", "requests"
	all := pulumi.StringMap{"ApiId": a.Service.APIID.ToStringOutput()}
	queries := cloudwatch.MetricAlarmMetricQueryArray{
		applicationQuery(failed, "AWS/ApiGateway", "5xx", "Sum", all),
		applicationQuery(requests, "AWS/ApiGateway", "Count", "Sum", all),
	}
	if open := a.Service.Open; open != nil {
		apart := open.Dimensions(a.Service)
		queries = append(queries,
			applicationQuery("open_failed", "AWS/ApiGateway", "5xx", "Sum", apart),
			applicationQuery("open_requests", "AWS/ApiGateway", "Count", "Sum", apart))
		failed, requests = "(failed - FILL(open_failed, 0))", "(requests - FILL(open_requests, 0))"
	}
	what := "The transaction API in " + a.Region.Name + " answers with server errors."
	return a.perHundred(what, 1, failed, failed, requests, queries)
}

// publisherSilent is a dead-man alarm: in each scheduled run, and in no other, the publisher records the outbox's age,
// or fails. That it fails is told by its errors. Any run counts its errors, none as 0, so silence is 0 while
// transactions start the publisher, and no data else: both page. No data is no breach, since CloudWatch has none in the
// first minutes of a new alarm: it reads the age from a log line. Ten periods outlast late samples.
func (a *ApplicationAlarmsArgs) publisherSilent() cloudwatch.MetricAlarmArgs {
	return alarm.OutOf(cloudwatch.MetricAlarmArgs{
		AlarmDescription: a.described("The outbox publisher in " + a.Region.Name +
			" is not run by its schedule: events that were left behind stay."),
		MetricQueries: cloudwatch.MetricAlarmMetricQueryArray{
			applicationQuery("ages", contract.ApplicationNamespace, contract.MetricOutboxAge, "SampleCount", a.dimensions()),
			applicationQuery("failed", "AWS/Lambda", "Errors", "Sum",
				pulumi.StringMap{"FunctionName": a.Publisher.Function.Function.Name}),
			cloudwatch.MetricAlarmMetricQueryArgs{
				Id:         pulumi.String("runs"),
				Label:      pulumi.String("scheduled runs"),
				ReturnData: pulumi.Bool(true),
				Expression: pulumi.String("ages+failed"),
			},
		},
		Threshold:               pulumi.Float64(1),
		ComparisonOperator:      pulumi.String(alarm.Below),
		TreatMissingData:        pulumi.String(alarm.MissingIsUnknown),
		InsufficientDataActions: pulumi.Array{a.Topic.ARN},
		OkActions:               pulumi.Array{a.Topic.ARN},
	}, publisherSilentRuns, publisherSilentRuns)
}

func (a *ApplicationAlarmsArgs) dimensions() pulumi.StringMap {
	return pulumi.StringMap{contract.DimensionRegion: pulumi.String(a.Region.Name)}
}

// measured are the alarms on what the functions publish about themselves.
func (a *ApplicationAlarmsArgs) measured(name string) []namedAlarm {
	measure := func(metric, statistic string, threshold float64, what string) cloudwatch.MetricAlarmArgs {
		return cloudwatch.MetricAlarmArgs{
			AlarmDescription:   a.described(what + " in " + a.Region.Name + "."),
			Namespace:          pulumi.String(contract.ApplicationNamespace),
			MetricName:         pulumi.String(metric),
			Dimensions:         a.dimensions(),
			Statistic:          pulumi.String(statistic),
			Period:             pulumi.Int(int(applicationPeriod.Seconds())),
			Threshold:          pulumi.Float64(threshold),
			ComparisonOperator: pulumi.String(alarm.AtLeast),
			TreatMissingData:   pulumi.String(alarm.MissingIsFine), // no requests, no samples
		}
	}
	slow := measure(contract.MetricTransactionLatency, "", requestLatencyMillis, "One request in a hundred is slow")
	slow.Statistic, slow.ExtendedStatistic = nil, pulumi.String(transactionPercentile)
	return []namedAlarm{
		{name + "-latency", alarm.OutOf(slow, 3, 5)},
		{name + "-breaker-open", alarm.OutOf(measure(contract.MetricBreakerOpen, "Maximum", 1,
			"The circuit breaker is open: the regional endpoint fails"), 2, 3)},
		{name + "-conflicts", alarm.OutOf(a.conflicts(), 3, 3)},
		// Counted once, when they are parked; five minutes are looked at, since a sample may come late.
		{name + "-events-parked", alarm.OutOf(measure(contract.MetricEventsParked, "Sum", 1,
			"Events that can never be sent were parked in the outbox"), 1, 5)},
		{name + "-outbox-age", alarm.OutOf(measure(contract.MetricOutboxAge, "Maximum", outboxAgeSeconds,
			"Events wait in the outbox"), 2, 3)},
		{name + "-replication-delay", alarm.OutOf(measure(contract.MetricReplicationDelay, "Average", eventDelayMillis,
			"Events from the other region arrive late"), 3, 5)},
	}
}

// conflicts alarms on the share of requests whose transaction had to be repeated: a count would follow the traffic.
func (a *ApplicationAlarmsArgs) conflicts() cloudwatch.MetricAlarmArgs {
	queries := cloudwatch.MetricAlarmMetricQueryArray{
		applicationQuery("conflicts", contract.ApplicationNamespace, contract.MetricConflictRetries, "Sum", a.dimensions()),
		applicationQuery("requests", contract.ApplicationNamespace, contract.MetricTransactionLatency, "SampleCount",
			a.dimensions()),
	}
	return a.perHundred("Many transactions conflict in "+a.Region.Name+".", conflictPercent, "0", "conflicts", "requests",
		queries)
}

// perHundred alarms on a share of the requests, in percent, once there are a hundred in a period; below, on the value
// of few. All three are made of the queries.
func (a *ApplicationAlarmsArgs) perHundred(
	what string, percent float64, few, part, requests string, queries cloudwatch.MetricAlarmMetricQueryArray,
) cloudwatch.MetricAlarmArgs {
	return cloudwatch.MetricAlarmArgs{
		AlarmDescription: a.described(what),
		MetricQueries: append(queries, cloudwatch.MetricAlarmMetricQueryArgs{
			Id:         pulumi.String("share"),
			Label:      pulumi.String("of a hundred requests"),
			ReturnData: pulumi.Bool(true),
			Expression: pulumi.Sprintf("IF(%[2]s >= 100, 100 * %[1]s / %[2]s, %[3]s)", part, requests, few),
		}),
		Threshold:          pulumi.Float64(percent),
		ComparisonOperator: pulumi.String(alarm.AtLeast),
		TreatMissingData:   pulumi.String(alarm.MissingIsFine),
	}
}

func applicationQuery(
	id, namespace, metric, statistic string, dimensions pulumi.StringMap,
) cloudwatch.MetricAlarmMetricQueryArgs {
	return cloudwatch.MetricAlarmMetricQueryArgs{
		Id: pulumi.String(id),
		Metric: cloudwatch.MetricAlarmMetricQueryMetricArgs{
			Namespace:  pulumi.String(namespace),
			MetricName: pulumi.String(metric),
			Dimensions: dimensions,
			Period:     pulumi.Int(int(applicationPeriod.Seconds())),
			Stat:       pulumi.String(statistic),
		},
	}
}
