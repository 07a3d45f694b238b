package events

import (
	"maps"
	"net/http"
	"slices"

	"aurora-dsql-dr/sandbox/awserr"
)

// PutRule creates a rule or replaces one, which keeps its targets. A schedule starts anew when the rule is created,
// enabled, or given another expression; its first run is one period later.
func (s *Service) PutRule(r Rule) (Rule, error) {
	if r.State == "" {
		r.State = "ENABLED"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bus(r.EventBusName)
	if err != nil {
		return Rule{}, err
	}
	r.EventBusName, r.Arn = b.Name, s.env.ARN("events", "rule/"+r.Name)
	if b.Name != DefaultBus {
		r.Arn = s.env.ARN("events", "rule/"+b.Name+"/"+r.Name)
	}
	stored, err := newRule(r, s.env.Limit(PatternQuota))
	if err != nil {
		return Rule{}, err
	}
	most := s.env.Limit(RuleQuota)
	if _, known := b.rules[r.Name]; !known && len(b.rules) >= most {
		return Rule{}, limitExceeded("rules on a bus", most)
	}
	stored.targets = map[string]Target{}
	if old, ok := b.rules[r.Name]; ok {
		stored.targets = old.targets
		if old.timer != nil && old.period == stored.period && stored.State == "ENABLED" {
			old.Rule = r
			return r, nil
		}
		old.stop()
	}
	b.rules[r.Name] = stored
	if stored.period > 0 && stored.State == "ENABLED" {
		s.schedule(stored, s.env.Now().Add(stored.period))
	}
	return r, nil
}

// newRule is a rule whose pattern has so many characters at most.
func newRule(r Rule, longest int) (*storedRule, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	stored := &storedRule{Rule: r}
	var err error
	switch {
	case r.EventPattern == "" && r.ScheduleExpression == "", r.EventPattern != "" && r.ScheduleExpression != "":
		return nil, awserr.Invalid(
			"ValidationException",
			"Rule %s: exactly one of EventPattern and ScheduleExpression is required.",
			r.Name,
		)
	case r.ScheduleExpression != "" && r.EventBusName != DefaultBus:
		return nil, awserr.Invalid("ValidationException", "ScheduleExpression is supported only on the default event bus.")
	case r.ScheduleExpression != "":
		stored.period, err = parseRate(r.ScheduleExpression)
		return stored, err
	default:
		stored.pattern, err = parsePattern(r.EventPattern, longest)
		return stored, err
	}
}

// Rule finds a rule of a bus.
func (s *Service) Rule(bus, name string) (Rule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(bus, name)
	if err != nil {
		return Rule{}, err
	}
	return r.Rule, nil
}

// Rules lists the rules of a bus by name.
func (s *Service) Rules(bus string) ([]Rule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bus(bus)
	if err != nil {
		return nil, err
	}
	var rules []Rule
	for _, name := range slices.Sorted(maps.Keys(b.rules)) {
		rules = append(rules, b.rules[name].Rule)
	}
	return rules, nil
}

// SetRuleState enables or disables a rule. A schedule that is enabled runs first one period later, as a new one does.
func (s *Service) SetRuleState(bus, name, state string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(bus, name)
	if err != nil || r.State == state {
		return err
	}
	r.State = state
	r.stop()
	if r.period > 0 && state == "ENABLED" {
		s.schedule(r, s.env.Now().Add(r.period))
	}
	return nil
}

// DeleteRule deletes a rule that has no targets left.
func (s *Service) DeleteRule(bus, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(bus, name)
	if err != nil {
		return err
	}
	if len(r.targets) > 0 {
		return awserr.Invalid("ValidationException", "Rule can't be deleted since it has targets.")
	}
	r.stop()
	delete(s.buses[r.EventBusName].rules, name)
	return nil
}

func (r *storedRule) stop() {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
}

// PutTarget adds a target to a rule or replaces one.
func (s *Service) PutTarget(t Target) (Target, error) {
	if err := s.checkTarget(t); err != nil {
		return Target{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(t.EventBusName, t.Rule)
	if err != nil {
		return Target{}, err
	}
	t.EventBusName = r.EventBusName
	if _, known := r.targets[t.TargetID]; !known && len(r.targets) >= maxTargets {
		return Target{}, limitExceeded("targets a rule", maxTargets)
	}
	r.targets = maps.Clone(r.targets)
	r.targets[t.TargetID] = t
	return t, nil
}

// Target finds a target of a rule.
func (s *Service) Target(bus, rule, targetID string) (Target, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(bus, rule)
	if err != nil {
		return Target{}, err
	}
	t, ok := r.targets[targetID]
	if !ok {
		return Target{}, noTarget(rule, targetID)
	}
	return t, nil
}

// Targets lists the targets of a rule by id.
func (s *Service) Targets(bus, rule string) ([]Target, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(bus, rule)
	if err != nil {
		return nil, err
	}
	return r.sortedTargets(), nil
}

func (r *storedRule) sortedTargets() []Target {
	var targets []Target
	for _, id := range slices.Sorted(maps.Keys(r.targets)) {
		targets = append(targets, r.targets[id])
	}
	return targets
}

// RemoveTarget removes a target from a rule.
func (s *Service) RemoveTarget(bus, rule, targetID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(bus, rule)
	if err != nil {
		return err
	}
	if _, ok := r.targets[targetID]; !ok {
		return noTarget(rule, targetID)
	}
	r.targets = maps.Clone(r.targets)
	delete(r.targets, targetID)
	return nil
}

// find finds a rule of a bus. The caller holds the lock.
func (s *Service) find(bus, rule string) (*storedRule, error) {
	b, err := s.bus(bus)
	if err != nil {
		return nil, err
	}
	r, ok := b.rules[rule]
	if !ok {
		return nil, awserr.NotFound(
			http.StatusBadRequest,
			"ResourceNotFoundException",
			"Rule %s does not exist on EventBus %s.",
			rule,
			b.Name,
		)
	}
	return r, nil
}

func noTarget(rule, id string) error {
	return awserr.NotFound(
		http.StatusBadRequest,
		"ResourceNotFoundException",
		"Target %s of rule %s does not exist.",
		id,
		rule,
	)
}
