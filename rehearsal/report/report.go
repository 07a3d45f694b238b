// Package report says what became of a rehearsal: how long it took to notice, to tell people, to serve clients again
// and to say that it is over, who was told what, and whether an acknowledged write was lost. It judges what was seen
// and writes it for people, programs and CI.
package report

import (
	"fmt"
	"time"

	"aurora-dsql-dr/rehearsal/script"
)

// Report is what became of a rehearsal.
type Report struct {
	*script.Rehearsal
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

	Times    map[script.Measure]Time `json:"times"`
	Checks   []Check                 `json:"checks"`
	Messages []Message               `json:"messages"`
	Writes   Writes                  `json:"writes"`
	// Events are those of the application; nil if the workload was not the application.
	Events *Events `json:"events,omitempty"`
	// Traffic is what became of the application's name; nil if the clients know none.
	Traffic *Traffic `json:"traffic,omitempty"`
	// Recipe is the same outage beside; nil if it was not run.
	Recipe   *Column  `json:"recipe,omitempty"`
	Timeline []Moment `json:"timeline"`
}

// Counts are the messages that paged, and the expected ones that did not come.
type Counts struct {
	Sent, Duplicate, False, Missing int
}

// Counts counts messages.
func (r *Report) Counts() (c Counts) {
	for _, m := range r.Messages {
		if m.Pages() {
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
	var proved string
	switch r.Workload {
	case script.WorkloadName:
		proved = "they knew a name only, repeated an order under the same id until it was acknowledged, looked the name up " +
			"for each new connection, none of which was older than a minute, and found every acknowledged transaction " +
			"through both APIs afterwards."
	case script.WorkloadApplication:
		proved = "they noticed a refusal, repeated the order under the same id, moved to the other region's API, and " +
			"found every acknowledged transaction through both APIs afterwards; and that the outbox and the buses brought " +
			"the event of each into both regions."
	case script.WorkloadSQL:
		proved = "they noticed a refusal, repeated the write under the same id, moved to the endpoint that serves, and " +
			"found every acknowledged row through both endpoints afterwards."
	}
	return []string{
		"What the writes prove is the clients' part: " + proved,
		"What they do not prove: durability and replication inside Aurora DSQL. The sandbox has one PostgreSQL behind both " +
			"endpoints; that an acknowledged commit survives the loss of a region is AWS's promise.",
		fmt.Sprintf("Times are sandbox time at speed %g. Networks between real regions add their round trips.", r.Speed),
	}
}
