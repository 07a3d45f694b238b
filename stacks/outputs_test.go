package stacks

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exportedValues are outputs as an engine gives them.
func exportedValues() map[string]any {
	texts := map[string]any{"us-east-1": "a", "us-east-2": "b"}
	return map[string]any{
		"regions":              map[string]any{"primary": "us-east-1", "secondary": "us-east-2", "witness": "us-west-2"},
		"clusterIdentifiers":   texts,
		"clusterArns":          texts,
		"clusterEndpoints":     texts,
		"alertTopicArns":       texts,
		"monitorFunctionNames": texts,
		"alarmNames":           map[string]any{"us-east-1": []any{"x", "y"}},
		"dashboardUrl":         texts,
	}
}

func TestOutputsAreReadByTheirNames(t *testing.T) {
	values := exportedValues()
	out, err := OutputsOf(values)
	require.NoError(t, err)
	assert.Equal(t, "us-west-2", out.Regions["witness"])
	assert.Equal(t, "b", out.ClusterARNs["us-east-2"])
	assert.Equal(t, map[string][]string{"us-east-1": {"x", "y"}}, out.AlarmNames)
	assert.Nil(t, out.TransactionAPIURLs, "there is no application")

	values["transactionApiUrls"] = map[string]any{"us-east-1": "https://a"}
	values["trafficDomain"] = "pay.example.com"
	values["healthCheckIds"] = map[string]any{"us-east-1-leaf": "id"}
	values["eventRouteQueueUrls"] = map[string]any{"us-east-1": map[string]any{"all": "https://q"}}
	out, err = OutputsOf(values)
	require.NoError(t, err)
	assert.Equal(t, "https://a", out.TransactionAPIURLs["us-east-1"])
	assert.Equal(t, "https://q", out.EventRouteQueueURLs["us-east-1"]["all"])
	assert.Equal(t, "pay.example.com", out.TrafficDomain)
	assert.Equal(t, "id", out.HealthCheckIDs["us-east-1-leaf"])
}

func TestOutputsThatAreNoneOfThisProgramAreTold(t *testing.T) {
	values := exportedValues()
	delete(values, "clusterArns")
	values["regions"] = []any{"us-east-1"}
	values["eventBusNames"] = nil
	_, err := OutputsOf(values)
	for _, want := range []string{
		"the output clusterArns is null: want map[string]string",
		`the output regions is ["us-east-1"]: want map[string]string`,
		"the output eventBusNames is null: want map[string]string",
	} {
		assert.ErrorContains(t, err, want)
	}
}
