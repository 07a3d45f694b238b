package report

import (
	"fmt"
	"slices"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/recipe"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/workload"
)

// Lived is what a rehearsal was, from its first hypothesis to its last.
type Lived struct {
	// Speed is that of the sandbox's clock.
	Speed float64
	// Outage is the method's; Watched until when the stack was observed.
	Outage  fault.Outage
	Watched time.Time
	// Before and After are what kept the steady state from holding; if Before is one, nothing was broken.
	Before, After error
	// Deployments and Acts are the checks of the method's.
	Deployments, Acts []Check
	// Seen is all that happened.
	Seen chronicle.Record
	// Writes is what became of the workload's, Unread why acknowledged ones could not be looked for.
	Writes workload.Result
	Unread error
	// Events is what became of the application's; nil if the workload has none.
	Events *workload.Arrivals
	// Recipe is what the recipe went through; nil if it was not run.
	Recipe *recipe.Lived
}

// Moment is something that happened, in the order of the report's timeline.
type Moment struct {
	// Time is sandbox time; At is counted from the first fault.
	Time time.Time      `json:"time"`
	At   Offset         `json:"at"`
	Lane string         `json:"lane"`
	Tone chronicle.Tone `json:"tone"`
	Text string         `json:"text"`
}

// New judges what a rehearsal was by its script.
func New(r *script.Rehearsal, lived Lived) *Report {
	start := lived.Outage.Start
	out := &Report{
		Rehearsal:  r,
		Provenance: provenance(),
		Speed:      lived.Speed,
		Interval:   Offset(r.ProbeInterval),
		Started:    start,
		Ended:      Offset(lived.Outage.End.Sub(start)),
		Watched:    Offset(lived.Watched.Sub(start)),
		Times:      measure(lived),
		Messages:   messagesOf(lived),
		Writes:     writesOf(lived.Writes),
		Events:     eventsOf(lived.Events),
		Traffic:    trafficOf(r, lived),
		Recipe:     columnOf(lived.Recipe),
		Timeline:   timelineOf(lived),
	}
	if out.Traffic != nil {
		out.Times[script.Move] = moved(lived)
		out.Times[script.Name] = servedElsewhere(lived, false)
		out.Times[script.Back] = back(lived)
	}
	out.Checks = append(out.Checks, holds("hypothesis before", lived.Before))
	if lived.Before == nil {
		out.Checks = append(out.Checks, out.checks(lived)...)
	}
	out.conclude()
	return out
}

// checks are those of a rehearsal whose method was played.
func (r *Report) checks(lived Lived) (all []Check) {
	for _, m := range r.Measures() {
		all = append(all, budgetCheck(m, r.Budgets[m], r.Times[m], r.Speed))
	}
	all = append(all, judge(r.Expect, r.Messages)...)
	all = append(all, lived.Deployments...)
	all = append(all, lived.Acts...)
	if r.Traffic != nil {
		all = append(all, nameChecks(lived.Seen.Answers)...)
	}
	lost := fmt.Sprintf("%d of %d", r.Writes.Lost, r.Writes.Acknowledged)
	if lived.Unread != nil {
		lost = lived.Unread.Error()
	}
	kept := r.Writes.Lost == 0 && lived.Unread == nil
	all = append(all, NewCheck("no acknowledged write lost", "0 lost", lost, kept))
	if e := r.Events; e != nil {
		missing := fmt.Sprintf("%d of %d", e.Lost, r.Writes.Acknowledged)
		all = append(all, NewCheck("no event lost", "0 lost", missing, e.Lost == 0))
	}
	return append(all, holds("hypothesis after", lived.After))
}

// timelineOf is all that was seen, in order.
func timelineOf(lived Lived) (all []Moment) {
	for _, e := range lived.Seen.Entries {
		all = append(all, Moment{
			Time: e.Time,
			At:   Offset(e.Time.Sub(lived.Outage.Start)),
			Lane: e.Lane,
			Tone: e.Tone,
			Text: e.Text,
		})
	}
	slices.SortStableFunc(all, func(a, b Moment) int { return a.Time.Compare(b.Time) })
	return all
}

// messagesOf are the messages, in order.
func messagesOf(lived Lived) (all []Message) {
	for _, m := range lived.Seen.Messages {
		all = append(all, Message{Message: m, At: Offset(m.Time.Sub(lived.Outage.Start))})
	}
	slices.SortStableFunc(all, func(a, b Message) int { return a.Time.Compare(b.Time) })
	return all
}
