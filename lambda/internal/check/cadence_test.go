package check

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"aurora-dsql-dr/lambda/contract"
)

func cadence(schedule, interval time.Duration) Cadence {
	return Cadence{
		Schedule:    schedule,
		Interval:    interval,
		RunLimit:    time.Minute,
		StepLimit:   5 * time.Second,
		StatusLimit: time.Second,
	}
}

func TestCadence(t *testing.T) {
	for _, tt := range []struct {
		intent      string
		given       Cadence
		rounds      int
		step, fresh time.Duration
	}{
		{"The default: four rounds a minute.", cadence(time.Minute, 15*time.Second), 4, 3750 * time.Millisecond,
			45 * time.Second},
		{"The fast rehearsal: twelve rounds.", cadence(time.Minute, 5*time.Second), 12, 1250 * time.Millisecond,
			15 * time.Second},
		{"The lean profile: one round, and no step as long as a quarter of it.", cadence(time.Minute, time.Minute), 1,
			5 * time.Second, 3 * time.Minute},
		{"An interval that does not divide the minute leaves a rest.", cadence(time.Minute, 25*time.Second), 2,
			5 * time.Second, 95 * time.Second},
		{"A schedule beyond the run's limit leaves a pause, through which words stay fresh.",
			cadence(5*time.Minute, 15*time.Second), 4, 3750 * time.Millisecond, 525 * time.Second},
		{"Ten times as fast is the same.", Cadence{
			Schedule:  6 * time.Second,
			Interval:  1500 * time.Millisecond,
			RunLimit:  6 * time.Second,
			StepLimit: 500 * time.Millisecond,
		}, 4, 375 * time.Millisecond, 4500 * time.Millisecond},
		{"A window shorter than the interval still has a round.", Cadence{
			Schedule:  time.Minute,
			Interval:  time.Minute,
			RunLimit:  30 * time.Second,
			StepLimit: time.Second,
		}, 1, time.Second, 3 * time.Minute},
	} {
		assert.Equal(t, tt.rounds, tt.given.Rounds(), tt.intent)
		assert.Equal(t, tt.step, tt.given.Step(), tt.intent)
		assert.Equal(t, tt.fresh, tt.given.Fresh(), tt.intent)
	}
}

func TestAnUndecidedEndpointIsProbedAgain(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	after := start.Add
	for _, tt := range []struct {
		intent             string
		interval           time.Duration
		round, latest, now time.Duration // latest 0: none yet
		want               time.Duration // 0: none
	}{
		{"At once after the round that found it down.", 15 * time.Second, 0, 0, 4750 * time.Millisecond,
			4750 * time.Millisecond},
		{"Two seconds after the start of the one before.", 15 * time.Second, 0, 4750 * time.Millisecond, 5 * time.Second,
			6750 * time.Millisecond},
		{"At once, if that took longer.", 15 * time.Second, 0, 4 * time.Second, 7 * time.Second, 7 * time.Second},
		{"The next round is a probe as well.", 5 * time.Second, 0, 3 * time.Second, 4 * time.Second, 0},
		{"One may begin just before it.", 5 * time.Second, 0, 2250 * time.Millisecond, 3500 * time.Millisecond,
			4250 * time.Millisecond},
		{"The last one ends with the run's probes.", 15 * time.Second, 45 * time.Second, 0, 55 * time.Second,
			55 * time.Second},
		{"None is cut off by them.", 15 * time.Second, 45 * time.Second, 0, 55500 * time.Millisecond, 0},
	} {
		c := cadence(time.Minute, tt.interval)
		c.Reprobe = 2 * time.Second
		var latest time.Time
		if tt.latest > 0 {
			latest = after(tt.latest)
		}
		at, ok := c.reprobe(c.timetable(start, time.Time{}, false), after(tt.round), latest, after(tt.now))
		assert.Equal(t, tt.want > 0, ok, tt.intent)
		if ok {
			assert.Equal(t, after(tt.want), at, tt.intent)
		}
	}
	c := cadence(time.Minute, 15*time.Second)
	assert.Equal(t, []time.Duration{3750 * time.Millisecond, time.Second}, []time.Duration{c.Step(), c.StatusStep()})
	c.Reprobe = 2 * time.Second
	assert.Equal(t, 2*time.Second, c.ReprobeStep())
	c.Interval = 3 * time.Second
	assert.Equal(t, 1500*time.Millisecond, c.ReprobeStep(), "no longer than two steps")
}

// A probe's step has five round trips, a re-probe has ten. Between distant ends one takes 150 ms, to an address that is
// tried after a silent one it may take 120 ms in a re-probe.
func TestEveryDeadlineHasRoomForItsRoundTrips(t *testing.T) {
	for interval := contract.MinProbeInterval; interval <= time.Minute; interval += time.Second {
		c := cadence(time.Minute, interval)
		c.Reprobe = contract.HealthCheckDurations()[contract.EnvReprobeInterval]
		assert.GreaterOrEqual(t, c.ReprobeStep(), 10*150*time.Millisecond, "a re-probe every %v", interval)
		assert.GreaterOrEqual(t, c.Step()-c.Patience(), 5*150*time.Millisecond, "a step every %v", interval)
		assert.GreaterOrEqual(t, c.ReprobeStep()-c.Patience(), 10*120*time.Millisecond, "a re-probe every %v", interval)
	}
	c := cadence(time.Minute, 5*time.Second)
	assert.Equal(t, 5*150*time.Millisecond, c.Step()-c.Patience(), "without re-probes")
}

func TestTheLastRoundEndsInTime(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for interval := time.Second; interval <= time.Minute; interval += time.Second {
		c := cadence(time.Minute, interval)
		times := c.timetable(start, time.Time{}, false)
		assert.Equal(t, c.Rounds(), c.rounds(times, 0), "an interval of %v loses no round", interval)
		last := start.Add(time.Duration(c.Rounds()-1) * interval)
		assert.False(t, last.Add(3*c.Step()).After(times.probes), "every step of the last probe may use its deadline")
		assert.True(t, times.probes.Before(times.publish) && times.publish.Before(start.Add(time.Minute)))
	}
}

func TestARareRunIsNoLongerThanItsLimit(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	times := cadence(time.Hour, 15*time.Second).timetable(start, time.Time{}, false)
	assert.True(t, times.publish.Before(start.Add(time.Minute)), "the function's timeout ends it")
}

func TestFewerRoundsAreMade(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := cadence(time.Minute, 15*time.Second)
	assert.Equal(t, 1, c.rounds(c.timetable(start, time.Time{}, false), 1), "when the event asks for them")
	assert.Equal(t, 4, c.rounds(c.timetable(start, time.Time{}, false), 9), "but never more than fit")
	assert.Equal(t, 2, c.rounds(c.timetable(start, start.Add(31*time.Second), true), 0), "when the caller ends earlier")
	assert.Equal(t, 1, c.rounds(c.timetable(start, start.Add(time.Second), true), 0), "but one in any case")
}
