package contract

import "time"

// LongestRun bounds a run of the health check, however rare runs are.
const LongestRun = time.Minute

// Rounds is how many rounds of probes a run makes: as many as fit the schedule or the limit of a run, whichever is
// shorter, and at least one.
func Rounds(schedule, limit, interval time.Duration) int {
	return max(1, int(min(schedule, limit)/interval))
}
