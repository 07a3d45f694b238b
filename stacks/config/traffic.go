package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/traffic"
)

// Traffic is the configuration of the routing of traffic.
type Traffic struct {
	// ZoneID is the public hosted zone, and Domain the name in it.
	ZoneID, Domain string
	// FastChecks asks endpoints every ten seconds.
	FastChecks bool
	// Targets are somebody else's endpoints by data region; nil routes to the application.
	Targets map[string]traffic.Target
}

// Lengths of names, in octets: of one in DNS without its last dot, and of the first of a certificate (ACM API
// Reference, RequestCertificate, DomainName).
const (
	maxName            = 253
	maxCertificateName = 64
	maxCheckedPath     = 255 // Route 53 API Reference, HealthCheckConfig, ResourcePath
)

var (
	hostedZone  = regexp.MustCompile(`^Z[A-Z0-9]{1,31}$`)
	dnsName     = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	checkedPath = regexp.MustCompile(`^/[A-Za-z0-9._~:/?@!$&'()*+,;=%-]*$`)
)

// traffic reads the routing of traffic; nil without any.
func (r *reader) traffic(from object, key string, c *Config) *Traffic {
	fields := r.object(from, key)
	if len(fields.values) == 0 {
		return nil
	}
	t := &Traffic{
		ZoneID:     r.zoneID(fields, "zoneId"),
		Domain:     r.text(fields, "domain", ""),
		FastChecks: r.boolean(fields, "fastChecks", true),
		Targets:    r.targets(fields, "targets", c.Regions),
	}
	r.leftOver(fields)
	r.domain(fields, "domain", t, c.Regions)
	r.ownNames(fields, t)
	r.routed(fields, t, c)
	return t
}

func (r *reader) zoneID(from object, key string) string {
	id := r.text(from, key, "")
	if !hostedZone.MatchString(id) {
		r.problem(from.path(key), id, "the id of a hosted zone, such as Z0123456789ABCDEFGHIJ")
	}
	return id
}

// domain checks the name and those made from it, <region>.<domain>.
func (r *reader) domain(from object, key string, t *Traffic, regions Regions) {
	most := maxName - 1 - max(len(regions.Primary), len(regions.Secondary))
	why := "so that <region>.<domain> is a name"
	if t.Targets == nil {
		most, why = maxCertificateName, "as the first name of a certificate"
	}
	if !dnsName.MatchString(t.Domain) || len(t.Domain) > most {
		r.problem(from.path(key), t.Domain, fmt.Sprintf("a name such as pay.example.com, in lower case, of up to %d "+
			"characters %s", most, why))
	}
}

// routed checks that there is something to route to, and that clients survive it.
func (r *reader) routed(from object, t *Traffic, c *Config) {
	switch enabled := c.Application.Enabled; {
	case enabled && t.Targets != nil:
		r.problem(from.path("targets"), from.values["targets"], "none while application is enabled: traffic goes to its APIs")
	case enabled && c.Application.JWT == nil:
		r.problem("applicationSettings.jwt", "", "issuer and audience with traffic: a signature of AWS_IAM is scoped to one "+
			"region, so that requests signed for the one are refused by the other")
	case !enabled && t.Targets == nil:
		r.problem("application", applicationDisabled, "enabled with traffic, or traffic.targets: there is nothing to "+
			"route to")
	}
	if c.Monitor.Schedule > time.Minute {
		r.problem("monitor.scheduleMinutes", fmt.Sprint(int(c.Monitor.Schedule.Minutes())), "1 with traffic: what moves "+
			"clients is published once a run, and looked at minute by minute")
	}
}

// targets reads an endpoint for each data region; nil if there are none.
func (r *reader) targets(from object, key string, regions Regions) map[string]traffic.Target {
	if _, ok := from.look(key); !ok {
		return nil
	}
	fields := r.object(from, key)
	wanted := []string{regions.Primary, regions.Secondary}
	targets := map[string]traffic.Target{}
	for _, region := range slices.Sorted(maps.Keys(fields.values)) {
		if !slices.Contains(wanted, region) {
			r.problem(fields.path(region), fields.values[region], "the data regions alone, "+strings.Join(wanted, " and "))
			continue
		}
		targets[region] = r.target(fields, region)
	}
	for _, region := range wanted {
		if _, ok := targets[region]; !ok {
			r.problem(fields.path(region), "", "{name, zoneId, healthCheck} of the endpoint there")
		}
	}
	return targets
}

func (r *reader) target(from object, region string) traffic.Target {
	fields := r.object(from, region)
	check := r.object(fields, "healthCheck")
	t := traffic.Target{
		Name:   r.text(fields, "name", ""),
		ZoneID: r.zoneID(fields, "zoneId"),
		Host:   r.text(check, "host", ""),
		Path:   r.text(check, "path", ""),
	}
	r.leftOver(fields, check)
	if !isName(t.Name) {
		r.problem(fields.path("name"), t.Name, "the DNS name that an alias leads to, such as that of a load balancer")
	}
	if !isName(t.Host) {
		r.problem(check.path("host"), t.Host, "the host that health checkers ask by HTTPS")
	}
	if !checkedPath.MatchString(t.Path) || len(t.Path) > maxCheckedPath {
		r.problem(check.path("path"), t.Path, fmt.Sprintf("a path such as /healthz of up to %d characters", maxCheckedPath))
	}
	return t
}

// ownNames refuses targets that would lead to the records themselves, and checks that they would decide about.
func (r *reader) ownNames(from object, t *Traffic) {
	for _, region := range slices.Sorted(maps.Keys(t.Targets)) {
		target, path := t.Targets[region], from.path("targets."+region)
		if target.ZoneID == t.ZoneID {
			r.problem(path+".zoneId", target.ZoneID, "the zone of the endpoint, as AWS has one for its load balancers, "+
				"and not that of the name")
		}
		for _, given := range []struct{ key, name string }{{"name", target.Name}, {"healthCheck.host", target.Host}} {
			if t.Domain != "" && strings.HasSuffix("."+strings.ToLower(given.name), "."+t.Domain) {
				r.problem(path+"."+given.key, given.name, "a name outside "+t.Domain+", which answers by what is checked")
			}
		}
	}
}

func isName(s string) bool { return len(s) <= maxName && dnsName.MatchString(strings.ToLower(s)) }

// functions are the binaries that routing to the application needs.
func (t *Traffic) functions() []string {
	if t == nil || t.Targets != nil {
		return nil
	}
	return components.TrafficFunctions
}
