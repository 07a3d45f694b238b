package sns

import (
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/sns"
)

// perPage is the size of SNS's pages (API Reference, ListTopics, ListSubscriptionsByTopic).
const perPage = 100

func listTopics(c *call.Call, in *sdk.ListTopicsInput) (*sdk.ListTopicsOutput, error) {
	if err := c.Authorize("sns:ListTopics", c.Region.ARN("sns", "*"), nil); err != nil {
		return nil, err
	}
	all := c.Region.SNS.Topics()
	slices.SortFunc(all, func(a, b sns.Topic) int { return strings.Compare(a.Arn, b.Arn) })
	topics, next, ok := wire.Page(all, in.NextToken, perPage)
	if !ok {
		return nil, badToken()
	}
	out := &sdk.ListTopicsOutput{Topics: []types.Topic{}, NextToken: next}
	for _, t := range topics {
		out.Topics = append(out.Topics, types.Topic{TopicArn: &t.Arn})
	}
	return out, nil
}

func listSubscriptions(c *call.Call, in *sdk.ListSubscriptionsInput) (*sdk.ListSubscriptionsOutput, error) {
	if err := c.Authorize("sns:ListSubscriptions", c.Region.ARN("sns", "*"), nil); err != nil {
		return nil, err
	}
	var all []sns.Subscription
	for _, t := range c.Region.SNS.Topics() {
		all = append(all, c.Region.SNS.Subscriptions(t.Arn)...)
	}
	page, next, err := subscriptions(all, in.NextToken)
	return &sdk.ListSubscriptionsOutput{Subscriptions: page, NextToken: next}, err
}

func listSubscriptionsByTopic(
	c *call.Call,
	in *sdk.ListSubscriptionsByTopicInput,
) (*sdk.ListSubscriptionsByTopicOutput, error) {
	topic, err := find(c, "sns:ListSubscriptionsByTopic", in.TopicArn)
	if err != nil {
		return nil, err
	}
	page, next, err := subscriptions(c.Region.SNS.Subscriptions(topic.Arn), in.NextToken)
	return &sdk.ListSubscriptionsByTopicOutput{Subscriptions: page, NextToken: next}, err
}

// subscriptions are one page of all.
func subscriptions(all []sns.Subscription, token *string) ([]types.Subscription, *string, error) {
	slices.SortFunc(all, func(a, b sns.Subscription) int { return strings.Compare(a.Arn, b.Arn) })
	some, next, ok := wire.Page(all, token, perPage)
	if !ok {
		return nil, nil, badToken()
	}
	page := []types.Subscription{}
	for _, s := range some {
		arn := s.Arn
		if s.PendingConfirmation {
			arn = "PendingConfirmation"
		}
		page = append(page, types.Subscription{
			SubscriptionArn: &arn,
			TopicArn:        &s.Topic,
			Protocol:        &s.Protocol,
			Endpoint:        &s.Endpoint,
			Owner:           &s.OwnerID,
		})
	}
	return page, next, nil
}

func badToken() error { return awserr.Invalid("InvalidParameter", "Invalid parameter: NextToken") }
