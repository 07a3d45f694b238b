// Package sns is the sandbox's Simple Notification Service: topics with policies and encryption, subscriptions, and
// deliveries into an inbox that shows what would have reached a person.
package sns

import (
	"sync"

	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/table"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/region"
)

// Queues is where sqs subscriptions are delivered: sandbox/sqs.
type Queues interface {
	Send(
		caller iam.Principal,
		queue, body string,
		attributes map[string]string,
		ctx iam.Context,
	) (messageID string, err error)
}

// Service is the SNS of one region. Create it with New; it is safe for concurrent use.
type Service struct {
	env    *region.Env
	iam    *iam.Service
	keys   *kms.Service
	queues Queues
	inbox  *Inbox
	at     func(region string) *Service // nil: topics deliver in their own region alone

	topics        table.Table[storedTopic]  // by ARN
	subscriptions table.Table[Subscription] // by ARN

	mu       sync.Mutex
	failures []Failure
	counts   map[string]Counts // by topic ARN, since Counts were last taken
}

// New returns the SNS of a region without topics. All regions of an account share one inbox.
func New(env *region.Env, identities *iam.Service, keys *kms.Service, queues Queues, inbox *Inbox) *Service {
	return &Service{
		env:    env,
		iam:    identities,
		keys:   keys,
		queues: queues,
		inbox:  inbox,
		counts: map[string]Counts{},
	}
}

// Inbox is where deliveries of all regions go.
func (s *Service) Inbox() *Inbox { return s.inbox }
