package claims

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

var route53Claims = []Claim{{
	ID:    "route53-batch",
	Says:  "a batch of changes is made as a whole or not at all; what contradicts other records is an InvalidChangeBatch",
	Page:  "sandbox-aws.md",
	Row:   "a batch of CREATE, UPSERT and DELETE is made as a whole or not at all",
	Makes: []*Kind{hostedZone},
	ask:   aBatchIsOne,
}, {
	ID:    "route53-input",
	Says:  "what is no record set is an InvalidInput",
	Page:  "sandbox-aws.md",
	Row:   "A, AAAA, CAA, CNAME, NS, SOA, TXT; aliases to records",
	Makes: []*Kind{hostedZone},
	ask:   recordSetsAreRefused,
}, {
	ID:    "route53-order",
	Says:  "records are listed by reversed name, then type",
	Page:  "sandbox-aws.md",
	Row:   "records are listed by reversed name, then type",
	Makes: []*Kind{hostedZone},
	ask:   recordsAreListedByReversedName,
}}

var hostedZone = &Kind{
	Name:   "hosted zone",
	Basis:  "$0.50 a month, and nothing for one that is deleted within 12 hours",
	global: true,
	byID:   true,
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		client := route53.NewFromConfig(config)
		for p := route53.NewListHostedZonesPaginator(client, nil); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, z := range page.HostedZones {
				if name := aws.ToString(z.CallerReference); strings.HasPrefix(name, prefix) {
					found = append(found, thing{name: name, id: aws.ToString(z.Id)})
				}
			}
		}
		return found, nil
	},
	remove: removeZone,
}

// removeZone deletes the records that a claim has left, and then the zone.
func removeZone(ctx context.Context, config aws.Config, t thing) error {
	client := route53.NewFromConfig(config)
	var changes []types.Change
	in := &route53.ListResourceRecordSetsInput{HostedZoneId: &t.id}
	for p := route53.NewListResourceRecordSetsPaginator(client, in); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, set := range page.ResourceRecordSets {
			if set.Type != types.RRTypeNs && set.Type != types.RRTypeSoa {
				changes = append(changes, types.Change{Action: types.ChangeActionDelete, ResourceRecordSet: &set})
			}
		}
	}
	if len(changes) > 0 {
		if err := changeRecords(ctx, client, t.id, changes...); err != nil {
			return err
		}
	}
	_, err := client.DeleteHostedZone(ctx, &route53.DeleteHostedZoneInput{Id: &t.id})
	return err
}

func changeRecords(ctx context.Context, client *route53.Client, zone string, changes ...types.Change) error {
	_, err := client.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: &zone,
		ChangeBatch:  &types.ChangeBatch{Changes: changes},
	})
	return err
}

// zone makes a hosted zone, whose name is delegated to it by nobody, and returns its id and its name.
func (c *Case) zone(ending string) (client *route53.Client, id, domain string, err error) {
	client = route53.NewFromConfig(c.primary())
	id, err = c.make(hostedZone, c.primary(), ending, func(name string) (string, error) {
		domain = name + ".example.com"
		out, err := client.CreateHostedZone(c, &route53.CreateHostedZoneInput{Name: &domain, CallerReference: &name})
		if err != nil {
			return "", err
		}
		return aws.ToString(out.HostedZone.Id), nil
	})
	return client, id, domain, err
}

func create(set types.ResourceRecordSet) types.Change {
	return types.Change{Action: types.ChangeActionCreate, ResourceRecordSet: &set}
}

func record(name string, kind types.RRType, value string) types.ResourceRecordSet {
	return types.ResourceRecordSet{
		Name:            &name,
		Type:            kind,
		TTL:             aws.Int64(60),
		ResourceRecords: []types.ResourceRecord{{Value: &value}},
	}
}

func weighted(set types.ResourceRecordSet, id string, weight int64) types.ResourceRecordSet {
	set.SetIdentifier, set.Weight = &id, &weight
	return set
}

