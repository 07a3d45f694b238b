package stacks

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/lambda/contract"
)

// deployed is a stack with everything known.
func deployed(t *testing.T, stack string, changes map[string]string) *graph.Graph {
	t.Helper()
	config := stackConfig(t, stack, changes)
	builtFunctions(t)
	g, err := graph.Run(Run, graph.Options{Stack: stack, Config: config})
	require.NoError(t, err)
	return g
}

// variants are both profiles of the stack, with and without the application, and with traffic routed to it and to
// others.
func variants(t *testing.T, changes map[string]string, test func(t *testing.T, g *graph.Graph)) {
	events := map[string]string{"eventRoutes": `[{"name":"large","minimumAmount":10000,"target":"topic"},
		{"name":"all","target":"queue"},{"name":"again","target":"function"}]`}
	application := map[string]string{"application": applicationEnabled}
	for _, stack := range []string{"dev", "prod"} {
		for name, parts := range map[string][]map[string]string{
			"alone":                nil,
			"with the application": {application, events},
			"routed to it":         {routed(), events},
			"routed to others":     {toTargets()},
		} {
			t.Run(stack+" "+name, func(t *testing.T) {
				all := map[string]string{}
				for _, part := range append(parts, changes) {
					maps.Copy(all, part)
				}
				test(t, deployed(t, stack, all))
			})
		}
	}
}

type document struct{ Statement []statement }

type statement struct {
	Sid, Effect      string
	Principal        struct{ Service, AWS []string }
	Action, Resource []string
	Condition        map[string]map[string]string
}

func parse(t *testing.T, policy string) (d document) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(policy), &d), policy)
	return d
}

// allows reports whether a service may do an action.
func (d document) allows(service, action string) bool {
	for _, s := range d.Statement {
		if s.Effect == "Allow" && slices.Contains(s.Principal.Service, service) &&
			slices.ContainsFunc(s.Action, func(a string) bool {
				return a == action || strings.HasSuffix(a, "*") && strings.HasPrefix(action, strings.TrimSuffix(a, "*"))
			}) {
			return true
		}
	}
	return false
}

// alarmTypes are what can notify somebody.
var alarmTypes = []string{"aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"}

// An alarm reaches a person only if its topic is of its own region, the topic lets CloudWatch publish, and the topic's
// key lets CloudWatch encrypt. Walk that way for every alarm.
func TestEveryAlarmReachesItsTopic(t *testing.T) {
	variants(t, map[string]string{"alerts": `[{"protocol":"email","endpoint":"oncall@example.com"}]`},
		everyAlarmReachesItsTopic)
}

func everyAlarmReachesItsTopic(t *testing.T, g *graph.Graph) {
	topics := map[string]graph.Resource{}
	keys := map[string]document{}
	policies := map[string]document{}
	subscribed := map[string]bool{}
	for _, r := range g.Of("aws:sns/topic:Topic") {
		topics[r.ARN()] = r
	}
	for _, r := range g.Of("aws:kms/key:Key") {
		keys[r.ARN()] = parse(t, r.Input("policy"))
	}
	for _, r := range g.Of("aws:sns/topicPolicy:TopicPolicy") {
		policies[r.Input("arn")] = parse(t, r.Input("policy"))
	}
	for _, r := range g.Of("aws:sns/topicSubscription:TopicSubscription") {
		subscribed[r.Input("topic")] = true
	}
	walked := 0
	for _, typ := range alarmTypes {
		for _, alarm := range g.Of(typ) {
			if !alarm.Inputs.HasValue("alarmActions") {
				assert.True(t, hasComposite(g, alarm) || movesTraffic(g, alarm),
					"%s notifies nobody, no composite alarm does for it, and no health check reads it", alarm.Name)
				continue
			}
			if alarm.Inputs.HasValue("okActions") {
				assert.Equal(t, alarm.Inputs["alarmActions"], alarm.Inputs["okActions"], "%s tells the same people when it is over",
					alarm.Name)
			}
			for _, action := range alarm.Inputs["alarmActions"].ArrayValue() {
				topic, ok := topics[action.StringValue()]
				require.True(t, ok, "%s notifies %s, which is no topic of the stack", alarm.Name, action.StringValue())
				assert.Equal(t, alarm.Region, topic.Region, "%s notifies another region", alarm.Name)
				assert.True(t, subscribed[topic.ARN()])
				for _, service := range []string{"cloudwatch.amazonaws.com", "events.amazonaws.com"} {
					assert.True(t, policies[topic.ARN()].allows(service, "sns:Publish"))
					key := keys[topic.Input("kmsMasterKeyId")]
					assert.True(t, key.allows(service, "kms:GenerateDataKey") && key.allows(service, "kms:Decrypt"),
						"%s cannot encrypt for %s", service, topic.Name)
				}
				walked++
			}
		}
	}
	assert.Greater(t, walked, 20)
}

