package components

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/alarm"
	"aurora-dsql-dr/components/internal/dashboard"
	"aurora-dsql-dr/components/internal/dsqlmetric"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// Thresholds of the alarms on a slow or contended database. They are generous: these are warnings, not outages.
const (
	commitLatencyMillis  = 200
	conflictPercent      = 5
	conflictTransactions = 100 // below this many in a period, a percentage says nothing
	queryTimeouts        = 1
)

// aloneRuns is how long a region must hear nobody else before it pages on its own vote, aloneLate how many of its own
// latest votes may be on their way, and unconfirmedWithin how long the alarm that has a quorum has to say it instead.
const (
	aloneRuns         = 5
	aloneLate         = 2
	unconfirmedWithin = time.Minute
)

// EndpointAlarmsArgs configures EndpointAlarms.
type EndpointAlarmsArgs struct {
	// Region is the data region that decides, and Topic its topic. Required.
	Region Region
	Topic  *AlertTopic
	// Own is the endpoint of this region, Other the one of the other data region. Required.
	Own, Other *DsqlSide
	// Observers are the names of the three observers. Required.
	Observers []string
	// Schedule is the time between two samples of an observer, ProbeInterval that between two probes of a run. Required.
	Schedule, ProbeInterval time.Duration
	// MetricsFull says that latencies and marker age are published, and alarms on them wanted. Optional; defaults to off.
	MetricsFull bool
	// CompositeName is the name of the alarm that pages; CloudWatch wants it given, and it is what a person reads first.
	// Required.
	CompositeName pulumi.StringInput
	// Runbooks are linked from the descriptions. Required.
	Runbooks contract.Runbooks
	// After is what must have happened before the alarms exist: every observer's first check. Required.
	After []pulumi.Resource
}

// EndpointAlarms are one data region's view of both endpoints. Quorum alarms say which endpoint two of three observers
// find unreachable and notify nobody; the composite pages for the loss of the other region, so that an outage pages
// once, from a side that lives. A region that hears nobody else has one vote, its own: it cannot tell the loss of both
// others from its own isolation, and says so in an alarm of its own.
type EndpointAlarms struct {
	pulumi.ResourceState

	// Lost pages for the loss of the other region, Unconfirmed for one that no other observer confirms.
	Lost, Unconfirmed *cloudwatch.CompositeAlarm
	// ARNs and Names are of all alarms.
	ARNs, Names pulumi.StringArray

	loss dashboard.Loss // but for its ARNs
}

// NewEndpointAlarms creates the alarms of one data region.
func NewEndpointAlarms(
	ctx *pulumi.Context, name string, args *EndpointAlarmsArgs, opts ...pulumi.ResourceOption,
) (*EndpointAlarms, error) {
	a := &EndpointAlarms{}
	if err := part.Open(ctx, "EndpointAlarms", name, a, args.validate(), opts); err != nil {
		return nil, err
	}
	set := &alarm.Set{Context: ctx, Parent: a, After: args.After}
	if err := a.outage(set, name, args); err != nil {
		return nil, err
	}
	for _, warning := range args.warnings(name) {
		if _, err := set.Metric(args.Region.Provider, args.Topic.ARN, warning.name, warning.args); err != nil {
			return nil, err
		}
	}
	a.ARNs, a.Names = set.ARNs, set.Names
	a.loss = dashboard.Loss{Region: args.Other.Region, DecidedIn: args.Region.Name}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{"names": a.Names})
}

// facts are what the dashboard shows of the decision that the other region is lost.
func (a *EndpointAlarms) facts() pulumi.Output {
	return pulumi.All(a.Lost.Arn, a.Unconfirmed.Arn).ApplyT(func(arns []any) dashboard.Loss {
		known := a.loss
		known.ARNs = []string{arns[0].(string), arns[1].(string)}
		return known
	})
}

