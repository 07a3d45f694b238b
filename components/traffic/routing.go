// Package traffic routes clients to the region that serves: the name of the application, which Route 53 answers by
// health checks alone.
package traffic

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/dashboard"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// Target is somebody else's endpoint in a data region.
type Target struct {
	// Name is its DNS name and ZoneID the hosted zone of that, which an alias leads to. Required.
	Name, ZoneID string
	// Host and Path are what health checkers ask by HTTPS. Required.
	Host, Path string
}

// Side is a data region.
type Side struct {
	// Place names its resources, as in "primary". Required.
	Place string
	// Region, and Topic its topic. Required.
	Region components.Region
	Topic  *components.AlertTopic
	// Database is the region's side, which the observers judge. Required.
	Database *components.DsqlSide
	// Service has the API that clients reach. Required, but with Target.
	Service *components.TransactionService
	// Target is what clients reach instead. Optional.
	Target *Target
}

// RoutingArgs configures a Routing.
type RoutingArgs struct {
	// ZoneID is the public hosted zone, and Domain the name in it. Required.
	ZoneID, Domain string
	// FastChecks asks leaves every ten seconds. Optional; defaults to every thirty.
	FastChecks bool
	// Sides are the two data regions. Required.
	Sides [2]Side
	// Observers are the three observers. Required.
	Observers []Observer
	// Title begins the names of health checks. Required.
	Title string
	// Runbooks are linked from alarms. Required.
	Runbooks contract.Runbooks
	// After is what must have happened before health is judged: every observer's first check. Required.
	After []pulumi.Resource
}

// Routing answers one name with the nearest region that serves. A region is named while its leaf is healthy and
// fewer than two of the three observers find it unfit; if none is, Route 53 names both.
type Routing struct {
	pulumi.ResourceState

	// Domain is the name.
	Domain string
	// Observers are those who judge.
	Observers []Observer
	// Regions are what there is in each data region, in the order of the sides.
	Regions [2]RoutedRegion
}

// RoutedRegion is a data region's part.
type RoutedRegion struct {
	// Region is its code, and Domain the name of its leaf.
	Region, Domain string
	Leaf           *Leaf
	Observed       *ObservedFitness
	// Alarms are on what serves its clients.
	Alarms components.AlarmList
}

// NewRouting creates the names of both regions, and the one for both.
func NewRouting(
	ctx *pulumi.Context, name string, args *RoutingArgs, opts ...pulumi.ResourceOption,
) (*Routing, error) {
	r := &Routing{}
	if err := part.Open(ctx, "TrafficRouting", name, r, args.validate(), opts); err != nil {
		return nil, err
	}
	r.Domain, r.Observers = args.Domain, args.Observers
	var proof *route53.Record
	for i, side := range args.Sides {
		reached, err := r.endpoint(ctx, name+"-"+side.Place, args, side, proof)
		if err != nil {
			return nil, err
		}
		proof = reached.proof
		if r.Regions[i], err = r.region(ctx, name+"-"+side.Place, args, i, reached); err != nil {
			return nil, err
		}
	}
	return r, ctx.RegisterResourceOutputs(r, pulumi.Map{"domain": pulumi.String(r.Domain)})
}

func (a *RoutingArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{part.Required(map[string]bool{
		"ZoneID":    a.ZoneID != "",
		"Domain":    a.Domain != "",
		"Observers": len(a.Observers) > 0,
		"Title":     a.Title != "",
		"Runbooks":  a.Runbooks != "",
		"After":     len(a.After) > 0,
	})}
	for i, side := range a.Sides {
		field := fmt.Sprintf("Sides[%d]", i)
		problems = append(problems, part.Required(side.Region.Required(field+".Region"), map[string]bool{
			field + ".Place":    side.Place != "",
			field + ".Topic":    side.Topic != nil,
			field + ".Database": side.Database != nil,
		}))
		if (side.Service == nil) == (side.Target == nil) {
			problems = append(problems, fmt.Errorf("%s has Service %t and Target %t: want one of them", field,
				side.Service != nil, side.Target != nil))
		}
	}
	return errors.Join(problems...)
}

// livezPath is the path of the route that health checkers ask.
var livezPath = strings.TrimPrefix(contract.RouteLivez, "GET ")

// Facts are what the dashboard shows of each data region.
func (r *Routing) Facts() pulumi.Array {
	var facts pulumi.Array
	for _, side := range r.Regions {
		facts = append(facts, side.facts())
	}
	return facts
}

