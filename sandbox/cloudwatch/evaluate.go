package cloudwatch

import (
	"maps"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch/metricmath"
)

// extraDatapoints is how many periods beyond the evaluation periods an alarm looks back, so that late or missing data
// does not decide. AWS publishes no number; its tables show five for three evaluation periods ("Configuring how
// CloudWatch alarms treat missing data").
const extraDatapoints = 2

// verdict of one period.
type verdict int

const (
	missing verdict = iota
	good
	breaching
)

// decide is the evaluation of a metric alarm, from the verdicts of its evaluation range, newest first. It follows
// "Configuring how CloudWatch alarms treat missing data": enough real data points are evaluated alone, the newest N of
// them; otherwise missing ones are filled in, as few as possible. The second result is false when the alarm keeps its
// state.
func decide(points []verdict, m, n int, treatMissing string) (State, bool) {
	var existing []verdict
	oldestBreaching := 0
	for i, p := range points {
		if p != missing {
			existing = append(existing, p)
		}
		if p == breaching {
			oldestBreaching = i + 1
		}
	}
	existing = existing[:min(n, len(existing))]
	filled := n - len(existing)
	breaches := count(existing, breaching)

	switch {
	case breaches >= m:
		return StateAlarm, true
	case filled == 0 || treatMissing == "notBreaching":
		return StateOK, true
	case treatMissing == "breaching":
		return alarmIf(breaches+filled >= m), true
	case len(existing) == 0:
		return StateInsufficientData, treatMissing == "missing"
	case breaches < len(existing):
		return StateOK, true
	default:
		// Every data point there is breaches, and they are too few. Once the oldest is at least M periods old this is
		// no longer a premature alarm ("Avoiding premature transitions to alarm state").
		return alarmIf(oldestBreaching >= m), treatMissing == "missing"
	}
}

func count(points []verdict, v verdict) int {
	return len(points) - len(slices.DeleteFunc(slices.Clone(points), func(p verdict) bool { return p == v }))
}

func alarmIf(alarm bool) State {
	if alarm {
		return StateAlarm
	}
	return StateOK
}

// transition is a change of state that actions may follow.
type transition struct {
	alarm    any // MetricAlarm or CompositeAlarm
	name     string
	enabled  bool
	actions  []string
	from     State
	to       State
	reason   string
	at       time.Time
	config   time.Time
	children []child
}

// evaluateMetricAlarms evaluates the alarms that are due. The caller holds the lock.
func (s *Service) evaluateMetricAlarms(now time.Time) []transition {
	var transitions []transition
	for _, name := range slices.Sorted(maps.Keys(s.alarms)) {
		a := s.alarms[name]
		if a.plan.Period >= time.Minute && !now.Truncate(time.Minute).Equal(now) {
			continue
		}
		if t, changed := s.evaluate(a, now); changed {
			transitions = append(transitions, t)
		}
	}
	return transitions
}

func (s *Service) evaluate(a *metricAlarm, now time.Time) (transition, bool) {
	e, err := s.assess(a.MetricAlarm, a.plan, now)
	if err != nil { // an expression that yields an array
		return s.move(&a.AlarmStatus, StateInsufficientData, "Evaluation error: "+err.Error(), now, a.transition)
	}
	state, decided := decide(e.verdicts, a.datapointsToAlarm(), a.EvaluationPeriods, a.TreatMissingData)
	if !decided {
		return transition{}, false
	}
	return s.move(&a.AlarmStatus, state, a.reason(state, e.times, e.verdicts, e.series), now, a.transition)
}

// assessment is what an alarm sees: its evaluation range, newest first.
type assessment struct {
	times    []time.Time
	verdicts []verdict
	series   metricmath.Series
}

func (s *Service) assess(a MetricAlarm, plan *metricmath.Plan, now time.Time) (assessment, error) {
	e := assessment{times: make([]time.Time, a.EvaluationPeriods+extraDatapoints)}
	for i := range e.times {
		e.times[i] = now.Add(-time.Duration(i+1) * plan.Period)
	}
	data, err := plan.Run(s.sample, e.times)
	if err != nil {
		return assessment{}, err
	}
	e.series = data[plan.Returned[0]]
	e.verdicts = make([]verdict, len(e.times))
	for i, at := range e.times {
		if v, ok := e.series[at.Unix()]; ok {
			e.verdicts[i] = good
			if comparisons[a.ComparisonOperator].breaches(v, *a.Threshold) {
				e.verdicts[i] = breaching
			}
		}
	}
	return e, nil
}

// Judge says what the data there is says of an alarm with these settings, for those who watch an alarm's metric and not
// the alarm: missing data is missing, whatever the alarm takes it for.
func (s *Service) Judge(a MetricAlarm) State {
	plan, err := metricmath.NewPlan(a.queries())
	if err != nil { // was no alarm's
		return StateInsufficientData
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.assess(a, plan, s.env.Now().Truncate(time.Minute))
	if err != nil {
		return StateInsufficientData
	}
	state, _ := decide(e.verdicts, a.datapointsToAlarm(), a.EvaluationPeriods, "missing")
	return state
}

func (a *metricAlarm) transition() transition {
	return transition{alarm: a.MetricAlarm, name: a.Name, enabled: *a.ActionsEnabled,
		actions: actionsOf(a.Value, a.OkActions, a.AlarmActions, a.InsufficientDataActions)}
}

func actionsOf(state State, ok, alarm, insufficient []string) []string {
	switch state {
	case StateOK:
		return ok
	case StateAlarm:
		return alarm
	default:
		return insufficient
	}
}

// move puts an alarm into a state. Only a change is recorded and acted on.
func (s *Service) move(
	status *AlarmStatus,
	to State,
	reason string,
	now time.Time,
	describe func() transition,
) (transition, bool) {
	from := status.Value
	if from == to {
		return transition{}, false
	}
	status.Value, status.Reason, status.UpdatedAt, status.TransitionedAt = to, reason, now, now
	t := describe()
	t.from, t.to, t.reason, t.at, t.config = from, to, reason, now, status.ConfiguredAt
	s.record(HistoryItem{
		AlarmName: t.name,
		Type:      HistoryStateUpdate,
		Old:       from,
		New:       to,
		Reason:    reason,
		Summary:   "Alarm updated from " + string(from) + " to " + string(to),
	}, now)
	return t, true
}

// SetAlarmState puts an alarm into a state until its next evaluation, and runs the actions if that changes it.
func (s *Service) SetAlarmState(name string, state State, reason string) error {
	now := s.env.Now()
	s.mu.Lock()
	var transitions []transition
	switch {
	case s.alarms[name] != nil:
		a := s.alarms[name]
		if t, changed := s.move(&a.AlarmStatus, state, reason, now, a.transition); changed {
			transitions = append(transitions, t)
		}
	case s.composites[name] != nil:
		a := s.composites[name]
		if t, changed := s.move(&a.AlarmStatus, state, reason, now, a.transition(nil)); changed {
			transitions = append(transitions, s.unsuppressed([]transition{t}, now)...)
		}
	default:
		s.mu.Unlock()
		return noAlarm(name)
	}
	transitions = append(transitions, s.evaluateComposites(now)...)
	s.mu.Unlock()
	for _, t := range transitions {
		s.act(t)
	}
	return nil
}