// hasComposite says whether the state of an alarm is told by a composite alarm. The quorum on a region's own endpoint
// is for the dashboard: the other region pages.
func hasComposite(g *graph.Graph, alarm graph.Resource) bool {
	return strings.HasSuffix(alarm.Name, "-quorum-own") ||
		slices.ContainsFunc(g.Of(alarmTypes[1]), func(c graph.Resource) bool {
			return c.Region == alarm.Region && c.Input("alarmRule") == `ALARM("`+alarm.State["name"].StringValue()+`")`
		})
}

// movesTraffic says whether an alarm is read by a health check, which is what it is for.
func movesTraffic(g *graph.Graph, alarm graph.Resource) bool {
	return slices.ContainsFunc(g.Of(healthCheckType), func(c graph.Resource) bool {
		return c.Input("cloudwatchAlarmRegion") == alarm.Region &&
			c.Input("cloudwatchAlarmName") == alarm.State["name"].StringValue()
	})
}

func TestWhoeverIsAlertedIsSentToARunbook(t *testing.T) {
	variants(t, map[string]string{"runbooksUrl": "https://wiki.example.com/dr"}, func(t *testing.T, g *graph.Graph) {
		for _, typ := range alarmTypes {
			for _, alarm := range g.Of(typ) {
				if alarm.Inputs.HasValue("alarmActions") {
					assert.Regexp(t, `^[A-Z].+\. Runbook: https://wiki\.example\.com/dr#[a-z-]+$`, alarm.Input("alarmDescription"),
						alarm.Name)
				}
			}
		}
		checks := 0
		for _, function := range g.Of("aws:lambda/function:Function") {
			variables := function.Inputs["environment"].ObjectValue()["variables"].ObjectValue()
			if variables.HasValue(contract.EnvTopics) {
				assert.Equal(t, "https://wiki.example.com/dr", variables[contract.EnvRunbooks].StringValue())
				checks++
			}
		}
		assert.Equal(t, 3, checks)
	})
}

func TestTopicsRefusePlainHTTP(t *testing.T) {
	g := deployed(t, "dev", nil)
	require.Len(t, g.Of("aws:sns/topicPolicy:TopicPolicy"), 3, "a topic in every region, the witness included")
	for _, r := range g.Of("aws:sns/topicPolicy:TopicPolicy") {
		denied := slices.ContainsFunc(parse(t, r.Input("policy")).Statement, func(s statement) bool {
			return s.Effect == "Deny" && s.Condition["Bool"]["aws:SecureTransport"] == "false"
		})
		assert.True(t, denied)
	}
}

// Actions are exact and resources are ARNs, except where AWS has no other way.
func TestLeastPrivilege(t *testing.T) { variants(t, nil, leastPrivilege) }

func leastPrivilege(t *testing.T, g *graph.Graph) {
	admins := 0
	for _, r := range g.Of("aws:iam/rolePolicy:RolePolicy") {
		for _, s := range parse(t, r.Input("policy")).Statement {
			for _, action := range s.Action {
				assert.True(t, !strings.Contains(action, "*") || action == "kms:GenerateDataKey*", "%s: %s", r.Name, action)
				if action == "dsql:DbConnectAdmin" && s.Effect == "Allow" {
					admins++
					assert.Contains(t, []string{"bootstrap-migrate-access", "primary-restore-grant-access",
						"secondary-restore-grant-access"}, r.Name)
				}
			}
			for _, res := range s.Resource {
				if res == "*" {
					assert.True(t, strings.HasPrefix(s.Action[0], "xray:Put") || s.Sid == "FollowJobs" ||
						s.Condition["StringEquals"]["cloudwatch:namespace"] == contract.MetricNamespace, "%s: %v on *", r.Name, s.Action)
				} else {
					assert.True(t, strings.HasPrefix(res, "arn:aws:"), "%s: %s", r.Name, res)
				}
			}
		}
	}
	tests := len(g.Of("aws:sfn/stateMachine:StateMachine"))
	assert.Equal(t, 1+tests, admins, "one role connects as admin, and one a restore test, never to the stack's clusters")
	assert.Empty(t, g.Of("aws:iam/rolePolicyAttachment:RolePolicyAttachment"), "no managed policies")
}

