package provider

import (
	"errors"
	"maps"
	"slices"
	"strings"

	awsroute53 "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"

	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/route53"
)

var route53Kinds = map[string]*kind{
	"aws:route53/record:Record": {
		title: "Route 53 Record", service: "route53",
		args: awsroute53.RecordArgs{}.ElementType(), state: awsroute53.RecordState{}.ElementType(),
		replaces:  []string{"name", "zoneId"},
		computed:  []string{"allowOverwrite"},
		writeOnly: []string{"allowOverwrite"},
		handlers: over(operations[record]{
			id:     func(r record) string { return r.id() },
			create: createRecord,
			read:   readRecord,
			update: updateRecord,
			delete: deleteRecord,
		}),
	},
	"aws:route53/zone:Zone": {
		title: "Route 53 Hosted Zone", service: "route53",
		args: awsroute53.ZoneArgs{}.ElementType(), state: awsroute53.ZoneState{}.ElementType(),
		computed: []string{"name"},
		handlers: over(operations[hostedZone]{
			id: func(z hostedZone) string { return z.ZoneID },
			create: func(*call, hostedZone) (hostedZone, error) {
				return hostedZone{}, errors.New("the sandbox does not model this: a zone of a stack's own")
			},
			read: readZone,
		}),
	},
	"aws:route53/healthCheck:HealthCheck": {
		title: "Route 53 Health Check", service: "route53",
		args: awsroute53.HealthCheckArgs{}.ElementType(), state: awsroute53.HealthCheckState{}.ElementType(),
		replaces:  []string{"measureLatency", "referenceName", "requestInterval", "routingControlArn", "type"},
		computed:  []string{"disabled", "enableSni", "failureThreshold", "measureLatency", "requestInterval"},
		writeOnly: []string{"referenceName", "triggers"},
		handlers:  over(healthChecks),
	},
}

// hostedZone is a public hosted zone that a stack is given, as the provider reads it (terraform-provider-aws 5.100.0,
// internal/service/route53/zone.go).
type hostedZone struct {
	Name              string            `json:"name"`
	Comment           string            `json:"comment"`
	NameServers       []string          `json:"nameServers"`
	PrimaryNameServer string            `json:"primaryNameServer"`
	Tags              map[string]string `json:"tags,omitempty"`
	ZoneID            string            `json:"zoneId"`

	Arn string `json:"arn"`
}

func readZone(c *call) (hostedZone, error) {
	zone, err := c.cloud.Route53.Zone(c.id)
	if err != nil {
		return hostedZone{}, err
	}
	tags, err := c.cloud.Route53.Tags(route53.HostedZones, zone.ID)
	return hostedZone{
		Name:              bare(zone.Name),
		Comment:           zone.Comment,
		NameServers:       route53.NameServers,
		PrimaryNameServer: route53.NameServers[0],
		Tags:              tags,
		ZoneID:            zone.ID,
		Arn:               "arn:" + region.Partition + ":route53:::hostedzone/" + zone.ID,
	}, err
}

// record is a record as the provider has it (terraform-provider-aws 5.100.0, internal/service/route53/record.go).
type record struct {
	AllowOverwrite          *bool             `json:"allowOverwrite,omitempty"`
	Aliases                 []recordAlias     `json:"aliases,omitempty"`
	FailoverRoutingPolicies []failoverRouting `json:"failoverRoutingPolicies,omitempty"`
	HealthCheckID           string            `json:"healthCheckId,omitempty"`
	LatencyRoutingPolicies  []latencyRouting  `json:"latencyRoutingPolicies,omitempty"`
	Name                    string            `json:"name"`
	Records                 []string          `json:"records,omitempty"`
	SetIdentifier           string            `json:"setIdentifier,omitempty"`
	TTL                     *int64            `json:"ttl,omitempty"`
	Type                    string            `json:"type"`
	WeightedRoutingPolicies []weightedRouting `json:"weightedRoutingPolicies,omitempty"`
	ZoneID                  string            `json:"zoneId"`

	FQDN string `json:"fqdn,omitempty"`
}

