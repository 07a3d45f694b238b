package report

import (
	"slices"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/workload"
)

// measure finds the times in what was seen.
func measure(lived Lived) map[script.Measure]Time {
	seen, start := lived.Seen, lived.Outage.Start
	return map[script.Measure]Time{
		script.Detect:   first(seen.Detected, start),
		script.Alert:    told(seen.Messages, start, chronicle.Lost),
		script.Recovery: recovery(start, lived.Writes.Gaps, false),
		script.AllClear: told(seen.Messages, lived.Outage.End, chronicle.Resolved),
		script.Alarm:    told(seen.Messages, start, chronicle.InAlarm),
	}
}

// alarmNeeds is the shortest outage that the alarm on a lost region can see: two periods of the observers' schedule.
const alarmNeeds = 2 * time.Minute

// tooShort says that no alarm came because none could: an endpoint was found down, and not for long enough.
func (r *Report) tooShort() bool {
	return !r.Times[script.Alarm].Happened && r.Times[script.Detect].Happened && time.Duration(r.Ended) < alarmNeeds
}

// told is the first message of some kinds from a time on.
func told(messages []chronicle.Message, since time.Time, kinds ...chronicle.Kind) Time {
	var times []time.Time
	for _, m := range messages {
		if slices.Contains(kinds, m.Kind) {
			times = append(times, m.Time)
		}
	}
	return first(times, since)
}

// first is the earliest of some times that is not before another.
func first(times []time.Time, since time.Time) Time {
	earliest := Time{}
	for _, t := range times {
		if after := t.Sub(since); after >= 0 && (!earliest.Happened || after < earliest.After) {
			earliest = at(after)
		}
	}
	return earliest
}

// recovery is the longest gap that began after the fault, of clients that keep their connections for ever or of the
// others: zero if no client noticed, never if one is still waiting.
func recovery(start time.Time, gaps []workload.Gap, keeping bool) Time {
	longest := at(0)
	for _, g := range gaps {
		switch {
		case g.From.Before(start) || g.Keeps != keeping:
		case g.To.IsZero():
			return Time{}
		default:
			longest.After = max(longest.After, g.To.Sub(g.From))
		}
	}
	return longest
}
