package components

import (
	"encoding/json"
	"errors"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
	"aurora-dsql-dr/lambda/contract"
)

// GlobalEventBusArgs configures a GlobalEventBus.
type GlobalEventBusArgs struct {
	// Primary and Secondary are the two regions. Required.
	Primary, Secondary Region
	// ArchiveDays is how long events can be replayed. Required.
	ArchiveDays int
}

// GlobalEventBus is an encrypted event bus in each of two regions that tell each other everything that was published
// in them.
type GlobalEventBus struct {
	pulumi.ResourceState

	// Buses, the primary region's first.
	Buses [2]*RegionalBus
}

// RegionalBus is one region's bus.
type RegionalBus struct {
	Region Region
	// Bus takes the events. Forward is the rule that sends those born here to the other bus, and Undelivered the queue of
	// those it could not, and of those the bus could not take.
	Bus         *cloudwatch.EventBus
	Forward     *cloudwatch.EventRule
	Undelivered *sqs.Queue
}

// forwardDimensions are those of AWS/Events for a rule of a bus other than the default one ("Monitoring Amazon
// EventBridge").
func (b *RegionalBus) forwardDimensions() pulumi.StringMap {
	return pulumi.StringMap{"EventBusName": b.Bus.Name, "RuleName": b.Forward.Name}
}

// rules are all rules of the bus, as the pattern of an ARN: every one is the stack's.
func (b *RegionalBus) rules() pulumi.StringOutput {
	return b.Bus.Name.ApplyT(func(bus string) string {
		return b.Region.ARN("events",
			"rule/"+bus+"/*")
	}).(pulumi.StringOutput)
}

// NewGlobalEventBus creates the buses, their archives, and the rules between them. Both buses come before both rules:
// each rule's target is the other region's bus.
func NewGlobalEventBus(
	ctx *pulumi.Context, name string, args *GlobalEventBusArgs, opts ...pulumi.ResourceOption,
) (*GlobalEventBus, error) {
	g := &GlobalEventBus{}
	if err := part.Open(ctx, "GlobalEventBus", name, g, args.validate(), opts); err != nil {
		return nil, err
	}
	var err error
	for i, side := range g.sides(name, args) {
		if g.Buses[i], err = g.bus(ctx, side.name, side.region, args.ArchiveDays); err != nil {
			return nil, err
		}
	}
	for i, side := range g.sides(name, args) {
		if err := g.forward(ctx, side.name, g.Buses[i], g.Buses[1-i]); err != nil {
			return nil, err
		}
	}
	return g, ctx.RegisterResourceOutputs(g, pulumi.Map{
		"primaryBus":   g.Buses[0].Bus.Name,
		"secondaryBus": g.Buses[1].Bus.Name,
	})
}

func (a *GlobalEventBusArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Primary.Required("Primary"), a.Secondary.Required("Secondary"),
		map[string]bool{"ArchiveDays": a.ArchiveDays > 0})
}

type busSide struct {
	name   string
	region Region
}

func (g *GlobalEventBus) sides(name string, args *GlobalEventBusArgs) []busSide {
	return []busSide{{name + "-primary", args.Primary}, {name + "-secondary", args.Secondary}}
}

func (g *GlobalEventBus) bus(ctx *pulumi.Context, name string, region Region, archiveDays int) (*RegionalBus, error) {
	document, err := busKeyPolicy(region)
	if err != nil {
		return nil, err
	}
	key, err := kms.NewKey(ctx, name+"-key", &kms.KeyArgs{
		Description:       pulumi.String("Encrypts the events of transactions in " + region.Name),
		EnableKeyRotation: pulumi.Bool(true),
		Policy:            pulumi.String(document),
	}, region.Child(g)...)
	if err != nil {
		return nil, err
	}
	b := &RegionalBus{Region: region}
	if b.Undelivered, err = longLivedQueue(ctx, name+"-undelivered", g, region); err != nil {
		return nil, err
	}
	if b.Bus, err = cloudwatch.NewEventBus(ctx, name, &cloudwatch.EventBusArgs{
		Description:      pulumi.String("Events of transactions, in " + region.Name),
		KmsKeyIdentifier: key.Arn,
		// What the key refuses would otherwise be lost without a trace ("Encrypting event buses").
		DeadLetterConfig: cloudwatch.EventBusDeadLetterConfigArgs{Arn: b.Undelivered.Arn},
	}, region.Child(g)...); err != nil {
		return nil, err
	}
	_, err = cloudwatch.NewEventArchive(ctx, name+"-archive", &cloudwatch.EventArchiveArgs{
		EventSourceArn: b.Bus.Arn,
		RetentionDays:  pulumi.Int(archiveDays),
	}, region.Child(g)...)
	return b, err
}

