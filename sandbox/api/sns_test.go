package api_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/sns"
)

func TestASubscriptionThatIsNotConfirmedIsShownSo(t *testing.T) {
	w := newWorld(t, nil)
	topics := w.account.Region("us-east-1").SNS
	topic, err := topics.CreateTopic(sns.Topic{Name: "alerts"})
	require.NoError(t, err)
	subscribe := func(endpoint string) sns.Subscription {
		sub, err := topics.Subscribe(sns.Subscription{Topic: topic.Arn, Protocol: "email", Endpoint: endpoint})
		require.NoError(t, err)
		return sub
	}
	confirmed := subscribe("day@example.com")
	w.account.Inbox.SetConfirming(false)
	pending := subscribe("night@example.com")
	client := awssns.NewFromConfig(w.admin("us-east-1"))
	arns := func(subscriptions []snstypes.Subscription) map[string]string {
		all := map[string]string{}
		for _, s := range subscriptions {
			all[*s.Endpoint] = *s.SubscriptionArn
		}
		return all
	}
	want := map[string]string{"day@example.com": confirmed.Arn, "night@example.com": "PendingConfirmation"}
	ofTopic, err := client.ListSubscriptionsByTopic(t.Context(), &awssns.ListSubscriptionsByTopicInput{TopicArn: &topic.Arn})
	require.NoError(t, err)
	assert.Equal(t, want, arns(ofTopic.Subscriptions))
	all, err := client.ListSubscriptions(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, want, arns(all.Subscriptions))
	for arn, waits := range map[string]string{confirmed.Arn: "false", pending.Arn: "true"} {
		out, err := client.GetSubscriptionAttributes(t.Context(), &awssns.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
		require.NoError(t, err)
		assert.Equal(t, waits, out.Attributes["PendingConfirmation"])
		assert.Equal(t, topic.Arn, out.Attributes["TopicArn"])
	}
	attributes, err := client.GetTopicAttributes(t.Context(), &awssns.GetTopicAttributesInput{TopicArn: &topic.Arn})
	require.NoError(t, err)
	assert.Equal(t, "1", attributes.Attributes["SubscriptionsConfirmed"])
	assert.Equal(t, "1", attributes.Attributes["SubscriptionsPending"])

	function := awssns.NewFromConfig(w.function(t, "us-east-1"))
	in := &awssns.GetSubscriptionAttributesInput{SubscriptionArn: &pending.Arn}
	_, err = function.GetSubscriptionAttributes(t.Context(), in)
	requireCode(t, err, "AccessDenied", "sns:GetSubscriptionAttributes on resource: "+topic.Arn)
	in.SubscriptionArn = aws.String(pending.Arn + "x")
	_, err = client.GetSubscriptionAttributes(t.Context(), in)
	var missing *snstypes.NotFoundException
	require.ErrorAs(t, err, &missing)
}
