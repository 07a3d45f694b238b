package sandbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/dsql"
)

// Somebody deletes both clusters; a deployment makes new ones, for the same functions under the same roles. All the while
// IAM takes its time, as it does on AWS.
func TestNewClustersAreMigratedThoughIAMTakesItsTime(t *testing.T) {
	t.Parallel()
	config := StackConfig()
	config["aurora-dsql-dr:databaseEncryption"] = "aws-owned"
	s := newSandbox(t, Options{IAMPropagation: 4 * time.Second})
	stack, err := s.DisasterRecovery(t.Context(), config)
	require.NoError(t, err)
	l := life{s, t, stack}
	first := l.up()
	l.everyObserverSeesBothEndpointsUp(first.Outputs)

	before := s.DSQL.Clusters()
	require.Len(t, before, 2)
	for _, c := range before {
		_, err := s.DSQL.Region(c.Region).DeleteCluster(dsql.DeleteClusterInput{Identifier: c.Identifier})
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return len(s.DSQL.Clusters()) == 0 }, time.Minute, 10*time.Millisecond)

	again := l.up()
	after := s.DSQL.Clusters()
	require.Len(t, after, 2)
	assert.NotEqual(t, before[0].ARN, after[0].ARN)
	l.everyObserverSeesBothEndpointsUp(again.Outputs)
	assert.Empty(t, changed(l.up()), "nothing is left to do")
}
