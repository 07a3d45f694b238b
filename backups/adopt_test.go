package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (w *world) state() string {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(w.files, "state.json"))
	require.NoError(w, err)
	return string(text)
}

func TestAStackTakesARestoredPair(t *testing.T) {
	w := newWorld(t)
	point := w.backedUp()
	w.lose()
	require.NoError(t, w.run("restore", "-point", point.Arn, "-confirm", "yes"))
	made := w.restored()
	require.NoError(t, w.run("adopt", "-clusters", made[1].ARN+" "+made[0].ARN))
	assert.Contains(t, w.said.String(), "make up STACK=prod")
	before := w.pair
	w.pair = made
	resources := w.resources()
	w.pair = before
	resources[3] = w.resources()[3] // the monitor has the old cluster until the next deployment
	after := w.state()
	w.deployed(resources...)
	assert.JSONEq(t, w.state(), after)
}

func TestOnlyAPairOfTheStacksRegionsIsTaken(t *testing.T) {
	w := newWorld(t)
	before := w.state()
	own, other := w.pair[0].ARN, w.pair[1].ARN
	for clusters, says := range map[string]string{
		"":                                  "CLUSTERS is",
		own:                                 "want the ARNs of the two clusters of a pair",
		own + " cluster":                    `the ARN of a cluster is "cluster": want arn:aws:dsql:`,
		own + " arn:aws:dsql:us-west-2:1:x": `the region of a cluster is "us-west-2"`,
		own + " " + own:                     "is not the peer of",
		"arn:aws:dsql:us-east-1:123456789012:cluster/aaaaaaaaaaaaaaaaaaaaaaaaaa " + other: "ResourceNotFoundException",
	} {
		assert.ErrorContains(t, w.run("adopt", "-clusters", clusters), says, clusters)
	}
	assert.Equal(t, before, w.state())
}

func TestAClusterThatTheStateHasLostIsToBeImported(t *testing.T) {
	w := newWorld(t)
	w.deployed(w.resources()[0])
	err := w.run("adopt", "-clusters", w.pair[0].ARN+" "+w.pair[1].ARN)
	for _, says := range []string{"the state has no cluster database-secondary-cluster",
		"pulumi import --stack prod --protect=true",
		"'secondary=urn:pulumi:prod::aurora-dsql-dr::pulumi:providers:aws::secondary'",
		"aws:dsql/cluster:Cluster database-secondary-cluster " + w.pair[1].Identifier,
		"--protect=false", "aws:dsql/clusterPeering:ClusterPeering database-secondary-peering " + w.pair[1].Identifier} {
		assert.ErrorContains(t, err, says)
	}
	assert.NotContains(t, err.Error(), "database-primary")
}
