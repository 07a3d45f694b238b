package aws

import (
	"context"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

// EveryMinute has a function called at every full minute before the alarms are evaluated, for the metrics AWS publishes
// of its own accord. It is not called while the region is down.
func (r *Region) EveryMinute(publish func(now time.Time)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.everyMinute = append(r.everyMinute, publish)
}

// run ticks at every multiple of cloudwatch.Resolution on the sandbox's clock. A machine too slow for the clock's speed
// makes the ticks late, never fewer.
func (r *Region) run(ctx context.Context) {
	const step = cloudwatch.Resolution
	for next := r.Now().Truncate(step).Add(step); ; next = next.Add(step) {
		if r.Clock.Sleep(ctx, next.Sub(r.Now())) != nil {
			return
		}
		r.tick(next)
	}
}

func (r *Region) tick(now time.Time) {
	defer edge.Recover("metrics and alarms of "+r.Name, nil) // the next tick is due in ten seconds
	if now.Truncate(time.Minute).Equal(now) && !r.Down() {
		r.mu.Lock()
		publishers := slices.Clone(r.everyMinute)
		r.mu.Unlock()
		for _, publish := range publishers {
			publish(now)
		}
	}
	if !r.Down() {
		r.ACM.Tick(now)
		r.Backup.Tick(now)
	}
	r.CloudWatch.Tick(now)
}

// publish publishes what there is of a service's own samples.
func (r *Region) publish(namespace string, data []cloudwatch.Datum) {
	if len(data) > 0 {
		_ = r.CloudWatch.Publish(namespace, data...) // CloudWatch down: the samples are lost, as on AWS
	}
}

// ended is a moment of the minute that has just ended, which is the one the alarms look at.
func ended(now time.Time) time.Time { return now.Add(-time.Second) }

func (r *Region) publishQueueMetrics(now time.Time) { r.publish("AWS/SQS", r.SQS.Metrics(ended(now))) }

// publishExpiry publishes each minute what AWS publishes twice a day.
func (r *Region) publishExpiry(now time.Time) {
	r.publish("AWS/CertificateManager", r.ACM.Metrics(ended(now)))
}

// publishJobs publishes what has become of backups, copies and restores.
func (r *Region) publishJobs(now time.Time) {
	if now.Truncate(backup.MetricsInterval).Equal(now) {
		r.publish("AWS/Backup", r.Backup.Metrics(ended(now)))
	}
}

// publishTopicMetrics publishes what happened to the region's topics; a topic to which nothing happened has no samples.
func (r *Region) publishTopicMetrics(now time.Time) {
	var data []cloudwatch.Datum
	for topicARN, c := range r.SNS.TakeCounts() {
		dimensions := map[string]string{"TopicName": topicARN[strings.LastIndex(topicARN, ":")+1:]}
		for metric, count := range map[string]int{
			"NumberOfMessagesPublished":      c.Published,
			"NumberOfNotificationsDelivered": c.Delivered,
			"NumberOfNotificationsFailed":    c.Failed,
		} {
			data = append(data, cloudwatch.Sample(metric, dimensions, float64(count), "Count", ended(now)))
		}
	}
	r.publish("AWS/SNS", data)
}

// publishUsage is what Aurora DSQL publishes to CloudWatch in a cluster's region each minute, as far as the SQL
// endpoint knows it (Aurora DSQL User Guide, "Monitoring Aurora DSQL with Amazon CloudWatch"); a cluster that was idle
// publishes nothing.
func (r *Region) publishUsage(usage map[string]sqlendpoint.Usage, now time.Time) {
	var data []cloudwatch.Datum
	for arn, u := range usage {
		cluster := map[string]string{"ClusterId": arn[strings.LastIndex(arn, "/")+1:]}
		add := func(metric string, value float64, unit string) {
			data = append(data, cloudwatch.Sample(metric, cluster, value, unit, ended(now)))
		}
		add("TotalTransactions", float64(u.Transactions), "Count")
		add("ReadOnlyTransactions", float64(u.ReadOnly), "Count")
		add("OccConflicts", float64(u.Conflicts), "Count")
		if len(u.Commits) > 0 {
			add("CommitLatency", float64(u.MedianCommit().Microseconds())/1000, "Milliseconds")
		}
	}
	r.publish("AWS/AuroraDSQL", data)
}
