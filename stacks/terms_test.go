package stacks

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/lambda/contract"
)

// environment is a function's, by its resource's name.
func environment(t *testing.T, g *graph.Graph, function string) map[string]string {
	t.Helper()
	f, ok := g.Named("aws:lambda/function:Function", function)
	require.True(t, ok, function)
	all := map[string]string{}
	for key, value := range f.Inputs["environment"].ObjectValue()["variables"].ObjectValue() {
		all[string(key)] = value.StringValue()
	}
	return all
}

// An observer tells its own region's topic first, then the others'; its votes go to both regions that decide.
func TestAnObserverTellsEveryRegion(t *testing.T) {
	all := []string{"us-east-1", "us-east-2", "us-west-2"}
	g := deployed(t, "dev", nil)
	for i, place := range places {
		variables := environment(t, g, place+"-monitor")
		var topics []contract.Topic
		require.NoError(t, json.Unmarshal([]byte(variables[contract.EnvTopics]), &topics))
		var regions []string
		for _, topic := range topics {
			assert.Contains(t, topic.ARN, ":sns:"+topic.Region+":")
			regions = append(regions, topic.Region)
		}
		assert.ElementsMatch(t, all, regions)
		assert.Equal(t, all[i], regions[0])
		assert.Equal(t, "us-east-1,us-east-2", variables[contract.EnvMetricRegions])

		var targets []contract.Target
		require.NoError(t, json.Unmarshal([]byte(variables[contract.EnvTargets]), &targets))
		require.Len(t, targets, 2)
		for n, target := range targets {
			assert.Equal(t, all[n], target.Region)
		}
	}
}

func TestWhatIsConfiguredReachesTheObservers(t *testing.T) {
	g := deployed(t, "dev",
		map[string]string{"monitor": `{"scheduleMinutes":2,"probeInterval":"30s","minimumOutage":"7s","failuresToOpen":4,` +
			`"successesToClose":5,"reminder":"20m","metrics":"full"}`})
	for _, place := range places {
		variables := environment(t, g, place+"-monitor")
		for key, want := range map[string]string{
			contract.EnvSchedule:         "2m0s",
			contract.EnvProbeInterval:    "30s",
			contract.EnvMinimumOutage:    "7s",
			contract.EnvFailuresToOpen:   "4",
			contract.EnvSuccessesToClose: "5",
			contract.EnvReminder:         "20m0s",
			contract.EnvMetrics:          contract.MetricsFull,
		} {
			assert.Equal(t, want, variables[key], "%s %s", place, key)
		}
	}
}

// A recipient's subscription is its own, whoever else comes or goes.
func TestARecipientKeepsItsSubscription(t *testing.T) {
	subscriptions := func(recipients ...string) map[string]string {
		list := make([]map[string]string, len(recipients))
		for i, r := range recipients {
			list[i] = map[string]string{"protocol": "email", "endpoint": r}
		}
		body, err := json.Marshal(list)
		require.NoError(t, err)
		named := map[string]string{}
		for _, s := range deployed(t, "dev", map[string]string{"alerts": string(body)}).Of(
			"aws:sns/topicSubscription:TopicSubscription") {
			named[s.Name] = s.Input("endpoint")
		}
		return named
	}
	before := subscriptions("a@example.com", "b@example.com")
	require.Len(t, before, 2*3)
	after := subscriptions("b@example.com", "c@example.com")
	maps.DeleteFunc(before, func(_, endpoint string) bool { return endpoint == "a@example.com" })
	for name, endpoint := range before {
		assert.Equal(t, endpoint, after[name], name)
	}
}

