package verdict

import "time"

// Policy is how many probes it takes to change an observer's mind.
type Policy struct {
	// FailuresToOpen consecutive failures open; SuccessesToClose consecutive successes close. Both are at least 1.
	FailuresToOpen, SuccessesToClose int
	// WakingLimit bounds how long a waking cluster is excused. A cluster that is cut off also falls idle for want of
	// connections: without the bound an outage would turn into waking and its incident would close.
	WakingLimit time.Duration
	// MinimumOutage is how long the failures must have lasted, from the start of the first failed probe, before they open.
	MinimumOutage time.Duration
}

// State is what an observer remembers of an endpoint between two probes. The zero value has seen nothing. Its JSON form
// is stored in the observer's marker, from which a cold function goes on.
type State struct {
	// Open tells that the observer holds the endpoint for lost.
	Open bool `json:"open,omitzero"`
	// Failures and Successes count the latest streak up to what the policy asks for; one of them is 0.
	Failures  int `json:"failures,omitzero"`
	Successes int `json:"successes,omitzero"`
	// Reason and FailingSince are the latest failure's reason and the start of the first failed probe, while Failures or
	// Open say that there is one.
	Reason       Reason    `json:"reason,omitzero"`
	FailingSince time.Time `json:"failing_since,omitzero"`
	// WakingSince is when the endpoint was first seen waking since it last served.
	WakingSince time.Time `json:"waking_since,omitzero"`
}

// Next is the state after the observation o, made by a probe from began to at, and o as it counts: a cluster that has
// been waking for longer than the limit is down.
func (p Policy) Next(s State, o Observation, began, at time.Time) (State, Observation) {
	began, at = began.UTC().Round(0), at.UTC().Round(0) // as JSON gives it back: states stay comparable
	if o.Waking {
		if s.WakingSince.IsZero() {
			s.WakingSince = at
		}
		if at.Sub(s.WakingSince) < p.WakingLimit {
			return s, o
		}
		o = Observation{Verdict: Down, Reason: o.Reason}
	}
	switch {
	case o.Verdict == Down:
		return p.fail(s, o.Reason, began, at), o
	case o.Verdict.Serves():
		return p.succeed(s), o
	}
	return s, o
}

func (p Policy) fail(s State, why Reason, began, at time.Time) State {
	if s.FailingSince.IsZero() {
		s.FailingSince = began
	}
	s.Successes, s.Reason = 0, why
	s.Failures = min(s.Failures+1, p.FailuresToOpen)
	s.Open = s.Open || s.Failures >= p.FailuresToOpen && at.Sub(s.FailingSince) >= p.MinimumOutage
	return s
}

func (p Policy) succeed(s State) State {
	s.Failures, s.WakingSince = 0, time.Time{}
	s.Successes = min(s.Successes+1, p.SuccessesToClose)
	if s.Open && s.Successes < p.SuccessesToClose {
		return s
	}
	return State{Successes: s.Successes}
}

// Undecided tells that failures count towards opening and have not yet opened.
func (s State) Undecided() bool { return s.Failures > 0 && !s.Open }

// Vote is an observer's word on an endpoint. The zero value is Abstain.
type Vote int

// The votes.
const (
	Abstain Vote = iota
	Well
	Lost
)

var voteNames = [...]string{Abstain: "abstain", Well: "well", Lost: "lost"}

// String is the name logs use.
func (v Vote) String() string { return name(voteNames[:], int(v), "vote") }

// Vote is Lost while the state is open and the latest probe failed, Well when the endpoint has served for as many
// probes as close, and Abstain in between: an observer that has just started, or that sees an endpoint recover, decides
// nothing.
func (p Policy) Vote(s State) Vote {
	switch {
	case s.Open && s.Successes == 0:
		return Lost
	case !s.Open && s.Successes >= p.SuccessesToClose:
		return Well
	}
	return Abstain
}
