package sns

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
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

func listSubscriptions(
	c *call.Call,
	in *sdk.ListSubscriptionsByTopicInput,
) (*sdk.ListSubscriptionsByTopicOutput, error) {
	topic, err := c.Region.SNS.Topic(aws.ToString(in.TopicArn))
	if err != nil {
		return nil, err
	}
	owner := iam.Context{"aws:SourceOwner": c.Account.ID}
	if err := c.AuthorizeResource("sns:ListSubscriptionsByTopic", topic.Arn, topic.Policy, owner); err != nil {
		return nil, err
	}
	all := c.Region.SNS.Subscriptions(topic.Arn)
	slices.SortFunc(all, func(a, b sns.Subscription) int { return strings.Compare(a.Arn, b.Arn) })
	subscriptions, next, ok := wire.Page(all, in.NextToken, perPage)
	if !ok {
		return nil, badToken()
	}
	out := &sdk.ListSubscriptionsByTopicOutput{Subscriptions: []types.Subscription{}, NextToken: next}
	for _, s := range subscriptions {
		out.Subscriptions = append(out.Subscriptions, types.Subscription{
			SubscriptionArn: &s.Arn,
			TopicArn:        &s.Topic,
			Protocol:        &s.Protocol,
			Endpoint:        &s.Endpoint,
			Owner:           &s.OwnerID,
		})
	}
	return out, nil
}

func badToken() error { return awserr.Invalid("InvalidParameter", "Invalid parameter: NextToken") }
