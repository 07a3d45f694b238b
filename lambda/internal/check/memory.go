package check

import (
	"maps"
	"slices"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/incident"
)

// reading is the shared memory as a visit left it, and when that was by the observer's own clock.
type reading struct {
	at       time.Time
	snapshot incident.Snapshot
	unread   bool // are its withdrawals
}

// read keeps what the latest visit found.
func (r *run) read(visit incident.Visit) {
	r.memory = &reading{at: time.Now(), snapshot: visit.Snapshot, unread: visit.Unread != nil}
}

// memory is what stands against the endpoints: by the shared memory as the run read it last, and by the observer's own
// pages. If no endpoint showed it, by all pages that the observer remembers.
func (c *Checker) memory(r *run) *contract.Memory {
	m := &contract.Memory{Incidents: []contract.OpenIncident{}}
	if r.memory != nil {
		at := r.memory.at.UTC()
		m.ReadAt = &at
		for _, i := range r.memory.snapshot.Incidents {
			m.Incidents = append(m.Incidents, c.openIncidents(i)...)
		}
		m.Withdrawals = c.withdrawals(r.memory)
	}
	for _, endpoint := range slices.Sorted(maps.Keys(c.ledger)) {
		if i := c.ledger[endpoint].Incident; r.memory == nil || i.Number == 0 {
			m.Incidents = append(m.Incidents, c.openIncidents(i)...)
		}
	}
	return m
}

// openIncidents is the incident, if it is open and of an endpoint that is watched.
func (c *Checker) openIncidents(i incident.Incident) []contract.OpenIncident {
	if !i.Open() || !slices.Contains(c.endpoints(), i.Endpoint) {
		return nil
	}
	own := c.ledger[i.Endpoint].Incident // has what became of the messages of this run
	return []contract.OpenIncident{{
		Region:      c.target(i.Endpoint).Region,
		Number:      i.Number,
		Since:       i.OpenedAt.UTC(),
		OpenedBy:    i.OpenedBy,
		ConfirmedBy: i.ConfirmedBy,
		Reason:      i.Reason.String(),
		Told:        i.Announced || own.Announced && own.Number == i.Number,
	}}
}

// withdrawals are those that keep clients away from an endpoint that is watched; nil if they could not be read.
func (c *Checker) withdrawals(of *reading) []contract.Withdrawal {
	if of.unread {
		return nil
	}
	inForce := []contract.Withdrawal{}
	for _, w := range of.snapshot.Withdrawals {
		if !w.InForce() || !slices.Contains(c.endpoints(), w.Endpoint) {
			continue
		}
		inForce = append(inForce, contract.Withdrawal{
			Region: c.target(w.Endpoint).Region,
			Reason: w.Reason,
			By:     w.By,
			Since:  w.Since.UTC(),
			Until:  w.Until.UTC(),
		})
	}
	return inForce
}
