package cloudwatch

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch/metricmath"
)

// State is the state of an alarm.
type State string

// States of alarms.
const (
	StateOK               State = "OK"
	StateAlarm            State = "ALARM"
	StateInsufficientData State = "INSUFFICIENT_DATA"
)

// MetricAlarm watches a metric or an expression. Arn is given by CloudWatch.
type MetricAlarm struct {
	Name                    string            `json:"name"`
	AlarmDescription        string            `json:"alarmDescription,omitempty"`
	ActionsEnabled          *bool             `json:"actionsEnabled,omitempty"` // true by default
	AlarmActions            []string          `json:"alarmActions,omitempty"`   // SNS topics of this region
	OkActions               []string          `json:"okActions,omitempty"`
	InsufficientDataActions []string          `json:"insufficientDataActions,omitempty"`
	ComparisonOperator      string            `json:"comparisonOperator"`
	Threshold               *float64          `json:"threshold,omitempty"`
	EvaluationPeriods       int               `json:"evaluationPeriods"`           // N
	DatapointsToAlarm       int               `json:"datapointsToAlarm,omitempty"` // M, N by default
	TreatMissingData        string            `json:"treatMissingData,omitempty"`  // missing by default
	Namespace               string            `json:"namespace,omitempty"`
	MetricName              string            `json:"metricName,omitempty"`
	Dimensions              map[string]string `json:"dimensions,omitempty"`
	Statistic               string            `json:"statistic,omitempty"`
	ExtendedStatistic       string            `json:"extendedStatistic,omitempty"`
	Period                  int               `json:"period,omitempty"` // seconds
	Unit                    string            `json:"unit,omitempty"`
	MetricQueries           []MetricQuery     `json:"metricQueries,omitempty"` // instead of the group above
	Tags                    map[string]string `json:"tags,omitempty"`

	Arn string `json:"arn"`
}

// CompositeAlarm watches other alarms. Arn is given by CloudWatch.
type CompositeAlarm struct {
	AlarmName               string            `json:"alarmName"`
	AlarmRule               string            `json:"alarmRule"`
	AlarmDescription        string            `json:"alarmDescription,omitempty"`
	ActionsEnabled          *bool             `json:"actionsEnabled,omitempty"` // true by default
	AlarmActions            []string          `json:"alarmActions,omitempty"`
	OkActions               []string          `json:"okActions,omitempty"`
	InsufficientDataActions []string          `json:"insufficientDataActions,omitempty"`
	Tags                    map[string]string `json:"tags,omitempty"`

	ActionsSuppressor *ActionsSuppressor `json:"actionsSuppressor,omitempty"` // nil lets them run at once

	Arn string `json:"arn"`
}

// AlarmStatus is the state of an alarm and since when.
type AlarmStatus struct {
	Value          State
	Reason         string
	UpdatedAt      time.Time // of the last change of value or reason
	TransitionedAt time.Time // of the last change of value
	ConfiguredAt   time.Time // when the alarm was last put
	// SuppressedBy is what holds the actions of a composite alarm back; "" for nothing.
	SuppressedBy SuppressedBy
}

type metricAlarm struct {
	MetricAlarm
	AlarmStatus
	plan *metricmath.Plan
}

type compositeAlarm struct {
	CompositeAlarm
	AlarmStatus
	rule rule
	held suppression
}

func initialStatus(now time.Time) AlarmStatus {
	return AlarmStatus{
		Value: StateInsufficientData, Reason: "Unchecked: Initial alarm creation",
		UpdatedAt: now, TransitionedAt: now,
	}
}

