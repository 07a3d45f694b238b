package cloudwatch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The suppressed composite "page" watches "child"; "suppressor" holds its actions back. Both follow their metric of the
// same name within a tick. WaitPeriod is two minutes, ExtensionPeriod three, as in AWS's examples.
func suppressed(t *testing.T) *Service {
	t.Helper()
	s := newService(t)
	for _, name := range []string{"child", "suppressor"} {
		a := errorsAlarm()
		a.Name, a.MetricName, a.AlarmActions, a.OkActions = name, name, nil, nil
		put(t, s, a)
	}
	_, err := s.PutCompositeAlarm(CompositeAlarm{
		AlarmName: "page", AlarmRule: "ALARM(child)", AlarmActions: []string{topic}, OkActions: []string{topic},
		ActionsSuppressor: &ActionsSuppressor{Alarm: "suppressor", WaitPeriod: 120, ExtensionPeriod: 180},
	})
	require.NoError(t, err)
	return s
}

// step is a minute of a timeline: the states of child and suppressor in it.
type step struct{ child, suppressor State }

// live lets the timeline pass and returns the subjects' states by the minute they were sent in.
func live(t *testing.T, s *Service, timeline []step) map[int]State {
	t.Helper()
	sent := map[int]State{}
	for minute, now := range timeline {
		before := len(delivered(s))
		require.NoError(t, s.SetAlarmState("suppressor", now.suppressor, "rehearsed"))
		require.NoError(t, s.SetAlarmState("child", now.child, "rehearsed"))
		for _, subject := range notices(t, s)[before:] {
			sent[minute] = State(subject[:len(subject)-len(`: "page" in US East (N. Virginia)`)])
		}
		time.Sleep(time.Minute)
		s.mu.Lock()
		transitions := s.evaluateComposites(s.env.Now())
		s.mu.Unlock()
		for _, tr := range transitions {
			s.act(tr)
			sent[minute+1] = tr.to
		}
	}
	return sent
}

// The examples of "Suppressing composite alarm actions", CloudWatch User Guide. The first minutes let the notice of the
// first OK out.
func TestASuppressorHoldsActionsBack(t *testing.T) {
	fine, fires := step{StateOK, StateOK}, step{StateAlarm, StateOK}
	both, over := step{StateAlarm, StateAlarm}, step{StateOK, StateAlarm}
	for name, tt := range map[string]struct {
		timeline []step
		want     map[int]State
	}{
		"after the wait period the actions run": {
			[]step{fine, fine, fine, fires, fires, fires, fires}, map[int]State{2: StateOK, 5: StateAlarm},
		},
		"a suppressor that follows within the wait period holds them": {
			[]step{fine, fine, fine, fires, both, both, both, both}, map[int]State{2: StateOK},
		},
		"a change within the wait period begins a new one, and the latest state is told": {
			[]step{fine, fine, fine, fires, fine, fine, fine, fine}, map[int]State{2: StateOK, 6: StateOK},
		},
		"a suppressor that was first holds them": {
			[]step{fine, fine, fine, over, both, both, both, both}, map[int]State{2: StateOK},
		},
		"after the extension period the actions run": {
			[]step{fine, fine, fine, both, both, fires, fires, fires, fires}, map[int]State{2: StateOK, 8: StateAlarm},
		},
		"a change within the extension period begins a wait period": {
			[]step{fine, fine, fine, both, both, fires, fine, fine, fine, fine}, map[int]State{2: StateOK, 8: StateOK},
		},
		"a suppressor that comes and goes while nothing changes is not told": {
			[]step{fine, fine, fine, over, over, fine, fine, fine, fine, fine}, map[int]State{2: StateOK},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { assert.Equal(t, tt.want, live(t, suppressed(t), tt.timeline)) })
		})
	}
}

func TestASuppressedAlarmSaysByWhat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := suppressed(t)
		by := func() SuppressedBy {
			status, err := s.AlarmStatus("page")
			require.NoError(t, err)
			return status.SuppressedBy
		}
		live(t, s, []step{{StateOK, StateOK}, {StateOK, StateOK}, {StateOK, StateOK}})
		assert.Empty(t, by())
		live(t, s, []step{{StateAlarm, StateOK}})
		assert.Equal(t, SuppressedByWaitPeriod, by())
		live(t, s, []step{{StateAlarm, StateAlarm}})
		assert.Equal(t, SuppressedByAlarm, by())
		live(t, s, []step{{StateAlarm, StateOK}})
		assert.Equal(t, SuppressedByExtensionPeriod, by())
	})
}

func TestASuppressorIsCheckedAndMayBeNamedByItsARN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := suppressed(t)
		page := CompositeAlarm{AlarmName: "page", AlarmRule: "ALARM(child)"}
		page.ActionsSuppressor = &ActionsSuppressor{Alarm: s.env.ARN("cloudwatch", "alarm:suppressor"), WaitPeriod: 60, ExtensionPeriod: 60}
		_, err := s.PutCompositeAlarm(page)
		require.NoError(t, err)
		page.ActionsSuppressor = &ActionsSuppressor{Alarm: "nowhere", WaitPeriod: -1, ExtensionPeriod: 60}
		_, err = s.PutCompositeAlarm(page)
		require.ErrorContains(t, err, "nowhere")
		assert.ErrorContains(t, err, "-1")
	})
}
