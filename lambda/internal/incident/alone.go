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
	// Incident has the number of the row in the database, or 0 for a page on the observer's own evidence.
	Incident Incident
	// RemindAt is when to page again, by the observer's own clock.
	RemindAt time.Time
}

// Own tells whether the ledger holds a page that only this observer knows of, and that it alone will resolve.
func (l Ledger) Own() bool {
	for _, e := range l {
		if e.Incident.Number == 0 {
			return true
		}
	}
	return false
}

// Moment is what an observer thinks, and when.
type Moment struct {
	Observer string
	States   map[string]verdict.State
	// Now is the observer's own clock.
	Now time.Time
	// Reminder is the time between two pages about one outage.
	Reminder time.Duration
}

// Alone decides without the shared memory: no endpoint accepted a commit, so the observer pages on its own evidence, once
// per outage and then by the reminder. Its peers may do the same; duplicates are the lesser evil. An outage that the
// database had recorded before it was lost is only reminded of.
func (l Ledger) Alone(m Moment) (Ledger, []Notice) {
	next, notices := l.resolve(m)
	for _, endpoint := range slices.Sorted(maps.Keys(m.States)) {
		state := m.States[endpoint]
		entry, paged := next[endpoint]
		if !state.Open || paged && m.Now.Before(entry.RemindAt) {
			continue
		}
		if !paged {
			entry.Incident = Incident{Endpoint: endpoint, OpenedAt: state.FailingSince, OpenedBy: m.Observer, Reason: state.Reason}
		}
		notices = append(notices, noticeOf(entry.Incident, m.Now))
		entry.Incident.Announced, entry.RemindAt = true, m.Now.Add(m.Reminder)
		next[endpoint] = entry
	}
	return next, notices
}

// Together brings the ledger up to date with the shared memory: open incidents there are the common business again, pages
// on own evidence about endpoints that have recovered since are resolved.
func (l Ledger) Together(m Moment, snapshot Snapshot) (Ledger, []Notice) {
	next := Ledger{}
	for endpoint, entry := range l {
		if entry.Incident.Number == 0 {
			next[endpoint] = entry
		}
	}
	for _, i := range snapshot.Incidents {
		if i.Open() {
			i.Announced = true
			next[i.Endpoint] = Entry{Incident: i, RemindAt: m.Now.Add(m.Reminder)}
		}
	}
	return next.resolve(m)
}

// resolve copies the ledger without the pages on own evidence whose endpoint has recovered, and announces those.
func (l Ledger) resolve(m Moment) (Ledger, []Notice) {
	next, notices := Ledger{}, []Notice(nil)
	for _, endpoint := range slices.Sorted(maps.Keys(l)) {
		entry := l[endpoint]
		if entry.Incident.Number != 0 || m.States[endpoint].Open {
			next[endpoint] = entry
			continue
		}
		resolved := entry.Incident
		resolved.ClosedAt, resolved.ClosedBy = m.Now, m.Observer
		notices = append(notices, noticeOf(resolved, m.Now))
	}
	return next, notices
}

// Return puts back a page on own evidence that could not be published, so that the next round tries again.
func (l Ledger) Return(n Notice) Ledger {
	i := n.Incident
	if l[i.Endpoint].Incident.Number != 0 { // by now the common business
		return l
	}
	next := maps.Clone(l)
	i.ClosedAt, i.ClosedBy, i.Announced = time.Time{}, "", n.Kind != Opened
	next[i.Endpoint] = Entry{Incident: i}
	return next
}
