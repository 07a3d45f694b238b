package check

import (
	"time"

	"aurora-dsql-dr/lambda/internal/metrics"
)

// lookAtBackups has the vaults read beside the rounds, which do not wait for it: a run publishes what is known when its
// last round ends.
func (c *Checker) lookAtBackups(r *run) {
	if c.Backups != nil {
		r.background.Go(func() { c.Backups.Look(r.publishing) })
	}
}

// aged adds the ages of backups that were looked for.
func (c *Checker) aged(series []metrics.Series, now time.Time) []metrics.Series {
	for i := range series {
		if c.Backups == nil {
			break
		}
		if hours, looked := c.Backups.Age(series[i].Target.ClusterID, now); looked {
			series[i].BackupAge = &hours
		}
	}
	return series
}