func (r RoutedRegion) facts() pulumi.Output {
	return pulumi.All(r.Observed.Check.ID(), r.Leaf.Check.ID()).ApplyT(func(ids []any) dashboard.Traffic {
		return dashboard.Traffic{
			Region:        r.Region,
			ObservedCheck: string(ids[0].(pulumi.ID)),
			LeafCheck:     string(ids[1].(pulumi.ID)),
		}
	})
}

// own is the name of a region's leaf.
func (a *RoutingArgs) own(region string) string { return region + "." + a.Domain }

// reached is how clients and health checkers reach an endpoint.
type reached struct {
	target, zoneID, host pulumi.StringInput
	path                 string
	after                []pulumi.Resource
	proof                *route53.Record
	alarms               components.AlarmList
}

// endpoint makes the region's API reachable by its names, unless the endpoint is somebody else's.
func (r *Routing) endpoint(
	ctx *pulumi.Context, name string, args *RoutingArgs, side Side, proof *route53.Record,
) (reached, error) {
	if t := side.Target; t != nil {
		return reached{
			target: pulumi.String(t.Name),
			zoneID: pulumi.String(t.ZoneID),
			host:   pulumi.String(t.Host),
			path:   t.Path,
			after:  args.After,
		}, nil
	}
	domain, err := NewRegionalDomain(ctx, name+"-domain", &RegionalDomainArgs{
		Region:   side.Region,
		Topic:    side.Topic,
		ZoneID:   args.ZoneID,
		Domain:   args.Domain,
		Own:      args.own(side.Region.Name),
		Service:  side.Service,
		Proof:    proof,
		Runbooks: args.Runbooks,
	}, pulumi.Parent(r))
	if err != nil {
		return reached{}, err
	}
	return reached{
		target: domain.Target,
		zoneID: domain.TargetZoneID,
		host:   pulumi.Sprintf("%s.execute-api.%s.amazonaws.com", side.Service.APIID, side.Region.Name),
		path:   livezPath,
		after:  append([]pulumi.Resource{side.Service.Stage, domain.Mapped}, args.After...),
		proof:  domain.Proof,
		alarms: domain.Alarms,
	}, nil
}

// region creates the leaf of a side, what the observers say of it, and its records of the shared name.
func (r *Routing) region(
	ctx *pulumi.Context, name string, args *RoutingArgs, i int, endpoint reached,
) (RoutedRegion, error) {
	side, other := args.Sides[i], args.Sides[1-i]
	routed := RoutedRegion{
		Region: side.Region.Name,
		Domain: args.own(side.Region.Name),
		Alarms: endpoint.alarms,
	}
	var err error
	if routed.Leaf, err = NewLeaf(ctx, name+"-leaf", &LeafArgs{
		Region:       side.Region,
		ZoneID:       args.ZoneID,
		Name:         routed.Domain,
		Target:       endpoint.target,
		TargetZoneID: endpoint.zoneID,
		Host:         endpoint.host,
		Path:         endpoint.path,
		Fast:         args.FastChecks,
		Title:        args.Title,
		After:        endpoint.after,
	}, pulumi.Parent(r)); err != nil {
		return routed, err
	}
	if routed.Observed, err = NewObservedFitness(ctx, name+"-observed", &ObservedFitnessArgs{
		Endpoint:  side.Database,
		From:      other.Region,
		Observers: args.Observers,
		Title:     args.Title,
		After:     args.After,
	}, pulumi.Parent(r)); err != nil {
		return routed, err
	}
	return routed, r.answer(ctx, name, args, side, routed)
}

// answer creates a region's records of the shared name: named to those who are nearest to it, while it is healthy.
func (r *Routing) answer(
	ctx *pulumi.Context, name string, args *RoutingArgs, side Side, routed RoutedRegion,
) error {
	for _, kind := range addressTypes {
		if _, err := route53.NewRecord(ctx, recordName(name, kind), &route53.RecordArgs{
			ZoneId:        pulumi.String(args.ZoneID),
			Name:          pulumi.String(args.Domain),
			Type:          pulumi.String(kind),
			SetIdentifier: pulumi.String(side.Region.Name),
			HealthCheckId: routed.Observed.Check.ID(),
			Aliases: route53.RecordAliasArray{route53.RecordAliasArgs{
				Name:                 routed.Leaf.Records[kind].Fqdn,
				ZoneId:               pulumi.String(args.ZoneID),
				EvaluateTargetHealth: pulumi.Bool(true),
			}},
			LatencyRoutingPolicies: route53.RecordLatencyRoutingPolicyArray{
				route53.RecordLatencyRoutingPolicyArgs{Region: pulumi.String(side.Region.Name)},
			},
		}, side.Region.Child(r)...); err != nil {
			return err
		}
	}
	return nil
}
