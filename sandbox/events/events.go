// Package events is the sandbox's EventBridge: the default bus, rules with patterns or schedules, and targets with retries
// and dead letters.
package events

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

// DefaultBus is the only event bus of the sandbox.
const DefaultBus = "default"

// Service is the EventBridge of one region. Create it with New and end it with Close; it is safe for concurrent use.
type Service struct {
	env     *region.Env
	metrics *cloudwatch.Service
	topics  *sns.Service
	queues  *sqs.Service

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu    sync.Mutex
	rules map[string]*storedRule
}

// Rule is a rule of the default bus: it has a pattern or a schedule. Arn is given by EventBridge.
type Rule struct {
	Name               string            `json:"name"`
	Description        string            `json:"description,omitempty"`
	EventBusName       string            `json:"eventBusName,omitempty"` // default by default
	EventPattern       string            `json:"eventPattern,omitempty"`
	ScheduleExpression string            `json:"scheduleExpression,omitempty"` // rate(…)
	State              string            `json:"state,omitempty"`              // ENABLED by default, or DISABLED
	ForceDestroy       bool              `json:"forceDestroy,omitempty"`
	Tags               map[string]string `json:"tags,omitempty"`

	Arn string `json:"arn"`
}

// Target is where a rule sends events: a function, a topic or a queue.
type Target struct {
	Rule             string            `json:"rule"`
	TargetID         string            `json:"targetId"`
	EventBusName     string            `json:"eventBusName,omitempty"` // default by default
	Arn              string            `json:"arn"`
	Input            string            `json:"input,omitempty"` // JSON, instead of the event
	InputPath        string            `json:"inputPath,omitempty"`
	InputTransformer *InputTransformer `json:"inputTransformer,omitempty"`
	RetryPolicy      *RetryPolicy      `json:"retryPolicy,omitempty"`
	DeadLetterConfig *DeadLetterConfig `json:"deadLetterConfig,omitempty"`
	ForceDestroy     bool              `json:"forceDestroy,omitempty"`
}

// InputTransformer makes an input of values taken from the event.
type InputTransformer struct {
	InputPaths    map[string]string `json:"inputPaths,omitempty"` // "$.detail.eventName" by variable name
	InputTemplate string            `json:"inputTemplate"`        // text with <variable>
}

// RetryPolicy bounds the attempts to reach a target: by default 185 retries within 24 hours.
type RetryPolicy struct {
	MaximumRetryAttempts     *int `json:"maximumRetryAttempts,omitempty"`
	MaximumEventAgeInSeconds *int `json:"maximumEventAgeInSeconds,omitempty"`
}

// DeadLetterConfig names the queue for events that did not reach their target.
type DeadLetterConfig struct {
	Arn string `json:"arn,omitempty"`
}

type storedRule struct {
	Rule
	pattern *pattern      // nil for a schedule
	period  time.Duration // 0 for a pattern
	timer   *time.Timer   // of the next scheduled run
	targets map[string]Target
}

// New returns the EventBridge of a region without rules.
func New(env *region.Env, metrics *cloudwatch.Service, topics *sns.Service, queues *sqs.Service) *Service {
	ctx, cancel := context.WithCancel(context.Background())
	return &Service{
		env: env, metrics: metrics, topics: topics, queues: queues,
		ctx: ctx, cancel: cancel, rules: map[string]*storedRule{},
	}
}

// Close stops all schedules and retries and waits for deliveries under way.
func (s *Service) Close() {
	s.cancel()
	s.mu.Lock()
	for _, r := range s.rules {
		r.stop()
	}
	s.mu.Unlock()
	s.work.Wait()
}

