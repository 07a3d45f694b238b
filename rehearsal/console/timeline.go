package console

import (
	"slices"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
)

const (
	// shownEntries is how much of the timeline the page gets.
	shownEntries = 200
	// maxChanges bounds what is remembered of each source; the oldest go first.
	maxChanges = 500
)

// entryView is a line of the timeline.
type entryView struct {
	Time time.Time `json:"time"`
	// Kind is fault, verdict, alarm, message or rehearsal.
	Kind chronicle.Source `json:"kind"`
	Tone chronicle.Tone   `json:"tone"`
	// Region is where it happened; "" for all of them.
	Region string `json:"region,omitempty"`
	Text   string `json:"text"`
	Detail string `json:"detail,omitempty"`
	// After is the time since the latest fault was injected or undone, in seconds.
	After *float64 `json:"after,omitempty"`
}

// viewTimeline is the latest of what happened, newest first. Single probes are left out: the page shows what they
// change.
func viewTimeline(happened []chronicle.Entry) []entryView {
	views := []entryView{}
	for _, e := range happened {
		if e.Source != chronicle.Probe {
			views = append(views, viewEntry(e))
		}
	}
	slices.SortStableFunc(views, func(a, b entryView) int { return a.Time.Compare(b.Time) })
	countFromFaults(views)
	views = views[max(0, len(views)-shownEntries):]
	slices.Reverse(views)
	return views
}

func viewEntry(e chronicle.Entry) entryView {
	view := entryView{
		Time:   e.Time,
		Kind:   e.Source,
		Tone:   e.Tone,
		Region: e.Region,
		Text:   e.Title,
		Detail: e.Detail,
	}
	if ofRehearsal(e) {
		view.Kind = chronicle.Rehearsal
		view.Detail = e.Lane
	}
	return view
}

// ofRehearsal is what only a rehearsal that is held from the page tells: the page sees all else as it happens.
func ofRehearsal(e chronicle.Entry) bool {
	switch e.Source {
	case chronicle.Rehearsal, chronicle.Deployment, chronicle.Client:
		return true
	default:
		return false
	}
}

// countFromFaults says of each entry how long after the latest change of the faults it came.
func countFromFaults(views []entryView) {
	var start time.Time
	for i := range views {
		e := &views[i]
		if e.Kind == chronicle.Fault {
			start = e.Time
		} else if !start.IsZero() {
			after := e.Time.Sub(start).Seconds()
			e.After = &after
		}
	}
}