// outage creates the alarms on lost endpoints. Both composites say as well when it is over.
func (a *EndpointAlarms) outage(set *alarm.Set, name string, args *EndpointAlarmsArgs) error {
	if _, err := set.Metric(args.Region.Provider, nil, name+"-quorum-own", args.quorum(args.Own)); err != nil {
		return err
	}
	other, err := set.Metric(args.Region.Provider, nil, name+"-quorum-other", args.quorum(args.Other))
	if err != nil {
		return err
	}
	if a.Lost, err = set.Composite(args.Region.Provider, args.Topic.ARN, name+"-other-region-lost", other,
		cloudwatch.CompositeAlarmArgs{
			AlarmName: args.CompositeName,
			AlarmDescription: alarm.Described("At least two observers cannot reach the database endpoint in "+
				args.Other.Region+".", args.Runbooks, contract.RunbookRegionLost),
			OkActions: pulumi.StringArray{args.Topic.ARN},
		}); err != nil {
		return err
	}
	alone, err := set.Metric(args.Region.Provider, nil, name+"-alone", args.alone())
	if err != nil {
		return err
	}
	a.Unconfirmed, err = set.Composite(args.Region.Provider, args.Topic.ARN, name+"-other-region-lost-unconfirmed", alone,
		cloudwatch.CompositeAlarmArgs{
			AlarmName: pulumi.Sprintf("%s-unconfirmed", args.CompositeName),
			AlarmDescription: alarm.Described(
				fmt.Sprintf("UNCONFIRMED: the observer in %s cannot reach the database endpoint in %s and hears no other "+
					"observer. %s is lost together with a second region, or this region is cut off.", args.Region.Name,
					args.Other.Region, args.Other.Region),
				args.Runbooks, contract.RunbookRegionLost),
			OkActions:         pulumi.StringArray{args.Topic.ARN},
			ActionsSuppressor: alarm.QuietWhile(a.Lost, unconfirmedWithin),
		})
	return err
}

func (a *EndpointAlarmsArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{part.Required(a.Region.Required("Region"), map[string]bool{
		"Topic":         a.Topic != nil,
		"Own":           a.Own != nil,
		"Other":         a.Other != nil,
		"Schedule":      a.Schedule > 0,
		"ProbeInterval": a.ProbeInterval > 0,
		"CompositeName": a.CompositeName != nil,
		"Runbooks":      a.Runbooks != "",
		"After":         len(a.After) > 0,
	})}
	if len(a.Observers) != 3 {
		problems = append(problems, fmt.Errorf("Observers are %q: want three, since a quorum is two of three", a.Observers))
	}
	return errors.Join(problems...)
}

// quorum alarms when two of three observers find an endpoint unreachable in two of three periods. A term without data
// counts as 0 in the sum, so a dead observer has no vote; FILL is left out on purpose, it can keep an alarm from ever
// leaving its state. No data at all is the dead-man alarms' business.
func (a *EndpointAlarmsArgs) quorum(side *DsqlSide) cloudwatch.MetricAlarmArgs {
	var queries cloudwatch.MetricAlarmMetricQueryArray
	var votes []string
	for i, observer := range a.Observers {
		id := fmt.Sprintf("u%d", i+1)
		votes = append(votes, id)
		queries = append(queries, a.unreachable(id, side, observer, "Maximum"))
	}
	queries = append(queries, cloudwatch.MetricAlarmMetricQueryArgs{
		Id:         pulumi.String("votes"),
		Label:      pulumi.String("observers that cannot reach " + side.Region),
		Expression: pulumi.String(strings.Join(votes, "+")),
		ReturnData: pulumi.Bool(true),
	})
	return alarm.OutOf(cloudwatch.MetricAlarmArgs{
		AlarmDescription: pulumi.String("Two of three observers cannot reach the database endpoint in " + side.Region +
			", as " + a.Region.Name + " hears them. Notifies nobody: the composite alarm of the other region does."),
		MetricQueries:      queries,
		Threshold:          pulumi.Float64(2),
		ComparisonOperator: pulumi.String(alarm.AtLeast),
		TreatMissingData:   pulumi.String(alarm.MissingIsFine),
	}, 2, 3)
}

