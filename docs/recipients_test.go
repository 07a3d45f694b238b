package docs

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

// subscribed is an account with a topic in each region that has the one queue in the first for a subscriber.
func subscribed(t *testing.T, regions []string, policy string) (*aws.Account, []string) {
	t.Helper()
	a := aws.NewAccount(aws.Options{Clock: clock.New(1), Regions: regions})
	t.Cleanup(func() { assert.NoError(t, a.Close()) })
	queue, err := a.Region(regions[0]).SQS.CreateQueue(sqs.Queue{Name: "pages", Policy: policy})
	require.NoError(t, err)
	var topics []string
	for i, place := range []string{"primary", "secondary", "witness"} {
		service := a.Region(regions[i]).SNS
		topic, err := service.CreateTopic(sns.Topic{Name: place + "-alerts-topic-1a2b3c4"})
		require.NoError(t, err)
		_, err = service.Subscribe(sns.Subscription{Topic: topic.Arn, Protocol: "sqs", Endpoint: queue.Arn})
		require.NoError(t, err)
		topics = append(topics, topic.Arn)
	}
	return a, topics
}

// delivered are the regions whose topics reach the queue.
func delivered(t *testing.T, regions []string, policy string) (reached []string) {
	t.Helper()
	a, topics := subscribed(t, regions, policy)
	for i, topic := range topics {
		service := a.Region(regions[i]).SNS
		_, err := service.Publish(a.IAM.Admin().Principal, sns.Publication{
			TopicARN: topic,
			Message:  "m",
		}, iam.Context{"aws:SecureTransport": "true"})
		require.NoError(t, err)
		if service.TakeCounts()[topic].Failed == 0 {
			reached = append(reached, regions[i])
		}
	}
	return reached
}

func TestTheQueuePolicyOfTheDocsAdmitsAllThreeTopics(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```json\n([^`]*AlertsOfThreeRegions[^`]*)```").FindStringSubmatch(read(t,
		"docs/deploying.md"))
	require.Len(t, blocks, 2)
	policy := blocks[1]
	regions := []string{"us-east-1", "us-east-2", "us-west-2"}
	assert.Empty(t, delivered(t, regions, ""), "a queue without a policy admits nobody")
	assert.Equal(t, regions, delivered(t, regions, policy))

	// A stack with a region to opt in to.
	regions = []string{"us-east-1", "us-east-2", "ca-west-1"}
	policy = strings.ReplaceAll(policy, "us-west-2", "ca-west-1")
	assert.Equal(t, regions[:2], delivered(t, regions, policy))
	const (
		service = `"Service": "sns.amazonaws.com"`
		both    = `"Service": ["sns.amazonaws.com", "sns.ca-west-1.amazonaws.com"]`
	)
	require.Contains(t, policy, service)
	assert.Contains(t, read(t, "docs/deploying.md"), both)
	assert.Equal(t, regions, delivered(t, regions, strings.ReplaceAll(policy, service, both)))
}