type recordAlias struct {
	EvaluateTargetHealth bool   `json:"evaluateTargetHealth"`
	Name                 string `json:"name"`
	ZoneID               string `json:"zoneId"`
}

type failoverRouting struct {
	Type string `json:"type"`
}

type latencyRouting struct {
	Region string `json:"region"`
}

type weightedRouting struct {
	Weight int64 `json:"weight"`
}

// bare is a name as the provider compares it.
func bare(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// id is zone, name, type and, if there is one, set identifier.
func (r record) id() string {
	parts := []string{r.ZoneID, bare(r.Name), r.Type}
	if r.SetIdentifier != "" {
		parts = append(parts, r.SetIdentifier)
	}
	return strings.Join(parts, "_")
}

// fqdn is the name with the zone's, unless it ends with that.
func fqdn(name, zone string) string {
	name, zone = bare(name), bare(zone)
	switch {
	case strings.HasSuffix(name, zone):
		return name
	case name == "":
		return zone
	default:
		return name + "." + zone
	}
}

// set is the record set of a record with a full name. Texts are quoted by the provider.
func (r record) set(name string) route53.RecordSet {
	set := route53.RecordSet{
		Name:          name,
		Type:          r.Type,
		SetIdentifier: r.SetIdentifier,
		TTL:           r.TTL,
		HealthCheckID: r.HealthCheckID,
	}
	for _, value := range r.Records {
		if r.Type == "TXT" {
			value = `"` + value + `"`
		}
		set.Values = append(set.Values, value)
	}
	for _, p := range r.FailoverRoutingPolicies {
		set.Failover = p.Type
	}
	for _, p := range r.LatencyRoutingPolicies {
		set.Region = p.Region
	}
	for _, p := range r.WeightedRoutingPolicies {
		set.Weight = &p.Weight
	}
	for _, a := range r.Aliases {
		set.Alias = &route53.Alias{Name: a.Name, ZoneID: a.ZoneID, EvaluateTargetHealth: a.EvaluateTargetHealth}
	}
	return set
}

// described is the record of a record set, with the names as the program spells them.
func (r record) described(set route53.RecordSet) record {
	out := record{
		Name:          r.Name,
		Type:          set.Type,
		ZoneID:        r.ZoneID,
		SetIdentifier: set.SetIdentifier,
		TTL:           set.TTL,
		HealthCheckID: set.HealthCheckID,
		FQDN:          bare(set.Name),
	}
	for _, value := range set.Values {
		if set.Type == "TXT" {
			value = strings.TrimSuffix(strings.TrimPrefix(value, `"`), `"`)
		}
		out.Records = append(out.Records, value)
	}
	if sameSet(out.Records, r.Records) {
		out.Records = r.Records // as the program orders them
	}
	if set.Failover != "" {
		out.FailoverRoutingPolicies = []failoverRouting{{set.Failover}}
	}
	if set.Region != "" {
		out.LatencyRoutingPolicies = []latencyRouting{{set.Region}}
	}
	if set.Weight != nil {
		out.WeightedRoutingPolicies = []weightedRouting{{*set.Weight}}
	}
	if a := set.Alias; a != nil {
		out.Aliases = []recordAlias{{a.EvaluateTargetHealth, bare(a.Name), a.ZoneID}}
		if len(r.Aliases) == 1 && bare(r.Aliases[0].Name) == bare(a.Name) {
			out.Aliases[0].Name = r.Aliases[0].Name
		}
	}
	return out
}

// action is CREATE, which refuses a record that is there, unless the program may overwrite it.
func (r record) action() string {
	if r.AllowOverwrite != nil && *r.AllowOverwrite {
		return route53.Upsert
	}
	return route53.Create
}

func createRecord(c *call, r record) (record, error) {
	return change(c, r, func(set route53.RecordSet) []route53.Change {
		return []route53.Change{{Action: r.action(), Set: set}}
	})
}

// updateRecord overwrites a record. Under another type or set identifier it is another one, made in the batch that
// deletes the old.
func updateRecord(c *call, r record) (record, error) {
	old, err := decode[record](c.old)
	if err != nil {
		return record{}, err
	}
	return change(c, r, func(set route53.RecordSet) []route53.Change {
		if old.Type == r.Type && old.SetIdentifier == r.SetIdentifier {
			return []route53.Change{{Action: route53.Upsert, Set: set}}
		}
		return []route53.Change{{Action: route53.Delete, Set: old.set(set.Name)}, {Action: r.action(), Set: set}}
	})
}

// change makes a batch in the record's zone. It is in sync at once, so that nothing is to be waited for.
func change(c *call, r record, batch func(route53.RecordSet) []route53.Change) (record, error) {
	zone, err := c.cloud.Route53.Zone(r.ZoneID)
	if err != nil {
		return record{}, err
	}
	set := r.set(fqdn(r.Name, zone.Name))
	if _, err := c.cloud.Route53.ChangeRecordSets(zone.ID, "Managed by Terraform", batch(set)); err != nil {
		return record{}, err
	}
	return r.described(set), nil
}

// readRecord finds a record by its zone, name, type and set identifier.
func readRecord(c *call) (record, error) {
	_, found, err := findRecord(c)
	return found, err
}

func findRecord(c *call) (route53.RecordSet, record, error) {
	r, err := wanted(c)
	if err != nil {
		return route53.RecordSet{}, record{}, err
	}
	zone, err := c.cloud.Route53.Zone(r.ZoneID)
	if err != nil {
		return route53.RecordSet{}, record{}, err
	}
	sets, err := c.cloud.Route53.RecordSets(zone.ID)
	if err != nil {
		return route53.RecordSet{}, record{}, err
	}
	name := fqdn(r.Name, zone.Name)
	for _, set := range sets {
		if bare(set.Name) == name && set.Type == r.Type && set.SetIdentifier == r.SetIdentifier {
			return set, r.described(set), nil
		}
	}
	return route53.RecordSet{}, record{}, gone("Route 53 Record (%s) not found", c.id)
}

// wanted is the record of the state, or that of an id alone, ZONE_name_TYPE_identifier.
func wanted(c *call) (record, error) {
	if text(c.old, "zoneId") != "" {
		return decode[record](c.old)
	}
	zone, rest, _ := strings.Cut(c.id, "_")
	parts := strings.Split(rest, "_")
	for i, part := range parts {
		if i > 0 && slices.Contains(route53.Types, part) {
			return record{
				ZoneID:        zone,
				Name:          strings.Join(parts[:i], "_"),
				Type:          part,
				SetIdentifier: strings.Join(parts[i+1:], "_"),
			}, nil
		}
	}
	return record{}, gone("unexpected format of ID (%q), expected ZONEID_RECORDNAME_TYPE_SET-IDENTIFIER", c.id)
}

func deleteRecord(c *call) error {
	set, found, err := findRecord(c)
	if err != nil {
		return err
	}
	_, err = c.cloud.Route53.ChangeRecordSets(found.ZoneID, "Deleted by Terraform",
		[]route53.Change{{Action: route53.Delete, Set: set}})
	return err
}

// tagsOf replaces all tags of a health check.
func tagsOf(c *call, id string, tags map[string]string) error {
	before, err := c.cloud.Route53.Tags(route53.HealthChecks, id)
	if err != nil {
		return err
	}
	maps.DeleteFunc(before, func(name, _ string) bool { _, kept := tags[name]; return kept })
	return c.cloud.Route53.ChangeTags(route53.HealthChecks, id, tags, slices.Collect(maps.Keys(before)))
}
