package main

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/pair"
	"aurora-dsql-dr/sandbox/dsql"
)

// deployed gives the stack a state with clusters, of which an empty one is missing, and a function that knows them.
func (w *world) deployed(own, other pair.Cluster) {
	w.Helper()
	const stack = "urn:pulumi:prod::aurora-dsql-dr::pulumi:pulumi:Stack::aurora-dsql-dr-prod"
	custom := func(kind, name, id string, more map[string]any) map[string]any {
		r := map[string]any{"urn": "urn:pulumi:prod::aurora-dsql-dr::" + kind + "::" + name, "custom": true, "type": kind,
			"id": id, "parent": stack}
		maps.Copy(r, more)
		return r
	}
	resources := []any{
		map[string]any{"urn": stack, "custom": false, "type": "pulumi:pulumi:Stack", "outputs": outputs(own, other)},
		custom("aws:lambda/function:Function", "primary-monitor", "f",
			map[string]any{"inputs": map[string]any{"env": own.ARN}}),
	}
	for i, c := range []pair.Cluster{own, other} {
		peer := []pair.Cluster{other, own}[i]
		if c.ID != "" {
			resources = append(resources,
				custom(kindCluster, clusterName(i), c.ID, map[string]any{"outputs": map[string]any{"arn": c.ARN}}),
				custom(kindPeering, peeringName(i), c.ID, map[string]any{"inputs": map[string]any{"clusters": []any{peer.ARN}}}))
		}
	}
	state, err := json.Marshal(map[string]any{"version": 3, "deployment": map[string]any{
		"manifest":  map[string]any{"time": "2026-01-01T00:00:00Z", "magic": "", "version": ""},
		"resources": resources,
	}})
	require.NoError(w, err)
	w.write("state.json", string(state))
	w.pulumi("stack", "import", "--stack", "prod", "--file", "state.json", "--force")
}

// outputs are what a deployed stack with these clusters exports, as far as it is looked at.
func outputs(own, other pair.Cluster) map[string]any {
	all := map[string]any{"regions": map[string]any{"primary": virginia, "secondary": ohio, "witness": oregon}}
	for _, name := range []string{
		"clusterEndpoints", "alertTopicArns", "monitorFunctionNames", "alarmNames", "dashboardUrl",
	} {
		all[name] = map[string]any{}
	}
	all["clusterIdentifiers"] = map[string]any{virginia: own.ID, ohio: other.ID}
	all["clusterArns"] = map[string]any{virginia: own.ARN, ohio: other.ARN}
	return all
}

// restored makes a pair as AWS Backup does.
func (w *world) restored() (own, other pair.Cluster) {
	w.Helper()
	made, err := w.account.DSQL.Restore(dsql.RestoreInput{
		Witness:  oregon,
		Clusters: []dsql.RestoredCluster{{Region: virginia}, {Region: ohio}},
	})
	require.NoError(w, err)
	w.account.DSQL.Restored(made[0].ARN, made[1].ARN)
	own, err = pair.Parse(made[0].ARN)
	require.NoError(w, err)
	other, err = pair.Parse(made[1].ARN)
	require.NoError(w, err)
	return own, other
}

func TestAStackTakesARestoredPair(t *testing.T) {
	w := newWorld(t)
	before, beside := w.restored()
	own, other := w.restored()
	w.pulumi("stack", "init", "prod")
	w.deployed(before, beside)
	was := w.pulumi("stack", "export", "--stack", "prod")
	require.NoError(t, w.adopt(other.ARN+" "+own.ARN), "in whatever order")
	assert.Contains(t, w.said.String(), "make up STACK=prod")
	after := w.state()
	for i, c := range []pair.Cluster{own, other} {
		a := adoption{state: after}
		assert.Equal(t, c.ID, a.idOf(i))
	}
	is := w.pulumi("stack", "export", "--stack", "prod")
	monitor := func(state string) string {
		_, text, found := strings.Cut(state, `"env": "`)
		require.True(t, found)
		text, _, _ = strings.Cut(text, `"`)
		return text
	}
	assert.Equal(t, before.ARN, monitor(is), "the monitor has the old cluster until the next deployment")
	assert.Equal(t, strings.Count(was, beside.ID)-2, strings.Count(is, other.ID), "all but the outputs")
}

func TestOnlyAPairOfTheStacksRegionsIsTaken(t *testing.T) {
	w := newWorld(t)
	own, other := w.restored()
	w.pulumi("stack", "init", "prod")
	w.deployed(own, other)
	before := w.pulumi("stack", "export", "--stack", "prod")
	made, err := w.account.DSQL.Restore(dsql.RestoreInput{
		Witness:  ohio,
		Clusters: []dsql.RestoredCluster{{Region: montreal}, {Region: virginia}},
	})
	require.NoError(t, err)
	w.account.DSQL.Restored(made[0].ARN, made[1].ARN)
	err = w.adopt(made[0].ARN + " " + made[1].ARN)
	assert.ErrorContains(t, err, `the region of `+made[0].ARN+` is "ca-central-1": want us-east-2, the stack's secondary`)
	assert.ErrorContains(t, err, `the witness is "us-east-2": want us-west-2, the stack's`)
	assert.JSONEq(t, before, w.pulumi("stack", "export", "--stack", "prod"))
}

func TestAClusterThatTheStateHasLostIsToBeImported(t *testing.T) {
	w := newWorld(t)
	before, _ := w.restored()
	own, other := w.restored()
	w.pulumi("stack", "init", "prod")
	w.deployed(before, pair.Cluster{})
	err := w.adopt(own.ARN + " " + other.ARN)
	for _, says := range []string{"the state has no cluster database-secondary-cluster",
		"pulumi import --stack prod --protect=true",
		"'secondary=urn:pulumi:prod::aurora-dsql-dr::pulumi:providers:aws::secondary'",
		"aws:dsql/cluster:Cluster database-secondary-cluster " + other.ID,
		"--protect=false", "aws:dsql/clusterPeering:ClusterPeering database-secondary-peering " + other.ID} {
		assert.ErrorContains(t, err, says)
	}
	assert.NotContains(t, err.Error(), "database-primary")
}
