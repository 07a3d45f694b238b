package verdict

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	policy = Policy{FailuresToOpen: 2, SuccessesToClose: 3, WakingLimit: time.Minute}
	epoch  = time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)

	observations = map[byte]Observation{
		'u': {Verdict: Up},
		'd': {Verdict: Degraded, Reason: Status},
		'x': {Verdict: Down, Reason: Connect},
		't': {Verdict: Down, Reason: Timeout},
		'?': {Verdict: Unknown},
		'w': {Verdict: Degraded, Reason: Timeout, Waking: true},
	}
)

// play feeds one observation per letter, 15 seconds apart, and returns the last state.
func play(s State, letters string) State {
	for i := range len(letters) {
		at := epoch.Add(time.Duration(i) * 15 * time.Second)
		s, _ = policy.Next(s, observations[letters[i]], at, at)
	}
	return s
}

func TestStateMachine(t *testing.T) {
	for _, tt := range []struct {
		intent, given string
		want          State
		vote          Vote
	}{
		{"An observer that has seen nothing has no opinion.", "", State{}, Abstain},
		{"Nor has one that could see nothing.", "????", State{}, Abstain},
		{"One failure is not an outage.", "uuux", State{
			Failures:     1,
			Reason:       Connect,
			FailingSince: epoch.Add(45 * time.Second),
		}, Abstain},
		{"Two failures in a row are, from the first of them on, by the latest reason.", "uuuxt", State{
			Open:         true,
			Failures:     2,
			Reason:       Timeout,
			FailingSince: epoch.Add(45 * time.Second),
		}, Lost},
		{"Failures that are not consecutive do not add up.", "xuxux", State{
			Failures:     1,
			Reason:       Connect,
			FailingSince: epoch.Add(60 * time.Second),
		}, Abstain},
		{"A probe without an answer does not break a streak.", "x?x", State{
			Open:         true,
			Failures:     2,
			Reason:       Connect,
			FailingSince: epoch,
		}, Lost},
		{"Degraded serves, so it counts as a success.", "uud", State{Successes: 3}, Well},
		{"Three successes make an endpoint well.", "uuu", State{Successes: 3}, Well},
		{"Two do not.", "uu", State{Successes: 2}, Abstain},
		{"More of them change nothing, so a quiet state stays equal.", "uuuuuu", State{Successes: 3}, Well},
		{"A recovering endpoint is neither lost nor well.", "xxuu", State{
			Open:         true,
			Successes:    2,
			Reason:       Connect,
			FailingSince: epoch,
		}, Abstain},
		{"It closes with the third success.", "xxudu", State{Successes: 3}, Well},
		{"A relapse starts the count again and keeps the beginning.", "xxuutuu", State{
			Open:         true,
			Successes:    2,
			Reason:       Timeout,
			FailingSince: epoch,
		}, Abstain},
		{"A flapping endpoint stays one outage.", "xxuxuuxuuxu", State{
			Open:         true,
			Successes:    1,
			Reason:       Connect,
			FailingSince: epoch,
		}, Abstain},
		{"A waking cluster is neither good nor bad for a minute.", "uuuwwww", State{
			Successes:   3,
			WakingSince: epoch.Add(45 * time.Second),
		}, Well},
		{"After that it fails like any other.", "wwwwww", State{
			Open:         true,
			Failures:     2,
			Reason:       Timeout,
			FailingSince: epoch.Add(time.Minute),
			WakingSince:  epoch,
		}, Lost},
		{"Waking does not close an outage.", "xxwwww", State{
			Open:         true,
			Failures:     2,
			Reason:       Connect,
			FailingSince: epoch,
			WakingSince:  epoch.Add(30 * time.Second),
		}, Lost},
		{"A cluster that woke is excused anew.", "wwuww", State{
			Successes:   1,
			WakingSince: epoch.Add(45 * time.Second),
		}, Abstain},
	} {
		got := play(State{}, tt.given)
		assert.Equal(t, tt.want, got, tt.intent)
		assert.Equal(t, tt.vote, policy.Vote(got), tt.intent)
	}
}

func TestAClusterThatWakesForTooLongIsReportedDown(t *testing.T) {
	s, o := policy.Next(State{}, observations['w'], epoch, epoch)
	assert.Equal(t, Degraded, o.Verdict)
	late := epoch.Add(policy.WakingLimit)
	_, o = policy.Next(s, observations['w'], late, late)
	assert.Equal(t, Observation{Verdict: Down, Reason: Timeout}, o)
}

func TestABlipIsNoOutage(t *testing.T) {
	patient := policy
	patient.MinimumOutage = 5 * time.Second
	// Each probe takes a second, and they begin two seconds apart.
	var s State
	for i, want := range []bool{false, false, true} {
		began := epoch.Add(time.Duration(i) * 2 * time.Second)
		s, _ = patient.Next(s, observations['x'], began, began.Add(time.Second))
		assert.Equal(t, want, s.Open, "%d failures, counted from the start of the first probe", i+1)
		assert.Equal(t, !want, s.Undecided())
	}
	assert.Equal(t, epoch, s.FailingSince)
	s, _ = patient.Next(State{Failures: 2, FailingSince: epoch}, observations['u'], epoch, epoch.Add(time.Hour))
	assert.Equal(t, State{Successes: 1}, s, "one that served in between starts again")
	s, _ = patient.Next(State{}, observations['x'], epoch, epoch.Add(10*time.Second))
	assert.False(t, s.Open, "one failure is not an outage, however long it took")
}

// FuzzStateMachine holds the machine against a second, naive reading of its rules, and against its own stored form.
func FuzzStateMachine(f *testing.F) {
	for _, seed := range []string{"uuuxxuuu", "xwxwuu?x", "wwwwwwwwwuuu", "x?x?u?u?u"} {
		f.Add(seed)
	}
	letters := "udxt?w"
	f.Fuzz(func(t *testing.T, input string) {
		var s State
		bad, good, open := 0, 0, false
		for i := range len(input) {
			at := epoch.Add(time.Duration(i) * 15 * time.Second)
			next, counted := policy.Next(s, observations[letters[int(input[i])%len(letters)]], at, at)
			switch {
			case counted.Verdict == Down:
				bad, good = bad+1, 0
			case counted.Verdict.Serves() && !counted.Waking:
				bad, good = 0, good+1
			}
			open = (open || bad >= policy.FailuresToOpen) && good < policy.SuccessesToClose
			require.Equal(t, open, next.Open)
			require.Zero(t, next.Failures*next.Successes)
			require.Equal(t, next.Open || next.Failures > 0, !next.FailingSince.IsZero())

			stored, err := json.Marshal(next)
			require.NoError(t, err)
			var restored State
			require.NoError(t, json.Unmarshal(stored, &restored))
			require.Equal(t, next, restored, "a state survives its storage: %s", stored)
			s = restored
		}
	})
}
