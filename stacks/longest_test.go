package stacks

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/stacks/config"
)

// longest are all the configuration accepts, as long as it accepts it, in stacks with the longest names: with the
// application and the longest schedule, with traffic routed to it, and to others.
func longest(t *testing.T) map[string]*graph.Graph {
	t.Helper()
	name := func(length int) string { return strings.Repeat(strings.Repeat("a", 62)+".", 5)[:length-1] + "z" }
	zone := "Z" + strings.Repeat("9", 31)
	target := `{"name":"` + name(253) + `","zoneId":"` + zone[:31] + `","healthCheck":{"host":"` + name(252) +
		`","path":"/` + strings.Repeat("p", 254) + `"}}`
	route := func(domain, targets string) map[string]string {
		return map[string]string{
			"traffic": `{"zoneId":"` + zone + `","domain":"` + domain + `"` + targets + `}`,
			"monitor": `{"metrics":"full"}`,
		}
	}
	toOthers := route("b"+name(237), `,"targets":{"ap-northeast-1":`+target+`,"ap-northeast-2":`+target+`}`)
	toOthers["application"], toOthers["applicationSettings"], toOthers["eventRoutes"] = applicationDisabled, "{}", "[]"
	return map[string]*graph.Graph{
		"with the application": longestWith(t, nil),
		"routed to it":         longestWith(t, route(name(64), "")),
		"routed to others":     longestWith(t, toOthers),
	}
}

func longestWith(t *testing.T, changes map[string]string) *graph.Graph {
	t.Helper()
	all := map[string]string{
		"environment": strings.Repeat("e", 256),
		"owner":       strings.Repeat("o", 256),
		"costCenter":  strings.Repeat("c", 256),
		"regions":     `{"primary":"ap-northeast-1","secondary":"ap-northeast-2","witness":"ap-northeast-3"}`,
		"runbooksUrl": "https://wiki.example.com/" + strings.Repeat("x", 275),
		"alerts":      `[{"protocol":"https","endpoint":"https://alerts.example.com/` + strings.Repeat("p", 2021) + `"}]`,
		"monitor": `{"scheduleMinutes":60,"probeInterval":"1h0m0s","minimumOutage":"5m0s","failuresToOpen":100,` +
			`"successesToClose":100,` +
			`"reminder":"24h0m0s","metrics":"full","reservedConcurrency":1000,"logRetentionDays":3653}`,
		"application": applicationEnabled,
		"applicationSettings": `{"crossRegionFallback":true,"encryptedFields":["details"],` +
			`"takeoverAge":"1h0m0s","keysetVersion":1000000,` +
			`"freshKeyset":1000000,"workerConcurrency":1000,"throttle":{"rate":10000,"burst":5000},` +
			`"jwt":{"issuer":"https://issuer.example.com/` + strings.Repeat("i", 2021) + `","audience":["` +
			strings.Repeat("a", 2048) + `"]}}`,
		"eventRoutes": longestRoutes(),
		"backups": `{"dailyAt":"23:59","retentionDays":36500,"monthlyRetentionDays":36500,"lock":"compliance",` +
			`"lockChangeableDays":36500,"breakGlassRole":"arn:aws:iam::123456789012:role/` + strings.Repeat("p", 64) + `",` +
			`"pairRestoreTest":"quarterly","maximumAge":"336h"}`,
	}
	maps.Copy(all, changes)
	return deployedAs(t, strings.Repeat("a-._Z9", 16)+"long", all)
}

// longestRoutes are as many as there may be, of every target, with the longest names and bounds.
func longestRoutes() string {
	var routes []string
	for i := range config.MaxRoutes {
		routes = append(routes,
			fmt.Sprintf(`{"name":"%s%02d","minimumAmount":-1234567890.123456,"maximumAmount":1234567890.123456,`+
				`"types":["Transaction Created"],"regions":["ap-northeast-1","ap-northeast-2"],"target":"%s"}`,
				strings.Repeat("r", 29), i, []string{"queue", "topic", "function"}[i%3]))
	}
	return "[" + strings.Join(routes, ",") + "]"
}

