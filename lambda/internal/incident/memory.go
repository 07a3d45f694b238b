// Package incident is the observers' shared memory. A function has no reliable memory of its own and there are several
// of them, so what they know lives in the database they watch: every observer's word in marker rows that only it
// writes, and one row per incident that whoever opens, closes or alerts it changes by a conditional write. Ages are
// told by the database's clock, so that an observer with a wrong clock misleads nobody.
//
// What to do is decided by pure functions (Decide, and the Ledger's methods); Session carries it out.
package incident

import (
	"maps"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/verdict"
)

// Word is what an observer says: its state of mind about every endpoint, keyed by the endpoint's host name.
type Word struct {
	// At is when the states last changed or were confirmed, by the observer's own clock. It orders the words of one
	// observer and is never compared with another's.
	At     time.Time                `json:"at"`
	States map[string]verdict.State `json:"states"`
	// LostAt is when the observer last held an endpoint for lost, as long as traffic routing asks for it.
	LostAt map[string]time.Time `json:"lost_at,omitempty"`
}

// Remember is the word with what another one of the same observer knows of LostAt, however old that is.
func (w Word) Remember(other Word) Word {
	lostAt := maps.Clone(w.LostAt)
	for endpoint, at := range other.LostAt {
		if at.After(lostAt[endpoint]) {
			if lostAt == nil {
				lostAt = map[string]time.Time{}
			}
			lostAt[endpoint] = at
		}
	}
	w.LostAt = lostAt
	return w
}

// Marker is the row an observer last wrote through an endpoint.
type Marker struct {
	Observer, Endpoint string
	// Age is how long ago it was written, by the database's clock.
	Age  time.Duration
	Word Word
}

// Incident is the loss of one endpoint. Times are the database's.
type Incident struct {
	Endpoint string
	// Number counts the incidents of an endpoint from 1; 0 marks one that no database could record.
	Number   int64
	OpenedAt time.Time
	OpenedBy string
	// ConfirmedBy is the observer that agreed; empty if none could be asked.
	ConfirmedBy string
	Reason      verdict.Reason
	// ClosedAt is zero while the incident is open.
	ClosedAt time.Time
	ClosedBy string
	// Announced tells that its opening has been published.
	Announced bool
	// Due tells that a notice about it is to be published now.
	Due bool
}

// Open tells whether the incident lasts.
func (i Incident) Open() bool { return i.ClosedAt.IsZero() }

// Snapshot is the shared memory as one transaction saw it: all markers, the incidents that are open or owe a notice,
// and, if traffic is routed, the latest withdrawal of each endpoint.
type Snapshot struct {
	Markers     []Marker
	Incidents   []Incident
	Withdrawals []Withdrawal
}

// Word is the word of the observer's freshest marker, if one is younger than fresh.
func (s Snapshot) Word(observer string, fresh time.Duration) (Word, bool) {
	var latest *Marker
	for i, m := range s.Markers {
		if m.Observer == observer && m.Age < fresh && (latest == nil || m.Age < latest.Age) {
			latest = &s.Markers[i]
		}
	}
	if latest == nil {
		return Word{}, false
	}
	return latest.Word, true
}

// OpenAt is the open incident of the endpoint, if there is one.
func (s Snapshot) OpenAt(endpoint string) (Incident, bool) {
	for _, i := range s.Incidents {
		if i.Endpoint == endpoint && i.Open() {
			return i, true
		}
	}
	return Incident{}, false
}

// AgeThroughOther is the age of the freshest marker that was written through an endpoint other than the given one. Read
// at the endpoint, it is the delay from a write there to a read here, plus the time since the last probe.
func (s Snapshot) AgeThroughOther(endpoint string) (age time.Duration, ok bool) {
	for _, m := range s.Markers {
		if m.Endpoint != endpoint && (!ok || m.Age < age) {
			age, ok = m.Age, true
		}
	}
	return age, ok
}

// Kind is what a notice says. The zero value is Opened.
type Kind int

// The kinds of notice.
const (
	Opened Kind = iota
	Reminder
	Resolved
	Withdrawn
	Returned
	Lapsed
)

var kindNames = [...]string{
	Opened:    contract.AlertOpened,
	Reminder:  contract.AlertReminder,
	Resolved:  contract.AlertResolved,
	Withdrawn: contract.AlertWithdrawn,
	Returned:  contract.AlertReturned,
	Lapsed:    contract.AlertLapsed,
}

// String is the name message attributes and logs use.
func (k Kind) String() string { return kindNames[k] }

// Notice is one message to a person that this observer, and no other, is to publish.
type Notice struct {
	Kind     Kind
	Incident Incident
	// Withdrawal is what the notice is about instead, if it is OfWithdrawal.
	Withdrawal Withdrawal
	// At is when it became this observer's: by the database's clock, or by its own if no database could be reached.
	At time.Time
}

// OfWithdrawal tells that the notice is about a withdrawal.
func (n Notice) OfWithdrawal() bool { return n.Kind >= Withdrawn }

// Endpoint is the one that the notice is about.
func (n Notice) Endpoint() string {
	if n.OfWithdrawal() {
		return n.Withdrawal.Endpoint
	}
	return n.Incident.Endpoint
}

// Recorded tells that the shared memory has what the notice is about, and is to know what became of it.
func (n Notice) Recorded() bool { return n.Incident.Number > 0 || n.Kind == Lapsed }

// Lasted is how long the incident has lasted, or did.
func (n Notice) Lasted() time.Duration {
	end := n.At
	if !n.Incident.Open() {
		end = n.Incident.ClosedAt
	}
	return end.Sub(n.Incident.OpenedAt)
}

func noticeOf(i Incident, at time.Time) Notice {
	kind := Reminder
	switch {
	case !i.Open():
		kind = Resolved
	case !i.Announced:
		kind = Opened
	}
	return Notice{Kind: kind, Incident: i, At: at}
}
