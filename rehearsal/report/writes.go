package report

import "aurora-dsql-dr/rehearsal/workload"

// Writes is what became of the workload's writes.
type Writes struct {
	Acknowledged int            `json:"acknowledged"`
	By           map[string]int `json:"acknowledgedByEndpoint"`
	Refused      int            `json:"refused"`
	Pending      int            `json:"pending"`
	Lost         int            `json:"lost"`
	// Forgone were deleted by the operator after the newest recovery point.
	Forgone int `json:"forgone,omitempty"`
}

func writesOf(r workload.Result) Writes {
	return Writes{
		Acknowledged: r.Total(),
		By:           r.Acknowledged,
		Refused:      r.Refused,
		Pending:      r.Pending,
		Lost:         distinct(r.Lost),
		Forgone:      r.Forgone,
	}
}

// Events is what became of the events of acknowledged writes.
type Events struct {
	// Lost are writes whose event did not arrive in both regions.
	Lost int `json:"lost"`
	// Repeated are events that arrived again: delivery is at least once.
	Repeated int `json:"repeated"`
	// CaughtUp are further repetitions, by a region that caught up after it was away.
	CaughtUp int `json:"caughtUp"`
	// Longest is the longest time from an acknowledgement to the event's arrival in both regions.
	Longest Offset `json:"longest"`
}

func eventsOf(a *workload.Arrivals) *Events {
	if a == nil {
		return nil
	}
	return &Events{
		Lost:     distinct(a.Missing),
		Repeated: a.Repeated,
		CaughtUp: a.CaughtUp,
		Longest:  Offset(a.Longest),
	}
}

// distinct counts the ids that are in some region's list.
func distinct(byRegion map[string][]string) int {
	ids := map[string]bool{}
	for _, list := range byRegion {
		for _, id := range list {
			ids[id] = true
		}
	}
	return len(ids)
}
