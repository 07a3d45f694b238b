package components

import (
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/lambda/contract"
)

// Thresholds of the application's alarms.
const (
	requestLatencyMillis  = 1000
	applicationConflicts  = 50 // repeated transactions in a minute
	outboxAgeSeconds      = 180
	eventDelayMillis      = 60_000
	applicationPeriod     = time.Minute
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
func NewApplicationAlarms(ctx *pulumi.Context, name string, args *ApplicationAlarmsArgs, opts ...pulumi.ResourceOption) (*ApplicationAlarms, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("ApplicationAlarms %q: %w", name, err)
	}
	a := &ApplicationAlarms{}
	if err := ctx.RegisterComponentResource(token("ApplicationAlarms"), name, a, opts...); err != nil {
		return nil, err
	}
	set := &alarmSet{ctx: ctx, parent: a}
	for _, alarm := range append(args.plumbing(name), args.measured(name)...) {
		if _, err := set.metric(args.Region, args.Topic, alarm.name, alarm.args); err != nil {
			return nil, err
		}
	}
	a.ARNs, a.Names = set.arns, set.names
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{"names": a.Names})
}

func (a *ApplicationAlarmsArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return required(a.Region.required("Region"), map[string]bool{
		"Topic": a.Topic != nil, "Service": a.Service != nil, "Publisher": a.Publisher != nil, "Processor": a.Processor != nil, "Bus": a.Bus != nil, "Runbooks": a.Runbooks != "",
	})
}

func (a *ApplicationAlarmsArgs) described(what string) pulumi.String {
	return described(what, a.Runbooks, contract.RunbookApplication)
}

// plumbing are the alarms on what AWS publishes about functions, rule and queues.
func (a *ApplicationAlarmsArgs) plumbing(name string) []namedAlarm {
	region := a.Region.Name
	errorsOf := func(f *GoFunction, what string) cloudwatch.MetricAlarmArgs {
		return outOf(countAlarm("AWS/Lambda", "Errors", "Sum", pulumi.StringMap{"FunctionName": f.Function.Name}, applicationPeriod, a.described(what)), 2, 3)
	}
	deadLetters := func(queue pulumi.StringInput, what string) cloudwatch.MetricAlarmArgs {
		return outOf(countAlarm("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", pulumi.StringMap{"QueueName": queue}, 5*time.Minute, a.described(what)), 1, 1)
	}
	alarms := []namedAlarm{
		{name + "-transaction-errors", errorsOf(a.Service.Function, "The transaction service in "+region+" fails.")},
		// The service answers 503 where a retry may help; only a broken function ends in an error.
		{name + "-unavailable", outOf(countAlarm("AWS/ApiGateway", "5xx", "Sum", pulumi.StringMap{"ApiId": a.Service.APIID.ToStringOutput()}, applicationPeriod,
			a.described("The transaction API in "+region+" answers with server errors.")), 3, 5)},
		{name + "-publisher-errors", errorsOf(a.Publisher.Function, "The outbox publisher in "+region+" fails.")},
		{name + "-processor-errors", errorsOf(a.Processor.Function, "The event processor in "+region+" fails.")},
		{name + "-forward-failed", outOf(countAlarm("AWS/Events", "FailedInvocations", "Sum", a.Bus.forwardDimensions(), applicationPeriod,
			a.described("Events do not leave "+region+" for the other region.")), 1, 1)},
		{name + "-publisher-dead-letters", deadLetters(a.Publisher.Function.DeadLetters.Name, "Runs of the outbox publisher in "+region+" ended in its dead-letter queue.")},
		{name + "-processor-dead-letters", deadLetters(a.Processor.Function.DeadLetters.Name, "Events in "+region+" could not be processed.")},
		{name + "-undelivered", deadLetters(a.Bus.Undelivered.Name, "Events from "+region+" did not reach the other region.")},
	}
	if a.Routes != nil {
		alarms = append(alarms, namedAlarm{name + "-routes-undelivered", deadLetters(a.Routes.Undelivered.Name, "Events in "+region+" did not reach the target of a route.")})
	}
	return alarms
}

// measured are the alarms on what the functions publish about themselves.
func (a *ApplicationAlarmsArgs) measured(name string) []namedAlarm {
	measure := func(metric, statistic string, threshold float64, what string) cloudwatch.MetricAlarmArgs {
		return cloudwatch.MetricAlarmArgs{
			AlarmDescription: a.described(what + " in " + a.Region.Name + "."),
			Namespace:        pulumi.String(contract.ApplicationNamespace),
			MetricName:       pulumi.String(metric),
			Dimensions:       pulumi.StringMap{contract.DimensionRegion: pulumi.String(a.Region.Name)},
			Statistic:        pulumi.String(statistic),
			Period:           pulumi.Int(int(applicationPeriod.Seconds())), Threshold: pulumi.Float64(threshold),
			ComparisonOperator: pulumi.String(atLeast),
			TreatMissingData:   pulumi.String(missingIsFine), // no requests, no samples
		}
	}
	slow := measure(contract.MetricTransactionLatency, "", requestLatencyMillis, "One request in a hundred is slow")
	slow.Statistic, slow.ExtendedStatistic = nil, pulumi.String(transactionPercentile)
	return []namedAlarm{
		{name + "-latency", outOf(slow, 3, 5)},
		{name + "-breaker-open", outOf(measure(contract.MetricBreakerOpen, "Maximum", 1, "The circuit breaker is open: the regional endpoint fails"), 2, 3)},
		{name + "-conflicts", outOf(measure(contract.MetricConflictRetries, "Sum", applicationConflicts, "Many transactions conflict"), 3, 3)},
		{name + "-events-parked", outOf(measure(contract.MetricEventsParked, "Sum", 1, "Events that can never be sent were parked in the outbox"), 1, 1)},
		{name + "-outbox-age", outOf(measure(contract.MetricOutboxAge, "Maximum", outboxAgeSeconds, "Events wait in the outbox"), 2, 3)},
		{name + "-replication-delay", outOf(measure(contract.MetricReplicationDelay, "Average", eventDelayMillis, "Events from the other region arrive late"), 3, 5)},
	}
}
