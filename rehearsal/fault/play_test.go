package fault

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func lostRegion(until time.Duration) Step {
	return Step{
		Until: until,
		Spec:  Spec{Name: "region-lost", With: map[string]string{"region": "primary"}},
	}
}

func witnessLost(at, until time.Duration) Step {
	return Step{At: at, Until: until, Spec: Spec{Name: "witness-lost"}}
}

func TestAPlayTellsWhenFaultsBeginAndEnd(t *testing.T) {
	w := newWorld(t)
	faults := NewInjector(w.Sandbox, places)
	var told []string
	times := map[string]time.Time{}
	tell := func(what string) func(Spec, time.Time) {
		return func(s Spec, at time.Time) {
			told = append(told, what+" "+s.Name)
			times[what+" "+s.Name] = at
		}
	}
	steps := []Step{lostRegion(60 * time.Millisecond), witnessLost(20*time.Millisecond, 40*time.Millisecond)}
	outage, err := faults.Play(t.Context(), steps, tell("begin"), tell("end"))
	require.NoError(t, err)
	assert.ElementsMatch(
		t,
		[]string{"begin region-lost", "begin witness-lost", "end witness-lost", "end region-lost"},
		told,
	)
	assert.Equal(t, times["begin region-lost"], outage.Start, "the first injection")
	assert.Equal(t, times["end region-lost"], outage.End, "the end of the last")
	assert.False(t, w.Account.Region(east).Down())
}

// However a method ends, its faults are undone.
func TestAnInterruptedPlayUndoesItsFaults(t *testing.T) {
	w := newWorld(t)
	faults := NewInjector(w.Sandbox, places)
	ctx, interrupt := context.WithCancel(t.Context())
	begun, ended := 0, 0
	steps := []Step{lostRegion(time.Hour), witnessLost(50*time.Millisecond, time.Hour)}
	_, err := faults.Play(ctx, steps, func(Spec, time.Time) {
		if begun++; begun == len(steps) {
			interrupt()
		}
	}, func(Spec, time.Time) { ended++ })
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 2, ended)
	assert.Empty(t, faults.Active())
	assert.False(t, w.Account.Region(east).Down())
}

func TestAStepThatCannotBeDoneEndsTheOthers(t *testing.T) {
	w := newWorld(t)
	faults := NewInjector(w.Sandbox, places)
	unknown := Step{At: 50 * time.Millisecond, Until: time.Hour, Spec: Spec{Name: "no-such-fault"}}
	_, err := faults.Play(t.Context(), []Step{lostRegion(time.Hour), unknown}, nil, nil)
	require.ErrorContains(t, err, `fault "no-such-fault" is unknown`)
	var refused *InjectionError
	require.ErrorAs(t, err, &refused)
	assert.Empty(t, faults.Active())
}