// An alarm sees a metric only if it names exactly the dimensions that are published.
func TestAlarmsNameExactlyThePublishedDimensions(t *testing.T) {
	variants(t, nil, alarmsNamePublishedDimensions)
}

func alarmsNamePublishedDimensions(t *testing.T, g *graph.Graph) {
	published := map[string][]string{
		contract.MetricNamespace:      {contract.DimensionClusterID, contract.DimensionObserver, contract.DimensionRegion},
		contract.ApplicationNamespace: {contract.DimensionRegion},
		"AWS/ApiGateway":              {"ApiId"},
		"AWS/AuroraDSQL":              {"ClusterId"},
		"AWS/Backup":                  {"BackupVaultName", "ResourceType"},
		"AWS/CertificateManager":      {"CertificateArn"},
		"AWS/Events":                  {"RuleName"},
		"AWS/Lambda":                  {"FunctionName"},
		"AWS/SNS":                     {"TopicName"},
		"AWS/SQS":                     {"QueueName"},
		"AWS/States":                  {"StateMachineArn"},
	}
	of := map[string][]string{
		contract.MetricBackupAge:      {contract.DimensionClusterID, contract.DimensionRegion},
		contract.MetricRestoreTestAge: {contract.DimensionRegion},
	}
	seen := map[string]int{}
	check := func(name string, in resource.PropertyMap, ofOpenRoute bool) {
		namespace := in["namespace"].StringValue()
		var dimensions []string
		for key, value := range in["dimensions"].ObjectValue() {
			dimensions = append(dimensions, string(key))
			assert.NotEmpty(t, value.StringValue(), "%s: %s", name, key)
		}
		want := published[namespace]
		if own, ok := of[in["metricName"].StringValue()]; ok {
			want = own
		}
		if namespace == "AWS/Events" && strings.Contains(name, "-forward-") {
			want = []string{"EventBusName", "RuleName"} // a rule of a bus other than the default one
		}
		if ofOpenRoute {
			want = []string{"ApiId", "Method", "Resource", "Stage"} // detailed metrics
		}
		assert.ElementsMatch(t, want, dimensions, name)
		seen[namespace]++
	}
	for _, alarm := range g.Of(alarmTypes[0]) {
		if alarm.Inputs.HasValue("metricName") {
			check(alarm.Name, alarm.Inputs, strings.HasSuffix(alarm.Name, "-livez-refused"))
		}
		if alarm.Inputs.HasValue("metricQueries") {
			for _, q := range alarm.Inputs["metricQueries"].ArrayValue() {
				if query := q.ObjectValue(); query.HasValue("metric") {
					open := strings.HasPrefix(query["id"].StringValue(), "open_")
					check(alarm.Name, query["metric"].ObjectValue(), open)
				}
			}
		}
	}
	// Without the application: nothing of its own, and no API; without certificates of ours: nothing of them.
	absent := 0
	if len(g.Of("aws:cloudwatch/eventBus:EventBus")) == 0 {
		absent += 2
	}
	if len(g.Of("aws:acm/certificate:Certificate")) == 0 {
		absent++
	}
	if len(g.Of("aws:backup/vault:Vault")) == 0 {
		absent += 2
	}
	assert.Len(t, seen, len(published)-absent)
}

