package stacks

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

// Events cross once: a region forwards only what was published in it first, to the other region's bus, with a role that
// may do nothing else.
func TestEventsCrossOnceAndDoNotComeBack(t *testing.T) {
	g := deployed(t, "dev", map[string]string{"application": applicationEnabled})
	buses := map[string]string{}
	for _, b := range g.Of("aws:cloudwatch/eventBus:EventBus") {
		buses[b.ARN()] = b.Region
		assert.NotEmpty(t, b.Input("kmsKeyIdentifier"), "the bus is encrypted")
	}
	require.Len(t, buses, 2)
	forwards := 0
	for _, target := range g.Of("aws:cloudwatch/eventTarget:EventTarget") {
		to, isBus := buses[target.Input("arn")]
		if !isBus {
			continue
		}
		forwards++
		assert.NotEqual(t, target.Region, to, "a rule that targets its own region's bus replicates nothing")
		rule, ok := g.Named("aws:cloudwatch/eventRule:EventRule", strings.TrimSuffix(target.Name, "-target"))
		require.True(t, ok)
		assert.Contains(t, rule.Input("eventPattern"), `"publishedIn":["`+target.Region+`"]`)
		assert.True(t, target.Inputs.HasValue("deadLetterConfig"))
		access, ok := g.Named("aws:iam/rolePolicy:RolePolicy", strings.TrimSuffix(target.Name, "-target")+"-access")
		require.True(t, ok)
		assert.Equal(t, []string{target.Input("arn")}, parse(t, access.Input("policy")).Statement[0].Resource)
	}
	assert.Equal(t, 2, forwards)
	assert.Len(t, g.Of("aws:cloudwatch/eventArchive:EventArchive"), 2)
}

// What comes at once when a region is back waits in Lambda's queue instead of taking every connection there is.
func TestABacklogIsWorkedOffAtABoundedRate(t *testing.T) {
	g := deployed(t, "dev", map[string]string{
		"application":         applicationEnabled,
		"applicationSettings": `{"workerConcurrency":7}`,
	})
	for _, place := range places[:witness] {
		for _, worker := range []string{"publisher", "processor"} {
			f, ok := g.Named("aws:lambda/function:Function", place+"-"+worker)
			require.True(t, ok)
			assert.EqualValues(t, 7, f.Inputs["reservedConcurrentExecutions"].NumberValue(), f.Name)
		}
	}
}

func TestEveryRouteOfTheApiIsAuthorized(t *testing.T) {
	for authorization, settings := range map[string]string{
		"AWS_IAM": `{}`,
		"JWT":     `{"jwt":{"issuer":"https://login.example.com","audience":"transactions"}}`,
	} {
		g := deployed(t, "dev", map[string]string{"application": applicationEnabled, "applicationSettings": settings})
		require.Len(t, g.Of("aws:apigatewayv2/route:Route"), 2*len(contract.Routes()))
		for _, r := range g.Of("aws:apigatewayv2/route:Route") {
			assert.Equal(t, authorization, r.Input("authorizationType"), r.Name)
			assert.Equal(t, authorization == "JWT", r.Inputs.HasValue("authorizerId"))
		}
		for _, s := range g.Of("aws:apigatewayv2/stage:Stage") {
			assert.EqualValues(t, 100, s.Inputs["defaultRouteSettings"].ObjectValue()["throttlingRateLimit"].NumberValue())
			assert.True(t, s.Inputs.HasValue("accessLogSettings"))
		}
	}
}

func TestFallbackIsTheOnlyReasonToReachThePeersCluster(t *testing.T) {
	for fallback, clusters := range map[string]int{"false": 1, "true": 2} {
		g := deployed(t, "dev", map[string]string{
			"application":         applicationEnabled,
			"applicationSettings": `{"crossRegionFallback":` + fallback + `}`,
		})
		access, ok := g.Named("aws:iam/rolePolicy:RolePolicy", "primary-transactions-access")
		require.True(t, ok)
		assert.Len(t, parse(t, access.Input("policy")).Statement[0].Resource, clusters)
	}
}
