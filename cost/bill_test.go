package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
)

// root is the project's directory; pricing leaves it.
var root, _ = filepath.Abs("..")

func linesOf(t *testing.T, stack string, changes map[string]string) []line {
	t.Helper()
	t.Chdir(root)
	config, err := graph.StackConfig(".", stack)
	require.NoError(t, err)
	for key, value := range changes {
		config["aurora-dsql-dr:"+key] = value
	}
	p, err := loadPrices()
	require.NoError(t, err)
	g, err := describe(stack, config)
	require.NoError(t, err)
	lines, err := bill(g, p, assumedGB)
	require.NoError(t, err)
	return lines
}

func quantity(lines []line, what string) float64 {
	for _, l := range lines {
		if l.What == what {
			return l.Quantity
		}
	}
	return 0
}

func TestWatchingStaysWithinItsBudget(t *testing.T) {
	for stack, most := range map[string]float64{"dev": 25, "prod": 75} {
		t.Run(stack, func(t *testing.T) {
			sum := total(linesOf(t, stack, nil))
			assert.LessOrEqual(t, sum, most)
			assert.Greater(t, sum, most/4, "a bill this small has lost a line")
		})
	}
}

func TestTheReadmeSaysWhatWatchingCosts(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	for _, stack := range []string{"dev", "prod"} {
		assert.Contains(t, string(readme), fmt.Sprintf("**$%.2f**", total(linesOf(t, stack, nil))), "the total of stack %s",
			stack)
	}
}

func TestTheBillFollowsTheGraph(t *testing.T) {
	lean := linesOf(t, "dev", nil)
	assert.Equal(t, 3.0, quantity(lean, "KMS keys"), "a key for each topic")
	assert.Equal(t, 16.0, quantity(lean, "Custom metrics"),
		"3 observers x 2 endpoints x 2 regions, and ClusterHealth in 2 regions for 2 clusters")
	full := linesOf(t, "prod", map[string]string{"backups": "{}"}) // without
	assert.Equal(t, 5.0, quantity(full, "KMS keys"), "and one for each cluster")
	assert.Equal(t, 40.0, quantity(full, "Custom metrics"), "and 4 metrics x 3 observers x 2 endpoints")
	assert.Equal(t, quantity(lean, "Alarms")+4, quantity(full, "Alarms"))
	x86 := linesOf(t, "dev", map[string]string{"monitor": `{"architecture":"x86_64"}`})
	assert.Zero(t, quantity(x86, "Lambda duration, arm64"))
	assert.Zero(t, quantity(linesOf(t, "dev", map[string]string{"monitor": `{"tracing":false}`}), "X-Ray traces"))
}

func TestRoutingHasItsPrice(t *testing.T) {
	routed := func(more string) []line {
		return linesOf(t, "dev", map[string]string{
			"application":         "enabled",
			"applicationSettings": `{"jwt":{"issuer":"https://login.example.com/","audience":"pay"}}`,
			"traffic":             `{"zoneId":"Z0123456789","domain":"pay.example.com"` + more + `}`,
		})
	}
	unrouted := linesOf(t, "dev", map[string]string{"application": "enabled"})
	for _, l := range unrouted {
		assert.NotRegexp(t, "livez|Health check|HTTPS", l.What)
	}
	fast, slow := routed(""), routed(`,"fastChecks":false`)
	assert.Equal(t, 10.0, quantity(fast, healthChecks), "of each region what the observers say, two of three, and the endpoint")
	assert.Equal(t, 4.0, quantity(fast, "HTTPS, fast interval"))
	assert.Equal(t, 2.0, quantity(slow, "HTTPS, fast interval"))
	assert.Equal(t, quantity(unrouted, "Custom metrics")+6, quantity(fast, "Custom metrics"), "what 3 observers say of 2 endpoints")
	assert.Equal(t, quantity(unrouted, "Alarms")+16, quantity(fast, "Alarms"),
		"and for each region one of its certificate, two of /livez, and two by which those of the API are told apart")
	assert.InDelta(t, 2*16*730*360/1e6, quantity(fast, "/livez, runs"), 0.001, "16 checkers of each region's, every 10 seconds")
	assert.InDelta(t, quantity(fast, "/livez, runs"), 3*quantity(slow, "/livez, runs"), 0.001)
	assert.Greater(t, quantity(fast, "/livez, arm64"), 0.0)

	const target = `{"name":"a.example.net","zoneId":"ZELB","healthCheck":{"host":"a.example.net","path":"/"}}`
	others := linesOf(t, "dev", map[string]string{"traffic": `{"zoneId":"Z0123456789","domain":"pay.example.com",
		"targets":{"us-east-1":` + target + `,"us-east-2":` + target + `}}`})
	assert.Equal(t, 10.0, quantity(others, healthChecks))
	assert.Zero(t, quantity(others, "/livez, runs"), "somebody else pays for the answers")
}

func TestAnExpressionIsChargedForEveryMetricItReads(t *testing.T) {
	queries := resource.NewPropertyMapFromMap(map[string]any{"metricQueries": []any{
		map[string]any{"metric": map[string]any{}}, map[string]any{"metric": map[string]any{}},
		map[string]any{"expression": "a+b"},
	}})
	assert.Equal(t, 2, alarmReads(graph.Resource{Inputs: queries}))
	assert.Equal(t, 1, alarmReads(graph.Resource{Inputs: resource.PropertyMap{}}))
}

func TestWhoeverAsksForAnUnknownStackIsToldWhichThereAre(t *testing.T) {
	t.Chdir(root)
	makeCost := func(arguments ...string) string {
		cmd := exec.CommandContext(t.Context(), "make", append(arguments, "cost")...)
		cmd.Env = append(os.Environ(), "MAKEFLAGS=")
		out, err := cmd.CombinedOutput()
		require.Error(t, err)
		return string(out)
	}
	for _, said := range []string{run("nosuch", "", &bytes.Buffer{}).Error(), makeCost("STACK=nosuch")} {
		assert.Contains(t, said, "no Pulumi.nosuch.yaml")
		assert.Regexp(t, `one of\W+dev\W+prod\W`, said)
	}
	assert.Regexp(t, `STACK=<name>, one of: dev prod\n`, makeCost("STACK="))
}
