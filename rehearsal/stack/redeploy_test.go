package stack

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/dsql"
)

// Somebody deletes both clusters; a deployment makes new ones, for the same functions under the same roles. All the
// while IAM takes its time, as it does on AWS.
func TestNewClustersAreMigratedThoughIAMTakesItsTime(t *testing.T) {
	t.Parallel()
	config := Config()
	config["aurora-dsql-dr:databaseEncryption"] = "aws-owned"
	s := newSandbox(t, sandbox.Options{IAMPropagation: 4 * time.Second})
	stack, err := Prepare(t.Context(), s, config)
	require.NoError(t, err)
	l := life{s, t, stack}
	first := l.up()
	l.everyObserverSeesBothEndpointsUp(l.outputs(first))

	before := s.Account.DSQL.Clusters()
	require.Len(t, before, 2)
	for _, c := range before {
		_, err := s.Account.Region(c.Region).DSQL.DeleteCluster(dsql.DeleteClusterInput{Identifier: c.Identifier})
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return len(s.Account.DSQL.Clusters()) == 0 }, time.Minute, 10*time.Millisecond)

	again := l.up()
	after := s.Account.DSQL.Clusters()
	require.Len(t, after, 2)
	assert.NotEqual(t, before[0].ARN, after[0].ARN)
	l.everyObserverSeesBothEndpointsUp(l.outputs(again))
	assert.Empty(t, changed(l.up()), "nothing is left to do")
	l.whatIsNamedAfterTheClusterFollows(l.outputs(again))
}

// whatIsNamedAfterTheClusterFollows holds composite alarms and dashboards to the clusters there are: nothing of former
// ones is left, and nothing is missing.
func (l life) whatIsNamedAfterTheClusterFollows(outputs Outputs) {
	l.t.Helper()
	name := "aurora-dsql-dr-sandbox-" + outputs.ClusterIdentifiers["us-east-1"][:8]
	composites, dashboards := 0, 0
	for _, r := range l.Account.Regions() {
		for _, alarm := range r.CloudWatch.CompositeAlarms() {
			assert.True(l.t, strings.HasPrefix(alarm.AlarmName, name+"-us-"), alarm.AlarmName)
			composites++
		}
		for _, dashboard := range r.CloudWatch.Dashboards() {
			assert.Equal(l.t, name, dashboard.DashboardName)
			dashboards++
		}
	}
	assert.Equal(l.t, 7, composites, "two of a data region on the other one, and one for each observer's second watcher")
	assert.Equal(l.t, 1, dashboards)
}
