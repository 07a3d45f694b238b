package components

import (
	"encoding/json"
	"errors"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
	"aurora-dsql-dr/lambda/contract"
)

// EventProcessorArgs configures an EventProcessor.
type EventProcessorArgs struct {
	// Region of the processor, with its side of the database and its bus. Required.
	Region   Region
	Database *DsqlSide
	Bus      *RegionalBus
	// DatabaseRole is the PostgreSQL role to connect as. Required.
	DatabaseRole string
	// Concurrency is how many runs there are at a time. What came late comes at once when a region is back: it waits in
	// Lambda's queue, and does not take the 100 new connections a second that a cluster allows everybody together.
	// Optional; 0 reserves nothing.
	Concurrency int
	// Settings of the function. Required.
	Settings FunctionSettings
}

// EventProcessor consumes every event of a region's bus: those born here and those that came from the other side.
type EventProcessor struct {
	pulumi.ResourceState

	Region   Region
	Function *GoFunction

	name string
	bus  *RegionalBus
}

// NewEventProcessor creates the function. Start lets it run.
func NewEventProcessor(
	ctx *pulumi.Context, name string, args *EventProcessorArgs, opts ...pulumi.ResourceOption,
) (*EventProcessor, error) {
	p := &EventProcessor{}
	if err := part.Open(ctx, "EventProcessor", name, p, args.validate(), opts); err != nil {
		return nil, err
	}
	p.Region = args.Region
	p.name = name
	p.bus = args.Bus
	var err error
	if p.Function, err = (databaseFunction{
		region:         args.Region,
		database:       args.Database,
		function:       "processor",
		role:           args.DatabaseRole,
		description:    "Consumes the events of transactions in " + args.Region.Name,
		timeoutSeconds: 30,
		concurrency:    args.Concurrency,
		settings:       args.Settings,
		asynchronous:   &AsynchronousTerms{Retries: 2, MaximumAgeSeconds: 6 * 3600},
		access: args.Database.ARN.ApplyT(func(arn string) (string, error) {
			return policy.Document(connect(arn))
		}).(pulumi.StringOutput),
	}).create(ctx, name, p); err != nil {
		return nil, err
	}
	return p, ctx.RegisterResourceOutputs(p, pulumi.Map{"functionName": p.Function.Function.Name})
}

// Start subscribes the processor to its bus, once the database is ready for it.
func (p *EventProcessor) Start(ctx *pulumi.Context, after ...pulumi.Resource) error {
	pattern, err := json.Marshal(map[string]any{"source": []string{contract.EventSource}})
	if err != nil {
		return err
	}
	rule, err := cloudwatch.NewEventRule(ctx, p.name+"-rule", &cloudwatch.EventRuleArgs{
		Description:  pulumi.String("Every event of transactions, to the processor in " + p.Region.Name),
		EventBusName: p.bus.Bus.Name,
		EventPattern: pulumi.String(string(pattern)),
	}, p.Region.Child(p, pulumi.DependsOn(after))...)
	if err != nil {
		return err
	}
	_, err = runByRule(ctx, p.name, p, p.Function, rule)
	return err
}

func (a *EventProcessorArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"), map[string]bool{
		"Database":     a.Database != nil,
		"Bus":          a.Bus != nil,
		"DatabaseRole": a.DatabaseRole != "",
	})
}
