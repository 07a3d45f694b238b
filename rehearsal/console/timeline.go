package console

import (
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/sns"
)

// shownEntries is how much of the timeline the page gets.
const shownEntries = 200

// tone is what something means to whoever operates the database.
type tone string

const (
	bad   tone = "bad"
	warn  tone = "warn"
	good  tone = "good"
	info  tone = "info"
	quiet tone = "quiet" // not worth a line of the timeline
)

// entry is a line of the timeline.
type entry struct {
	Time time.Time `json:"time"`
	// Kind is fault, verdict, alarm, message or rehearsal.
	Kind string `json:"kind"`
	Tone tone   `json:"tone"`
	// Region is where it happened; "" for all of them.
	Region string `json:"region,omitempty"`
	Text   string `json:"text"`
	Detail string `json:"detail,omitempty"`
	// After is the time since the latest fault was injected or undone, in seconds.
	After *float64 `json:"after,omitempty"`
}

// timeline is the latest of what happened, newest first.
func (c *Console) timeline(histories map[string][]cloudwatch.HistoryItem, messages []sns.Message) []entry {
	entries := append([]entry{}, slices.Concat(c.observers.recent(), c.chronicle.recent(), c.stage.recent())...)
	for region, history := range histories {
		for _, item := range history {
			if tone := toneOfTransition(item.Old, item.New); item.Type == cloudwatch.HistoryStateUpdate && tone != quiet {
				entries = append(entries, entry{Time: item.Timestamp, Kind: "alarm", Tone: tone, Region: region,
					Text: item.AlarmName + " " + string(item.New), Detail: item.Reason})
			}
		}
	}
	for _, m := range messages {
		if tone := toneOf(m); tone != quiet {
			entries = append(entries, entry{Time: m.Time, Kind: "message", Tone: tone, Region: m.Region,
				Text: m.Subject, Detail: m.Protocol + " to " + m.Endpoint})
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.Time.Compare(b.Time) })
	countFromFaults(entries)
	entries = entries[max(0, len(entries)-shownEntries):]
	slices.Reverse(entries)
	return entries
}

// countFromFaults says of each entry how long after the latest change of the faults it came.
func countFromFaults(entries []entry) {
	var start time.Time
	for i := range entries {
		e := &entries[i]
		if e.Kind == "fault" {
			start = e.Time
		} else if !start.IsZero() {
			after := e.Time.Sub(start).Seconds()
			e.After = &after
		}
	}
}