// alone alarms when this region's observer finds the other endpoint unreachable in five periods in which no other
// observer was heard: each sample of another one takes the vote back. FILL gives the expression a value in every
// period, so the latest ones, whose own vote comes with the end of its run, count as 0 and not as missing: five of
// seven. Five, because a sample of others that comes late looks like silence too, and because quorum decides sooner
// whenever it can.
func (a *EndpointAlarmsArgs) alone() cloudwatch.MetricAlarmArgs {
	queries := cloudwatch.MetricAlarmMetricQueryArray{a.unreachable("own", a.Other, a.Region.Name, "Maximum")}
	expression := "own"
	for _, observer := range a.Observers {
		if observer != a.Region.Name {
			id := fmt.Sprintf("heard%d", len(queries))
			queries = append(queries, a.unreachable(id, a.Other, observer, "SampleCount"))
			expression += "-FILL(" + id + ",0)"
		}
	}
	queries = append(queries, cloudwatch.MetricAlarmMetricQueryArgs{
		Id:         pulumi.String("alone"),
		Label:      pulumi.String("lost, and no other observer is heard"),
		Expression: pulumi.String(expression),
		ReturnData: pulumi.Bool(true),
	})
	return alarm.OutOf(cloudwatch.MetricAlarmArgs{
		AlarmDescription: pulumi.String("Only " + a.Region.Name + " is heard, and it cannot reach the database endpoint in " +
			a.Other.Region +
			". Notifies nobody: its composite alarm does."),
		MetricQueries:      queries,
		Threshold:          pulumi.Float64(1),
		ComparisonOperator: pulumi.String(alarm.AtLeast),
		TreatMissingData:   pulumi.String(alarm.MissingIsFine),
	}, aloneRuns, aloneRuns+aloneLate)
}

// unreachable is a statistic of an observer's votes on an endpoint.
func (a *EndpointAlarmsArgs) unreachable(
	id string, side *DsqlSide, observer, statistic string,
) cloudwatch.MetricAlarmMetricQueryArgs {
	return cloudwatch.MetricAlarmMetricQueryArgs{
		Id:    pulumi.String(id),
		Label: pulumi.String("seen from " + observer),
		Metric: cloudwatch.MetricAlarmMetricQueryMetricArgs{
			Namespace:  pulumi.String(contract.MetricNamespace),
			MetricName: pulumi.String(contract.MetricEndpointUnreachable),
			Dimensions: observerDimensions(side, observer),
			Period:     pulumi.Int(a.period()),
			Stat:       pulumi.String(statistic),
		},
	}
}

func (a *EndpointAlarmsArgs) period() int { return int(a.Schedule.Seconds()) }

// warnings are the alarms on this region's own endpoint that is reachable, but not well.
func (a *EndpointAlarmsArgs) warnings(name string) []namedAlarm {
	alarms := []namedAlarm{
		{name + "-conflicts", alarm.OutOf(a.conflicts(), 3, 3)},
		{name + "-query-timeouts", alarm.OutOf(cloudwatch.MetricAlarmArgs{
			AlarmDescription: alarm.Described("Queries time out in "+a.Own.Region+".", a.Runbooks,
				contract.RunbookSlowDatabase),
			Namespace:          pulumi.String(dsqlmetric.Namespace),
			MetricName:         pulumi.String("QueryTimeouts"),
			Dimensions:         pulumi.StringMap{dsqlmetric.Cluster: a.Own.Identifier},
			Statistic:          pulumi.String("Sum"),
			Period:             pulumi.Int(300),
			Threshold:          pulumi.Float64(queryTimeouts),
			ComparisonOperator: pulumi.String(alarm.AtLeast),
			TreatMissingData:   pulumi.String(alarm.MissingIsFine), // an idle cluster publishes nothing
		}, 2, 3)},
	}
	if a.MetricsFull {
		alarms = append(alarms,
			namedAlarm{name + "-commit-latency", alarm.OutOf(a.probed(contract.MetricCommitLatency, commitLatencyMillis,
				"Commits of the probe in "+a.Own.Region+" are slow."), 3, 5)},
			namedAlarm{name + "-marker-age", alarm.OutOf(a.probed(contract.MetricMarkerAge, a.markerAgeSeconds(),
				"Writes made through "+a.Other.Region+" arrive late in "+a.Own.Region+"."), 3, 5)},
		)
	}
	return alarms
}

