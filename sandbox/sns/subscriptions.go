package sns

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
)

// Subscription sends what a topic receives to one endpoint. Arn and the fields after it are given by SNS.
type Subscription struct {
	Topic                string `json:"topic"` // ARN
	Protocol             string `json:"protocol"`
	Endpoint             string `json:"endpoint"`
	RawMessageDelivery   bool   `json:"rawMessageDelivery"`
	EndpointAutoConfirms bool   `json:"endpointAutoConfirms"`

	Arn                          string `json:"arn"`
	OwnerID                      string `json:"ownerId"`
	PendingConfirmation          bool   `json:"pendingConfirmation"`
	ConfirmationWasAuthenticated bool   `json:"confirmationWasAuthenticated"`
	// Since is when it was made.
	Since time.Time `json:"-"`
}

// endpoints are the protocols of the sandbox and the form of their endpoints.
var endpoints = map[string]*regexp.Regexp{
	"email":      regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`),
	"email-json": regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`),
	"sms":        regexp.MustCompile(`^\+[1-9]\d{6,14}$`),
	"https":      regexp.MustCompile(`^https://[^\s/]+`),
	"sqs":        regexp.MustCompile(`^arn:aws:sqs:[a-z0-9-]+:\d{12}:.+$`),
	"lambda":     regexp.MustCompile(`^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:.+$`),
}

// Subscribe adds a subscription; one that exists is returned as it is. Whoever owns the endpoint confirms at once,
// unless the inbox is told otherwise; it shows the request for confirmation.
func (s *Service) Subscribe(sub Subscription) (Subscription, error) {
	if _, err := s.find(sub.Topic); err != nil {
		return Subscription{}, err
	}
	form, ok := endpoints[sub.Protocol]
	if !ok {
		return Subscription{}, awserr.Invalid(
			"InvalidParameter",
			"Invalid parameter: Does not support this protocol string: %s "+
				"(want email, email-json, sms, https, sqs, lambda)",
			sub.Protocol,
		)
	}
	if !form.MatchString(sub.Endpoint) {
		return Subscription{}, awserr.Invalid(
			"InvalidParameter",
			"Invalid parameter: Endpoint %q for protocol %s",
			sub.Endpoint,
			sub.Protocol,
		)
	}
	for _, known := range s.Subscriptions(sub.Topic) {
		if known.Protocol == sub.Protocol && known.Endpoint == sub.Endpoint {
			if known.PendingConfirmation {
				s.ask(known)
			}
			return known, nil
		}
	}
	sub.Arn, sub.OwnerID, sub.Since = sub.Topic+":"+rand.Text(), s.env.Account, s.env.Now()
	sub.PendingConfirmation = sub.asks() && !s.inbox.confirms()
	s.subscriptions.Put(sub.Arn, sub)
	if sub.asks() {
		s.ask(sub)
	}
	return sub, nil
}

// Subscription finds a subscription by its ARN.
func (s *Service) Subscription(arn string) (Subscription, error) {
	s.forgetUnconfirmed()
	sub, ok := s.subscriptions.Get(arn)
	if !ok {
		return Subscription{}, noSubscription()
	}
	return sub, nil
}

// Subscriptions lists the subscriptions of a topic.
func (s *Service) Subscriptions(topicARN string) []Subscription {
	s.forgetUnconfirmed()
	return slices.DeleteFunc(s.subscriptions.All(), func(sub Subscription) bool { return sub.Topic != topicARN })
}

// UpdateSubscription changes whether messages are delivered raw; topic, protocol and endpoint are fixed.
func (s *Service) UpdateSubscription(sub Subscription) (Subscription, error) {
	if !s.subscriptions.Update(sub.Arn, func(old *Subscription) {
		old.RawMessageDelivery, old.EndpointAutoConfirms = sub.RawMessageDelivery, sub.EndpointAutoConfirms
	}) {
		return Subscription{}, noSubscription()
	}
	return s.Subscription(sub.Arn)
}

// Unsubscribe deletes a subscription that is confirmed.
func (s *Service) Unsubscribe(arn string) error {
	sub, err := s.Subscription(arn)
	switch {
	case err != nil:
		return err
	case sub.PendingConfirmation:
		return errPending()
	}
	s.subscriptions.Delete(arn)
	return nil
}

func noSubscription() error {
	return awserr.NotFound(http.StatusNotFound, "NotFound", "Subscription does not exist")
}