func aBatchIsOne(c *Case) error {
	client, zone, domain, err := c.zone("batch")
	if err != nil {
		return err
	}
	a := func(label string) types.ResourceRecordSet {
		return record(label+"."+domain, types.RRTypeA, "192.0.2.1")
	}
	cname := record("c."+domain, types.RRTypeCname, "example.org")
	err = changeRecords(c, client, zone, create(a("a")), create(cname), create(weighted(a("w"), "1", 1)))
	if err != nil {
		return err
	}
	for _, wrong := range []struct {
		what string
		set  types.ResourceRecordSet
	}{
		{"a record beside a CNAME", a("c")},
		{"a CNAME at the apex", record(domain, types.RRTypeCname, "example.org")},
		{"a simple record beside a weighted one", a("w")},
		{"a record that is there", a("a")},
		{"a name of another zone", record("a.example.org", types.RRTypeA, "192.0.2.1")},
		{"no IPv4 address", record("x."+domain, types.RRTypeA, "::1")},
		{"text without quotes", record("x."+domain, types.RRTypeTxt, "a")},
	} {
		err := changeRecords(c, client, zone, create(a("new")), create(wrong.set))
		c.refused("a batch with "+wrong.what, err, "InvalidChangeBatch")
	}
	out, err := client.ListResourceRecordSets(c, &route53.ListResourceRecordSetsInput{HostedZoneId: &zone})
	if err != nil {
		return err
	}
	c.is("record sets after the refused batches", len(out.ResourceRecordSets), 5)
	_, err = client.DeleteHostedZone(c, &route53.DeleteHostedZoneInput{Id: &zone})
	c.refused("DeleteHostedZone with records", err, "HostedZoneNotEmpty")
	return nil
}

func recordSetsAreRefused(c *Case) error {
	client, zone, domain, err := c.zone("input")
	if err != nil {
		return err
	}
	a := func(change func(*types.ResourceRecordSet)) types.ResourceRecordSet {
		set := record("a."+domain, types.RRTypeA, "192.0.2.1")
		change(&set)
		return set
	}
	for _, wrong := range []struct {
		what string
		set  types.ResourceRecordSet
	}{
		{"a weight without an identifier", a(func(set *types.ResourceRecordSet) { set.Weight = aws.Int64(1) })},
		{"an identifier without a policy", a(func(set *types.ResourceRecordSet) { set.SetIdentifier = aws.String("a") })},
		{"a weight of 256", weighted(a(func(*types.ResourceRecordSet) {}), "a", 256)},
		{"a weight and a region", a(func(set *types.ResourceRecordSet) {
			set.SetIdentifier, set.Weight, set.Region = aws.String("a"), aws.Int64(1), types.ResourceRecordSetRegionUsEast1
		})},
		{"neither values nor an alias", a(func(set *types.ResourceRecordSet) { set.TTL, set.ResourceRecords = nil, nil })},
		{"a value twice", a(func(set *types.ResourceRecordSet) {
			set.ResourceRecords = append(set.ResourceRecords, set.ResourceRecords...)
		})},
	} {
		c.refused("a batch with "+wrong.what, changeRecords(c, client, zone, create(wrong.set)), "InvalidInput")
	}
	return nil
}

func recordsAreListedByReversedName(c *Case) error {
	client, zone, domain, err := c.zone("order")
	if err != nil {
		return err
	}
	text := func(label string) types.Change { return create(record(label+domain, types.RRTypeTxt, `"t"`)) }
	address := func(label string) types.Change { return create(record(label+domain, types.RRTypeA, "192.0.2.1")) }
	err = changeRecords(c, client, zone, text("b."), address("b."), text("a.c."), text("z.a."), text("a."))
	if err != nil {
		return err
	}
	out, err := client.ListResourceRecordSets(c, &route53.ListResourceRecordSetsInput{HostedZoneId: &zone})
	if err != nil {
		return err
	}
	var listed []string
	for _, set := range out.ResourceRecordSets {
		label := strings.TrimSuffix(aws.ToString(set.Name), domain+".")
		listed = append(listed, label+string(set.Type))
	}
	c.is("the order", listed, []string{"NS", "SOA", "a.TXT", "z.a.TXT", "b.A", "b.TXT", "a.c.TXT"})
	return nil
}