// physicalName is what AWS will call a resource.
func physicalName(r graph.Resource) string {
	for _, property := range explicitNames {
		if name := r.Input(property); name != "" {
			return name
		}
	}
	return r.Name + "-1a2b3c4"
}

// Whatever is deployed is named and described within what each API documents, with everything as long as it may be.
// What the table does not know fails: a new resource, or a new text of one, has to be looked up first.
func TestNoAcceptedConfigurationIsRefusedForItsLength(t *testing.T) {
	seen := map[string]bool{}
	for name, g := range longest(t) {
		t.Run(name, func(t *testing.T) { nothingIsTooLong(t, g, seen) })
	}
	assert.Greater(t, len(seen), 100)
}

func nothingIsTooLong(t *testing.T, g *graph.Graph, seen map[string]bool) {
	t.Helper()
	for _, r := range g.Resources {
		if !r.Custom {
			continue
		}
		name, known := physicalNames[r.Type]
		require.True(t, known, "%s is in no table: what does its API accept as a name?", r.Type)
		if name != (limit{}) {
			assert.Empty(t, name.problem(physicalName(r)), "the name of %s", r.Name)
		}
		each("", resource.NewObjectProperty(r.Inputs), func(path, value string) {
			if slices.Contains(explicitNames, path) {
				return
			}
			limit, known := memberLimit(r.Type, path)
			if assert.True(t, known, "%s of %s is in no table: what does its API accept?", path, r.Type) {
				assert.Empty(t, limit.problem(value), "%s of %s", path, r.Name)
				seen[r.Type+" "+path] = true
			}
		})
	}
}

// memberLimit is the row of a path, or of its map: "dimensions.*" for "dimensions.TopicName".
func memberLimit(typ, path string) (limit, bool) {
	if l, ok := members[typ][path]; ok {
		return l, true
	}
	l, ok := members[typ][path[:strings.LastIndex(path, ".")+1]+"*"]
	return l, ok
}

// each calls back with every text within a value, and the path to it.
func each(path string, value resource.PropertyValue, f func(path, value string)) {
	switch {
	case value.IsString():
		f(strings.TrimPrefix(path, "."), value.StringValue())
	case value.IsSecret():
		each(path, value.SecretValue().Element, f)
	case value.IsOutput():
		each(path, value.OutputValue().Element, f)
	case value.IsArray():
		for _, v := range value.ArrayValue() {
			each(path+"[]", v, f)
		}
	case value.IsObject():
		for key, v := range value.ObjectValue() {
			each(path+"."+string(key), v, f)
		}
	}
}

// Tags go to every service; of them Aurora DSQL takes the fewest characters, and AWS keeps "aws:" for itself.
func TestEveryServiceTakesTheTags(t *testing.T) {
	key := form(1, 128, `[a-zA-Z0-9_.:/=+\-@ ]*`)
	g := longest(t)["routed to it"]
	for _, r := range g.Of("pulumi:providers:aws") {
		tags := r.Inputs["defaultTags"].ObjectValue()["tags"].ObjectValue()
		assert.LessOrEqual(t, len(tags), 9, "Route 53 takes ten, and health checks have a name")
		for name := range tags {
			assert.Empty(t, key.problem(string(name)))
			assert.False(t, strings.HasPrefix(strings.ToLower(string(name)), "aws:"))
		}
	}
	for _, r := range g.Resources {
		assert.False(t, r.Custom && r.Inputs.HasValue("tags") && r.Type != healthCheckType,
			"%s has tags of its own beside the stack's", r.Name)
	}
}

// The environment of a function has 4 KB in all (Lambda quotas).
func TestTheEnvironmentOfEveryFunctionFits(t *testing.T) {
	for _, f := range longest(t)["routed to it"].Of("aws:lambda/function:Function") {
		size := 0
		for name, value := range f.Inputs["environment"].ObjectValue()["variables"].ObjectValue() {
			assert.Regexp(t, `^[a-zA-Z][a-zA-Z0-9_]+$`, string(name))
			size += len(name) + len(value.StringValue())
		}
		assert.LessOrEqual(t, size, 4096, f.Name)
	}
}

