package stacks

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/traffic"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/stacks/config"
)

// checkZone refuses a name outside its zone, which the provider would put inside it, and a private zone, which clients
// cannot ask. It waits for the zone, so that nothing is made of what is refused here.
func checkZone(ctx *pulumi.Context, c *config.Config, at regions) error {
	if c.Traffic == nil {
		return nil
	}
	// Read, it is in the stack's state, which then names what it is built on. The name takes what Route 53 says.
	zone, err := route53.GetZone(ctx, "traffic-zone", pulumi.ID(c.Traffic.ZoneID), &route53.ZoneState{
		Name: pulumi.String(c.Traffic.Domain),
	}, pulumi.Provider(at[primary].Provider))
	if err != nil {
		return err
	}
	known, err := internals.UnsafeAwaitOutput(ctx.Context(), pulumi.All(zone.Name, zone.Vpcs))
	if err != nil {
		return fmt.Errorf("traffic.zoneId is %q: want the id of a public hosted zone of the account: %w", c.Traffic.ZoneID,
			err)
	}
	if !known.Known { // the provider is still to be configured
		return nil
	}
	read := known.Value.([]any)
	return checkInZone(c.Traffic, read[0].(string), len(read[1].([]route53.ZoneVpc)) > 0)
}

// checkInZone holds the configuration against the zone's name, and whether it is private.
func checkInZone(t *config.Traffic, name string, private bool) error {
	name = strings.TrimSuffix(name, ".")
	switch {
	case private:
		return fmt.Errorf("traffic.zoneId is %q: want a public hosted zone, and %s is private", t.ZoneID, name)
	case t.Domain != name && !strings.HasSuffix(t.Domain, "."+name):
		return fmt.Errorf("traffic.domain is %q: want %[2]s, which is the name of zone %[3]s, or a name that ends "+
			"with .%[2]s", t.Domain, name, t.ZoneID)
	}
	return nil
}

// livez creates a data region's function for health checkers; nil unless traffic is routed to the application.
func livez(
	ctx *pulumi.Context, c *config.Config, at regions, database *components.PeeredDsqlCluster, i int,
	settings components.FunctionSettings,
) (*traffic.Livez, error) {
	if c.Traffic == nil {
		return nil, nil
	}
	return traffic.NewLivez(ctx, places[i]+"-livez", &traffic.LivezArgs{
		Region:       at[i],
		Database:     database.Sides()[i],
		DatabaseRole: schema.RoleLivez,
		Settings:     settings,
	})
}

// routeTraffic creates the names; nil unless traffic is routed.
func routeTraffic(
	ctx *pulumi.Context, c *config.Config, at regions, topics topicsOf, database *components.PeeredDsqlCluster,
	schedules schedulesOf, app *application,
) (*traffic.Routing, alarms, error) {
	made := alarms{}
	if c.Traffic == nil {
		return nil, made, nil
	}
	args := &traffic.RoutingArgs{
		ZoneID:     c.Traffic.ZoneID,
		Domain:     c.Traffic.Domain,
		FastChecks: c.Traffic.FastChecks,
		Title:      title(ctx),
		Runbooks:   c.Runbooks,
	}
	for i, place := range places {
		args.Observers = append(args.Observers, traffic.Observer{Place: place, Region: at[i].Name})
		args.After = append(args.After, schedules[i].FirstCheck)
	}
	for i, place := range places[:witness] {
		args.Sides[i] = traffic.Side{
			Place:    place,
			Region:   at[i],
			Topic:    topics[i],
			Database: database.Sides()[i],
		}
		if target, there := c.Traffic.Targets[at[i].Name]; there {
			args.Sides[i].Target = &target
		} else {
			args.Sides[i].Service = app.sides[i].service
		}
	}
	routing, err := traffic.NewRouting(ctx, "traffic", args)
	if err != nil {
		return nil, nil, err
	}
	for i, side := range routing.Regions {
		made.add(at[i], side.Alarms.ARNs, side.Alarms.Names)
		made.add(at[1-i], side.Observed.ARNs, side.Observed.Names)
	}
	return routing, made, nil
}
