package incident

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/verdict"
)

const reminder = 15 * time.Minute

func states(e, o verdict.State) map[string]verdict.State {
	return map[string]verdict.State{east: e, ohio: o}
}

// after is what observer one thinks, some minutes after the epoch.
func after(minutes int, s map[string]verdict.State) Moment {
	return Moment{
		Observer: "one",
		States:   s,
		Policy:   policy,
		Now:      epoch.Add(time.Duration(minutes) * time.Minute),
		Reminder: reminder,
		Lease:    time.Minute,
		Memory:   3 * time.Minute,
	}
}

// alone decides without the database; a topic accepts every page.
func alone(ledger Ledger, s map[string]verdict.State, minutes int) (Ledger, []string) {
	m := after(minutes, s)
	ledger, notices := ledger.Alone(m)
	return settled(ledger, notices, Accepted, m), kinds(notices)
}

// minutely is alone, every minute from one to the other, both included.
func minutely(ledger Ledger, s map[string]verdict.State, from, to int) (Ledger, []string) {
	var all []string
	for minute := from; minute <= to; minute++ {
		var said []string
		ledger, said = alone(ledger, s, minute)
		all = append(all, said...)
	}
	return ledger, all
}

// together decides with the database; a topic accepts every page.
func together(ledger Ledger, s map[string]verdict.State, minutes int, incidents ...Incident) (Ledger, []string) {
	m := after(minutes, s)
	ledger, notices := ledger.Together(m, Snapshot{Incidents: incidents})
	return settled(ledger, notices, Accepted, m), kinds(notices)
}

func settled(ledger Ledger, notices []Notice, fate Fate, m Moment) Ledger {
	for _, n := range notices {
		ledger = ledger.Settle(n, fate, m.Now.Add(m.Reminder))
	}
	return ledger
}

// kinds is each notice in two words: what it says, of which endpoint.
func kinds(notices []Notice) []string {
	var out []string
	for _, n := range notices {
		out = append(out, n.Kind.String()+" "+n.Incident.Endpoint[:3])
	}
	return out
}

func TestWithoutTheDatabaseAnObserverPagesOnceThenReminds(t *testing.T) {
	l, said := minutely(Ledger{}, states(lost, well), 0, 13)
	assert.Equal(t, []string{"opened aaa"}, said)
	l, said = alone(l, states(lost, lost), 14)
	assert.Equal(t, []string{"opened bbb"}, said, "every endpoint has its own page")
	l, said = alone(l, states(lost, lost), 15)
	assert.Equal(t, []string{"reminder aaa"}, said)
	l, said = alone(l, states(well, lost), 16)
	assert.Equal(t, []string{"resolved aaa"}, said)
	assert.Len(t, l, 1)
}

func TestAPageOnOwnEvidenceTellsSinceWhenAndIsUnconfirmed(t *testing.T) {
	_, notices := Ledger{}.Alone(after(1, states(lost, well)))
	assert.Equal(t, Notice{
		Kind:     Opened,
		At:       epoch.Add(time.Minute),
		Incident: Incident{Endpoint: east, OpenedAt: epoch, OpenedBy: "one", Reason: verdict.Timeout},
	}, notices[0])
}

func TestOnlyEvidenceResolves(t *testing.T) {
	l, _ := alone(Ledger{}, states(lost, lost), 0)
	for _, nothing := range []map[string]verdict.State{
		{}, states(verdict.State{}, verdict.State{}), states(verdict.State{Failures: 1}, verdict.State{Successes: 2}),
		states(between, between),
	} {
		var said []string
		l, said = alone(l, nothing, 1)
		assert.Empty(t, said, "%v", nothing)
		l, said = together(l, nothing, 1)
		assert.Empty(t, said, "%v", nothing)
	}
	l, said := alone(l, states(lost, lost), 2)
	assert.Empty(t, said, "it is the outage that has been paged")
	_, said = alone(l, states(well, well), 3)
	assert.Equal(t, []string{"resolved aaa", "resolved bbb"}, said)
}

func TestAnIncidentTheDatabaseKnewIsNotPagedAgain(t *testing.T) {
	known := Incident{Endpoint: east, Number: 3, OpenedAt: epoch, Announced: true}
	l, said := together(Ledger{}, states(lost, well), 0, known)
	assert.Empty(t, said)
	l, said = minutely(l, states(lost, well), 1, 14)
	assert.Empty(t, said)
	l, said = alone(l, states(lost, lost), 15)
	assert.Equal(t, []string{"reminder aaa", "opened bbb"}, said, "but reminded of: nobody else may be able to")
	_, said = alone(l, states(well, lost), 16)
	assert.Empty(t, said, "only the database's observers together resolve it")
}

func TestAnIncidentThatWasNotYetToldIsToldWhenItsTellerHadItsTime(t *testing.T) {
	l, said := together(Ledger{}, states(lost, well), 0, Incident{Endpoint: east, Number: 3, OpenedAt: epoch})
	assert.Empty(t, said)
	_, said = alone(l, states(lost, well), 1)
	assert.Equal(t, []string{"opened aaa"}, said)

	n := Notice{Kind: Opened, Incident: Incident{Endpoint: east, Number: 3}}
	_, said = alone(l.Settle(n, Accepted, epoch.Add(reminder)), states(lost, well), 1)
	assert.Empty(t, said, "the observer was the teller itself")
}

