package route53

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// Zone is a public hosted zone.
type Zone struct {
	ID              string
	Name            string // with its last dot
	CallerReference string
	Comment         string
	// Records is how many record sets it has.
	Records int
}

type zone struct {
	Zone
	made time.Time
	sets map[key]RecordSet
	tags map[string]string
}

// NameServers are those of every zone: names from AWS's own examples, which nobody is to ask.
var NameServers = []string{
	"ns-2048.awsdns-64.com",
	"ns-2049.awsdns-65.net",
	"ns-2050.awsdns-66.org",
	"ns-2051.awsdns-67.co.uk",
}

// What a new zone has ("NS and SOA records that Amazon Route 53 creates for a public hosted zone", Route 53 Developer
// Guide).
const (
	nsTTL    = 172_800
	soaTTL   = 900
	soaValue = "ns-2048.awsdns-64.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
)

// CreateZone makes a public hosted zone with its NS and SOA records. A caller reference makes one zone.
func (s *Service) CreateZone(name, callerReference, comment string) (Zone, ChangeInfo, error) {
	name = canonical(name)
	if problem := checkName(name); problem != "" || strings.Contains(name, "*") {
		return Zone{}, ChangeInfo{}, awserr.Invalid("InvalidDomainName", "%s", cmp.Or(problem, name+" is not a valid name"))
	}
	if n := len(callerReference); n < 1 || n > 128 {
		return Zone{}, ChangeInfo{}, invalidInput("caller reference of %d characters: want 1 to 128", n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, z := range s.zones {
		if z.CallerReference == callerReference {
			return Zone{}, ChangeInfo{}, awserr.Conflict(409, "HostedZoneAlreadyExists",
				"A hosted zone has already been created with the specified caller reference.")
		}
	}
	z := &zone{
		Zone: Zone{ID: newID("Z"), Name: name, CallerReference: callerReference, Comment: comment},
		made: s.opts.Clock.Now(),
		sets: map[key]RecordSet{},
		tags: map[string]string{},
	}
	ns := RecordSet{Name: name, Type: "NS", TTL: seconds(nsTTL)}
	for _, server := range NameServers {
		ns.Values = append(ns.Values, server+".")
	}
	start := RecordSet{Name: name, Type: "SOA", TTL: seconds(soaTTL), Values: []string{soaValue}}
	z.sets[ns.key()] = ns
	z.sets[start.key()] = start
	s.zones[z.ID] = z
	return z.described(), s.submit(""), nil
}

func seconds(n int64) *int64 { return &n }

// Zone finds a hosted zone.
func (s *Service) Zone(id string) (Zone, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	z, err := s.zone(id)
	if err != nil {
		return Zone{}, err
	}
	return z.described(), nil
}

// Zones lists the hosted zones by their ids.
func (s *Service) Zones() []Zone {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Zone
	for _, id := range slices.Sorted(maps.Keys(s.zones)) {
		all = append(all, s.zones[id].described())
	}
	return all
}

// DeleteZone deletes a hosted zone that has no records but those it was made with.
func (s *Service) DeleteZone(id string) (ChangeInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	z, err := s.zone(id)
	if err != nil {
		return ChangeInfo{}, err
	}
	for k := range z.sets {
		if k.name != z.Name || k.kind != "NS" && k.kind != "SOA" {
			return ChangeInfo{}, awserr.Invalid("HostedZoneNotEmpty",
				"The specified hosted zone contains non-required resource record sets and so cannot be deleted.")
		}
	}
	delete(s.zones, z.ID)
	return s.submit(""), nil
}

// RecordSets lists the records of a zone in Route 53's order.
func (s *Service) RecordSets(zoneID string) ([]RecordSet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	z, err := s.zone(zoneID)
	if err != nil {
		return nil, err
	}
	return z.ordered(), nil
}

// RecordSetsFrom lists the records of a zone from a place on: a name, a type, a set identifier, of which the last ones
// may be missing.
func (s *Service) RecordSetsFrom(zoneID string, start RecordSet) ([]RecordSet, error) {
	all, err := s.RecordSets(zoneID)
	if err != nil || start.Name == "" {
		return all, err
	}
	start.Name = canonical(start.Name)
	from, _ := slices.BinarySearchFunc(all, start, byOrder)
	return all[from:], nil
}

func (z *zone) described() Zone {
	z.Records = len(z.sets)
	return z.Zone
}

func (z *zone) ordered() []RecordSet { return slices.SortedFunc(maps.Values(z.sets), byOrder) }

// zone finds a zone by its id, with or without "/hostedzone/". The caller holds the lock.
func (s *Service) zone(id string) (*zone, error) {
	if z, ok := s.zones[strings.TrimPrefix(id, "/hostedzone/")]; ok {
		return z, nil
	}
	return nil, awserr.NotFound(404, "NoSuchHostedZone", "No hosted zone found with ID: %s", id)
}

// zoneOf is the zone that answers for a name: the longest there is, of two with one name the elder. The caller holds
// the lock.
func (s *Service) zoneOf(name string) *zone {
	var best *zone
	for _, z := range s.zones {
		if within(name, z.Name) && (best == nil || len(z.Name) > len(best.Name) ||
			z.Name == best.Name && z.made.Before(best.made)) {
			best = z
		}
	}
	return best
}

// Kinds of resources that have tags.
const (
	HostedZones  = "hostedzone"
	HealthChecks = "healthcheck"
)

// maxTags is the most tags of a resource (API Reference, ChangeTagsForResource).
const maxTags = 10

// Tags are the tags of a hosted zone or a health check.
func (s *Service) Tags(kind, id string) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tags(kind, id)
	return maps.Clone(tags), err
}

// ChangeTags adds tags to a hosted zone or a health check, and takes others off.
func (s *Service) ChangeTags(kind, id string, add map[string]string, remove []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tags(kind, id)
	if err != nil {
		return err
	}
	changed := maps.Clone(tags)
	for _, name := range remove {
		delete(changed, name)
	}
	maps.Copy(changed, add)
	var c constraint.Check
	c.Tags(changed)
	c.Count("tags", len(changed), maxTags)
	if err := c.Err("InvalidInput"); err != nil {
		return err
	}
	clear(tags)
	maps.Copy(tags, changed)
	return nil
}

// tags are the very tags of a resource. The caller holds the lock.
func (s *Service) tags(kind, id string) (map[string]string, error) {
	switch kind {
	case HostedZones:
		z, err := s.zone(id)
		if err != nil {
			return nil, err
		}
		return z.tags, nil
	case HealthChecks:
		c, err := s.check(id)
		if err != nil {
			return nil, err
		}
		return c.tags, nil
	default:
		return nil, invalidInput("resource type %q: want %s or %s", kind, HealthChecks, HostedZones)
	}
}
