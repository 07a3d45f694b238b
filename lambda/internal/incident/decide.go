package incident

import (
	"slices"
	"time"

	"aurora-dsql-dr/lambda/internal/verdict"
)

// Step is what an action does to the shared memory. The zero value is Open.
type Step int

// The steps.
const (
	Open       Step = iota // insert an incident
	Close                  // end an open one
	Claim                  // take over a notice that is due
	Lapse                  // end a withdrawal, since the other endpoint is lost
	ClaimLapse             // take over the notice that one lapsed
)

// Action is one conditional write. At most one observer succeeds with it, and publishes.
type Action struct {
	Step     Step
	Endpoint string
	// Number is the incident's; 0 for Open, which takes the next free one, and for withdrawals.
	Number int64
	// ConfirmedBy and Reason describe a new incident.
	ConfirmedBy string
	Reason      verdict.Reason
}

// Situation is what Decide looks at.
type Situation struct {
	Observer string
	// Endpoints are the host names that the observer watches, in the order in which to act. Others are left alone: a
	// target that was replaced leaves its rows behind.
	Endpoints []string
	States    map[string]verdict.State
	Snapshot  Snapshot
	Policy    verdict.Policy
	// Fresh is the age up to which a peer's word counts.
	Fresh time.Duration
	// Hold is how long a withdrawal counts after its end.
	Hold time.Duration
}

// Decide says what the observer should do. An incident opens and closes when the observer and one fresh peer agree. An
// observer whose peers have all fallen silent is the only one left to tell and acts alone: their silence is an alarm of
// its own, but nobody else would page for the endpoint.
func Decide(s Situation) []Action {
	var actions []Action
	for _, endpoint := range s.Endpoints {
		state := s.States[endpoint]
		current, open := s.Snapshot.OpenAt(endpoint)
		vote := s.Policy.Vote(state)
		switch peer, agreed := s.second(endpoint, vote); {
		case agreed && vote == verdict.Lost && !open:
			actions = append(actions, Action{
				Step:        Open,
				Endpoint:    endpoint,
				ConfirmedBy: peer,
				Reason:      state.Reason,
			})
		case agreed && vote == verdict.Well && open:
			actions = append(actions, Action{Step: Close, Endpoint: endpoint, Number: current.Number})
		case open && current.Due:
			actions = append(actions, Action{Step: Claim, Endpoint: endpoint, Number: current.Number})
		}
	}
	for _, i := range s.Snapshot.Incidents {
		if !i.Open() && i.Due && slices.Contains(s.Endpoints, i.Endpoint) {
			actions = append(actions, Action{Step: Claim, Endpoint: i.Endpoint, Number: i.Number})
		}
	}
	return append(actions, s.lapses(actions)...)
}

// lapses ends what keeps clients from an endpoint while another one is lost, with what the actions leave of incidents.
func (s Situation) lapses(actions []Action) []Action {
	lost := map[string]bool{}
	for _, endpoint := range s.Endpoints {
		_, lost[endpoint] = s.Snapshot.OpenAt(endpoint)
	}
	for _, a := range actions {
		lost[a.Endpoint] = a.Step == Open || lost[a.Endpoint] && a.Step != Close
	}
	var lapses []Action
	for _, w := range s.Snapshot.Withdrawals {
		otherLost := slices.ContainsFunc(s.Endpoints, func(e string) bool { return e != w.Endpoint && lost[e] })
		switch {
		case otherLost && w.Counts(s.Hold):
			lapses = append(lapses, Action{Step: Lapse, Endpoint: w.Endpoint})
		case w.Due:
			lapses = append(lapses, Action{Step: ClaimLapse, Endpoint: w.Endpoint})
		}
	}
	return lapses
}

// second looks for a peer that seconds the vote: the first by name whose word is fresh and the same, or nobody if no
// peer can be heard at all.
func (s Situation) second(endpoint string, vote verdict.Vote) (peer string, agreed bool) {
	var peers []string
	for _, m := range s.Snapshot.Markers {
		if m.Observer != s.Observer && m.Age < s.Fresh && !slices.Contains(peers, m.Observer) {
			peers = append(peers, m.Observer)
		}
	}
	slices.Sort(peers)
	for _, peer := range peers {
		word, _ := s.Snapshot.Word(peer, s.Fresh)
		if s.Policy.Vote(word.States[endpoint]) == vote {
			return peer, true
		}
	}
	return "", len(peers) == 0
}