// PutRule creates a rule or replaces one, which keeps its targets. A schedule starts anew when the rule is created,
// enabled, or given another expression; its first run is one period later.
func (s *Service) PutRule(r Rule) (Rule, error) {
	if r.EventBusName == "" {
		r.EventBusName = DefaultBus
	}
	if r.State == "" {
		r.State = "ENABLED"
	}
	r.Arn = s.env.ARN("events", "rule/"+r.Name)
	stored, err := checkRule(r)
	if err != nil {
		return Rule{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored.targets = map[string]Target{}
	if old, ok := s.rules[r.Name]; ok {
		stored.targets = old.targets
		if old.timer != nil && old.period == stored.period && stored.State == "ENABLED" {
			old.Rule = r
			return r, nil
		}
		old.stop()
	}
	s.rules[r.Name] = stored
	if stored.period > 0 && stored.State == "ENABLED" {
		s.schedule(stored, s.env.Now().Add(stored.period))
	}
	return r, nil
}

func checkRule(r Rule) (*storedRule, error) {
	stored := &storedRule{Rule: r}
	var err error
	switch {
	case r.Name == "":
		return nil, awserr.Invalid("ValidationException", "The name of a rule is required.")
	case r.EventBusName != DefaultBus:
		return nil, awserr.NotFound(400, "ResourceNotFoundException", "Event bus %s does not exist: the sandbox models the default bus only.", r.EventBusName)
	case r.State != "ENABLED" && r.State != "DISABLED":
		return nil, awserr.Invalid("ValidationException", "state %q: accepted are ENABLED and DISABLED", r.State)
	case r.EventPattern == "" && r.ScheduleExpression == "", r.EventPattern != "" && r.ScheduleExpression != "":
		return nil, awserr.Invalid("ValidationException", "Rule %s: exactly one of EventPattern and ScheduleExpression is required.", r.Name)
	case r.ScheduleExpression != "":
		stored.period, err = parseRate(r.ScheduleExpression)
		return stored, err
	default:
		stored.pattern, err = parsePattern(r.EventPattern)
		return stored, err
	}
}

// Rule finds a rule by its name.
func (s *Service) Rule(name string) (Rule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(name)
	if err != nil {
		return Rule{}, err
	}
	return r.Rule, nil
}

// Rules lists the rules by name.
func (s *Service) Rules() []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rules []Rule
	for _, name := range slices.Sorted(maps.Keys(s.rules)) {
		rules = append(rules, s.rules[name].Rule)
	}
	return rules
}

// DeleteRule deletes a rule that has no targets left.
func (s *Service) DeleteRule(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(name)
	if err != nil {
		return err
	}
	if len(r.targets) > 0 {
		return awserr.Invalid("ValidationException", "Rule can't be deleted since it has targets.")
	}
	r.stop()
	delete(s.rules, name)
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
	if t.EventBusName == "" {
		t.EventBusName = DefaultBus
	}
	if err := checkTarget(t); err != nil {
		return Target{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(t.Rule)
	if err != nil {
		return Target{}, err
	}
	if _, known := r.targets[t.TargetID]; !known && len(r.targets) == 5 {
		return Target{}, awserr.Invalid("LimitExceededException", "The requested resource exceeds the maximum number allowed: 5 targets a rule.")
	}
	r.targets = maps.Clone(r.targets)
	r.targets[t.TargetID] = t
	return t, nil
}

// Target finds a target of a rule.
func (s *Service) Target(rule, targetID string) (Target, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(rule)
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
func (s *Service) Targets(rule string) ([]Target, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(rule)
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
func (s *Service) RemoveTarget(rule, targetID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(rule)
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

func (s *Service) find(rule string) (*storedRule, error) {
	r, ok := s.rules[rule]
	if !ok {
		return nil, awserr.NotFound(http.StatusBadRequest, "ResourceNotFoundException", "Rule %s does not exist on EventBus default.", rule)
	}
	return r, nil
}

func noTarget(rule, id string) error {
	return awserr.NotFound(http.StatusBadRequest, "ResourceNotFoundException", "Target %s of rule %s does not exist.", id, rule)
}
