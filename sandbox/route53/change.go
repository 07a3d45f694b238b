package route53

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
)

// Actions of a change.
const (
	Create = "CREATE"
	Upsert = "UPSERT"
	Delete = "DELETE"
)

// Change is one change of a batch.
type Change struct {
	Action string
	Set    RecordSet
}

// ChangeInfo is a batch that was taken. Every DNS server of the sandbox has it at once.
type ChangeInfo struct {
	ID          string
	Comment     string
	SubmittedAt time.Time
}

// maxChanges is the most of a batch ("Quotas on ChangeResourceRecordSets API requests", Route 53 Developer Guide); the
// sandbox counts changes, AWS records.
const maxChanges = 1000

// ChangeRecordSets makes all changes of a batch, or none.
func (s *Service) ChangeRecordSets(zoneID, comment string, changes []Change) (ChangeInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	z, err := s.zone(zoneID)
	if err != nil {
		return ChangeInfo{}, err
	}
	if n := len(changes); n < 1 || n > maxChanges {
		return ChangeInfo{}, awserr.Invalid("InvalidChangeBatch", "batch of %d changes: want 1 to %d", n, maxChanges)
	}
	normal := make([]Change, len(changes))
	for i, c := range changes {
		if err := c.checkShape(); err != nil {
			return ChangeInfo{}, err
		}
		normal[i] = Change{c.Action, c.Set.normal()}
		if id := c.Set.HealthCheckID; id != "" && c.Action != Delete && s.checks[id] == nil {
			return ChangeInfo{}, noHealthCheck(id)
		}
	}
	b := &batch{service: s, zone: z, sets: maps.Clone(z.sets)}
	b.apply(normal)
	if len(b.problems) > 0 {
		return ChangeInfo{}, awserr.Invalid("InvalidChangeBatch", "[%s]", strings.Join(b.problems, ", "))
	}
	z.sets = b.sets
	return s.submit(comment), nil
}

// submit notes a change. The caller holds the lock.
func (s *Service) submit(comment string) ChangeInfo {
	info := ChangeInfo{ID: newID("C"), Comment: comment, SubmittedAt: s.opts.Clock.Now()}
	s.changes[info.ID] = info
	return info
}

// Change finds a batch that was taken.
func (s *Service) Change(id string) (ChangeInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if info, ok := s.changes[strings.TrimPrefix(id, "/change/")]; ok {
		return info, nil
	}
	return ChangeInfo{}, awserr.NotFound(404, "NoSuchChange", "Could not find resource with ID: %s", id)
}

// batch is a batch of changes on its way: the zone's records as they would be, and what speaks against it.
type batch struct {
	service  *Service
	zone     *zone
	sets     map[key]RecordSet
	problems []string
}

func (b *batch) refuse(format string, args ...any) {
	if problem := fmt.Sprintf(format, args...); !slices.Contains(b.problems, problem) {
		b.problems = append(b.problems, problem)
	}
}

func (b *batch) apply(changes []Change) {
	seen := map[key]string{}
	for _, c := range changes {
		before, again := seen[c.Set.key()]
		if again && (before != Delete || c.Action == Delete) {
			b.refuse("The request contains an invalid set of changes for a resource record set '%s %s'",
				c.Set.Type, Escaped(c.Set.Name))
		}
		seen[c.Set.key()] = c.Action
		b.change(c)
	}
	for _, c := range changes {
		if _, there := b.sets[c.Set.key()]; there && c.Action != Delete {
			b.check(c.Set)
		}
	}
	b.checkApex()
}

func (b *batch) change(c Change) {
	current, exists := b.sets[c.Set.key()]
	switch {
	case c.Action == Create && exists:
		b.refuse("Tried to create resource record set %s but it already exists", c.Set)
	case c.Action == Delete && !exists:
		b.refuse("Tried to delete resource record set %s but it was not found", c.Set)
	case c.Action == Delete && !same(current, c.Set):
		b.refuse("Tried to delete resource record set %s but the values provided do not match the current values", c.Set)
	case c.Action == Delete:
		delete(b.sets, c.Set.key())
	default:
		b.sets[c.Set.key()] = c.Set
	}
}

// same compares all of two record sets, values in any order.
func same(a, b RecordSet) bool {
	b.Values = slices.Sorted(slices.Values(b.Values))
	a.Values = slices.Sorted(slices.Values(a.Values))
	return reflect.DeepEqual(a, b)
}

