package traffic

import (
	"errors"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// A leaf that fails twice in a row is unhealthy to a checker, which asks every contract.FastCheck or every half minute.
const (
	slowIntervalSeconds = 30
	leafFailures        = 2
)

// addressTypes are the records that a name has: of IPv4 and of IPv6.
var addressTypes = []string{"A", "AAAA"}

// LeafArgs configures a Leaf.
type LeafArgs struct {
	// Region of the endpoint. Required.
	Region components.Region
	// ZoneID is the public hosted zone, and Name the name in it. Required.
	ZoneID, Name string
	// Target is the DNS name of the endpoint, TargetZoneID its hosted zone. Required.
	Target, TargetZoneID pulumi.StringInput
	// Host and Path are what health checkers ask by HTTPS. Host must be no name that the answer decides about. Required.
	Host pulumi.StringInput
	Path string
	// Fast asks every ten seconds. Optional; defaults to every thirty.
	Fast bool
	// Title begins the name of the health check. Required.
	Title string
	// After is what the endpoint needs to answer. Optional.
	After []pulumi.Resource
}

// Leaf is the name of one region's endpoint, which is answered while health checkers reach it.
type Leaf struct {
	pulumi.ResourceState

	// Check asks the endpoint.
	Check *route53.HealthCheck
	// Records of the name, by type.
	Records map[string]*route53.Record
}

// NewLeaf creates the health check and the records. They are weighted, with one member each: a simple record takes no
// health check.
func NewLeaf(ctx *pulumi.Context, name string, args *LeafArgs, opts ...pulumi.ResourceOption) (*Leaf, error) {
	l := &Leaf{Records: map[string]*route53.Record{}}
	if err := part.Open(ctx, "Leaf", name, l, args.validate(), opts); err != nil {
		return nil, err
	}
	interval := slowIntervalSeconds
	if args.Fast {
		interval = int(contract.FastCheck.Seconds())
	}
	var err error
	if l.Check, err = route53.NewHealthCheck(ctx, name, &route53.HealthCheckArgs{
		Type:             pulumi.String("HTTPS"),
		Fqdn:             args.Host,
		Port:             pulumi.Int(443),
		ResourcePath:     pulumi.String(args.Path),
		EnableSni:        pulumi.Bool(true),
		RequestInterval:  pulumi.Int(interval),
		FailureThreshold: pulumi.Int(leafFailures),
		Tags:             named(args.Title, args.Region.Name+" leaf"),
	}, args.Region.Child(l, pulumi.DependsOn(args.After))...); err != nil {
		return nil, err
	}
	for _, kind := range addressTypes {
		if l.Records[kind], err = route53.NewRecord(ctx, recordName(name, kind), &route53.RecordArgs{
			ZoneId:        pulumi.String(args.ZoneID),
			Name:          pulumi.String(args.Name),
			Type:          pulumi.String(kind),
			SetIdentifier: pulumi.String(args.Region.Name),
			HealthCheckId: l.Check.ID(),
			Aliases: route53.RecordAliasArray{route53.RecordAliasArgs{
				Name:                 args.Target,
				ZoneId:               args.TargetZoneID,
				EvaluateTargetHealth: pulumi.Bool(true),
			}},
			WeightedRoutingPolicies: route53.RecordWeightedRoutingPolicyArray{
				route53.RecordWeightedRoutingPolicyArgs{Weight: pulumi.Int(1)},
			},
		}, args.Region.Child(l)...); err != nil {
			return nil, err
		}
	}
	return l, ctx.RegisterResourceOutputs(l, pulumi.Map{"healthCheckId": l.Check.ID()})
}

func (a *LeafArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"), map[string]bool{
		"ZoneID":       a.ZoneID != "",
		"Name":         a.Name != "",
		"Target":       a.Target != nil,
		"TargetZoneID": a.TargetZoneID != nil,
		"Host":         a.Host != nil,
		"Path":         a.Path != "",
		"Title":        a.Title != "",
	})
}

// recordName is the logical name of a record of a type.
func recordName(name, kind string) string { return name + "-" + strings.ToLower(kind) }
