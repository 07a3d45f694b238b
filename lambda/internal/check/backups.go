package check

import (
	"time"

	"aurora-dsql-dr/lambda/internal/metrics"
)

// lookAtBackups has the vaults read beside the rounds, which do not wait for it: a run publishes what is known when its
// last round ends.
func (c *Checker) lookAtBackups(r *run) {
	if c.Backups == nil {
		return
	}
	r.looked = make(chan struct{})
	r.background.Go(func() {
		defer close(r.looked)
		c.Backups.Look(r.publishing)
	})
}

// aged adds the ages of backups that were looked for. A run of a single round may end it before the look, for which it
// waits as long as a round may take: a function that begins anew for each run, as one does that runs once an hour,
// would else never say how old they are, and silence is no alarm.
func (c *Checker) aged(r *run, series []metrics.Series, times timetable) []metrics.Series {
	if c.Backups == nil {
		return series
	}
	select {
	case <-r.looked:
	case <-time.After(time.Until(c.Cadence.firstRound(times))):
	}
	for i := range series {
		if hours, looked := c.Backups.Age(series[i].Target.ClusterID, time.Now()); looked {
			series[i].BackupAge = &hours
		}
	}
	return series
}
