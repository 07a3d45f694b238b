package aws

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

func TestAClustersMetricsArePublishedInItsRegion(t *testing.T) {
	account := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-east-1"}})
	t.Cleanup(func() { assert.NoError(t, account.Close()) })
	r := account.Region("us-east-1")
	minute := r.Now().Truncate(time.Minute)
	r.publishUsage(map[string]sqlendpoint.Usage{
		"arn:aws:dsql:us-east-1:123456789012:cluster/busy":    {Transactions: 10, ReadOnly: 4, Conflicts: 2, Commits: []time.Duration{3 * time.Millisecond}},
		"arn:aws:dsql:us-east-1:123456789012:cluster/reading": {Transactions: 1, ReadOnly: 1},
	}, minute)
	value := func(cluster, metric string) []cloudwatch.Datapoint {
		points, err := r.CloudWatch.GetMetricStatistics(cloudwatch.Metric{Namespace: "AWS/AuroraDSQL", Name: metric,
			Dimensions: map[string]string{"ClusterId": cluster}}, minute.Add(-time.Minute), minute, time.Minute, "")
		require.NoError(t, err)
		return points
	}
	for metric, want := range map[string]float64{"TotalTransactions": 10, "ReadOnlyTransactions": 4, "OccConflicts": 2, "CommitLatency": 3} {
		points := value("busy", metric)
		require.Len(t, points, 1, metric)
		assert.InDelta(t, want, points[0].Sum, 0.001, metric)
	}
	assert.Empty(t, value("reading", "CommitLatency"), "nothing was written")
}
