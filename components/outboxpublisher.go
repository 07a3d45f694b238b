package components

import (
	"errors"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
	"aurora-dsql-dr/lambda/contract"
)

// OutboxPublisherArgs configures an OutboxPublisher.
type OutboxPublisherArgs struct {
	// Region of the publisher, with its side of the database and its bus. Required.
	Region   Region
	Database *DsqlSide
	Bus      *RegionalBus
	// DatabaseRole is the PostgreSQL role to connect as. Required.
	DatabaseRole string
	// TakeoverAge is how long the other region's events stay unsent before this region sends them. Required.
	TakeoverAge time.Duration
	// Concurrency is how many runs there are at a time, as in EventProcessorArgs. Optional; 0 reserves nothing.
	Concurrency int
	// Settings of the function. Required.
	Settings FunctionSettings
}

// OutboxPublisher takes events from the outbox to the region's bus: right after a commit, when the transaction service
// runs it, and every minute, for what was left behind.
type OutboxPublisher struct {
	pulumi.ResourceState

	Region   Region
	Function *GoFunction
	// FirstRun is the run made by the deployment, set by Start. Alarms depend on it: it gives the dead-man alarm its first
	// sample.
	FirstRun *lambda.Invocation

	name     string
	database *DsqlSide
}

// NewOutboxPublisher creates the function. Start lets it run.
func NewOutboxPublisher(
	ctx *pulumi.Context, name string, args *OutboxPublisherArgs, opts ...pulumi.ResourceOption,
) (*OutboxPublisher, error) {
	p := &OutboxPublisher{}
	if err := part.Open(ctx, "OutboxPublisher", name, p, args.validate(), opts); err != nil {
		return nil, err
	}
	p.Region = args.Region
	p.name = name
	p.database = args.Database
	var err error
	if p.Function, err = (databaseFunction{
		region:         args.Region,
		database:       args.Database,
		function:       "publisher",
		role:           args.DatabaseRole,
		description:    "Takes events from the outbox to the bus in " + args.Region.Name,
		timeoutSeconds: 60,
		concurrency:    args.Concurrency,
		settings:       args.Settings,
		// The next run takes what this one left: no retry, no run older than a minute.
		asynchronous: &AsynchronousTerms{Retries: 0, MaximumAgeSeconds: 60},
		environment: pulumi.StringMap{
			contract.EnvEventBus:    args.Bus.Bus.Name,
			contract.EnvTakeoverAge: pulumi.String(args.TakeoverAge.String()),
		},
		access: pulumi.All(args.Database.ARN, args.Bus.Bus.Arn).ApplyT(func(v []any) (string, error) {
			return publisherPolicy(v[0].(string), v[1].(string))
		}).(pulumi.StringOutput),
	}).create(ctx, name, p); err != nil {
		return nil, err
	}
	return p, ctx.RegisterResourceOutputs(p, pulumi.Map{"functionName": p.Function.Function.Name})
}

// Start runs the publisher once, and then every minute, when the database is ready for it.
func (p *OutboxPublisher) Start(ctx *pulumi.Context, after ...pulumi.Resource) error {
	rule, err := cloudwatch.NewEventRule(ctx, p.name+"-rule", &cloudwatch.EventRuleArgs{
		Description:        pulumi.String("Runs the outbox publisher in " + p.Region.Name),
		ScheduleExpression: pulumi.String(rate(time.Minute)),
	}, p.Region.Child(p, pulumi.DependsOn(after))...)
	if err != nil {
		return err
	}
	target, err := runByRule(ctx, p.name, p, p.Function, rule)
	if err != nil {
		return err
	}
	p.FirstRun, err = lambda.NewInvocation(ctx, p.name+"-first-run", &lambda.InvocationArgs{
		FunctionName: p.Function.Function.Name,
		Input:        pulumi.String("{}"), // as the schedule's event: it names no events
		Triggers:     pulumi.StringMap{"code": pulumi.String(p.Function.CodeHash), "cluster": p.database.Identifier},
	}, p.Region.Child(p, pulumi.DependsOn(append([]pulumi.Resource{target}, after...)))...)
	return err
}

func (a *OutboxPublisherArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"), map[string]bool{
		"Database":     a.Database != nil,
		"Bus":          a.Bus != nil,
		"DatabaseRole": a.DatabaseRole != "",
		"TakeoverAge":  a.TakeoverAge > 0,
	})
}

func publisherPolicy(clusterARN, busARN string) (string, error) {
	return policy.Document(connect(clusterARN), policy.Allow("Publish", "events:PutEvents").On(busARN))
}