// Sizes of IAM's policies are without white space (IAM and STS quotas); SQS has bounds of its own (SQS quotas,
// policies), and so has the resource policy of a function, 20 KB (Lambda quotas), of which a statement is some 400
// bytes and two names.
func TestEveryPolicyFits(t *testing.T) {
	g := longest(t)["routed to it"]
	inline := map[string]int{}
	for _, p := range g.Of("aws:iam/rolePolicy:RolePolicy") {
		inline[p.Input("role")] += letters(p.Input("policy"))
	}
	for role, size := range inline {
		assert.LessOrEqual(t, size, 10240, role)
	}
	for _, r := range g.Of("aws:iam/role:Role") {
		assert.LessOrEqual(t, letters(r.Input("assumeRolePolicy")), 2048, r.Name)
	}
	for _, q := range g.Of("aws:sqs/queuePolicy:QueuePolicy") {
		queuePolicyFits(t, q)
	}
	permitted := map[string]int{}
	for _, p := range g.Of("aws:lambda/permission:Permission") {
		permitted[p.Input("function")] += 400 + len(physicalName(p)) + len(p.Input("sourceArn")) + len(p.Input("function"))
	}
	for function, size := range permitted {
		assert.LessOrEqual(t, size, 20<<10, function)
	}
}

func queuePolicyFits(t *testing.T, q graph.Resource) {
	t.Helper()
	var policy struct {
		Statement []struct {
			Principal map[string][]string
			Condition map[string]map[string]any
		}
	}
	require.NoError(t, json.Unmarshal([]byte(q.Input("policy")), &policy))
	conditions, principals := 0, 0
	for _, s := range policy.Statement {
		for _, operator := range s.Condition {
			conditions += len(operator)
		}
		for _, names := range s.Principal {
			principals += len(names)
		}
	}
	assert.LessOrEqual(t, len(q.Input("policy")), 8192, "bytes of %s", q.Name)
	assert.LessOrEqual(t, len(policy.Statement), 20, q.Name)
	assert.LessOrEqual(t, conditions, 10, q.Name)
	assert.LessOrEqual(t, principals, 50, q.Name)
}

// letters counts what IAM counts.
func letters(policy string) (n int) {
	for _, r := range policy {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// Rules have five targets, buses 300 rules (EventBridge quotas), alarms five actions of a kind and 30 dimensions
// (PutMetricAlarm), dashboards 500 widgets (CloudWatch quotas).
func TestNothingHasMoreOfAKindThanAWSTakes(t *testing.T) {
	g := longest(t)["routed to it"]
	targets, rules := map[string]int{}, map[string]int{}
	for _, r := range g.Of("aws:cloudwatch/eventTarget:EventTarget") {
		targets[r.Region+r.Input("rule")]++
		assert.LessOrEqual(t, targets[r.Region+r.Input("rule")], 5, r.Name)
	}
	for _, r := range g.Of("aws:cloudwatch/eventRule:EventRule") {
		rules[r.Region+r.Input("eventBusName")]++
		assert.LessOrEqual(t, rules[r.Region+r.Input("eventBusName")], 300, r.Name)
	}
	for _, typ := range alarmTypes {
		for _, alarm := range g.Of(typ) {
			for _, kind := range []resource.PropertyKey{"alarmActions", "okActions", "insufficientDataActions"} {
				if alarm.Inputs.HasValue(kind) {
					assert.LessOrEqual(t, len(alarm.Inputs[kind].ArrayValue()), 5, alarm.Name)
				}
			}
			if alarm.Inputs.HasValue("dimensions") {
				assert.LessOrEqual(t, len(alarm.Inputs["dimensions"].ObjectValue()), 30, alarm.Name)
			}
		}
	}
	for _, d := range g.Of("aws:cloudwatch/dashboard:Dashboard") {
		var body struct{ Widgets []json.RawMessage }
		require.NoError(t, json.Unmarshal([]byte(d.Input("dashboardBody")), &body))
		assert.LessOrEqual(t, len(body.Widgets), 500)
	}
}