// What one region encrypts the other reads, also when the first is lost.
func TestEachRegionHasItsOwnReplicaOfTheFieldKey(t *testing.T) {
	g := deployed(t, "dev", map[string]string{
		"application":         applicationEnabled,
		"applicationSettings": `{"crossRegionFallback":true}`,
	})
	key, ok := g.Named("aws:kms/key:Key", "field-key-key")
	require.True(t, ok)
	assert.True(t, key.Inputs["multiRegion"].BoolValue())
	replica, ok := g.Named("aws:kms/replicaKey:ReplicaKey", "field-key-replica")
	require.True(t, ok)
	assert.Equal(t, key.ARN(), replica.Input("primaryKeyArn"))
	assert.Equal(t, []string{"us-east-1", "us-east-2"}, []string{key.Region, replica.Region})

	regions := []string{key.Region, replica.Region}
	for i, place := range places[:witness] {
		variables := environment(t, g, place+"-transactions")
		assert.Equal(t, []string{key.ARN(), replica.ARN()}[i], variables[contract.EnvKeyARN])
		assert.Contains(t, variables[contract.EnvDatabaseEndpoint], ".dsql."+regions[i]+".")
		assert.Contains(t, variables[contract.EnvPeerEndpoint], ".dsql."+regions[1-i]+".")
	}
}

func TestEveryKeyIsRotated(t *testing.T) {
	for _, k := range deployed(t, "prod", map[string]string{"application": applicationEnabled}).Of("aws:kms/key:Key") {
		assert.True(t, k.Inputs["enableKeyRotation"].BoolValue(), k.Name)
	}
}

// Nothing is kept for ever, and what was lost for as long as SQS keeps anything.
func TestWhatIsKeptIsKeptForATime(t *testing.T) {
	g := deployed(t, "dev", map[string]string{
		"application":         applicationEnabled,
		"monitor":             `{"logRetentionDays":90}`,
		"applicationSettings": `{"archiveDays":12}`,
		"eventRoutes":         `[{"name":"all","target":"queue"}]`,
	})
	for _, logs := range g.Of("aws:cloudwatch/logGroup:LogGroup") {
		assert.EqualValues(t, 90, logs.Inputs["retentionInDays"].NumberValue(), logs.Name)
	}
	for _, archive := range g.Of("aws:cloudwatch/eventArchive:EventArchive") {
		assert.EqualValues(t, 12, archive.Inputs["retentionDays"].NumberValue())
	}
	for _, queue := range g.Of("aws:sqs/queue:Queue") {
		assert.EqualValues(t, 14*24*3600, queue.Inputs["messageRetentionSeconds"].NumberValue(), queue.Name)
	}
}

// The publisher's next run does what one has left; an event that the processor gives up is lost, so it is tried again.
func TestTheApplicationRunsOnTerms(t *testing.T) {
	g := deployed(t, "dev", map[string]string{"application": applicationEnabled})
	for worker, terms := range map[string][2]float64{"publisher": {0, 60}, "processor": {2, 6 * 3600}} {
		for _, place := range places[:witness] {
			async, ok := g.Named("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", place+"-"+worker+"-async")
			require.True(t, ok)
			assert.Equal(t, terms[0], async.Inputs["maximumRetryAttempts"].NumberValue(), worker)
			assert.Equal(t, terms[1], async.Inputs["maximumEventAgeInSeconds"].NumberValue(), worker)

			rule, ok := g.Named("aws:cloudwatch/eventRule:EventRule", place+"-"+worker+"-rule")
			require.True(t, ok)
			assert.Equal(t, 1, count(rule, "bootstrap-migrated"), "%s runs before the schema exists", worker)
			assert.Equal(t, map[string]string{"publisher": "rate(1 minute)"}[worker], rule.Input("scheduleExpression"))
		}
	}
}

