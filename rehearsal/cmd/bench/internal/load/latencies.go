package load

import (
	"slices"
	"time"
)

// Latencies are how long the calls of one run took.
type Latencies struct {
	sorted []time.Duration
	took   time.Duration
}

// Of are of calls that were made within a time.
func Of(calls []time.Duration, took time.Duration) Latencies {
	return Latencies{slices.Sorted(slices.Values(calls)), took}
}

// Calls is their number.
func (l Latencies) Calls() int { return len(l.sorted) }

// Quantile is the time that the fraction q of the calls did not exceed; 0.5 is the median. There is at least one call.
func (l Latencies) Quantile(q float64) time.Duration {
	return l.sorted[min(int(q*float64(len(l.sorted))), len(l.sorted)-1)]
}

// PerSecond is the rate of the calls of all clients.
func (l Latencies) PerSecond() float64 { return float64(len(l.sorted)) / l.took.Seconds() }
