package incident

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/lambda/internal/verdict"
)

const reminder = 15 * time.Minute

func states(e, o verdict.State) map[string]verdict.State {
	return map[string]verdict.State{east: e, ohio: o}
}

// after is what observer one thinks, some minutes after the epoch.
func after(minutes int, s map[string]verdict.State) Moment {
	return Moment{Observer: "one", States: s, Now: epoch.Add(time.Duration(minutes) * time.Minute), Reminder: reminder}
}

func alone(ledger Ledger, s map[string]verdict.State, minutes int) (Ledger, []string) {
	ledger, notices := ledger.Alone(after(minutes, s))
	return ledger, kinds(notices)
}

func together(ledger Ledger, s map[string]verdict.State, minutes int, incidents ...Incident) (Ledger, []string) {
	ledger, notices := ledger.Together(after(minutes, s), Snapshot{Incidents: incidents})
	return ledger, kinds(notices)
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
	l, said := alone(Ledger{}, states(lost, well), 0)
	assert.Equal(t, []string{"opened aaa"}, said)
	l, said = alone(l, states(lost, well), 1)
	assert.Empty(t, said)
	l, said = alone(l, states(lost, lost), 14)
	assert.Equal(t, []string{"opened bbb"}, said, "every endpoint has its own page")
	l, said = alone(l, states(lost, lost), 15)
	assert.Equal(t, []string{"reminder aaa"}, said)
	_, said = alone(l, states(well, lost), 16)
	assert.Equal(t, []string{"resolved aaa"}, said)
}

func TestAPageOnOwnEvidenceTellsSinceWhenAndIsUnconfirmed(t *testing.T) {
	_, notices := Ledger{}.Alone(after(1, states(lost, well)))
	assert.Equal(t, Notice{
		Kind: Opened, At: epoch.Add(time.Minute),
		Incident: Incident{Endpoint: east, OpenedAt: epoch, OpenedBy: "one", Reason: verdict.Timeout},
	}, notices[0])
}

func TestAnIncidentTheDatabaseKnewIsNotPagedAgain(t *testing.T) {
	l, said := together(Ledger{}, states(lost, well), 0, Incident{Endpoint: east, Number: 3, OpenedAt: epoch})
	assert.Empty(t, said)
	l, said = alone(l, states(lost, lost), 1)
	assert.Equal(t, []string{"opened bbb"}, said)
	l, said = alone(l, states(lost, lost), 15)
	assert.Equal(t, []string{"reminder aaa"}, said, "but reminded of: nobody else may be able to")
	_, said = alone(l, states(well, lost), 16)
	assert.Equal(t, []string{"reminder bbb"}, said, "only the database's observers together resolve it")
}

func TestBackTogetherOwnPagesAreHandedOverOrResolved(t *testing.T) {
	l, _ := alone(Ledger{}, states(lost, lost), 0)
	assert.True(t, l.Own())
	l, said := together(l, states(lost, between), 1, Incident{Endpoint: east, Number: 3, OpenedAt: epoch})
	assert.Empty(t, said, "one is an incident of all now, the other still recovers")
	assert.True(t, l.Own())
	l, said = together(l, states(lost, well), 2, Incident{Endpoint: east, Number: 3, OpenedAt: epoch})
	assert.Equal(t, []string{"resolved bbb"}, said)
	assert.False(t, l.Own())
	l, said = together(l, states(well, well), 3)
	assert.Empty(t, said, "whoever closed it said so")
	assert.Empty(t, l)
}

func TestAPageThatReachedNobodyIsTriedAgainAsWhatItWas(t *testing.T) {
	l, notices := Ledger{}.Alone(after(0, states(lost, well)))
	l, said := alone(l.Return(notices[0]), states(lost, well), 1)
	assert.Equal(t, []string{"opened aaa"}, said)

	l, notices = l.Alone(after(60, states(lost, well)))
	l, said = alone(l.Return(notices[0]), states(lost, well), 61)
	assert.Equal(t, []string{"reminder aaa"}, said)

	l, notices = l.Alone(after(120, states(well, well)))
	l, said = alone(l.Return(notices[0]), states(well, well), 121)
	assert.Equal(t, []string{"resolved aaa"}, said)
	assert.Empty(t, l)
}

func TestAPageThatReachedNobodyGivesWayToAnIncidentOfAll(t *testing.T) {
	l, notices := Ledger{}.Alone(after(0, states(lost, well)))
	l, _ = together(l, states(lost, well), 1, Incident{Endpoint: east, Number: 3})
	assert.False(t, l.Return(notices[0]).Own())
}
