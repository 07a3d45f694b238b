// Package routing reads who answers for the application's name and why: what Route 53 says to askers in each region,
// and the health checks behind it.
package routing

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/route53"
)

// Name is the application's name.
type Name struct {
	Account *aws.Account
	Domain  string
}

// Answer are the regions that the name leads to for somebody in a region, in the answer's order; none if the name has
// no address. An address at which no region serves stands for itself.
func (n Name) Answer(asker string) (regions []string) {
	found, _ := n.Account.Route53.Resolve(n.Domain, "A", asker)
	for _, record := range found.Records {
		if addr, err := netip.ParseAddr(record.Value); err == nil { // else it is a CNAME on the way
			regions = append(regions, cmp.Or(n.Account.RegionAt(addr), addr.String()))
		}
	}
	return regions
}

// Region is a region that the name may lead to.
type Region struct {
	Name string
	// Leaf asks the region itself, and Quorum the Observers, which are by their regions.
	Leaf, Quorum Check
	Observers    []Check
}

// Fit says whether the name leads to the region, unless none is fit: then Route 53 answers as if all were.
func (r Region) Fit() bool { return r.Leaf.Healthy && r.Quorum.Healthy }

// Check is a health check.
type Check struct {
	ID      string
	Healthy bool
	// Observer is the region of whom it listens to; "" if to nobody in particular.
	Observer string
	// Reports are what checkers have seen last; of a check on an endpoint only.
	Reports []Report
}

// Report is what a checker in a region has seen last.
type Report struct {
	From, Status string
	At           time.Time
}

// Regions are those that the name may lead to, with the health checks of each, by name.
func (n Name) Regions() (all []Region) {
	for _, record := range n.records(n.Domain) {
		r := Region{Name: record.Region, Quorum: n.check(record.HealthCheckID)}
		for _, child := range n.children(record.HealthCheckID) {
			r.Observers = append(r.Observers, n.check(child))
		}
		slices.SortFunc(r.Observers, func(a, b Check) int { return strings.Compare(a.Observer, b.Observer) })
		r.Leaf.Healthy = true
		for _, leaf := range n.records(record.Alias.Name) {
			r.Leaf = n.check(leaf.HealthCheckID)
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Region) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// AnyFit says whether a region is fit.
func (n Name) AnyFit() bool { return slices.ContainsFunc(n.Regions(), Region.Fit) }

// records are the aliases of a name, of its IPv4 addresses.
func (n Name) records(name string) (found []route53.RecordSet) {
	name = strings.TrimSuffix(name, ".") + "."
	for _, zone := range n.Account.Route53.Zones() {
		sets, _ := n.Account.Route53.RecordSets(zone.ID) // none of a zone that is gone
		for _, r := range sets {
			if r.Name == name && r.Type == "A" && r.Alias != nil {
				found = append(found, r)
			}
		}
	}
	return found
}

func (n Name) children(id string) []string {
	check, _ := n.Account.Route53.HealthCheck(id) // none of a check that is gone
	return check.Config.Children
}

// check is a health check; a record without one is healthy, and one that is gone is taken for healthy.
func (n Name) check(id string) Check {
	c := Check{ID: id, Healthy: true}
	if healthy, err := n.Account.Route53.Health(id); err == nil {
		c.Healthy = healthy
	}
	described, err := n.Account.Route53.HealthCheck(id)
	if err != nil {
		return c
	}
	if described.Alarm != nil {
		c.Observer = described.Alarm.Dimensions[contract.DimensionObserver]
	}
	if described.Config.Type == route53.HTTPS {
		seen, _ := n.Account.Route53.Status(id) // nothing of one that has just gone
		for _, o := range seen {
			c.Reports = append(c.Reports, Report{From: o.Region, Status: o.Status, At: o.At})
		}
	}
	return c
}
