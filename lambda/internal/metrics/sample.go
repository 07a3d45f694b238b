// Package metrics turns a run's probes into CloudWatch metrics: the two that decide about outages go to the data
// regions by PutMetricData, the rest stays in the observer's region as embedded metric format on standard output.
// Dimension sets come from package contract, which the alarms use too.
package metrics

import (
	"slices"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// Probe is what one probe contributes. A step that was not reached has no duration.
type Probe struct {
	Verdict verdict.Verdict
	// Abstains tells that the observer was at work, but says nothing about the endpoint: the verdict is Unknown.
	Abstains               bool
	Connect, Query, Commit time.Duration
	// MarkerAge is nil if no other endpoint's marker could be read.
	MarkerAge *time.Duration
}

// Series is all probes of one endpoint in one run.
type Series struct {
	Target contract.Target
	Probes []Probe
	// Word is what traffic routing is told of the endpoint; nil says nothing.
	Word *Word
	// BackupAge is that of the newest recovery point of the endpoint's cluster that has a twin, in hours; nil says
	// nothing.
	BackupAge *float64
}

// Word is an observer's opinion for traffic routing.
type Word struct {
	Unfit bool
	// At is when the observer came to it.
	At time.Time
}

// Unreachable is the observer's vote: whether a strict majority of the run's probes found the endpoint down. One who
// abstains says no, which in a sum of votes is no vote, and that it lives. It is not ok, and nothing is to be
// published, if no probe came to a conclusion or abstained.
func (s Series) Unreachable() (unreachable, ok bool) {
	down := 0
	for _, p := range s.Probes {
		if p.Verdict == verdict.Down {
			down++
		}
		ok = ok || p.Abstains
	}
	return 2*down > len(s.Probes), ok || s.Learned()
}

// Learned tells whether any probe came to a conclusion.
func (s Series) Learned() bool {
	return slices.ContainsFunc(s.Probes, func(p Probe) bool { return p.Verdict != verdict.Unknown })
}

// Healthy tells whether the last probe that came to a conclusion found the endpoint serving; it is not ok without one.
func (s Series) Healthy() (healthy, ok bool) {
	for i := len(s.Probes) - 1; i >= 0; i-- {
		if v := s.Probes[i].Verdict; v != verdict.Unknown {
			return v.Serves(), true
		}
	}
	return false, false
}
