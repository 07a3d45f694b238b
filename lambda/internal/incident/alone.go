package incident

import (
	"maps"
	"slices"
	"time"

	"aurora-dsql-dr/lambda/internal/verdict"
)

// Ledger is what an observer remembers of pages while the shared memory is out of reach, keyed by the endpoint's host
// name. It is a value: its methods return a new one.
type Ledger map[string]Entry

// Entry is the latest page about an endpoint.
type Entry struct {
	// Incident has the number of the row in the database, or 0 for a page on the observer's own evidence. It is announced
	// once a topic has accepted a page about it.
	Incident Incident
	// RemindAt is when to page again, by the observer's own clock, as are the other times.
	RemindAt time.Time
	// LeasedUntil is when a page that was handed over for publishing, and of which nobody knows whether it arrived, may be
	// repeated; zero if there is none.
	LeasedUntil time.Time
	// SeenAt is when the incident was last known to last.
	SeenAt time.Time
}

// Moment is what an observer thinks, and when.
type Moment struct {
	Observer string
	// States lack the endpoints on which the observer abstains.
	States map[string]verdict.State
	Policy verdict.Policy
	// Now is the observer's own clock.
	Now time.Time
	// Reminder is the time between two pages about one outage, Lease the time that a page has to be published.
	Reminder, Lease time.Duration
	// Memory is how long an incident of the shared memory is remembered by one who has not seen since that it lasts.
	Memory time.Duration
}

// Alone decides without the shared memory: no endpoint accepted a commit, so the observer pages on its own evidence,
// once per outage and then by the reminder. Its peers may do the same; duplicates are the lesser evil. An outage that
// the database had recorded before it was lost is only reminded of. Every notice is to be settled.
func (l Ledger) Alone(m Moment) (Ledger, []Notice) {
	next, notices := l.resolve(m)
	for _, endpoint := range slices.Sorted(maps.Keys(m.States)) {
		state := m.States[endpoint]
		if m.Policy.Vote(state) != verdict.Lost {
			continue
		}
		entry, known := next.recall(endpoint, m)
		if !known {
			entry.Incident = Incident{
				Endpoint: endpoint,
				OpenedAt: state.FailingSince,
				OpenedBy: m.Observer,
				Reason:   state.Reason,
			}
		}
		entry.SeenAt = m.Now
		if !m.Now.Before(entry.RemindAt) && !m.Now.Before(entry.LeasedUntil) {
			notices = append(notices, noticeOf(entry.Incident, m.Now))
			entry.LeasedUntil = m.Now.Add(m.Lease)
		}
		next[endpoint] = entry
	}
	return next, notices
}

// recall is the entry of an endpoint that is lost. After too long a pause an incident of all may have ended, so it is
// forgotten, and a page of the observer's own is due to be repeated: who is silent now may have been silent for a day.
func (l Ledger) recall(endpoint string, m Moment) (entry Entry, known bool) {
	entry, known = l[endpoint]
	switch paused := m.Now.Sub(entry.SeenAt) > m.Memory; {
	case paused && entry.Incident.Number != 0:
		return Entry{}, false
	case paused:
		entry.RemindAt = time.Time{}
	}
	return entry, known
}

// Together brings the ledger up to date with the shared memory: open incidents there are the common business again,
// pages on own evidence about endpoints that have recovered since are resolved.
func (l Ledger) Together(m Moment, snapshot Snapshot) (Ledger, []Notice) {
	next := Ledger{}
	for endpoint, entry := range l {
		if entry.Incident.Number == 0 {
			next[endpoint] = entry
		}
	}
	for _, i := range snapshot.Incidents {
		_, watched := m.States[i.Endpoint]
		// Until the others have told, the observer's own page is what people know.
		if !i.Open() || !watched || !i.Announced && l[i.Endpoint].ownAnnounced() {
			continue
		}
		entry := Entry{Incident: i, SeenAt: m.Now, RemindAt: m.Now.Add(m.Reminder)}
		if !i.Announced {
			entry.RemindAt = m.Now.Add(m.Lease) // somebody is about to
		}
		next[i.Endpoint] = entry
	}
	return next.resolve(m)
}

func (e Entry) ownAnnounced() bool { return e.Incident.Number == 0 && e.Incident.Announced }

// resolve announces the end of the pages on own evidence whose endpoint serves again. Having no evidence, as after a
// missed run, is no recovery. An outage of which no topic took a page ends as silently as it began.
func (l Ledger) resolve(m Moment) (Ledger, []Notice) {
	next, notices := Ledger{}, []Notice(nil)
	for _, endpoint := range slices.Sorted(maps.Keys(l)) {
		entry := l[endpoint]
		served := m.Policy.Vote(m.States[endpoint]) == verdict.Well
		switch {
		case entry.Incident.Number != 0 || !served || m.Now.Before(entry.LeasedUntil):
		case !entry.Incident.Announced:
			continue
		default:
			resolved := entry.Incident
			resolved.ClosedAt, resolved.ClosedBy = m.Now, m.Observer
			notices = append(notices, noticeOf(resolved, m.Now))
			// a relapse is told without waiting for a reminder
			entry.LeasedUntil, entry.RemindAt = m.Now.Add(m.Lease), time.Time{}
		}
		next[endpoint] = entry
	}
	return next, notices
}

// Fate is what became of a notice. The zero value is Unanswered.
type Fate int

// The fates.
const (
	Unanswered Fate = iota // it may have arrived: it is repeated when its lease has run out
	Accepted               // a topic has it
	Refused                // no topic has it: it is repeated at once
)

// Settle takes in what became of a notice; the incident is reminded of at remindAt if a topic has it. A notice of an
// incident that has given way to another is none of its business.
func (l Ledger) Settle(n Notice, fate Fate, remindAt time.Time) Ledger {
	entry, ok := l[n.Incident.Endpoint]
	if !ok || entry.Incident.Number != n.Incident.Number || fate == Unanswered {
		return l
	}
	next := maps.Clone(l)
	entry.LeasedUntil = time.Time{}
	switch {
	case fate == Refused:
		next[n.Incident.Endpoint] = entry
	case n.Kind == Resolved:
		delete(next, n.Incident.Endpoint)
	default:
		entry.Incident.Announced, entry.RemindAt = true, remindAt
		next[n.Incident.Endpoint] = entry
	}
	return next
}
