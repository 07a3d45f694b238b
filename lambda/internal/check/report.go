package check

import (
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/emf"
	"aurora-dsql-dr/lambda/internal/metrics"
	"aurora-dsql-dr/lambda/internal/probe"
)

func (c *Checker) report(r *run, start time.Time, requestID string) contract.HealthReport {
	report := contract.HealthReport{
		Timestamp:    start.UTC(),
		Region:       c.Observer,
		FunctionName: c.FunctionName,
		RequestID:    requestID,
		Healthy:      true,
		Memory:       c.memory(r),
	}
	for i, result := range r.last {
		probes := r.series[i].Probes
		health := targetHealth(c.Targets[i], result, probes[len(probes)-1])
		report.Targets = append(report.Targets, health)
		report.Healthy = report.Healthy && health.Healthy
		report.Probes = len(probes)
	}
	return report
}

func targetHealth(t contract.Target, result probe.Result, p metrics.Probe) contract.TargetHealth {
	health := contract.TargetHealth{
		Region:        t.Region,
		ClusterID:     t.ClusterID,
		ClusterARN:    t.ClusterARN,
		Status:        result.Cluster.Status,
		Healthy:       p.Verdict.Serves(),
		Verdict:       p.Verdict.String(),
		Reason:        result.Observation.Reason.String(),
		ConnectMillis: emf.Millis(p.Connect),
		QueryMillis:   emf.Millis(p.Query),
		CommitMillis:  emf.Millis(p.Commit),
	}
	if result.Err != nil {
		health.Detail = result.Err.Error()
	}
	if p.MarkerAge != nil {
		health.MarkerAgeSeconds = p.MarkerAge.Seconds()
	}
	return health
}