// markerAgeSeconds is half a minute more than twice what a healthy database averages. A run's first probe finds markers
// as old as the pause since the run before, each later one those of the probe before it: together the schedule, over as
// many probes as a run makes. Twice, because a period that misses one late probe averages over one less.
func (a *EndpointAlarmsArgs) markerAgeSeconds() float64 {
	probes := contract.Rounds(a.Schedule, contract.LongestRun, a.ProbeInterval)
	return 30 + 2*a.Schedule.Seconds()/float64(probes)
}

// probed alarms on what this region's observer measures at its own endpoint.
func (a *EndpointAlarmsArgs) probed(metric string, threshold float64, what string) cloudwatch.MetricAlarmArgs {
	return cloudwatch.MetricAlarmArgs{
		AlarmDescription:   alarm.Described(what, a.Runbooks, contract.RunbookSlowDatabase),
		Namespace:          pulumi.String(contract.MetricNamespace),
		MetricName:         pulumi.String(metric),
		Dimensions:         observerDimensions(a.Own, a.Region.Name),
		Statistic:          pulumi.String("Average"),
		Period:             pulumi.Int(a.period()),
		Threshold:          pulumi.Float64(threshold),
		ComparisonOperator: pulumi.String(alarm.Above),
		TreatMissingData:   pulumi.String(alarm.MissingIsFine),
	}
}

// conflicts alarms on the share of transactions that ended in an optimistic-concurrency conflict.
func (a *EndpointAlarmsArgs) conflicts() cloudwatch.MetricAlarmArgs {
	sum := func(id, metric string) cloudwatch.MetricAlarmMetricQueryArgs {
		return cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.String(id),
			Metric: cloudwatch.MetricAlarmMetricQueryMetricArgs{
				Namespace:  pulumi.String(dsqlmetric.Namespace),
				MetricName: pulumi.String(metric),
				Dimensions: pulumi.StringMap{dsqlmetric.Cluster: a.Own.Identifier},
				Period:     pulumi.Int(300),
				Stat:       pulumi.String("Sum"),
			},
		}
	}
	return cloudwatch.MetricAlarmArgs{
		AlarmDescription: alarm.Described(fmt.Sprintf("More than %d %% of the transactions in %s conflict.", conflictPercent,
			a.Own.Region), a.Runbooks, contract.RunbookSlowDatabase),
		MetricQueries: cloudwatch.MetricAlarmMetricQueryArray{
			sum("conflicts", "OccConflicts"), sum("total", "TotalTransactions"),
			cloudwatch.MetricAlarmMetricQueryArgs{
				Id:         pulumi.String("rate"),
				Label:      pulumi.String("conflicts in %"),
				ReturnData: pulumi.Bool(true),
				Expression: pulumi.String(fmt.Sprintf("IF(total >= %d, 100 * conflicts / total, 0)", conflictTransactions)),
			},
		},
		Threshold:          pulumi.Float64(conflictPercent),
		ComparisonOperator: pulumi.String(alarm.Above),
		TreatMissingData:   pulumi.String(alarm.MissingIsFine),
	}
}