// forward sends the events that were published on one bus to the other. The pattern asks where an event was first
// published, so what came from the other side does not go back: no loop, also with both directions at once.
func (g *GlobalEventBus) forward(ctx *pulumi.Context, name string, from, to *RegionalBus) error {
	pattern, err := forwardPattern(from.Region.Name)
	if err != nil {
		return err
	}
	if from.Forward, err = cloudwatch.NewEventRule(ctx, name+"-forward", &cloudwatch.EventRuleArgs{
		Description:  pulumi.String("Events published in " + from.Region.Name + ", to " + to.Region.Name),
		EventBusName: from.Bus.Name,
		EventPattern: pulumi.String(pattern),
	}, from.Region.Child(g)...); err != nil {
		return err
	}
	trust, err := policy.AssumedBy("events.amazonaws.com")
	if err != nil {
		return err
	}
	role, err := iam.NewRole(ctx, name+"-forward-role", &iam.RoleArgs{
		Description:      pulumi.String("Puts events on the bus in " + to.Region.Name),
		AssumeRolePolicy: pulumi.String(trust),
	}, from.Region.Child(g)...)
	if err != nil {
		return err
	}
	access, err := iam.NewRolePolicy(ctx, name+"-forward-access", &iam.RolePolicyArgs{
		Role:   role.ID(),
		Policy: to.Bus.Arn.ApplyT(forwardPolicy).(pulumi.StringOutput),
	}, from.Region.Child(g)...)
	if err != nil {
		return err
	}
	undelivered, err := feedQueue(ctx, name+"-undelivered-policy", g, from.Region, from.Undelivered, from.Forward.Arn,
		from.Bus.Arn)
	if err != nil {
		return err
	}
	_, err = cloudwatch.NewEventTarget(ctx, name+"-forward-target", &cloudwatch.EventTargetArgs{
		Rule:         from.Forward.Name,
		EventBusName: from.Bus.Name,
		Arn:          to.Bus.Arn,
		RoleArn:      role.Arn,
		// No retry policy here: EventBridge accepts none for a bus as target and retries for 24 hours by itself, which
		// bridges the loss of the other region.
		DeadLetterConfig: cloudwatch.EventTargetDeadLetterConfigArgs{Arn: from.Undelivered.Arn},
	}, from.Region.Child(g, pulumi.DependsOn([]pulumi.Resource{access, undelivered}))...)
	return err
}

func forwardPattern(region string) (string, error) {
	body, err := json.Marshal(map[string]any{
		"source": []string{contract.EventSource},
		"detail": map[string]any{"publishedIn": []string{region}},
	})
	return string(body), err
}

func forwardPolicy(busARN string) (string, error) {
	return policy.Document(policy.Allow("PutOnTheOtherBus", "events:PutEvents").On(busARN))
}

// busKeyPolicy lets EventBridge encrypt for this account's buses ("Encrypting event buses", EventBridge user guide).
// The bus's name is not known before its key exists, so the encryption context is every bus of account and region.
func busKeyPolicy(region Region) (string, error) {
	buses := region.ARN("events", "event-bus/*")
	return policy.Document(
		policy.AccountAdministers(region.RootARN()),
		policy.Allow("EventBridgeEncrypts", "kms:Decrypt", "kms:GenerateDataKey*").ToService("events.amazonaws.com").On("*").
			When("StringEquals", "aws:SourceAccount", region.Account).
			When("StringLike", "kms:EncryptionContext:aws:events:event-bus:arn", buses),
		policy.Allow("EventBridgeDescribes", "kms:DescribeKey").ToService("events.amazonaws.com").On("*").
			When("StringEquals", "aws:SourceAccount", region.Account),
	)
}