// check says what a record set cannot be beside, or stand for.
func (b *batch) check(r RecordSet) {
	z := b.zone
	if problem := checkName(r.Name); problem != "" {
		b.refuse("%s", problem)
		return
	}
	if !within(r.Name, z.Name) {
		b.refuse("RRSet with DNS name %s is not permitted in zone %s", Escaped(r.Name), z.Name)
		return
	}
	for _, value := range r.Values {
		if problem := checkValue(r.Type, value); problem != "" {
			b.refuse("%s", problem)
		}
	}
	if r.Type == "CNAME" && r.Name == z.Name {
		b.refuse("RRSet of type CNAME with DNS name %s is not permitted at apex in zone %s", r.Name, z.Name)
	}
	if r.Type == "SOA" && r.Name != z.Name {
		b.refuse("RRSet of type SOA with DNS name %s is not permitted below the apex of zone %s", r.Name, z.Name)
	}
	for _, other := range b.sets {
		if other.Name == r.Name && other.key() != r.key() {
			b.checkBeside(r, other)
		}
	}
	b.checkAlias(r)
}

// checkBeside compares a record set with another of its name.
func (b *batch) checkBeside(r, other RecordSet) {
	switch {
	case (r.Type == "CNAME") != (other.Type == "CNAME"):
		b.refuse("RRSet of type %s with DNS name %s is not permitted as it conflicts with other records with the same "+
			"DNS name in zone %s", r.Type, Escaped(r.Name), b.zone.Name)
	case r.Type != other.Type:
	case r.policy() != other.policy():
		b.refuse("%s cannot be created as other RRSets exist with the same name and type.", r.titled())
	case r.policy() == "latency" && r.Region == other.Region:
		b.refuse("%s, and Region Name=%s cannot be created because a latency RRSet with the same name, type and region "+
			"already exists.", r.titled(), r.Region)
	case r.policy() == "failover" && r.Failover == other.Failover:
		b.refuse("%s cannot be created because a failover RRSet with the same name, type and Failover=%s already exists.",
			r.titled(), r.Failover)
	case r.policy() == "weighted" && r.TTL != nil && other.TTL != nil && *r.TTL != *other.TTL:
		b.refuse("%s cannot be created as weighted sets must contain the same TTL.", r.titled())
	}
}

// checkAlias wants an alias to lead to a record of its type in its own zone, or to a resource with its own zone.
func (b *batch) checkAlias(r RecordSet) {
	if r.Alias == nil {
		return
	}
	refuse := func(why string) {
		b.refuse("Tried to create an alias that targets %s, type %s in zone %s, but %s",
			Escaped(r.Alias.Name), r.Type, r.Alias.ZoneID, why)
	}
	if r.Alias.ZoneID != b.zone.ID {
		target, found := b.service.opts.Target(strings.TrimSuffix(r.Alias.Name, "."))
		switch {
		case !found || r.Type != "A" && (r.Type != "AAAA" || !target.DualStack):
			refuse("that target was not found")
		case target.ZoneID != r.Alias.ZoneID:
			refuse("the alias target name does not lie within the target zone")
		}
		return
	}
	switch {
	case !within(r.Alias.Name, b.zone.Name):
		refuse("the alias target name does not lie within the target zone")
	case len(group(b.sets, r.Alias.Name, r.Type)) == 0:
		refuse("that target was not found")
	case b.leadsBack(r.Name, r.Alias.Name, r.Type, map[string]bool{}):
		refuse("that target is an alias of the record itself")
	}
}

// leadsBack says whether a target's aliases lead to a name.
func (b *batch) leadsBack(name, target, kind string, seen map[string]bool) bool {
	if name == target || seen[target] {
		return name == target
	}
	seen[target] = true
	return slices.ContainsFunc(group(b.sets, target, kind), func(r RecordSet) bool {
		return r.Alias != nil && r.Alias.ZoneID == b.zone.ID && b.leadsBack(name, r.Alias.Name, kind, seen)
	})
}

func (b *batch) checkApex() {
	if len(group(b.sets, b.zone.Name, "NS")) == 0 {
		b.refuse("A HostedZone must contain at least one NS record for the zone itself.")
	}
	if len(group(b.sets, b.zone.Name, "SOA")) == 0 {
		b.refuse("A HostedZone must contain exactly one SOA record.")
	}
}

// group are the record sets with a name and a type, in order.
func group(sets map[key]RecordSet, name, kind string) (found []RecordSet) {
	for k, r := range sets {
		if k.name == name && k.kind == kind {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, byOrder)
	return found
}
