package incident

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/lambda/contract"
)

const hold = 8 * time.Minute

// viewOf is what the database of two endpoints shows at the epoch.
func viewOf(s Snapshot, closed map[string]time.Time) view {
	return view{
		Snapshot: s,
		settings: Settings{
			Observers: []string{"us-east-1", "us-east-2", "us-west-2"},
			Endpoints: []string{east, ohio},
			Fresh:     45 * time.Second,
			Hold:      hold,
		},
		now:    epoch,
		closed: closed,
	}
}

func asked() contract.Withdraw {
	return contract.Withdraw{Region: "us-east-1", Until: epoch.Add(2 * time.Hour), Reason: "new firewall", By: "alice"}
}

func text(problems []error) string {
	if len(problems) == 0 {
		return ""
	}
	return errors.Join(problems...).Error()
}

func TestTheLastFitRegionIsNotWithdrawn(t *testing.T) {
	withdrawn := func(endpoint string, left time.Duration, how string) Withdrawal {
		return Withdrawal{Endpoint: endpoint, By: "bob", Until: epoch.Add(left), Left: left, How: how}
	}
	incidentOf := func(endpoint string) Incident { return Incident{Endpoint: endpoint, Number: 7, OpenedAt: epoch} }
	said := func(age time.Duration) []Marker {
		m := says("us-west-2", well, age)
		m.Word.States = states(well, lost)
		return []Marker{m}
	}
	const last = "region us-east-1 is the last fit one: us-east-2 "
	for _, tt := range []struct {
		intent string
		memory Snapshot
		closed map[string]time.Time
		want   string // empty is nothing
	}{
		{"A healthy pair spares one.", Snapshot{}, nil, ""},
		{"Not if the other is withdrawn.", Snapshot{Withdrawals: []Withdrawal{withdrawn(ohio, time.Hour, "")}}, nil,
			"is withdrawn until 2026-01-01 04:00:00 UTC by bob"},
		{"Nor if that ended a moment ago.", Snapshot{Withdrawals: []Withdrawal{withdrawn(ohio, -time.Minute, "returned")}},
			nil, "was withdrawn until 2026-01-01 02:59:00 UTC, which counts until 2026-01-01 03:07:00 UTC"},
		{"After the hold it may.", Snapshot{Withdrawals: []Withdrawal{withdrawn(ohio, -hold, "returned")}}, nil, ""},
		{"What lapsed is in traffic again.", Snapshot{Withdrawals: []Withdrawal{withdrawn(ohio, -1, "lapsed")}}, nil, ""},
		{"It is withdrawn already: the withdrawal is changed.", Snapshot{
			Withdrawals: []Withdrawal{withdrawn(east, time.Hour, "")},
		}, nil, ""},
		{"Not if the other is lost.", Snapshot{Incidents: []Incident{incidentOf(ohio)}}, nil,
			"is lost, incident 7 is open since 2026-01-01 03:00:00 UTC"},
		{"Itself may be lost.", Snapshot{Incidents: []Incident{incidentOf(east)}}, nil, ""},
		{"Nor if one observer says so.", Snapshot{Markers: said(time.Second)}, nil,
			"is lost for the observer in us-west-2 since 2026-01-01 03:00:00 UTC"},
		{"An old word says nothing.", Snapshot{Markers: said(time.Minute)}, nil, ""},
		{"Nor if it was lost a moment ago.", Snapshot{}, map[string]time.Time{ohio: epoch.Add(-time.Minute)},
			"was lost until 2026-01-01 02:59:00 UTC, which counts until 2026-01-01 03:07:00 UTC"},
		{"After the hold it may, too.", Snapshot{}, map[string]time.Time{ohio: epoch.Add(-hold)}, ""},
	} {
		want := tt.want
		if want != "" {
			want = last + want + "; want another one that has been fit for 8m0s"
		}
		assert.Equal(t, want, text(viewOf(tt.memory, tt.closed).withdraw(asked())), tt.intent)
	}
}

func TestEverythingThatIsWrongWithAWithdrawalIsSaid(t *testing.T) {
	v := viewOf(Snapshot{}, nil)
	assert.Equal(t, strings.Join([]string{
		`region is "eu-west-9": want us-east-1 or us-east-2`,
		`reason is empty: want 1 to 200 characters on one line`,
		`by is 201 characters long: want 1 to 200 characters on one line`,
		`until is missing: want an end after now, 2026-01-01 03:00:00 UTC, and not after 2026-01-02 03:00:00 UTC`,
	}, "\n"), text(v.withdraw(contract.Withdraw{Region: "eu-west-9", Reason: " ", By: strings.Repeat("ä", 201)})))

	for until, want := range map[time.Time]string{
		epoch:                               "until is 2026-01-01 03:00:00 UTC: want an end after now",
		epoch.Add(-time.Hour):               "until is 2026-01-01 02:00:00 UTC: want an end after now",
		epoch.Add(24*time.Hour + 1):         "until is 2026-01-02 03:00:00 UTC: want an end after now",
		epoch.Add(contract.MaxWithdrawal):   "",
		epoch.Add(time.Second):              "",
		epoch.In(time.FixedZone("x", 3600)): "until is 2026-01-01 03:00:00 UTC: want an end after now",
	} {
		w := asked()
		w.Until = until
		got := text(v.withdraw(w))
		assert.True(t, strings.HasPrefix(got, want) && (want != "" || got == ""), "%v: %s", until, got)
	}
	w := asked()
	w.Reason, w.By = strings.Repeat("ä", 200), "two\nlines"
	assert.Equal(t, `by is "two\nlines": want 1 to 200 characters on one line`, text(v.withdraw(w)))
}

func TestOnlyWhatIsWithdrawnIsReturned(t *testing.T) {
	for _, tt := range []struct {
		intent     string
		withdrawal Withdrawal
		want       string
	}{
		{"It is in force.", Withdrawal{Endpoint: east, Left: 1}, ""},
		{"The other one is.", Withdrawal{Endpoint: ohio, Left: 1}, "region us-east-1 is not withdrawn"},
		{"It was returned.", Withdrawal{Endpoint: east, Until: epoch, Left: -1, How: "returned", EndedBy: "bob"},
			"region us-east-1 is not withdrawn: bob returned it at 2026-01-01 03:00:00 UTC"},
		{"It lapsed.", Withdrawal{Endpoint: east, Until: epoch, Left: -1, How: "lapsed"},
			"region us-east-1 is not withdrawn: that lapsed at 2026-01-01 03:00:00 UTC, when another region was lost"},
		{"It is over.", Withdrawal{Endpoint: east, Until: epoch, Left: -1},
			"region us-east-1 is not withdrawn: that ended at 2026-01-01 03:00:00 UTC"},
	} {
		v := viewOf(Snapshot{Withdrawals: []Withdrawal{tt.withdrawal}}, nil)
		assert.Equal(t, tt.want, text(v.giveBack(contract.Return{Region: "us-east-1", By: "alice"})), tt.intent)
	}
	assert.Equal(t, "region is \"\": want us-east-1 or us-east-2\nby is empty: want 1 to 200 characters on one line",
		text(viewOf(Snapshot{}, nil).giveBack(contract.Return{})))
}
