package route53

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
)

// checkShape refuses a change that is none, whatever the zone has (API Reference, ResourceRecordSet).
func (c Change) checkShape() error {
	r := c.Set
	refuse := func(format string, args ...any) error {
		return invalidInput("Invalid request: %s in Change with [Action=%s, Name=%s, Type=%s, SetIdentifier=%s]",
			fmt.Sprintf(format, args...), c.Action, r.Name, r.Type, cmp.Or(r.SetIdentifier, "null"))
	}
	var problems []string
	report := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	report(!slices.Contains([]string{Create, Upsert, Delete}, c.Action), "action %q: want CREATE, UPSERT or DELETE",
		c.Action)
	report(!slices.Contains(Types, r.Type), "type %q: the sandbox models %s", r.Type, strings.Join(Types, ", "))
	problems = append(problems, r.checkPolicy()...)
	problems = append(problems, r.checkContent()...)
	if len(problems) > 0 {
		return refuse("%s", strings.Join(problems, "; "))
	}
	return nil
}

func (r RecordSet) checkPolicy() (problems []string) {
	report := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	const oneOf = "Expected exactly one of [Weight, Region, Failover, GeoLocation, or MultiValueAnswer], but found %s"
	policies := 0
	for _, given := range []bool{r.Weight != nil, r.Region != "", r.Failover != ""} {
		if given {
			policies++
		}
	}
	report(policies > 1, oneOf, "more than one")
	report(policies == 0 && r.SetIdentifier != "", oneOf, "none")
	report(policies > 0 && r.SetIdentifier == "", "Missing field 'SetIdentifier'")
	report(policies > 0 && (r.Type == "NS" || r.Type == "SOA"), "type %s takes simple routing only", r.Type)
	report(len(r.SetIdentifier) > 128, "set identifier of %d characters: want at most 128", len(r.SetIdentifier))
	report(r.Weight != nil && (*r.Weight < 0 || *r.Weight > 255), "weight %d: want 0 to 255", deref(r.Weight))
	report(r.Failover != "" && r.Failover != Primary && r.Failover != Secondary,
		"failover %q: want %s or %s", r.Failover, Primary, Secondary)
	_, known := places[r.Region]
	report(r.Region != "" && !known, "region %q: the sandbox knows the distances of %s", r.Region, knownRegions())
	return problems
}

func (r RecordSet) checkContent() (problems []string) {
	report := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	const oneOf = "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]" +
		", but found %s"
	plain, whole := r.TTL != nil || len(r.Values) > 0, r.TTL != nil && len(r.Values) > 0
	report(r.Alias != nil && plain, oneOf, "more than one")
	report(r.Alias == nil && !whole, oneOf, "none")
	report(r.TTL != nil && (*r.TTL < 0 || *r.TTL > math.MaxInt32), "TTL %d: want 0 to %d", deref(r.TTL), math.MaxInt32)
	report(r.Type == "CNAME" && len(r.Values) > 1 || r.Type == "SOA" && len(r.Values) > 1,
		"%d values of type %s: want one", len(r.Values), r.Type)
	report(r.Alias != nil && (r.Type == "NS" || r.Type == "SOA"), "type %s cannot be an alias", r.Type)
	unique := slices.Compact(slices.Sorted(slices.Values(r.Values)))
	report(len(unique) < len(r.Values), "Duplicate Resource Record")
	return problems
}

func deref(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func noHealthCheck(id string) error {
	return awserr.NotFound(404, "NoSuchHealthCheck", "No health check exists with the specified ID: %s", id)
}