// What fails on its way is kept: every run that nobody waits for, and every event to a function, a bus or a queue.
func TestWhatIsLostOnItsWayIsKept(t *testing.T) {
	variants(t, nil, func(t *testing.T, g *graph.Graph) {
		queues := map[string]string{}
		for _, q := range g.Of("aws:sqs/queue:Queue") {
			queues[q.ARN()] = q.Region
		}
		for _, async := range g.Of("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig") {
			destination := async.Inputs["destinationConfig"].ObjectValue()
			require.True(t, destination.HasValue("onFailure"), async.Name)
			assert.Equal(t, async.Region, queues[destination["onFailure"].ObjectValue()["destination"].StringValue()],
				async.Name)
		}
		for _, target := range g.Of("aws:cloudwatch/eventTarget:EventTarget") {
			require.True(t, target.Inputs.HasValue("deadLetterConfig"), target.Name)
			assert.Equal(t, target.Region, queues[target.Inputs["deadLetterConfig"].ObjectValue()["arn"].StringValue()],
				target.Name)
		}
	})
}

// A role whose policies come after the function lets the first deployment's invocations fail.
func TestAFunctionComesAfterWhatItMayDo(t *testing.T) {
	variants(t, nil, func(t *testing.T, g *graph.Graph) {
		for _, f := range g.Of("aws:lambda/function:Function") {
			assert.Equal(t, 2, count(f, "aws:iam/rolePolicy:RolePolicy::"), f.Name)
		}
	})
}

func TestARouteTakesWhatItSays(t *testing.T) {
	g := deployed(t, "dev", map[string]string{
		"application": applicationEnabled,
		"eventRoutes": `[
		{"name":"large","minimumAmount":10000,"maximumAmount":20000,"regions":["us-east-1"],"target":"topic"},
		{"name":"all","target":"queue"},
		{"name":"again","types":["Transaction Created"],"target":"function"}]`,
	})
	for place, region := range map[string]string{"primary": "us-east-1", "secondary": "us-east-2"} {
		for route, want := range map[string]string{
			"large": `{"source":["dsql.application"],"detail":` +
				`{"amountNumber":[{"numeric":[">=",10000,"<=",20000]}],"region":["us-east-1"],` +
				`"publishedIn":["` + region + `"]}}`, // people are told once, by the region where it was published
			"all":   `{"source":["dsql.application"]}`,
			"again": `{"source":["dsql.application"],"detail-type":["Transaction Created"]}`,
		} {
			rule, ok := g.Named("aws:cloudwatch/eventRule:EventRule", place+"-routes-"+route)
			require.True(t, ok)
			assert.JSONEq(t, want, rule.Input("eventPattern"))
		}
	}
}

func TestTagsAreWhatIsConfigured(t *testing.T) {
	g := deployed(t, "dev", map[string]string{"environment": "test", "owner": "payments", "costCenter": "4711"})
	for _, p := range g.Of("pulumi:providers:aws") {
		tags := map[string]string{}
		for key, value := range p.Inputs["defaultTags"].ObjectValue()["tags"].ObjectValue() {
			tags[string(key)] = value.StringValue()
		}
		assert.Equal(t, map[string]string{
			"Project":     projectTag,
			"Stack":       "dev",
			"Environment": "test",
			"Owner":       "payments",
			"CostCenter":  "4711",
			"ManagedBy":   "pulumi",
		}, tags)
	}
}

// The migration runs again for a function that is new, and the publisher's first run for a cluster that is.
func TestWhatRunsInADeploymentRunsAgainForWhatIsNew(t *testing.T) {
	g := deployed(t, "dev", map[string]string{"application": applicationEnabled})
	trigger := func(invocation, key string) string {
		i, ok := g.Named("aws:lambda/invocation:Invocation", invocation)
		require.True(t, ok)
		return i.Inputs["triggers"].ObjectValue()[resource.PropertyKey(key)].StringValue()
	}
	for _, f := range g.Of("aws:lambda/function:Function") {
		if f.Name != "bootstrap-migrate" {
			assert.Contains(t, trigger("bootstrap-migrated", "roles"), f.Input("role"), f.Name)
		}
	}
	for _, place := range places[:witness] {
		assert.Contains(t, trigger(place+"-publisher-first-run", "cluster"), "database"+place)
	}
}
