package rehearsal

import (
	"encoding/json"
	"fmt"
	"time"

	"aurora-dsql-dr/rehearsal/recipe"
	"aurora-dsql-dr/rehearsal/workload"
)

// Report is what became of a rehearsal.
type Report struct {
	*Rehearsal
	Provenance Provenance `json:"provenance"`
	// Passed is false when a budget, an expectation or the hypothesis was missed.
	Passed bool `json:"passed"`
	// Score is the mean of the checks' scores.
	Score int `json:"score"`
	// Speed is how fast the sandbox's clock ran; budgets are judged at 1 only.
	Speed    float64 `json:"speed"`
	Interval Offset  `json:"probeInterval"`
	// Started is sandbox time, and the moment of the first fault; Ended is the end of the last, and Watched until when the
	// stack was observed.
	Started time.Time `json:"started"`
	Ended   Offset    `json:"ended"`
	Watched Offset    `json:"watched"`
	// Took is wall time, deployment included.
	Took Offset `json:"took"`

	Times    map[Measure]Time `json:"times"`
	Checks   []Check          `json:"checks"`
	Messages []Message        `json:"messages"`
	Writes   Writes           `json:"writes"`
	// Events are those of the application; nil if the workload was not the application.
	Events *Events `json:"events,omitempty"`
	// Recipe is the same outage beside; nil if it was not run.
	Recipe   *recipe.Column `json:"recipe,omitempty"`
	Timeline []Entry        `json:"timeline"`
}

// Offset is a time since the first fault, or a length of time. It is written in seconds.
type Offset time.Duration

// MarshalJSON writes seconds.
func (o Offset) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(o).Seconds()) }

func (o Offset) String() string { return short(time.Duration(o)) }

// Time is when something happened, or that it never did. It is written in seconds, never as null.
type Time struct {
	Happened bool
	After    time.Duration
}

func at(d time.Duration) Time { return Time{true, d} }

// MarshalJSON writes seconds or null.
func (t Time) MarshalJSON() ([]byte, error) {
	if !t.Happened {
		return []byte("null"), nil
	}
	return json.Marshal(t.After.Seconds())
}

func (t Time) String() string {
	if !t.Happened {
		return "never"
	}
	return short(t.After)
}

// Check is one thing that was judged.
type Check struct {
	Name string `json:"name"`
	Want string `json:"want"`
	Got  string `json:"got"`
	// Judged is false for what is only reported; then it has passed and has no score.
	Judged bool `json:"judged"`
	Passed bool `json:"passed"`
	// Score is 100 or 0, and for a time what it leaves of twice its budget: 100 at once, 50 in the last moment.
	Score int `json:"score"`
}

func verdictOf(name, want, got string, passed bool) Check {
	c := Check{Name: name, Want: want, Got: got, Judged: true, Passed: passed}
	if passed {
		c.Score = 100
	}
	return c
}

// budgetCheck judges a time. At another speed than the wall's it is only reported, unless it should not have happened.
func budgetCheck(m Measure, b Budget, t Time, speed float64) Check {
	switch {
	case b.Unjudged || !b.Never && speed != 1:
		return Check{Name: string(m), Want: b.String(), Got: t.String(), Passed: true}
	case b.Never:
		return verdictOf(string(m), "never", t.String(), !t.Happened)
	}
	c := verdictOf(string(m), "within "+short(b.Within), t.String(), t.Happened && t.After <= b.Within)
	c.Score = 0
	if t.Happened {
		c.Score = max(0, 100-int(50*t.After/b.Within))
	}
	return c
}

// Writes is what became of the workload's writes.
type Writes struct {
	Acknowledged int            `json:"acknowledged"`
	By           map[string]int `json:"acknowledgedByEndpoint"`
	Refused      int            `json:"refused"`
	Pending      int            `json:"pending"`
	Lost         int            `json:"lost"`
}

func writesOf(r workload.Result) Writes {
	return Writes{Acknowledged: r.Total(), By: r.Acknowledged, Refused: r.Refused, Pending: r.Pending, Lost: distinct(r.Lost)}
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

// Counts are the messages that paged, and the expected ones that did not come.
type Counts struct {
	Sent, Duplicate, False, Missing int
}

// Counts counts messages.
func (r *Report) Counts() (c Counts) {
	for _, m := range r.Messages {
		if m.pages() {
			c.Sent++
		}
		if m.Judgement == Duplicate {
			c.Duplicate++
		}
		if m.Judgement == False {
			c.False++
		}
	}
	for _, check := range r.Checks {
		if check.Name == "message" && !check.Passed {
			c.Missing++
		}
	}
	return c
}

// conclude gives the report its result.
func (r *Report) conclude() {
	r.Passed = true
	sum, judged := 0, 0
	for _, c := range r.Checks {
		r.Passed = r.Passed && c.Passed
		if c.Judged {
			sum += c.Score
			judged++
		}
	}
	if judged > 0 {
		r.Score = sum / judged
	}
}

// Limits say what the workload proves and what it cannot.
func (r *Report) Limits() []string {
	proved := "they noticed a refusal, repeated the write under the same id, moved to the endpoint that serves, and found every " +
		"acknowledged row through both endpoints afterwards."
	if r.Workload == WorkloadApplication {
		proved = "they noticed a refusal, repeated the order under the same id, moved to the other region's API, and found every " +
			"acknowledged transaction through both APIs afterwards; and that the outbox and the buses brought the event of each into both regions."
	}
	return []string{
		"What the writes prove is the clients' part: " + proved,
		"What they do not prove: durability and replication inside Aurora DSQL. The sandbox has one PostgreSQL behind both " +
			"endpoints; that an acknowledged commit survives the loss of a region is AWS's promise.",
		fmt.Sprintf("Times are sandbox time at speed %g. Networks between real regions add their round trips.", r.Speed),
	}
}
