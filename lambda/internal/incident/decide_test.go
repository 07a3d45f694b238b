package incident

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/lambda/internal/verdict"
)

const (
	east = "aaa.dsql.us-east-1.on.aws"
	ohio = "bbb.dsql.us-east-2.on.aws"
)

var (
	policy  = verdict.Policy{FailuresToOpen: 2, SuccessesToClose: 3, WakingLimit: time.Minute}
	epoch   = time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	lost    = verdict.State{Open: true, Failures: 2, Reason: verdict.Timeout, FailingSince: epoch}
	well    = verdict.State{Successes: 3}
	between = verdict.State{Open: true, Successes: 1, Reason: verdict.Timeout, FailingSince: epoch}
)

// says is a marker of the observer whose word is that east is in the state and ohio is well.
func says(observer string, state verdict.State, age time.Duration) Marker {
	return Marker{
		Observer: observer,
		Endpoint: ohio,
		Age:      age,
		Word:     Word{States: map[string]verdict.State{east: state, ohio: well}},
	}
}

func TestDecide(t *testing.T) {
	const fresh, young, old = 45 * time.Second, time.Second, 45 * time.Second
	open := Incident{Endpoint: east, Number: 7, OpenedAt: epoch, Announced: true}
	due := open
	due.Due = true
	closed := due
	closed.ClosedAt = epoch.Add(time.Minute)
	opening := Action{Step: Open, Endpoint: east, ConfirmedBy: "two", Reason: verdict.Timeout}
	closing := Action{Step: Close, Endpoint: east, Number: 7}
	claim := Action{Step: Claim, Endpoint: east, Number: 7}
	for _, tt := range []struct {
		intent    string
		own       verdict.State
		peers     []Marker
		incidents []Incident
		want      []Action
	}{
		{"Nothing happens in quiet times.", well, []Marker{says("two", well, young), says("three", well, young)}, nil, nil},
		{"Two observers that agree open an incident.", lost, []Marker{says("two", lost, young), says("three", well, young)},
			nil, []Action{opening}},
		{"One observer among others that are fine pages nobody.", lost,
			[]Marker{says("two", well, young), says("three", well, young)}, nil, nil},
		{"Nor does one whose peers have no opinion yet.", lost,
			[]Marker{says("two", between, young), says("three", verdict.State{}, young)}, nil, nil},
		{"A word that is too old confirms nothing.", lost, []Marker{says("two", lost, old), says("three", well, young)}, nil,
			nil},
		{"Nor does the observer's own word.", lost, []Marker{says("one", lost, young), says("two", well, young)}, nil, nil},
		{"Only the freshest marker of a peer is its word.", lost,
			[]Marker{says("two", lost, 20*time.Second), says("two", well, young)}, nil, nil},
		{"An observer whose peers are all silent acts alone.", lost, []Marker{says("two", well, old)}, nil, []Action{{
			Step:     Open,
			Endpoint: east,
			Reason:   verdict.Timeout,
		}}},
		{"An incident opens once.", lost, []Marker{says("two", lost, young)}, []Incident{open}, nil},
		{"It opens anew while the last one still owes its resolved notice.", lost, []Marker{says("two", lost, young)},
			[]Incident{closed}, []Action{opening, claim}},
		{"Two observers that agree close it.", well, []Marker{says("two", well, young), says("three", lost, young)},
			[]Incident{open}, []Action{closing}},
		{"One that alone sees it well does not.", well, []Marker{says("two", lost, young), says("three", between, young)},
			[]Incident{open}, nil},
		{"One that sees it recover does not.", between, []Marker{says("two", well, young)}, []Incident{open}, nil},
		{"One that has just started does not.", verdict.State{}, []Marker{says("two", well, young)}, []Incident{open}, nil},
		{"The last observer left closes it.", well, nil, []Incident{open}, []Action{closing}},
		{"Whoever sees a due notice claims it.", verdict.State{}, []Marker{says("two", lost, young)}, []Incident{due},
			[]Action{claim}},
		{"Closing comes before a reminder.", well, []Marker{says("two", well, young)}, []Incident{due}, []Action{closing}},
		{"A resolved notice that its closer did not publish is claimed.", well, []Marker{says("two", well, young)},
			[]Incident{closed}, []Action{claim}},
		{"Incidents of endpoints that nobody watches any more are left alone.", well, nil, []Incident{{
			Endpoint: "old",
			Number:   1,
			Due:      true,
		}}, nil},
	} {
		got := Decide(Situation{
			Observer:  "one",
			Endpoints: []string{east, ohio},
			States:    map[string]verdict.State{east: tt.own, ohio: well},
			Snapshot:  Snapshot{Markers: tt.peers, Incidents: tt.incidents},
			Policy:    policy,
			Fresh:     fresh,
		})
		assert.Equal(t, tt.want, got, tt.intent)
	}
}

func TestBothEndpointsMayBeLost(t *testing.T) {
	both := map[string]verdict.State{east: lost, ohio: lost}
	got := Decide(Situation{
		Observer:  "one",
		Endpoints: []string{east, ohio},
		States:    both,
		Policy:    policy,
		Fresh:     time.Minute,
		Snapshot:  Snapshot{Markers: []Marker{{Observer: "two", Endpoint: east, Word: Word{States: both}}}},
	})
	assert.Equal(t, []Action{
		{Step: Open, Endpoint: east, ConfirmedBy: "two", Reason: verdict.Timeout},
		{Step: Open, Endpoint: ohio, ConfirmedBy: "two", Reason: verdict.Timeout},
	}, got)
}

