package sandbox

import (
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

// publishUsage is what Aurora DSQL publishes to CloudWatch in a cluster's region each minute, as far as the SQL endpoint
// knows it (Aurora DSQL User Guide, "Monitoring Aurora DSQL with Amazon CloudWatch"); a cluster that was idle publishes
// nothing. The samples are dated into the minute that has just ended.
func publishUsage(r *aws.Region, usage map[string]sqlendpoint.Usage, now time.Time) {
	at := now.Add(-time.Second)
	var data []cloudwatch.Datum
	for arn, u := range usage {
		cluster := map[string]string{"ClusterId": arn[strings.LastIndex(arn, "/")+1:]}
		data = append(data,
			cloudwatch.Sample("TotalTransactions", cluster, float64(u.Transactions), "Count", at),
			cloudwatch.Sample("ReadOnlyTransactions", cluster, float64(u.ReadOnly), "Count", at),
			cloudwatch.Sample("OccConflicts", cluster, float64(u.Conflicts), "Count", at))
		if len(u.Commits) > 0 {
			data = append(data, cloudwatch.Sample("CommitLatency", cluster, float64(u.MedianCommit().Microseconds())/1000, "Milliseconds", at))
		}
	}
	if len(data) > 0 {
		_ = r.CloudWatch.Publish("AWS/AuroraDSQL", data...) // CloudWatch down: the samples are lost, as on AWS
	}
}
