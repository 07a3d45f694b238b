// Package sqs is the sandbox's Simple Queue Service: standard queues with policies, visibility and retention.
package sqs

import (
	"maps"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/region"
)

// Service is the SQS of one region. Create it with New; it is safe for concurrent use.
type Service struct {
	env *region.Env
	iam *iam.Service

	mu     sync.Mutex
	queues map[string]*queue // by URL
}

// Queue is a standard queue. URL and Arn are given by SQS.
type Queue struct {
	Name                     string            `json:"name"`
	Policy                   string            `json:"policy,omitempty"`
	SqsManagedSseEnabled     *bool             `json:"sqsManagedSseEnabled,omitempty"`     // true by default
	MessageRetentionSeconds  *int              `json:"messageRetentionSeconds,omitempty"`  // 345600 by default
	VisibilityTimeoutSeconds *int              `json:"visibilityTimeoutSeconds,omitempty"` // 30 by default
	MaxMessageSize           *int              `json:"maxMessageSize,omitempty"`           // 262144 by default
	ReceiveWaitTimeSeconds   *int              `json:"receiveWaitTimeSeconds,omitempty"`   // 0 by default
	Tags                     map[string]string `json:"tags,omitempty"`

	URL string `json:"url"`
	Arn string `json:"arn"`
}

// QueuePolicy is the policy of a queue as a resource of its own.
type QueuePolicy struct {
	QueueURL string `json:"queueUrl"`
	Policy   string `json:"policy"`
}

// Message is a received message.
type Message struct {
	MessageID     string
	ReceiptHandle string
	Body          string
	Attributes    map[string]string // message attributes, all strings
	SentAt        time.Time
	ReceiveCount  int
}

// New returns the SQS of a region without queues.
func New(env *region.Env, identities *iam.Service) *Service {
	return &Service{env: env, iam: identities, queues: map[string]*queue{}}
}

// CreateQueue creates a queue. It is an error to create one that exists.
func (s *Service) CreateQueue(q Queue) (Queue, error) {
	q.URL = "https://sqs." + s.env.Name + ".amazonaws.com/" + s.env.Account + "/" + q.Name
	q.Arn = s.env.ARN("sqs", q.Name)
	policy, err := complete(&q)
	if err != nil {
		return Queue{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.queues[q.URL]; taken {
		return Queue{}, awserr.Invalid("QueueAlreadyExists", "A queue already exists with the same name: %s", q.Name)
	}
	s.queues[q.URL] = &queue{Queue: q, policy: policy, changed: make(chan struct{})}
	return q, nil
}

// complete fills in the defaults and parses the policy; a queue without one has a policy that says nothing.
func complete(q *Queue) (*iam.Policy, error) {
	byDefault(&q.SqsManagedSseEnabled, true)
	byDefault(&q.MessageRetentionSeconds, 345600)
	byDefault(&q.VisibilityTimeoutSeconds, 30)
	byDefault(&q.MaxMessageSize, 262144)
	byDefault(&q.ReceiveWaitTimeSeconds, 0)
	if err := q.check(); err != nil {
		return nil, err
	}
	return parsePolicy(q.Policy)
}

func byDefault[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}

func parsePolicy(document string) (*iam.Policy, error) {
	if document == "" {
		return &iam.Policy{}, nil
	}
	policy, err := iam.ParseResourcePolicy(document)
	if err != nil {
		return nil, awserr.Invalid("InvalidAttributeValue", "Invalid value for the parameter Policy: %v", err)
	}
	return policy, checkPolicy(document, policy)
}

// Queue finds a queue by URL or ARN.
func (s *Service) Queue(name string) (Queue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(name)
	if err != nil {
		return Queue{}, err
	}
	return q.Queue, nil
}

// Queues lists all queues by URL.
func (s *Service) Queues() []Queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	var queues []Queue
	for _, url := range slices.Sorted(maps.Keys(s.queues)) {
		queues = append(queues, s.queues[url].Queue)
	}
	return queues
}

// UpdateQueue replaces the attributes of a queue. Its policy changes only when one is given: it may be a QueuePolicy's.
func (s *Service) UpdateQueue(q Queue) (Queue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.find(q.URL)
	if err != nil {
		return Queue{}, err
	}
	if q.Policy == "" {
		q.Policy = old.Policy
	}
	q.Name, q.Arn = old.Name, old.Arn
	policy, err := complete(&q)
	if err != nil {
		return Queue{}, err
	}
	old.Queue, old.policy = q, policy
	return q, nil
}

// PutQueuePolicy sets the policy of a queue; "" takes it away.
func (s *Service) PutQueuePolicy(p QueuePolicy) (QueuePolicy, error) {
	policy, err := parsePolicy(p.Policy)
	if err != nil {
		return QueuePolicy{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(p.QueueURL)
	if err != nil {
		return QueuePolicy{}, err
	}
	q.Policy, q.policy = p.Policy, policy
	return p, nil
}

// QueuePolicy returns the policy of a queue, a not-found error when it has none.
func (s *Service) QueuePolicy(url string) (QueuePolicy, error) {
	q, err := s.Queue(url)
	if err == nil && q.Policy == "" {
		err = awserr.NotFound(400, "AWS.SimpleQueueService.NonExistentQueue", "The queue %s has no policy.", url)
	}
	return QueuePolicy{QueueURL: url, Policy: q.Policy}, err
}

// DeleteQueue deletes a queue with its messages.
func (s *Service) DeleteQueue(url string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(url)
	if err != nil {
		return err
	}
	q.signal()
	delete(s.queues, q.URL)
	return nil
}

func (s *Service) find(name string) (*queue, error) {
	if q, ok := s.queues[name]; ok {
		return q, nil
	}
	for _, q := range s.queues {
		if q.Arn == name {
			return q, nil
		}
	}
	return nil, awserr.NotFound(
		400,
		"AWS.SimpleQueueService.NonExistentQueue",
		"The specified queue does not exist: %s",
		name,
	)
}
