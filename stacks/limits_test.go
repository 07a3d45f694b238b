package stacks

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
)

// A group elsewhere takes a place in the account's one resource policy, and keeps it when it is gone.
func TestAccessLogsUseUpNothingOfTheAccount(t *testing.T) {
	g := deployed(t, "dev", map[string]string{"application": applicationEnabled})
	groups := map[string]graph.Resource{}
	for _, group := range g.Of("aws:cloudwatch/logGroup:LogGroup") {
		groups[group.ARN()] = group
	}
	stages := g.Of("aws:apigatewayv2/stage:Stage")
	require.Len(t, stages, 2)
	for _, stage := range stages {
		group, ok := groups[stage.Inputs["accessLogSettings"].ObjectValue()["destinationArn"].StringValue()]
		require.True(t, ok)
		assert.True(t, strings.HasPrefix(group.Input("name"), "/aws/vendedlogs/"), group.Input("name"))
	}
}

func TestNothingIsReservedIfNothingIsToBe(t *testing.T) {
	g := deployed(t, "dev", map[string]string{
		"monitor":             `{"reservedConcurrency":"none"}`,
		"application":         applicationEnabled,
		"applicationSettings": `{"workerConcurrency":"none"}`,
	})
	for _, f := range g.Of("aws:lambda/function:Function") {
		assert.NotContains(t, f.Inputs, resource.PropertyKey("reservedConcurrentExecutions"), f.Name)
	}
}
