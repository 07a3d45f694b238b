package route53

import (
	"net/netip"
	"slices"
	"strings"
)

// View is all that an answer depends on: a zone's records, the health of everything, and luck.
type View struct {
	ZoneID   string
	ZoneName string // with its last dot
	// Sets are the zone's records.
	Sets []RecordSet
	// Healthy says whether a health check is.
	Healthy func(id string) bool
	// Target finds AWS resources.
	Target func(domainName string) (Target, bool)
	// Draw is a number from 0 to below n.
	Draw func(n int64) int64
}

// Record is one record of an answer.
type Record struct {
	Name, Type string
	TTL        int64
	Value      string
}

// Answer is the answer to a question. Without records it is a negative one: Exists tells whether the name has records
// of other types (NODATA) or is not there at all (NXDOMAIN).
type Answer struct {
	Records []Record
	// Authority is the delegation of a name to other servers.
	Authority []Record
	Exists    bool
}

// resourceTTL is the TTL of an alias to an AWS resource ("Choosing between alias and non-alias records", Route 53
// Developer Guide).
const resourceTTL = 60

// maxChain is how many CNAME records one answer follows.
const maxChain = 8

// Resolve answers a question of somebody in a region. Name is canonical.
func (v View) Resolve(name, kind, region string) Answer {
	var a Answer
	for range maxChain {
		if delegation := v.delegation(name); delegation != nil {
			a.Authority = delegation
			a.Exists = true
			return a
		}
		source, exists := v.source(name)
		a.Exists = a.Exists || exists
		if records := v.answer(name, source, kind, region); len(records) > 0 {
			a.Records = append(a.Records, records...)
			return a
		}
		canonicalName := v.answer(name, source, "CNAME", region)
		if len(canonicalName) == 0 {
			return a
		}
		a.Records = append(a.Records, canonicalName...)
		name = canonical(canonicalName[0].Value)
		if kind == "CNAME" || !within(name, v.ZoneName) || seenBefore(a.Records, name) {
			return a
		}
	}
	return a
}

func seenBefore(records []Record, name string) bool {
	return slices.ContainsFunc(records, func(r Record) bool { return r.Name == name })
}

// source is the name whose records answer for a name: itself, or the nearest wildcard (RFC 4592).
func (v View) source(name string) (source string, exists bool) {
	if v.has(name) {
		return name, true
	}
	for above := parent(name); within(above, v.ZoneName); above = parent(above) {
		if wildcard := "*." + above; v.has(wildcard) {
			return wildcard, true
		}
		if v.has(above) {
			break
		}
	}
	return name, false
}

// has says whether a name exists: it, or a name below it, has records.
func (v View) has(name string) bool {
	return slices.ContainsFunc(v.Sets, func(r RecordSet) bool { return within(r.Name, name) })
}

// delegation are the NS records between the zone's apex and a name.
func (v View) delegation(name string) (records []Record) {
	for ; name != v.ZoneName && within(name, v.ZoneName); name = parent(name) {
		for _, r := range v.group(name, "NS") {
			for _, value := range r.Values {
				records = append(records, Record{name, "NS", *r.TTL, value})
			}
		}
	}
	return records
}

func (v View) group(name, kind string) (found []RecordSet) {
	for _, r := range v.Sets {
		if r.Name == name && r.Type == kind {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, byOrder)
	return found
}

// answer are the records that answer for a name with those of its source.
func (v View) answer(name, source, kind, region string) []Record {
	sets := v.group(source, kind)
	if len(sets) == 0 {
		return nil
	}
	chosen := v.choose(sets, region)
	switch alias := chosen.Alias; {
	case alias == nil:
		var records []Record
		for _, value := range chosen.Values {
			records = append(records, Record{name, kind, *chosen.TTL, value})
		}
		return records
	case alias.ZoneID == v.ZoneID:
		return v.answer(name, alias.Name, kind, region)
	default:
		return v.resource(name, kind, alias.Name)
	}
}

// resource are the addresses of an AWS resource.
func (v View) resource(name, kind, domainName string) (records []Record) {
	target, _ := v.Target(strings.TrimSuffix(domainName, "."))
	for _, addr := range target.Addrs {
		if recordType(addr) == kind {
			records = append(records, Record{name, kind, resourceTTL, addr.String()})
		}
	}
	return records
}

func recordType(addr netip.Addr) string {
	if addr.Is4() {
		return "A"
	}
	return "AAAA"
}

// choose is what a routing policy chooses: the first that is healthy, and if none is, the first, since all are taken
// for healthy then ("How Amazon Route 53 chooses records when health checking is configured", Developer Guide).
func (v View) choose(sets []RecordSet, region string) RecordSet {
	ordered := v.order(sets, region)
	for _, r := range ordered {
		if v.healthy(r) {
			return r
		}
	}
	return ordered[0]
}

// order is the order in which a routing policy would have its record sets.
func (v View) order(sets []RecordSet, region string) []RecordSet {
	switch sets[0].policy() {
	case "weighted":
		return v.drawn(sets)
	case "latency":
		return nearest(sets, region)
	case "failover":
		return slices.SortedStableFunc(slices.Values(sets), func(a, b RecordSet) int {
			return strings.Compare(a.Failover, b.Failover) // PRIMARY comes before SECONDARY
		})
	default:
		return sets
	}
}

// drawn draws weighted record sets one by one. Those of weight 0 come after all others, and with equal probability.
func (v View) drawn(sets []RecordSet) (order []RecordSet) {
	left := slices.Clone(sets)
	for len(left) > 0 {
		i := v.drawOne(left)
		order = append(order, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return order
}

func (v View) drawOne(sets []RecordSet) int {
	var total int64
	for _, r := range sets {
		total += *r.Weight
	}
	if total == 0 {
		return int(v.Draw(int64(len(sets))))
	}
	at := v.Draw(total)
	for i, r := range sets {
		if at -= *r.Weight; at < 0 {
			return i
		}
	}
	return len(sets) - 1
}

// healthy says whether a record set may be answered with: its own health check and, if it evaluates its target's
// health, one record set there have to be ("How health checks work in complex Amazon Route 53 configurations"). An AWS
// resource such as an API counts as healthy (API Reference, AliasTarget).
func (v View) healthy(r RecordSet) bool {
	if r.HealthCheckID != "" && !v.Healthy(r.HealthCheckID) {
		return false
	}
	if r.Alias == nil || !r.Alias.EvaluateTargetHealth || r.Alias.ZoneID != v.ZoneID {
		return true
	}
	return slices.ContainsFunc(v.group(r.Alias.Name, r.Type), v.healthy)
}

// Resolution is the answer to a question, with the zone that gave it.
type Resolution struct {
	Answer
	Zone string // its name with its last dot
	SOA  Record
}

// Resolve answers a question of somebody in a region; false if no zone is asked.
func (s *Service) Resolve(name, kind, region string) (Resolution, bool) {
	name = canonical(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	z := s.zoneOf(name)
	if z == nil {
		return Resolution{}, false
	}
	v := View{
		ZoneID:   z.ID,
		ZoneName: z.Name,
		Sets:     z.ordered(),
		Healthy:  s.healthy,
		Target:   s.opts.Target,
		Draw:     s.opts.Draw,
	}
	soa := z.sets[key{name: z.Name, kind: "SOA"}]
	return Resolution{
		Answer: v.Resolve(name, kind, region),
		Zone:   z.Name,
		SOA:    Record{z.Name, "SOA", *soa.TTL, soa.Values[0]},
	}, true
}
