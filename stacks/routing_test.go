package stacks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/schema"
)

const (
	recordType      = "aws:route53/record:Record"
	healthCheckType = "aws:route53/healthCheck:HealthCheck"
	domainType      = "aws:apigatewayv2/domainName:DomainName"
)

// targets are somebody else's endpoints.
const targets = `{"us-east-1":{"name":"a.elb.us-east-1.amazonaws.com","zoneId":"ZELB1","healthCheck":{"host":"a.example.net","path":"/healthz"}},
	"us-east-2":{"name":"b.elb.us-east-2.amazonaws.com","zoneId":"ZELB2","healthCheck":{"host":"b.example.net","path":"/up"}}}`

// toTargets is what routes traffic to them.
func toTargets() map[string]string {
	return map[string]string{"traffic": `{"zoneId":"` + zoneID + `","domain":"` + domain + `","fastChecks":false,"targets":` + targets + `}`}
}

// walk is a graph in which names are followed to what answers for them.
type walk struct {
	*graph.Graph
	t *testing.T
}

// records are those of a name and type, by set identifier.
func (w walk) records(name, kind string) map[string]graph.Resource {
	found := map[string]graph.Resource{}
	for _, r := range w.Of(recordType) {
		if r.Input("name") == name && r.Input("type") == kind {
			assert.Equal(w.t, zoneID, r.Input("zoneId"))
			found[r.Input("setIdentifier")] = r
		}
	}
	return found
}

func (w walk) alias(r graph.Resource) (name, zone string) {
	aliases := r.Inputs["aliases"].ArrayValue()
	require.Len(w.t, aliases, 1, r.Name)
	alias := aliases[0].ObjectValue()
	assert.True(w.t, alias["evaluateTargetHealth"].BoolValue(), "%s is healthy only if its target is", r.Name)
	return alias["name"].StringValue(), alias["zoneId"].StringValue()
}

func (w walk) check(id string) graph.Resource {
	for _, c := range w.Of(healthCheckType) {
		if c.Name+"-id" == id {
			return c
		}
	}
	w.t.Fatalf("no health check %s", id)
	return graph.Resource{}
}

// leaf follows a record of the shared name to the one of its region, and holds what the observers decide of it.
func (w walk) leaf(region, kind string, top graph.Resource) graph.Resource {
	assert.Equal(w.t, region, top.Inputs["latencyRoutingPolicies"].ArrayValue()[0].ObjectValue()["region"].StringValue())
	w.threeObservers(region, w.check(top.Input("healthCheckId")))
	name, zone := w.alias(top)
	assert.Equal(w.t, zoneID, zone)
	leaves := w.records(name, kind)
	require.Len(w.t, leaves, 1, "%s leads to one record of its own type", top.Name)
	leaf, ok := leaves[region]
	require.True(w.t, ok)
	assert.True(w.t, leaf.Inputs.HasValue("weightedRoutingPolicies"), "a simple record takes no health check")
	return leaf
}

// threeObservers holds R1, R2 and R4 of a calculated check.
func (w walk) threeObservers(region string, check graph.Resource) {
	assert.Equal(w.t, "CALCULATED", check.Input("type"))
	assert.EqualValues(w.t, 2, check.Inputs["childHealthThreshold"].NumberValue(), "one unfit word moves nobody")
	var observers []string
	for _, child := range check.Inputs["childHealthchecks"].ArrayValue() {
		word := w.check(child.StringValue())
		assert.Equal(w.t, "CLOUDWATCH_METRIC", word.Input("type"), "calculated checks do not watch calculated checks")
		assert.Equal(w.t, "Healthy", word.Input("insufficientDataHealthStatus"), "R4: a silent observer abstains")
		alarm := w.alarm(word)
		w.triggeredBy(word, alarm)
		dimensions := alarm.Inputs["dimensions"].ObjectValue()
		assert.Equal(w.t, region, dimensions[contract.DimensionRegion].StringValue())
		assert.NotEqual(w.t, region, alarm.Region, "R2: %s is in the region that it is about", alarm.Name)
		assert.Equal(w.t, alarm.Region, word.Input("cloudwatchAlarmRegion"))
		observers = append(observers, dimensions[contract.DimensionObserver].StringValue())
	}
	assert.ElementsMatch(w.t, []string{"us-east-1", "us-east-2", "us-west-2"}, observers)
}