func TestAnIncidentIsForgottenByWhoMayHaveMissedItsEnd(t *testing.T) {
	known := Incident{Endpoint: east, Number: 3, OpenedAt: epoch, Announced: true}
	l, _ := together(Ledger{}, states(lost, well), 0, known)
	_, said := alone(l, states(lost, lost), 3)
	assert.Equal(t, []string{"opened bbb"}, said, "a run or two that were missed are no reason")
	l, notices := l.Alone(after(4, states(lost, lost)))
	assert.Equal(t, []string{"opened aaa", "opened bbb"}, kinds(notices))
	assert.Zero(t, notices[0].Incident.Number)
	assert.Zero(t, l[east].Incident.Number, "so that its sender resolves it")

	l, _ = together(Ledger{}, states(lost, well), 0, known)
	l, _ = together(l, states(well, well), 1)
	assert.Empty(t, l, "one that sees the end forgets at once")
}

func TestAPageOfOnesOwnIsRepeatedAfterAPauseAndResolvedOnce(t *testing.T) {
	l, _ := alone(Ledger{}, states(lost, well), 0)
	l, said := alone(l, states(lost, well), 10)
	assert.Equal(t, []string{"reminder aaa"}, said)
	_, said = alone(l, states(well, well), 20)
	assert.Equal(t, []string{"resolved aaa"}, said)
}

func TestBackTogetherOwnPagesAreHandedOverOrResolved(t *testing.T) {
	known := Incident{Endpoint: east, Number: 3, OpenedAt: epoch}
	l, _ := alone(Ledger{}, states(lost, lost), 0)
	l, said := together(l, states(lost, between), 1, known)
	assert.Empty(t, said)
	assert.Zero(t, l[east].Incident.Number, "nobody has been told of the incident of all")
	known.Announced = true
	l, said = together(l, states(lost, between), 1, known)
	assert.Empty(t, said, "one is an incident of all now, the other still recovers")
	assert.Equal(t, int64(3), l[east].Incident.Number)
	assert.Zero(t, l[ohio].Incident.Number)
	l, said = together(l, states(lost, well), 2, known)
	assert.Equal(t, []string{"resolved bbb"}, said)
	l, said = together(l, states(well, well), 3)
	assert.Empty(t, said, "whoever closed it said so")
	assert.Empty(t, l)
}

func TestIncidentsOfOtherEndpointsAreNotRemembered(t *testing.T) {
	l, _ := together(Ledger{}, states(well, well), 0, Incident{Endpoint: "old", Number: 1, Announced: true})
	assert.Empty(t, l)
}

func TestAPageIsRepeatedByWhatBecameOfIt(t *testing.T) {
	type step struct {
		minute int
		state  verdict.State
		fate   Fate
		said   []string
	}
	opened, reminder, resolved := []string{"opened aaa"}, []string{"reminder aaa"}, []string{"resolved aaa"}
	for _, tt := range []struct {
		intent string
		steps  []step
	}{
		{"A refused page is tried again at once, as what it was.", []step{
			{0, lost, Refused, opened}, {0, lost, Accepted, opened}, {15, lost, Refused, reminder},
			{15, lost, Accepted, reminder},
			{16, well, Refused, resolved}, {16, well, Accepted, resolved}, {17, well, Accepted, nil},
		}},
		{"One without an answer may have arrived: it is repeated after its lease.", []step{
			{0, lost, Unanswered, opened}, {0, lost, Accepted, nil}, {1, lost, Accepted, opened},
			{16, lost, Unanswered, reminder}, {16, lost, Accepted, nil}, {17, lost, Accepted, reminder},
			{18, well, Unanswered, resolved}, {18, well, Accepted, nil}, {19, well, Accepted, resolved},
			{20, well, Accepted, nil},
		}},
		{"An endpoint that is recovering is not paged for.", []step{
			{0, between, Accepted, nil}, {0, lost, Refused, opened}, {1, between, Accepted, nil}, {2, lost, Accepted, opened},
		}},
		{"What nobody was told is not resolved.", []step{
			{0, lost, Refused, opened}, {1, well, Accepted, nil}, {2, lost, Accepted, opened},
		}},
		{"What may have arrived is waited for, and not resolved without an answer.", []step{
			{0, lost, Unanswered, opened}, {0, well, Accepted, nil}, {1, well, Accepted, nil}, {2, lost, Accepted, opened},
		}},
		{"A relapse after a last word that may have arrived does not wait for the reminder.", []step{
			{0, lost, Accepted, opened}, {1, well, Unanswered, resolved}, {1, lost, Accepted, nil},
			{2, lost, Accepted, reminder},
		}},
	} {
		t.Run(tt.intent, func(t *testing.T) {
			l := Ledger{}
			for i, s := range tt.steps {
				m := after(s.minute, states(s.state, well))
				m.Memory = time.Hour
				var notices []Notice
				l, notices = l.Alone(m)
				require.Equal(t, s.said, kinds(notices), "step %d", i)
				l = settled(l, notices, s.fate, m)
			}
		})
	}
}

func TestANoticeOfAnotherIncidentSettlesNothing(t *testing.T) {
	l, notices := Ledger{}.Alone(after(0, states(lost, well)))
	l, _ = l.Together(after(1, states(lost, well)), Snapshot{Incidents: []Incident{{Endpoint: east, Number: 3}}})
	require.Equal(t, int64(3), l[east].Incident.Number)
	for _, fate := range []Fate{Accepted, Refused, Unanswered} {
		assert.Equal(t, l, l.Settle(notices[0], fate, epoch))
		assert.Empty(t, Ledger{}.Settle(notices[0], fate, epoch))
	}
}