func TestMonitorsRunOnTerms(t *testing.T) {
	g := deployed(t, "prod", map[string]string{"backups": "{}"})
	for _, c := range g.Of("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig") {
		assert.Zero(t, c.Inputs["maximumRetryAttempts"].NumberValue(), "a late run is worth nothing")
		assert.EqualValues(t, 60, c.Inputs["maximumEventAgeInSeconds"].NumberValue())
	}
	functions := g.Of("aws:lambda/function:Function")
	require.Len(t, functions, 4)
	for _, f := range functions {
		assert.Equal(t, "provided.al2023", f.Input("runtime"))
		assert.Equal(t, "JSON", f.Inputs["loggingConfig"].ObjectValue()["logFormat"].StringValue())
		if strings.HasSuffix(f.Name, "-monitor") {
			assert.EqualValues(t, 10, f.Inputs["reservedConcurrentExecutions"].NumberValue())
			assert.EqualValues(t, 60, f.Inputs["timeout"].NumberValue())
			assert.Equal(t, "Active", f.Inputs["tracingConfig"].ObjectValue()["mode"].StringValue())
		}
	}
	targets := 0
	for _, target := range g.Of("aws:cloudwatch/eventTarget:EventTarget") {
		if strings.HasSuffix(target.Name, "-schedule-target") {
			targets++
			retry := target.Inputs["retryPolicy"].ObjectValue()
			assert.EqualValues(t, 3, retry["maximumRetryAttempts"].NumberValue())
			assert.EqualValues(t, 3600, retry["maximumEventAgeInSeconds"].NumberValue())
			assert.True(t, target.Inputs.HasValue("deadLetterConfig"))
		}
	}
	assert.Equal(t, 3, targets)
	for _, p := range g.Of("aws:lambda/permission:Permission") {
		assert.Contains(t, p.Input("sourceArn"), ":rule/", "only the rule may invoke")
	}
	for _, q := range g.Of("aws:sqs/queue:Queue") {
		assert.True(t, q.Inputs["sqsManagedSseEnabled"].BoolValue())
	}
}

// Observers read each other's words by their names, which are those of the regions with a topic.
func TestEveryObserverKnowsTheOthers(t *testing.T) {
	g := deployed(t, "dev", nil)
	for _, place := range places {
		f, ok := g.Named("aws:lambda/function:Function", place+"-monitor")
		require.True(t, ok)
		variables := f.Inputs["environment"].ObjectValue()["variables"].ObjectValue()
		var topics []contract.Topic
		require.NoError(t, json.Unmarshal([]byte(variables[contract.EnvTopics].StringValue()), &topics))
		var regions []string
		for _, topic := range topics {
			regions = append(regions, topic.Region)
		}
		assert.ElementsMatch(t, []string{"us-east-1", "us-east-2", "us-west-2"}, regions, place)
	}
}

func TestDatabaseEventsOfBothDataRegionsReachATopic(t *testing.T) {
	g := deployed(t, "dev", nil)
	var regions []string
	for _, rule := range g.Of("aws:cloudwatch/eventRule:EventRule") {
		if pattern := rule.Input("eventPattern"); pattern != "" {
			regions = append(regions, rule.Region)
			assert.Equal(t, 2, count(rule, "ClusterPeering"), "the stack's own peering is not reported")
			for _, call := range []string{"DeleteCluster", "UpdateCluster", "PutClusterPolicy", "StartRestoreJob",
				"dsql.amazonaws.com", "AWS API Call via CloudTrail"} {
				assert.Contains(t, pattern, call)
			}
		}
	}
	assert.ElementsMatch(t, []string{"us-east-1", "us-east-1", "us-east-2", "us-east-2"}, regions,
		"calls that were done, and refused ones")
	for _, target := range g.Of("aws:cloudwatch/eventTarget:EventTarget") {
		assert.True(t, target.Inputs.HasValue("deadLetterConfig"), "%s loses nothing silently", target.Name)
	}
}

func TestCustomerManagedKeysAreOfTheClustersOwnRegion(t *testing.T) {
	g := deployed(t, "prod", nil)
	for _, c := range g.Of("aws:dsql/cluster:Cluster") {
		key := c.Input("kmsEncryptionKey")
		assert.Contains(t, key, "arn:aws:kms:"+c.Region+":")
		for _, k := range g.Of("aws:kms/key:Key") {
			if k.ARN() == key {
				p := parse(t, k.Input("policy"))
				assert.True(t, p.allows("dsql.amazonaws.com", "kms:GenerateDataKey") &&
					p.allows("dsql.amazonaws.com", "kms:DescribeKey"))
			}
		}
	}
	for _, c := range deployed(t, "dev", nil).Of("aws:dsql/cluster:Cluster") {
		assert.False(t, c.Inputs.HasValue("kmsEncryptionKey"), "the AWS owned key is the default")
	}
}
