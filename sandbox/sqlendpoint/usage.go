package sqlendpoint

import (
	"slices"
	"sync"
	"time"
)

// Usage is what the clients of a cluster have done since it was last asked for. Transactions counts those that
// committed and those that met a conflict; Commits are the times of the former that wrote, in sandbox time.
type Usage struct {
	Transactions, ReadOnly, Conflicts int
	Commits                           []time.Duration
}

// MedianCommit is the P50 of the commits, 0 without any.
func (u Usage) MedianCommit() time.Duration {
	if len(u.Commits) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(u.Commits))[len(u.Commits)/2]
}

// usage is what all clusters of an endpoint were used for, by cluster ARN.
type usage struct {
	mu        sync.Mutex
	byCluster map[string]Usage
}

func (u *usage) change(clusterARN string, change func(*Usage)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	changed := u.byCluster[clusterARN]
	change(&changed)
	if u.byCluster == nil {
		u.byCluster = map[string]Usage{}
	}
	u.byCluster[clusterARN] = changed
}

func (u *usage) committed(clusterARN string, tx *transaction, took time.Duration) {
	u.change(clusterARN, func(of *Usage) {
		of.Transactions++
		if tx.ddl || tx.dml {
			of.Commits = append(of.Commits, took)
		} else {
			of.ReadOnly++
		}
	})
}

func (u *usage) conflicted(clusterARN string) {
	u.change(clusterARN, func(of *Usage) {
		of.Transactions++
		of.Conflicts++
	})
}

// Usage returns what each cluster was used for since the last call, by ARN, those that were not used left out.
func (e *Endpoint) Usage() map[string]Usage {
	e.usage.mu.Lock()
	defer e.usage.mu.Unlock()
	taken := e.usage.byCluster
	e.usage.byCluster = nil
	return taken
}