// triggeredBy holds R3: the triggers have the alarm as it is registered.
func (w walk) triggeredBy(word, alarm graph.Resource) {
	var copied map[string]any
	require.NoError(w.t, json.Unmarshal([]byte(word.Inputs["triggers"].ObjectValue()["alarm"].StringValue()), &copied))
	registered := alarm.Inputs.Mappable()
	for name, value := range copied {
		if value != nil {
			assert.EqualValues(w.t, registered[strings.ToLower(name[:1])+name[1:]], value, name)
		}
		delete(registered, strings.ToLower(name[:1])+name[1:])
	}
	assert.Empty(w.t, registered, "%s may change without a trigger of %s", alarm.Name, word.Name)
}

// alarm is what a health check reads: R1.
func (w walk) alarm(word graph.Resource) graph.Resource {
	for _, a := range w.Of(alarmTypes[0]) {
		if a.State["name"].StringValue() != word.Input("cloudwatchAlarmName") {
			continue
		}
		in := a.Inputs
		assert.Equal(w.t, contract.MetricEndpointUnfit, a.Input("metricName"))
		assert.False(w.t, in.HasValue("metricQueries") || in.HasValue("extendedStatistic"), "R1: %s", a.Name)
		assert.False(w.t, in.HasValue("datapointsToAlarm"), "R1: %s is M of N", a.Name)
		assert.GreaterOrEqual(w.t, in["period"].NumberValue(), 60.0, "R1: %s", a.Name)
		assert.EqualValues(w.t, 2, in["evaluationPeriods"].NumberValue())
		assert.Equal(w.t, "Maximum", a.Input("statistic"))
		assert.Equal(w.t, "missing", a.Input("treatMissingData"))
		assert.False(w.t, in.HasValue("alarmActions") || in.HasValue("okActions"), "%s is not for people", a.Name)
		assert.Equal(w.t, 3, count(a, "first-check"), "%s comes after every observer's first check", a.Name)
		return a
	}
	w.t.Fatalf("%s reads no alarm", word.Name)
	return graph.Resource{}
}

// asked is what the health check of a leaf asks.
func (w walk) asked(leaf graph.Resource, interval float64) (host, path string) {
	check := w.check(leaf.Input("healthCheckId"))
	assert.Equal(w.t, "HTTPS", check.Input("type"))
	assert.True(w.t, check.Inputs["enableSni"].BoolValue())
	assert.InDelta(w.t, interval, check.Inputs["requestInterval"].NumberValue(), 0)
	assert.EqualValues(w.t, 2, check.Inputs["failureThreshold"].NumberValue())
	host = check.Input("fqdn")
	for _, r := range w.Of(recordType) {
		assert.NotEqual(w.t, r.Input("name"), host, "a check decides about what it asks")
	}
	return host, check.Input("resourcePath")
}

func TestEveryNameWalksToThreeObserversAndAnHTTPSCheck(t *testing.T) {
	g := deployed(t, "prod", routed())
	w := walk{g, t}
	for _, kind := range []string{"A", "AAAA"} {
		tops := w.records(domain, kind)
		require.Len(t, tops, 2)
		for region, top := range tops {
			leaf := w.leaf(region, kind, top)
			assert.Equal(t, region+"."+domain, leaf.Input("name"))
			host, path := w.asked(leaf, 10)
			api := w.livez(region, path)
			assert.Equal(t, api+".execute-api."+region+".amazonaws.com", host)
			target, zone := w.alias(leaf)
			w.served(region, target, zone, api)
		}
	}
	assert.Len(t, g.Of(recordType), 8+3, "and one for each name that is proved")
	assert.Len(t, g.Of(healthCheckType), 2*(1+1+3))
}

// livez holds the open route that answers health checkers in a region, and gives its API.
func (w walk) livez(region, path string) string {
	for _, r := range w.Of("aws:apigatewayv2/route:Route") {
		if r.Region != region || r.Input("routeKey") != "GET "+path {
			continue
		}
		assert.Equal(w.t, "NONE", r.Input("authorizationType"), "Route 53 signs nothing")
		i, ok := w.Named("aws:apigatewayv2/integration:Integration", strings.TrimSuffix(r.Name, "-route-get-livez")+"-integration-get-livez")
		require.True(w.t, ok)
		assert.Contains(w.t, i.Input("integrationUri"), "-livez-1a2b3c4/", "a function of its own answers")
		return r.Input("apiId")
	}
	w.t.Fatalf("no route %s in %s", path, region)
	return ""
}

