package traffic

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/alarm"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// quorum is how many observers must not find an endpoint unfit: one unfit word never moves anybody.
const quorum = 2

// An alarm behind a health check is in ALARM after two minutes with the word "unfit". Route 53 follows no alarm with M
// of N or shorter periods.
const (
	unfitPeriodSeconds = 60
	unfitPeriods       = 2
)

// Observer is one of the three observers.
type Observer struct {
	// Place names its resources, as in "witness". Required.
	Place string
	// Region is its region, and its name in metrics. Required.
	Region string
}

// ObservedFitnessArgs configures an ObservedFitness.
type ObservedFitnessArgs struct {
	// Endpoint is the side of the database that is judged. Required.
	Endpoint *components.DsqlSide
	// From is the data region that judges, which is not the endpoint's. Required.
	From components.Region
	// Observers are the three observers. Required.
	Observers []Observer
	// Title begins the names of the health checks. Required.
	Title string
	// After is what must have happened before the alarms exist: every observer's first check. Required.
	After []pulumi.Resource
}

// ObservedFitness is a health check of what the observers say of an endpoint: healthy unless two of the three find it
// unfit. It is made of plain alarms, each read by a health check, in the data region that is not the endpoint's: a word
// that does not get there, or its loss, counts as healthy.
type ObservedFitness struct {
	pulumi.ResourceState

	// Check is the two of three, and Words are the health checks of what each observer says, in their order.
	Check *route53.HealthCheck
	Words []*route53.HealthCheck
	// ARNs and Names of the alarms.
	ARNs, Names pulumi.StringArray
}

// NewObservedFitness creates the alarms and the health checks.
func NewObservedFitness(
	ctx *pulumi.Context, name string, args *ObservedFitnessArgs, opts ...pulumi.ResourceOption,
) (*ObservedFitness, error) {
	f := &ObservedFitness{}
	if err := part.Open(ctx, "ObservedFitness", name, f, args.validate(), opts); err != nil {
		return nil, err
	}
	set := &alarm.Set{Context: ctx, Parent: f, After: args.After}
	var words pulumi.StringArray
	for _, observer := range args.Observers {
		word, err := f.word(set, name+"-"+observer.Place, args, observer)
		if err != nil {
			return nil, err
		}
		f.Words, words = append(f.Words, word), append(words, word.ID())
	}
	var err error
	if f.Check, err = route53.NewHealthCheck(ctx, name, &route53.HealthCheckArgs{
		Type:                 pulumi.String("CALCULATED"),
		ChildHealthchecks:    words,
		ChildHealthThreshold: pulumi.Int(quorum),
		Tags:                 named(args.Title, args.Endpoint.Region),
	}, args.From.Child(f)...); err != nil {
		return nil, err
	}
	f.ARNs, f.Names = set.ARNs, set.Names
	return f, ctx.RegisterResourceOutputs(f, pulumi.Map{"healthCheckId": f.Check.ID()})
}

func (a *ObservedFitnessArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{part.Required(a.From.Required("From"), map[string]bool{
		"Endpoint": a.Endpoint != nil,
		"Title":    a.Title != "",
		"After":    len(a.After) > 0,
	})}
	if len(a.Observers) != 3 {
		problems = append(problems, fmt.Errorf("Observers are %v: want three, since a quorum is two of three", a.Observers))
	}
	if a.Endpoint != nil && a.Endpoint.Region == a.From.Name {
		problems = append(problems, fmt.Errorf("From is %s: want the other data region, which outlives the endpoint's",
			a.From.Name))
	}
	return errors.Join(problems...)
}

// word is the health check of what one observer says of the endpoint.
func (f *ObservedFitness) word(
	set *alarm.Set, name string, args *ObservedFitnessArgs, observer Observer,
) (*route53.HealthCheck, error) {
	unfit := args.unfit(observer)
	made, err := set.Metric(args.From.Provider, nil, name, unfit)
	if err != nil {
		return nil, err
	}
	return route53.NewHealthCheck(set.Context, name, &route53.HealthCheckArgs{
		Type:                         pulumi.String("CLOUDWATCH_METRIC"),
		CloudwatchAlarmName:          made.Name,
		CloudwatchAlarmRegion:        pulumi.String(args.From.Name),
		InsufficientDataHealthStatus: pulumi.String("Healthy"),
		Triggers:                     pulumi.StringMap{"alarm": whole(unfit)},
		Tags:                         named(args.Title, args.Endpoint.Region+" from "+observer.Region),
	}, args.From.Child(f)...)
}

// whole is all of an alarm in one text. A health check copies the alarm when it is made, and again only when its
// triggers change ("Updating health checks when you change CloudWatch alarm settings", Route 53 Developer Guide).
func whole(args cloudwatch.MetricAlarmArgs) pulumi.StringOutput { return pulumi.JSONMarshal(args) }

// unfit alarms when an observer finds the endpoint unfit.
func (a *ObservedFitnessArgs) unfit(observer Observer) cloudwatch.MetricAlarmArgs {
	dimensions := a.Endpoint.Identifier.ToStringOutput().ApplyT(func(cluster string) map[string]string {
		return contract.ObserverDimensions(cluster, a.Endpoint.Region, observer.Region)
	}).(pulumi.StringMapOutput)
	return cloudwatch.MetricAlarmArgs{
		AlarmDescription: pulumi.String("The observer in " + observer.Region + " finds the endpoint in " +
			a.Endpoint.Region + " unfit for traffic. Notifies nobody: Route 53 reads its metric."),
		Namespace:          pulumi.String(contract.MetricNamespace),
		MetricName:         pulumi.String(contract.MetricEndpointUnfit),
		Dimensions:         dimensions,
		Statistic:          pulumi.String("Maximum"),
		Period:             pulumi.Int(unfitPeriodSeconds),
		EvaluationPeriods:  pulumi.Int(unfitPeriods),
		Threshold:          pulumi.Float64(1),
		ComparisonOperator: pulumi.String(alarm.AtLeast),
		TreatMissingData:   pulumi.String(alarm.MissingIsUnknown),
	}
}

// named is the tag by which Route 53's console calls a health check.
func named(title, what string) pulumi.StringMap {
	return pulumi.StringMap{"Name": pulumi.String(title + " " + what)}
}
