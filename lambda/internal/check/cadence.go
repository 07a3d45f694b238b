package check

import (
	"time"

	"aurora-dsql-dr/lambda/contract"
)

// Cadence is the timing of a run. Everything follows from the schedule and the probe interval.
type Cadence struct {
	// Schedule is the time between two runs, Interval that between two rounds of a run.
	Schedule, Interval time.Duration
	// RunLimit bounds a run, StepLimit a step of a probe and StatusLimit, beside that, the step that asks the control
	// plane.
	RunLimit, StepLimit, StatusLimit time.Duration
	// Reprobe is the time between two probes of an endpoint on which the observer is undecided; 0 makes none.
	Reprobe time.Duration
}

// Window is how long a run may take: it never overlaps the next.
func (c Cadence) Window() time.Duration { return min(c.Schedule, c.RunLimit) }

// Rounds is the number of rounds that fit the window, at least one.
func (c Cadence) Rounds() int { return contract.Rounds(c.Schedule, c.RunLimit, c.Interval) }

// Step is the deadline of each of a probe's three steps. Together they leave a quarter of the interval, in which the
// observer shares what it saw and, after the last round, publishes metrics.
func (c Cadence) Step() time.Duration { return min(c.Interval/contract.StepsPerInterval, c.StepLimit) }

// StatusStep is the deadline of the step that asks the control plane. It is the shorter one, because a lost region's
// control plane is lost too, and what it says decides little.
func (c Cadence) StatusStep() time.Duration { return min(c.Step(), c.StatusLimit) }

// Probe is the deadline of a whole probe, and so of a round: three steps.
func (c Cadence) Probe() time.Duration { return 3 * c.Step() }

// ReprobeStep is the deadline of a whole re-probe, which is SQL alone: two of a probe's three steps.
func (c Cadence) ReprobeStep() time.Duration { return min(2*c.Step(), c.Reprobe) }

// Patience is how long the first address of an endpoint may be silent before the others are tried beside it: three
// fifths of the time are left to them, of a step's as of a re-probe's. At the shortest interval these are the five
// round trips of 150 ms that the step is made for.
func (c Cadence) Patience() time.Duration {
	shortest := c.Step()
	if c.Reprobe > 0 {
		shortest = min(shortest, c.ReprobeStep())
	}
	return shortest * 2 / 5
}

// Fresh is the age up to which an observer's word counts: twice the longest time between two of its probes and one
// interval more, so that one missed probe does not silence it.
func (c Cadence) Fresh() time.Duration {
	lastToNextRun := c.Schedule - time.Duration(c.Rounds()-1)*c.Interval
	return 2*max(c.Interval, lastToNextRun) + c.Interval
}

// timetable is when the parts of one run must have ended.
type timetable struct {
	start time.Time
	// probes leaves time to publish what the last of them found, publish to return the report.
	probes, publish time.Time
}

// timetable of a run that starts now and that the caller ends by the deadline, if it has one.
func (c Cadence) timetable(start time.Time, deadline time.Time, bounded bool) timetable {
	end := start.Add(c.Window())
	if bounded && deadline.Before(end) {
		end = deadline
	}
	return timetable{start: start, probes: end.Add(-c.Step() * 3 / 4), publish: end.Add(-c.Step() / 4)}
}

// reprobe is when an undecided endpoint is probed again: at once after the round that began at the time, and then at
// Reprobe's pace, counted from the latest re-probe's start; false if there is no time for it. The next round is a probe
// as well, so re-probes begin before it; the round waits for one that is under way. Those of the last round end with
// the run's probes.
func (c Cadence) reprobe(t timetable, round, latest, now time.Time) (time.Time, bool) {
	next := now
	if again := latest.Add(c.Reprobe); !latest.IsZero() && again.After(now) {
		next = again
	}
	inTime := next.Before(round.Add(c.Interval)) && !next.Add(c.ReprobeStep()).After(t.probes)
	return next, c.Reprobe > 0 && inTime
}

// rounds is how many rounds the run makes; limit 0 means as many as fit. A first round is made in any case: a caller
// with a deadline that is too short for it learns so by the verdict unknown.
func (c Cadence) rounds(t timetable, limit int) int {
	n := c.Rounds()
	if limit > 0 {
		n = min(n, limit)
	}
	for n > 1 && t.start.Add(time.Duration(n-1)*c.Interval+c.Probe()).After(t.probes) {
		n--
	}
	return n
}

// firstRound is when the first round has ended at the latest.
func (c Cadence) firstRound(t timetable) time.Time {
	if end := t.start.Add(c.Probe()); end.Before(t.probes) {
		return end
	}
	return t.probes
}
