package sns

import (
	"context"
	"fmt"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/region"
)

const principal = "sns.amazonaws.com"

// Connect lets topics deliver to queues and functions of the account's other regions; at is nil for one there is not.
func (s *Service) Connect(at func(region string) *Service) { s.at = at }

// deliver brings a message to one subscription. What it may not deliver is lost: SNS does not try again what a policy
// refuses (Amazon SNS Developer Guide, "Amazon SNS message delivery retries": client-side errors).
func (s *Service) deliver(caller iam.Principal, messageID string, p Publication, sub Subscription) error {
	note := notification{
		Type:       "Notification",
		MessageID:  messageID,
		TopicARN:   p.TopicARN,
		Subject:    p.Subject,
		Message:    p.Message,
		Timestamp:  s.env.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		Attributes: p.Attributes,
	}
	var err error
	switch sub.Protocol {
	case "sqs", "lambda":
		err = s.hand(note, sub)
	}
	if err != nil {
		return fmt.Errorf("delivering to %s: %w", sub.Endpoint, err)
	}
	s.inbox.add(Message{
		Time:       s.env.Now(),
		Region:     s.env.Name,
		TopicARN:   p.TopicARN,
		Protocol:   sub.Protocol,
		Endpoint:   sub.Endpoint,
		Kind:       kindOf(caller),
		Publisher:  caller.ARN,
		Subject:    p.Subject,
		Body:       p.Message,
		Attributes: p.Attributes,
	})
	return nil
}

// hand gives a notification to a queue or a function, of this region or of another one.
func (s *Service) hand(note notification, sub Subscription) error {
	there, err := s.owner(sub.Endpoint)
	if err != nil {
		return err
	}
	caller, err := callerOf(s.env.Name, there.env.Name, sub.Protocol)
	if err != nil {
		return err
	}
	if sub.Protocol == "lambda" {
		return there.env.InvokeAsync(context.Background(), sub.Endpoint, note.lambdaEvent(sub.Arn), caller, note.TopicARN)
	}
	_, err = there.queues.Send(iam.ServicePrincipal(caller), sub.Endpoint, note.body(sub.RawMessageDelivery), nil,
		iam.Context{"aws:SourceArn": note.TopicARN, "aws:SourceAccount": s.env.Account, "aws:SecureTransport": "true"})
	return err
}

// owner is the SNS of the region that an ARN names. The sandbox has one account.
func (s *Service) owner(arn string) (*Service, error) {
	parts := strings.SplitN(arn, ":", 6)
	region, account := parts[3], parts[4]
	switch {
	case account != s.env.Account:
		return nil, awserr.NotFound(404, "NotFound", "account %s is not the sandbox's, which is %s", account, s.env.Account)
	case region == s.env.Name:
		return s, nil
	}
	var there *Service
	if s.at != nil {
		there = s.at(region)
	}
	if there == nil {
		return nil, awserr.NotFound(404, "NotFound", "the sandbox does not have region %s", region)
	}
	unreachable, cancel := context.WithCancel(context.Background())
	cancel()
	if there.env.Reach(unreachable, s.env.Name) != nil {
		return nil, awserr.Unavailable("region %s cannot be reached from %s", region, s.env.Name)
	}
	return there, nil
}

// callerOf is the principal that SNS delivers as from a topic's region to a subscriber's: its own name, or, where just
// one of two regions must be opted in to, its name in that one. Between two of those it delivers nothing, and to a
// function in one nothing from elsewhere (Amazon SNS Developer Guide, "Sending Amazon SNS messages to an Amazon SQS
// queue or AWS Lambda function in a different Region" and "Prerequisites for integrating Amazon SNS with Lambda
// functions across regions").
func callerOf(from, to, protocol string) (string, error) {
	fromOptIn, toOptIn := region.OptIn(from), region.OptIn(to)
	switch {
	case from == to, !fromOptIn && !toOptIn:
		return principal, nil
	case fromOptIn && toOptIn, toOptIn && protocol == "lambda":
		return "", awserr.Denied(
			"AuthorizationError",
			"SNS delivers nothing to %s subscribers in %s from %s",
			protocol,
			to,
			from,
		)
	case fromOptIn:
		return "sns." + from + ".amazonaws.com", nil
	default:
		return "sns." + to + ".amazonaws.com", nil
	}
}
