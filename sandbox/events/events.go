// Package events is the sandbox's EventBridge: buses with rules by pattern or schedule, targets with retries and dead
// letters, among them buses of other regions, and archives with replays.
package events

import (
	"context"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/table"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

// Deps are the services EventBridge relies on, of the same region but for IAM.
type Deps struct {
	IAM        *iam.Service
	KMS        *kms.Service
	CloudWatch *cloudwatch.Service
	SNS        *sns.Service
	SQS        *sqs.Service
	// Peer is the EventBridge of another region, nil for one that the account does not use. A nil Peer knows no other.
	Peer func(region string) *Service
}

// Service is the EventBridge of one region. Create it with New and end it with Close; it is safe for concurrent use.
type Service struct {
	env  *region.Env
	deps Deps

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	replays table.Table[Replay]

	mu        sync.Mutex
	buses     map[string]*bus
	archives  map[string]*archive
	throttled int // how many more entries are refused
	losses    []Loss
}

// Rule is a rule of a bus: it has a pattern or, on the default bus, a schedule. Arn is given by EventBridge.
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

// Target is where a rule sends events: a function, a topic, a queue, or the bus of another region.
type Target struct {
	Rule             string            `json:"rule"`
	TargetID         string            `json:"targetId"`
	EventBusName     string            `json:"eventBusName,omitempty"` // default by default
	Arn              string            `json:"arn"`
	RoleArn          string            `json:"roleArn,omitempty"` // whose permissions reach another region's bus
	Input            string            `json:"input,omitempty"`   // JSON, instead of the event
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
	next    time.Time     // when that is due
	targets map[string]Target
}

// New returns the EventBridge of a region with its default bus.
func New(env *region.Env, deps Deps) *Service {
	if deps.Peer == nil {
		deps.Peer = func(string) *Service { return nil }
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Service{
		env:      env,
		deps:     deps,
		ctx:      ctx,
		cancel:   cancel,
		buses:    map[string]*bus{},
		archives: map[string]*archive{},
	}
	s.buses[DefaultBus] = newBus(Bus{Name: DefaultBus, Arn: s.busARN(DefaultBus)})
	return s
}

// Close stops all schedules and retries and waits for deliveries under way.
func (s *Service) Close() {
	s.cancel()
	s.mu.Lock()
	for _, b := range s.buses {
		for _, r := range b.rules {
			r.stop()
		}
	}
	s.mu.Unlock()
	s.work.Wait()
}