// served holds that the API answers to both names behind an alias.
func (w walk) served(region, target, zone, api string) {
	names := map[string]bool{}
	for _, d := range w.Of(domainType) {
		if d.Region != region {
			continue
		}
		k := d.Inputs["domainNameConfiguration"].ObjectValue()
		assert.Equal(w.t, "REGIONAL", k["endpointType"].StringValue())
		assert.Equal(w.t, "TLS_1_2", k["securityPolicy"].StringValue())
		assert.Equal(w.t, "dualstack", k["ipAddressType"].StringValue(), "there is a record of type AAAA")
		made := d.State["domainNameConfiguration"].ObjectValue()
		if made["targetDomainName"].StringValue() == target {
			assert.Equal(w.t, made["hostedZoneId"].StringValue(), zone)
			assert.Equal(w.t, domain, d.Input("domainName"), "clients of the shared name come here")
		}
		m, ok := w.Named("aws:apigatewayv2/apiMapping:ApiMapping", d.Name+"-mapping")
		require.True(w.t, ok)
		assert.Equal(w.t, api, m.Input("apiId"))
		names[d.Input("domainName")] = true
	}
	assert.Equal(w.t, map[string]bool{domain: true, region + "." + domain: true}, names)
	c, ok := w.Named("aws:acm/certificate:Certificate", map[string]string{"us-east-1": "traffic-primary", "us-east-2": "traffic-secondary"}[region]+"-domain-certificate")
	require.True(w.t, ok)
	assert.Equal(w.t, domain, c.Input("domainName"))
	assert.Equal(w.t, region+"."+domain, c.Inputs["subjectAlternativeNames"].ArrayValue()[0].StringValue())
}

// Certificates of both regions ask for the same record of the shared name. Which record is whose is said by the names.
func TestEachNameIsProvedOnce(t *testing.T) {
	g := deployed(t, "dev", routed())
	proofs := map[string]string{}
	for _, r := range g.Of(recordType) {
		if r.Input("type") == "CNAME" {
			assert.NotContains(t, proofs, r.Input("name"))
			proofs[r.Input("name")] = r.Inputs["records"].ArrayValue()[0].StringValue()
		}
	}
	want := map[string]string{}
	for _, name := range []string{domain, "us-east-1." + domain, "us-east-2." + domain} {
		want["_proof."+name+"."] = "_of." + name + ".acm-validations.aws."
	}
	assert.Equal(t, want, proofs)
	for _, v := range g.Of("aws:acm/certificateValidation:CertificateValidation") {
		assert.Equal(t, 2, count(v, recordType), "%s waits for the records of both names", v.Name)
	}
}

func TestTargetsOfOthersAreReachedAsTheySay(t *testing.T) {
	g := deployed(t, "dev", toTargets())
	w := walk{g, t}
	for region, want := range map[string][4]string{
		"us-east-1": {"a.elb.us-east-1.amazonaws.com", "ZELB1", "a.example.net", "/healthz"},
		"us-east-2": {"b.elb.us-east-2.amazonaws.com", "ZELB2", "b.example.net", "/up"},
	} {
		for _, kind := range []string{"A", "AAAA"} {
			leaf := w.leaf(region, kind, w.records(domain, kind)[region])
			name, zone := w.alias(leaf)
			host, path := w.asked(leaf, 30)
			assert.Equal(t, want, [4]string{name, zone, host, path})
		}
	}
	for _, typ := range []string{domainType, "aws:acm/certificate:Certificate", "aws:apigatewayv2/api:Api"} {
		assert.Empty(t, g.Of(typ), "nothing of ours serves")
	}
	_, there := g.Named("aws:lambda/function:Function", "primary-livez")
	assert.False(t, there)
}

// The open route is asked by sixteen checkers every ten seconds, now and then at once.
func TestTheOpenRouteIsThrottledByItselfAboveTheCheckersLoad(t *testing.T) {
	g := deployed(t, "dev", routed())
	stages := g.Of("aws:apigatewayv2/stage:Stage")
	require.Len(t, stages, 2)
	for _, s := range stages {
		settings := s.Inputs["routeSettings"].ArrayValue()
		require.Len(t, settings, 1)
		own := settings[0].ObjectValue()
		assert.Equal(t, contract.RouteLivez, own["routeKey"].StringValue())
		assert.True(t, own["detailedMetricsEnabled"].BoolValue(), "the alarm on refusals reads them")
		assert.GreaterOrEqual(t, own["throttlingRateLimit"].NumberValue(), 4*16/10.0)
		assert.GreaterOrEqual(t, own["throttlingBurstLimit"].NumberValue(), 4*16.0)
		assert.Equal(t, 1, count(s, "-route-get-livez"), "a stage before its route is refused")
	}
	for _, p := range g.Of("aws:lambda/permission:Permission") {
		if strings.Contains(p.Input("function"), "-livez-") {
			assert.True(t, strings.HasSuffix(p.Input("sourceArn"), "/*/GET/livez"), p.Input("sourceArn"))
		}
	}
	for _, leaf := range g.Of(healthCheckType) {
		if leaf.Input("type") == "HTTPS" {
			assert.Equal(t, 1, count(leaf, "-transactions-stage"), "a leaf is asked when there is an answer")
		}
	}
}

