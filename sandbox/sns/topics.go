package sns

import (
	"net/http"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
)

// Topic is a standard topic. Arn and Owner are given by SNS.
type Topic struct {
	Name             string            `json:"name"`
	DisplayName      string            `json:"displayName,omitempty"`
	KmsMasterKeyID   string            `json:"kmsMasterKeyId,omitempty"` // id, ARN or alias
	Policy           string            `json:"policy,omitempty"`
	SignatureVersion int               `json:"signatureVersion,omitempty"` // 1 by default
	TracingConfig    string            `json:"tracingConfig,omitempty"`    // PassThrough by default
	Tags             map[string]string `json:"tags,omitempty"`

	Arn   string `json:"arn"`
	Owner string `json:"owner"`
}

// TopicPolicy is the policy of a topic as a resource of its own.
type TopicPolicy struct {
	Arn    string `json:"arn"`
	Policy string `json:"policy"`
	Owner  string `json:"owner"`
}

type storedTopic struct {
	Topic
	policy *iam.Policy
}

// CreateTopic creates a topic. Without a policy it gets SNS's default one.
func (s *Service) CreateTopic(t Topic) (Topic, error) {
	t.Arn = s.env.ARN("sns", t.Name)
	stored, err := s.complete(t)
	if err != nil {
		return Topic{}, err
	}
	if !s.topics.Insert(t.Arn, stored) {
		return Topic{}, awserr.Invalid(
			"InvalidParameter",
			"Invalid parameter: Attributes Reason: Topic %s already exists with different attributes",
			t.Arn,
		)
	}
	return stored.Topic, nil
}

func (s *Service) complete(t Topic) (storedTopic, error) {
	t.Owner = s.env.Account
	if t.SignatureVersion == 0 {
		t.SignatureVersion = 1
	}
	if t.TracingConfig == "" {
		t.TracingConfig = "PassThrough"
	}
	if t.Policy == "" {
		t.Policy = defaultPolicy(t.Arn, s.env.Account)
	}
	policy, err := iam.ParseResourcePolicy(t.Policy)
	if err != nil {
		return storedTopic{}, awserr.Invalid("InvalidParameter", "Invalid parameter: Policy Error: %v", err)
	}
	return storedTopic{t, policy}, t.check()
}

// defaultPolicy is what SNS gives a topic without a policy: only the owner's callers, which CloudWatch alarms of the
// account count among (they bring aws:SourceOwner) and EventBridge does not.
func defaultPolicy(arn, account string) string {
	return `{"Version":"2008-10-17","Id":"__default_policy_ID",` +
		`"Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",` +
		`"Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",` +
		`"SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],` +
		`"Resource":"` + arn + `","Condition":{"StringEquals":{"AWS:SourceOwner":"` + account + `"}}}]}`
}

// Topic finds a topic by its ARN.
func (s *Service) Topic(arn string) (Topic, error) {
	t, err := s.find(arn)
	return t.Topic, err
}

// Topics lists all topics.
func (s *Service) Topics() []Topic {
	var topics []Topic
	for _, t := range s.topics.All() {
		topics = append(topics, t.Topic)
	}
	return topics
}

// UpdateTopic replaces the attributes of a topic. Its policy changes only when one is given: it may be a TopicPolicy's.
func (s *Service) UpdateTopic(t Topic) (Topic, error) {
	old, err := s.find(t.Arn)
	if err != nil {
		return Topic{}, err
	}
	t.Name = old.Name
	if t.Policy == "" {
		t.Policy = old.Policy
	}
	stored, err := s.complete(t)
	if err != nil {
		return Topic{}, err
	}
	s.topics.Put(t.Arn, stored)
	return stored.Topic, nil
}

// DeleteTopic deletes a topic and its subscriptions.
func (s *Service) DeleteTopic(arn string) error {
	if !s.topics.Delete(arn) {
		return notFound()
	}
	for _, sub := range s.Subscriptions(arn) {
		s.subscriptions.Delete(sub.Arn)
	}
	return nil
}

// PutTopicPolicy sets the policy of a topic; "" restores the default one.
func (s *Service) PutTopicPolicy(p TopicPolicy) (TopicPolicy, error) {
	t, err := s.find(p.Arn)
	if err != nil {
		return TopicPolicy{}, err
	}
	t.Policy = p.Policy
	stored, err := s.complete(t.Topic)
	if err != nil {
		return TopicPolicy{}, err
	}
	s.topics.Put(p.Arn, stored)
	return s.TopicPolicy(p.Arn)
}

// TopicPolicy returns the policy of a topic.
func (s *Service) TopicPolicy(arn string) (TopicPolicy, error) {
	t, err := s.find(arn)
	return TopicPolicy{Arn: arn, Policy: t.Policy, Owner: t.Owner}, err
}

func (s *Service) find(arn string) (storedTopic, error) {
	t, ok := s.topics.Get(arn)
	if !ok {
		return storedTopic{}, notFound()
	}
	return t, nil
}

func notFound() error {
	return awserr.NotFound(http.StatusNotFound, "NotFound", "Topic does not exist")
}