func TestTheLossOfTheOtherEndpointEndsAWithdrawal(t *testing.T) {
	inForce := Withdrawal{Endpoint: ohio, Left: time.Hour}
	held := Withdrawal{Endpoint: ohio, Left: -time.Minute, How: "returned"}
	over := Withdrawal{Endpoint: ohio, Left: -hold}
	lapsed := Withdrawal{Endpoint: ohio, Left: -time.Minute, How: "lapsed"}
	owed := lapsed
	owed.Due = true
	lostEast := []Incident{{Endpoint: east, Number: 7, OpenedAt: epoch, Announced: true}}
	agrees := says("two", lost, time.Second)
	opening := Action{Step: Open, Endpoint: east, ConfirmedBy: "two", Reason: verdict.Timeout}
	lapse := Action{Step: Lapse, Endpoint: ohio}
	for _, tt := range []struct {
		intent     string
		own        verdict.State
		peer       Marker
		incidents  []Incident
		withdrawal Withdrawal
		want       []Action
	}{
		{"Both are well: it stays.", well, says("two", well, 1), nil, inForce, nil},
		{"It ends with what opens the incident.", lost, agrees, nil, inForce, []Action{opening, lapse}},
		{"It ends though only others saw that.", well, agrees, lostEast, inForce, []Action{lapse}},
		{"Its hold ends as well.", well, agrees, lostEast, held, []Action{lapse}},
		{"What is over is left alone.", well, agrees, lostEast, over, nil},
		{"It lapses once.", well, agrees, lostEast, lapsed, nil},
		{"Whoever sees that nobody was told claims it.", well, says("two", well, 1), nil, owed,
			[]Action{{Step: ClaimLapse, Endpoint: ohio}}},
		{"The loss of its own endpoint changes nothing.", lost, agrees, lostEast,
			Withdrawal{Endpoint: east, Left: time.Hour}, nil},
		{"An incident that ends now ends nothing.", well, says("two", well, 1), lostEast, inForce,
			[]Action{{Step: Close, Endpoint: east, Number: 7}}},
	} {
		got := Decide(Situation{
			Observer:  "one",
			Endpoints: []string{east, ohio},
			States:    map[string]verdict.State{east: tt.own, ohio: well},
			Snapshot: Snapshot{
				Markers:     []Marker{tt.peer},
				Incidents:   tt.incidents,
				Withdrawals: []Withdrawal{tt.withdrawal},
			},
			Policy: policy,
			Fresh:  45 * time.Second,
			Hold:   hold,
		})
		assert.Equal(t, tt.want, got, tt.intent)
	}
}

// Nobody waits for the one who comes to write it down.
func TestAWithdrawalCountsWhileNoOtherEndpointIsLost(t *testing.T) {
	s := Snapshot{Withdrawals: []Withdrawal{{Endpoint: east, Left: time.Hour}}}
	counts := func(watched ...string) bool {
		_, counts := s.WithdrawnAt(east, watched, hold)
		return counts
	}
	assert.True(t, counts(east, ohio))
	s.Incidents = []Incident{{Endpoint: east, Number: 1}}
	assert.True(t, counts(east, ohio), "its own loss changes nothing")
	s.Incidents = []Incident{{Endpoint: ohio, Number: 1, ClosedAt: epoch}}
	assert.True(t, counts(east, ohio), "it is over")
	s.Incidents = []Incident{{Endpoint: ohio, Number: 1}}
	assert.False(t, counts(east, ohio))
	assert.True(t, counts(east, "another"), "what nobody watches any more is left alone")
}

func TestMarkerAgeIsThatOfTheOtherEndpoint(t *testing.T) {
	s := Snapshot{Markers: []Marker{{
		Endpoint: east,
		Age:      time.Second,
	}, {Endpoint: ohio, Age: 9 * time.Second}, {Endpoint: ohio, Age: 4 * time.Second}}}
	age, ok := s.AgeThroughOther(east)
	assert.True(t, ok)
	assert.Equal(t, 4*time.Second, age)
	_, ok = Snapshot{Markers: s.Markers[:1]}.AgeThroughOther(east)
	assert.False(t, ok, "no other endpoint has been written through yet")
}

func TestNoticesSayWhatHasNotBeenSaid(t *testing.T) {
	i := Incident{Endpoint: east, Number: 1, OpenedAt: epoch}
	now := epoch.Add(time.Hour)
	assert.Equal(t, Opened, noticeOf(i, now).Kind, "the opener died before it published")
	i.Announced = true
	assert.Equal(t, Reminder, noticeOf(i, now).Kind)
	assert.Equal(t, time.Hour, noticeOf(i, now).Lasted())
	i.ClosedAt = epoch.Add(time.Minute)
	assert.Equal(t, Resolved, noticeOf(i, now).Kind)
	assert.Equal(t, time.Minute, noticeOf(i, now).Lasted())
	assert.Equal(t, "resolved", Resolved.String())
}
