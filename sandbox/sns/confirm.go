package sns

import (
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
)

// unconfirmedFor is how long SNS keeps a subscription that nobody confirms ("Deleting an Amazon SNS topic and
// subscription", Amazon SNS Developer Guide).
const unconfirmedFor = 48 * time.Hour

// asks is whether the owner of an endpoint has to confirm that it is subscribed.
func (sub Subscription) asks() bool {
	return slices.Contains([]string{"email", "email-json", "https"}, sub.Protocol)
}

// ask asks the owner of an endpoint, who confirms at once or not at all.
func (s *Service) ask(sub Subscription) {
	s.inbox.add(Message{
		Time:     s.env.Now(),
		Region:   s.env.Name,
		TopicARN: sub.Topic,
		Protocol: sub.Protocol,
		Endpoint: sub.Endpoint,
		Kind:     KindConfirmation,
		Subject:  "AWS Notification - Subscription Confirmation",
		Body:     "You have chosen to subscribe to the topic: " + sub.Topic,
	})
}

// Confirm is what the owner of an endpoint does who has left the request alone.
func (s *Service) Confirm(arn string) error {
	if !s.subscriptions.Update(arn, func(sub *Subscription) { sub.PendingConfirmation = false }) {
		return noSubscription()
	}
	return nil
}

// forgetUnconfirmed deletes the subscriptions that nobody has confirmed in time.
func (s *Service) forgetUnconfirmed() {
	for _, sub := range s.subscriptions.All() {
		if sub.PendingConfirmation && s.env.Now().Sub(sub.Since) >= unconfirmedFor {
			s.subscriptions.Delete(sub.Arn)
		}
	}
}

// errPending is the refusal to delete what is not confirmed, in the words by which terraform-provider-aws knows it.
func errPending() error {
	return awserr.Invalid("InvalidParameter",
		"Invalid parameter: Cannot unsubscribe a subscription that is pending confirmation")
}