// What livez may do: to look at the endpoint of its region.
func TestLivezReadsTheDatabaseOfItsRegionAndNothingElse(t *testing.T) {
	g := deployed(t, "dev", routed())
	for _, place := range places[:witness] {
		access, ok := g.Named("aws:iam/rolePolicy:RolePolicy", place+"-livez-access")
		require.True(t, ok)
		cluster, ok := g.Named("aws:dsql/cluster:Cluster", "database-"+place+"-cluster")
		require.True(t, ok)
		statements := parse(t, access.Input("policy")).Statement
		require.Len(t, statements, 1)
		assert.Equal(t, []string{"dsql:DbConnect"}, statements[0].Action)
		assert.Equal(t, []string{cluster.ARN()}, statements[0].Resource)
		f, ok := g.Named("aws:lambda/function:Function", place+"-livez")
		require.True(t, ok)
		assert.EqualValues(t, 3, f.Inputs["timeout"].NumberValue())
		variables := f.Inputs["environment"].ObjectValue()["variables"].ObjectValue()
		assert.Equal(t, schema.RoleLivez, variables[contract.EnvDatabaseRole].StringValue())
		migrated, ok := g.Named("aws:lambda/invocation:Invocation", "bootstrap-migrated")
		require.True(t, ok)
		var event contract.MigrateEvent
		require.NoError(t, json.Unmarshal([]byte(migrated.Input("input")), &event))
		assert.Contains(t, event.Roles[schema.RoleLivez], f.Input("role"))
	}
}

// mappable are the inputs of everything that is registered, by type and name.
func mappable(g *graph.Graph) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, r := range g.Resources {
		all[r.Type+" "+r.Name] = r.Inputs.Mappable()
	}
	return all
}

// Without traffic nothing of it is there; with it, what was there stays as it is, but for what has to know.
func TestTrafficComesOnTop(t *testing.T) {
	changes := routed()
	without := routed()
	delete(without, "traffic")
	before, after := mappable(deployed(t, "prod", without)), mappable(deployed(t, "prod", changes))
	var changed []string
	for name, inputs := range before {
		require.Contains(t, after, name)
		if !assert.ObjectsAreEqual(inputs, after[name]) {
			changed = append(changed, name[strings.LastIndex(name, ":")+1:])
		}
		assert.NotRegexp(t, "route53|acm|Traffic|livez|domainName", name)
	}
	slices.Sort(changed)
	assert.Equal(t, []string{
		"Dashboard dashboard",
		"Function primary-monitor", "Function secondary-monitor", "Function witness-monitor",
		"Invocation bootstrap-migrated",
		"MetricAlarm primary-application-alarms-unavailable", "MetricAlarm secondary-application-alarms-unavailable",
		"Stage primary-transactions-stage", "Stage secondary-transactions-stage",
	}, changed)
	for _, place := range places {
		was := before["aws:lambda/function:Function "+place+"-monitor"]["environment"].(map[string]any)["variables"].(map[string]any)
		is := after["aws:lambda/function:Function "+place+"-monitor"]["environment"].(map[string]any)["variables"].(map[string]any)
		assert.NotContains(t, was, contract.EnvTraffic)
		assert.Equal(t, contract.TrafficRouted, is[contract.EnvTraffic])
		delete(is, contract.EnvTraffic)
		assert.Equal(t, was, is)
	}
}

func TestHealthChecksAreKnownByNames(t *testing.T) {
	g := deployed(t, "dev", routed())
	names := map[string]bool{}
	for _, c := range g.Of(healthCheckType) {
		name := c.Inputs["tags"].ObjectValue()[resource.PropertyKey("Name")].StringValue()
		assert.True(t, strings.HasPrefix(name, "aurora-dsql-dr-dev us-east-"), name)
		names[name] = true
	}
	assert.Len(t, names, 10, fmt.Sprint(names))
}
