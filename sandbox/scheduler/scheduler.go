// Package scheduler is the sandbox's Amazon EventBridge Scheduler: schedules by cron, rate and at expressions in time
// zones, whose targets are functions and state machines, with retries and dead letters.
//
// Not modelled: universal targets and templates for other services, flexible time windows, deletion after completion,
// encryption with a key of the account, client tokens.
package scheduler

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sqs"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

// Principal is whom Scheduler acts as when it assumes a target's role.
const Principal = "scheduler.amazonaws.com"

// DefaultGroup is the group of schedules that name none.
const DefaultGroup = "default"

// Deps are the services that Scheduler relies on, of the same region but for IAM.
type Deps struct {
	IAM           *iam.Service
	Lambda        *lambda.Service
	StepFunctions *stepfunctions.Service
	SQS           *sqs.Service
	CloudWatch    *cloudwatch.Service
}

// Service is the Scheduler of one region. Create it with New and end it with Close; it is safe for concurrent use.
type Service struct {
	env  *region.Env
	deps Deps

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu        sync.Mutex
	groups    map[string]Group
	schedules map[key]*schedule
}

type key struct{ group, name string }

// Schedule invokes a target at its times. What follows the target is given by Scheduler.
type Schedule struct {
	Name                       string              `json:"name"`
	GroupName                  string              `json:"groupName,omitempty"` // default by default
	Description                string              `json:"description,omitempty"`
	ScheduleExpression         string              `json:"scheduleExpression"` // cron(…), rate(…), at(…)
	ScheduleExpressionTimezone string              `json:"scheduleExpressionTimezone,omitempty"`
	State                      string              `json:"state,omitempty"` // ENABLED by default, or DISABLED
	StartDate                  *time.Time          `json:"startDate,omitempty"`
	EndDate                    *time.Time          `json:"endDate,omitempty"`
	FlexibleTimeWindow         *FlexibleTimeWindow `json:"flexibleTimeWindow"`
	Target                     Target              `json:"target"`

	Arn        string    `json:"arn"`
	CreatedAt  time.Time `json:"-"`
	ModifiedAt time.Time `json:"-"`
}

// FlexibleTimeWindow says whether a target may be invoked later than at its time.
type FlexibleTimeWindow struct {
	Mode                   string `json:"mode"` // OFF
	MaximumWindowInMinutes *int   `json:"maximumWindowInMinutes,omitempty"`
}

// Target is what a schedule invokes: a function or a state machine.
type Target struct {
	Arn              string            `json:"arn"`
	RoleArn          string            `json:"roleArn"`
	Input            string            `json:"input,omitempty"` // JSON with context attributes; a notification by default
	RetryPolicy      *RetryPolicy      `json:"retryPolicy,omitempty"`
	DeadLetterConfig *DeadLetterConfig `json:"deadLetterConfig,omitempty"`
}

// RetryPolicy bounds the attempts to reach a target: by default 185 retries within 24 hours.
type RetryPolicy struct {
	MaximumEventAgeInSeconds *int `json:"maximumEventAgeInSeconds,omitempty"`
	MaximumRetryAttempts     *int `json:"maximumRetryAttempts,omitempty"`
}

// DeadLetterConfig names the queue for invocations that did not reach their target.
type DeadLetterConfig struct {
	Arn string `json:"arn,omitempty"`
}

// schedule is a Schedule as it runs.
type schedule struct {
	Schedule
	times times
	stop  context.CancelFunc // nil while it is disabled
}

// New returns the Scheduler of a region with its default group.
func New(env *region.Env, deps Deps) *Service {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Service{
		env:       env,
		deps:      deps,
		ctx:       ctx,
		cancel:    cancel,
		schedules: map[key]*schedule{},
	}
	s.groups = map[string]Group{DefaultGroup: s.newGroup(DefaultGroup, nil)}
	return s
}

// Close ends all schedules and retries, and returns when they have ended.
func (s *Service) Close() {
	s.mu.Lock()
	s.cancel()
	s.mu.Unlock()
	s.work.Wait()
}

// CreateSchedule creates a schedule.
func (s *Service) CreateSchedule(c Schedule) (Schedule, error) {
	fresh, err := s.read(c)
	if err != nil {
		return Schedule{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.group(fresh.GroupName); err != nil {
		return Schedule{}, err
	}
	k := key{fresh.GroupName, fresh.Name}
	if _, taken := s.schedules[k]; taken {
		return Schedule{}, conflict("Schedule %s already exists.", fresh.Name)
	}
	fresh.CreatedAt = s.env.Now()
	s.put(k, fresh)
	return fresh.Schedule, nil
}

// UpdateSchedule replaces a schedule: what is not given is as in a new one.
func (s *Service) UpdateSchedule(c Schedule) (Schedule, error) {
	fresh, err := s.read(c)
	if err != nil {
		return Schedule{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.find(fresh.GroupName, fresh.Name)
	if err != nil {
		return Schedule{}, err
	}
	old.end()
	fresh.CreatedAt = old.CreatedAt
	s.put(key{fresh.GroupName, fresh.Name}, fresh)
	return fresh.Schedule, nil
}

// put enters a schedule and lets it run, if it is enabled. The caller holds the lock.
func (s *Service) put(k key, c *schedule) {
	c.ModifiedAt = s.env.Now()
	s.schedules[k] = c
	if c.State == enabled && s.ctx.Err() == nil {
		s.follow(c)
	}
}

func (c *schedule) end() {
	if c.stop != nil {
		c.stop()
	}
}

// DeleteSchedule deletes a schedule. Invocations under way go on.
func (s *Service) DeleteSchedule(group, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.find(group, name)
	if err != nil {
		return err
	}
	c.end()
	delete(s.schedules, key{c.GroupName, c.Name})
	return nil
}

// Schedule finds a schedule of a group, the default one if it is "".
func (s *Service) Schedule(group, name string) (Schedule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.find(group, name)
	if err != nil {
		return Schedule{}, err
	}
	return c.Schedule, nil
}

// Schedules lists the schedules by group and name; a group chooses among them.
func (s *Service) Schedules(group string) ([]Schedule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if group != "" {
		if _, err := s.group(group); err != nil {
			return nil, err
		}
	}
	var all []Schedule
	for _, k := range slices.SortedFunc(maps.Keys(s.schedules), key.compare) {
		if group == "" || k.group == group {
			all = append(all, s.schedules[k].Schedule)
		}
	}
	return all, nil
}

// find finds a schedule. The caller holds the lock.
func (s *Service) find(group, name string) (*schedule, error) {
	if group == "" {
		group = DefaultGroup
	}
	if c, ok := s.schedules[key{group, name}]; ok {
		return c, nil
	}
	return nil, notFound("Schedule %s does not exist.", name)
}

func notFound(format string, args ...any) error {
	return awserr.NotFound(http.StatusNotFound, "ResourceNotFoundException", format, args...)
}

func conflict(format string, args ...any) error {
	return awserr.Conflict(http.StatusConflict, "ConflictException", format, args...)
}
