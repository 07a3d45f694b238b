package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

var subscriptions = check{
	id:    "subscriptions",
	asked: "Has every recipient confirmed, in each region?",
	why:   "An unconfirmed e-mail is a page that nobody gets, and no alarm says so.",
	do: "Have them follow the link in AWS's mail, within two days of the deployment; later, delete the subscription " +
		"and deploy again (docs/deploying.md#confirm-and-test).",
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.regions(), func(region string) ([]answer, error) {
			list, err := s.subscribed(ctx, region)
			if err != nil {
				return nil, err
			}
			return one(s.confirmed(region, list), nil)
		})
	},
}

// subscribed are the subscriptions of a region's topic.
func (s *stack) subscribed(ctx context.Context, region string) (list []types.Subscription, err error) {
	topic := s.deployed.AlertTopicARNs[region]
	pages := sns.NewListSubscriptionsByTopicPaginator(sns.NewFromConfig(s.in(region)),
		&sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, page.Subscriptions...)
	}
	return list, nil
}

// pending is the ARN of a subscription that nobody has confirmed (Amazon SNS API Reference, ListSubscriptionsByTopic).
const pending = "PendingConfirmation"

// confirmed compares a topic's subscriptions with the configured recipients. Addresses may be secret: those of the
// configuration are named only if they are not.
func (s *stack) confirmed(region string, list []types.Subscription) answer {
	var waiting []string
	there := map[string]bool{}
	for _, sub := range list {
		who := s.recipient(sub)
		there[who] = true
		if aws.ToString(sub.SubscriptionArn) == pending {
			waiting = append(waiting, who+" has not confirmed")
		}
	}
	for _, wanted := range s.config.Alerts {
		if who := fmt.Sprintf("%s (%s)", wanted.Endpoint, wanted.Protocol); !there[who] && !s.secret {
			waiting = append(waiting, who+" is not subscribed")
		}
	}
	switch {
	case len(waiting) > 0:
		return bad(region, "%s", strings.Join(waiting, ", "))
	case len(list) == 0:
		return bad(region, "there are no recipients")
	default:
		return good(region, "all have (%d)", len(list))
	}
}

// recipient names one for a report that others may read.
func (s *stack) recipient(sub types.Subscription) string {
	endpoint := aws.ToString(sub.Endpoint)
	if s.secret {
		endpoint = "a secret address"
	}
	return fmt.Sprintf("%s (%s)", endpoint, aws.ToString(sub.Protocol))
}

// testMessage is the only check that does something.
var testMessage = check{
	id:    "page",
	asked: "Does a test message reach every topic?",
	why:   "Whether it reaches a person, a person must say.",
	do:    "Have every recipient answer, in each region; who got nothing is found by docs/deploying.md#confirm-and-test.",
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.regions(), func(region string) ([]answer, error) {
			topic := s.deployed.AlertTopicARNs[region]
			sent, err := sns.NewFromConfig(s.in(region)).Publish(ctx, &sns.PublishInput{
				TopicArn: &topic,
				Subject:  aws.String("Test: please answer"),
				Message: aws.String(fmt.Sprintf("A test of the way from %s to you, of the stack %s, by %s.\n"+
					"Nothing has happened. Reply to whoever is on call.", region, s.name, s.caller)),
			})
			if err != nil {
				return nil, err
			}
			return one(good(region, "it was sent, as %s", aws.ToString(sent.MessageId)), nil)
		})
	},
}