// PutMetricAlarm creates an alarm in state INSUFFICIENT_DATA, or replaces one, which keeps its state. The next tick
// evaluates it.
func (s *Service) PutMetricAlarm(a MetricAlarm) (MetricAlarm, error) {
	if a.ActionsEnabled == nil {
		enabled := true
		a.ActionsEnabled = &enabled
	}
	if a.TreatMissingData == "" {
		a.TreatMissingData = "missing"
	}
	a.Arn = s.env.ARN("cloudwatch", "alarm:"+a.Name)
	plan, err := s.checkMetricAlarm(a)
	if err != nil {
		return MetricAlarm{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.composites[a.Name]; taken {
		return MetricAlarm{}, invalidAlarm("Alarm %s is a composite alarm.", a.Name)
	}
	now := s.env.Now()
	stored, exists := s.alarms[a.Name]
	if !exists {
		if err := s.roomForAlarm(); err != nil {
			return MetricAlarm{}, err
		}
		stored = &metricAlarm{AlarmStatus: initialStatus(now)}
		s.alarms[a.Name] = stored
	}
	stored.MetricAlarm, stored.plan, stored.ConfiguredAt = a, plan, now
	s.configured(a.Name, "MetricAlarm", exists, now)
	return a, nil
}

// comparisons are the operators of alarms, and how a state reason words them.
var comparisons = map[string]struct {
	breaches func(value, threshold float64) bool
	words    string
}{
	"GreaterThanThreshold":          {func(v, t float64) bool { return v > t }, "greater than"},
	"GreaterThanOrEqualToThreshold": {func(v, t float64) bool { return v >= t }, "greater than or equal to"},
	"LessThanThreshold":             {func(v, t float64) bool { return v < t }, "less than"},
	"LessThanOrEqualToThreshold":    {func(v, t float64) bool { return v <= t }, "less than or equal to"},
}

// missingDataRules are the values of TreatMissingData.
var missingDataRules = []string{"breaching", "ignore", "missing", "notBreaching"}

// checkMetricAlarm refuses what PutMetricAlarm refuses, all problems at once, and plans the evaluation.
func (s *Service) checkMetricAlarm(a MetricAlarm) (*metricmath.Plan, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	var problems []string
	report := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	_, known := comparisons[a.ComparisonOperator]
	report(
		!known,
		"comparisonOperator %q: want %s",
		a.ComparisonOperator,
		strings.Join(slices.Sorted(maps.Keys(comparisons)), ", "),
	)
	report(a.Threshold == nil, "threshold is missing")
	report(a.EvaluationPeriods < 1, "evaluationPeriods %d: want at least 1", a.EvaluationPeriods)
	report(a.DatapointsToAlarm < 0 || a.DatapointsToAlarm > a.EvaluationPeriods,
		"datapointsToAlarm %d: want 1 to evaluationPeriods (%d)", a.DatapointsToAlarm, a.EvaluationPeriods)
	report(
		!slices.Contains(missingDataRules, a.TreatMissingData),
		"treatMissingData %q: want %s",
		a.TreatMissingData,
		strings.Join(missingDataRules, ", "),
	)
	report(a.MetricName != "" && len(a.MetricQueries) > 0, "metricName and metricQueries: only one of them")
	problems = append(problems, s.checkActions(a.AlarmActions, a.OkActions, a.InsufficientDataActions)...)
	plan, err := metricmath.NewPlan(a.queries())
	if err != nil {
		problems = append(problems, err.Error())
	} else {
		report(len(plan.Returned) != 1, "metricQueries: %d of them return data, exactly one must", len(plan.Returned))
		period := int(plan.Period / time.Second)
		report(
			period < 10 || period%60 != 0 && period > 30,
			"period %d: want 10, 20, 30 or a multiple of 60 seconds",
			period,
		)
		report(a.EvaluationPeriods*period > 7*86400 || period < 3600 && a.EvaluationPeriods*period > 86400,
			"evaluationPeriods * period: at most one day, seven days for periods of an hour and more")
	}
	if len(problems) > 0 {
		return nil, invalidAlarm("Alarm %s: %s.", a.Name, strings.Join(problems, "; "))
	}
	return plan, nil
}

// checkActions accepts SNS topics of the alarm's own region only, as AWS does.
func (s *Service) checkActions(lists ...[]string) []string {
	var problems []string
	for _, action := range slices.Concat(lists...) {
		parts := strings.SplitN(action, ":", 6)
		switch {
		case len(parts) != 6 || parts[2] != "sns":
			problems = append(problems, fmt.Sprintf("action %q: the sandbox models SNS topics only", action))
		case parts[3] != s.env.Name:
			problems = append(problems, fmt.Sprintf("Invalid region %s specified. Only %s is supported", parts[3], s.env.Name))
		}
	}
	return problems
}

func invalidAlarm(format string, args ...any) error {
	return awserr.Invalid(validation, format, args...)
}

// queries are the alarm's MetricQueries; a single metric is a query as well.
func (a MetricAlarm) queries() []MetricQuery {
	if len(a.MetricQueries) > 0 {
		queries := slices.Clone(a.MetricQueries)
		for i := range queries { // in an alarm ReturnData is false unless it says true
			returned := queries[i].ReturnData != nil && *queries[i].ReturnData || len(queries) == 1
			queries[i].ReturnData = &returned
		}
		return queries
	}
	stat := a.Statistic
	if stat == "" {
		stat = a.ExtendedStatistic
	}
	return []MetricQuery{{
		ID: "m1",
		Metric: &MetricStat{
			Namespace:  a.Namespace,
			MetricName: a.MetricName,
			Dimensions: a.Dimensions,
			Period:     a.Period,
			Stat:       stat,
			Unit:       a.Unit,
		},
	}}
}

// datapointsToAlarm is M of "M of N".
func (a MetricAlarm) datapointsToAlarm() int {
	if a.DatapointsToAlarm > 0 {
		return a.DatapointsToAlarm
	}
	return a.EvaluationPeriods
}

// MetricAlarm finds a metric alarm by its name.
func (s *Service) MetricAlarm(name string) (MetricAlarm, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.alarms[name]; ok {
		return a.MetricAlarm, nil
	}
	return MetricAlarm{}, noAlarm(name)
}

// MetricAlarms lists the metric alarms by name.
func (s *Service) MetricAlarms() []MetricAlarm {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []MetricAlarm
	for _, name := range slices.Sorted(maps.Keys(s.alarms)) {
		list = append(list, s.alarms[name].MetricAlarm)
	}
	return list
}

// PutCompositeAlarm creates a composite alarm in state INSUFFICIENT_DATA, or replaces one, which keeps its state. Its
// rule may name only alarms that exist.
func (s *Service) PutCompositeAlarm(a CompositeAlarm) (CompositeAlarm, error) {
	if a.ActionsEnabled == nil {
		enabled := true
		a.ActionsEnabled = &enabled
	}
	a.Arn = s.env.ARN("cloudwatch", "alarm:"+a.AlarmName)
	if err := a.check(); err != nil {
		return CompositeAlarm{}, err
	}
	rule, err := parseRule(a.AlarmRule)
	if err != nil {
		return CompositeAlarm{}, invalidAlarm("AlarmRule of %s: %v", a.AlarmName, err)
	}
	if problems := s.checkActions(a.AlarmActions, a.OkActions, a.InsufficientDataActions); len(problems) > 0 {
		return CompositeAlarm{}, invalidAlarm("Alarm %s: %s.", a.AlarmName, strings.Join(problems, "; "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.alarms[a.AlarmName]; taken {
		return CompositeAlarm{}, invalidAlarm("Alarm %s is a metric alarm.", a.AlarmName)
	}
	for _, child := range rule.children() {
		if s.status(child) == nil {
			return CompositeAlarm{}, invalidAlarm("AlarmRule of %s: the alarm %s does not exist.", a.AlarmName, child)
		}
	}
	if problems := s.checkSuppressor(a.ActionsSuppressor); len(problems) > 0 {
		return CompositeAlarm{}, invalidAlarm("Alarm %s: %s.", a.AlarmName, strings.Join(problems, "; "))
	}
	now := s.env.Now()
	stored, exists := s.composites[a.AlarmName]
	if !exists {
		if err := s.roomForAlarm(); err != nil {
			return CompositeAlarm{}, err
		}
		stored = &compositeAlarm{AlarmStatus: initialStatus(now)}
		s.composites[a.AlarmName] = stored
	}
	if exists && !reflect.DeepEqual(stored.ActionsSuppressor, a.ActionsSuppressor) {
		stored.SuppressedBy = "" // replacing a suppressor discards its periods
	}
	stored.CompositeAlarm, stored.rule, stored.ConfiguredAt = a, rule, now
	s.configured(a.AlarmName, "CompositeAlarm", exists, now)
	return a, nil
}

// CompositeAlarm finds a composite alarm by its name.
func (s *Service) CompositeAlarm(name string) (CompositeAlarm, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.composites[name]; ok {
		return a.CompositeAlarm, nil
	}
	return CompositeAlarm{}, noAlarm(name)
}

// CompositeAlarms lists the composite alarms by name.
func (s *Service) CompositeAlarms() []CompositeAlarm {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []CompositeAlarm
	for _, name := range slices.Sorted(maps.Keys(s.composites)) {
		list = append(list, s.composites[name].CompositeAlarm)
	}
	return list
}

// AlarmStatus returns the status of a metric or composite alarm.
func (s *Service) AlarmStatus(name string) (AlarmStatus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if status := s.status(name); status != nil {
		return *status, nil
	}
	return AlarmStatus{}, noAlarm(name)
}

// status finds the status of an alarm of either kind; nil if there is none.
func (s *Service) status(name string) *AlarmStatus {
	if a, ok := s.alarms[name]; ok {
		return &a.AlarmStatus
	}
	if a, ok := s.composites[name]; ok {
		return &a.AlarmStatus
	}
	return nil
}

// DeleteAlarms deletes alarms of either kind; names that do not exist are passed over. An alarm that a composite alarm
// outside the list depends on stays, and so do all others of the list.
func (s *Service) DeleteAlarms(names ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		for _, c := range s.composites {
			if slices.Contains(c.rule.children(), name) && !slices.Contains(names, c.AlarmName) {
				return invalidAlarm("Cannot delete %s as there are composite alarm(s) depending on it.", name)
			}
		}
	}
	for _, name := range names {
		if s.status(name) != nil {
			s.record(HistoryItem{
				AlarmName: name,
				Type:      HistoryConfigurationUpdate,
				Summary:   fmt.Sprintf("Alarm %q deleted", name),
			}, s.env.Now())
		}
		delete(s.alarms, name)
		delete(s.composites, name)
	}
	return nil
}

func noAlarm(name string) error {
	return awserr.NotFound(404, "ResourceNotFound", "The alarm %s does not exist.", name)
}
