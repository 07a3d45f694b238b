package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

func TestTopicsAndTheirSubscriptions(t *testing.T) {
	w := newWorld(t, nil)
	topics := w.account.Region("us-east-1").SNS
	var arn string
	for i := range 101 {
		topic, err := topics.CreateTopic(sns.Topic{Name: fmt.Sprintf("t%03d", i)})
		require.NoError(t, err)
		arn = topic.Arn
	}
	for i := range 101 {
		_, err := topics.Subscribe(sns.Subscription{Topic: arn, Protocol: "email", Endpoint: fmt.Sprintf("%d@example.com", i)})
		require.NoError(t, err)
	}
	client := awssns.NewFromConfig(w.admin("us-east-1"))
	var listed []string
	for p := awssns.NewListTopicsPaginator(client, nil); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		require.NoError(t, err)
		for _, topic := range out.Topics {
			listed = append(listed, *topic.TopicArn)
		}
	}
	assert.Len(t, listed, 101)
	assert.Equal(t, arn, listed[100])
	seen := map[string]bool{}
	for p := awssns.NewListSubscriptionsByTopicPaginator(client, &awssns.ListSubscriptionsByTopicInput{TopicArn: &arn}); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		require.NoError(t, err)
		for _, s := range out.Subscriptions {
			assert.Equal(t, "email", *s.Protocol)
			assert.Equal(t, w.account.ID, *s.Owner)
			seen[*s.Endpoint] = true
		}
	}
	assert.Len(t, seen, 101)

	_, err := client.ListSubscriptionsByTopic(t.Context(), &awssns.ListSubscriptionsByTopicInput{TopicArn: aws.String(arn + "x")})
	var missing *snstypes.NotFoundException
	require.ErrorAs(t, err, &missing)
	_, err = client.ListTopics(t.Context(), &awssns.ListTopicsInput{NextToken: aws.String("made up")})
	var invalid *snstypes.InvalidParameterException
	require.ErrorAs(t, err, &invalid)
	_, err = client.Publish(t.Context(), &awssns.PublishInput{PhoneNumber: aws.String("+15550100"), Message: aws.String("m")})
	requireCode(t, err, "NotImplemented", "PhoneNumber")
	_, err = client.Publish(t.Context(), &awssns.PublishInput{
		TopicArn: &arn, Message: aws.String(`{"sms":"m"}`), MessageStructure: aws.String("json"),
	})
	require.ErrorAs(t, err, &invalid)
	assert.ErrorContains(t, err, "No default entry in JSON message body")
	_, err = client.Publish(t.Context(), &awssns.PublishInput{TargetArn: &arn, Message: aws.String("m")})
	require.NoError(t, err)
}

func TestReceiveAndDeleteMessages(t *testing.T) {
	w := newWorld(t, nil)
	service := w.account.Region("us-east-1").SQS
	queue, err := service.CreateQueue(sqs.Queue{Name: "dead"})
	require.NoError(t, err)
	client := awssqs.NewFromConfig(w.admin("us-east-1"))
	_, err = client.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &queue.URL, MessageBody: aws.String("é <&>"),
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{"ERROR_CODE": {DataType: aws.String("String"), StringValue: aws.String("503")}}})
	require.NoError(t, err)
	receive := func(in awssqs.ReceiveMessageInput) []sqstypes.Message {
		in.QueueUrl = &queue.URL
		out, err := client.ReceiveMessage(t.Context(), &in)
		require.NoError(t, err, "the client compares the digest")
		return out.Messages
	}
	messages := receive(awssqs.ReceiveMessageInput{MessageAttributeNames: []string{"All"}, WaitTimeSeconds: 1,
		MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameApproximateReceiveCount}})
	require.Len(t, messages, 1)
	assert.Equal(t, "é <&>", *messages[0].Body)
	assert.Equal(t, map[string]string{"ApproximateReceiveCount": "1"}, messages[0].Attributes)
	assert.Equal(t, "503", *messages[0].MessageAttributes["ERROR_CODE"].StringValue)
	assert.Empty(t, receive(awssqs.ReceiveMessageInput{}), "it is in flight")

	attributes, err := client.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: &queue.URL,
		AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"QueueArn": queue.Arn, "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "1",
		"ApproximateNumberOfMessagesDelayed": "0", "DelaySeconds": "0", "MaximumMessageSize": "262144", "MessageRetentionPeriod": "345600",
		"ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30", "SqsManagedSseEnabled": "true"}, attributes.Attributes)

	_, err = client.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: &queue.URL, ReceiptHandle: messages[0].ReceiptHandle})
	require.NoError(t, err)
	visible, inFlight, err := service.Depth(queue.URL)
	require.NoError(t, err)
	assert.Zero(t, visible+inFlight)

	_, err = client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &queue.URL, MaxNumberOfMessages: 11})
	requireCode(t, err, "InvalidParameterValue", "Must be between 1 and 10")
	_, err = client.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: &queue.URL, AttributeNames: []sqstypes.QueueAttributeName{"Size"}})
	var unknown *sqstypes.InvalidAttributeName
	require.ErrorAs(t, err, &unknown)
	_, err = client.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: &queue.URL, ReceiptHandle: aws.String("none")})
	var invalid *sqstypes.ReceiptHandleIsInvalid
	require.ErrorAs(t, err, &invalid)
	_, err = client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: aws.String("none")})
	var missing *sqstypes.QueueDoesNotExist
	require.ErrorAs(t, err, &missing)
}

func TestQueuesAreFound(t *testing.T) {
	w := newWorld(t, nil)
	service := w.account.Region("us-east-1").SQS
	for _, name := range []string{"dead-a", "dead-b", "other"} {
		_, err := service.CreateQueue(sqs.Queue{Name: name})
		require.NoError(t, err)
	}
	client := awssqs.NewFromConfig(w.admin("us-east-1"))
	found, err := client.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("dead-b")})
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(*found.QueueUrl, "/"+w.account.ID+"/dead-b"))
	_, err = client.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("none")})
	var missing *sqstypes.QueueDoesNotExist
	require.ErrorAs(t, err, &missing)
	var urls []string
	for p := awssqs.NewListQueuesPaginator(client, &awssqs.ListQueuesInput{QueueNamePrefix: aws.String("dead-"), MaxResults: aws.Int32(1)}); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		require.NoError(t, err)
		urls = append(urls, out.QueueUrls...)
	}
	assert.Len(t, urls, 2)
}

// Until 2023 SQS's clients spoke the query protocol, with lists that repeat their name.
func TestSQSOfOlderClients(t *testing.T) {
	w := newWorld(t, nil)
	service := w.account.Region("us-east-1").SQS
	queue, err := service.CreateQueue(sqs.Queue{Name: "dead"})
	require.NoError(t, err)
	ask := func(action, rest string) (int, string) {
		return w.post(t, "sqs", map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
			"Action="+action+"&Version=2012-11-05&QueueUrl="+url.QueryEscape(queue.URL)+rest)
	}
	status, answer := ask("SendMessage", "&MessageBody=late&MessageAttribute.1.Name=cause&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=503")
	require.Equal(t, 200, status, answer)
	status, answer = ask("ReceiveMessage", "&MaxNumberOfMessages=10&AttributeName.1=ApproximateReceiveCount&MessageAttributeName.1=All")
	require.Equal(t, 200, status, answer)
	assert.Contains(t, answer, "<ReceiveMessageResult><Message><Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute><Body>late</Body>")
	assert.Contains(t, answer, "<MessageAttribute><Name>cause</Name><Value><DataType>String</DataType><StringValue>503</StringValue></Value></MessageAttribute>")
	status, answer = ask("ListQueues", "")
	require.Equal(t, 200, status, answer)
	assert.Contains(t, answer, "<ListQueuesResult><QueueUrl>"+queue.URL+"</QueueUrl></ListQueuesResult>")
	status, answer = w.post(t, "sqs", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, "Action=ReceiveMessage&QueueUrl=none")
	assert.Equal(t, 400, status)
	assert.Contains(t, answer, "<Code>AWS.SimpleQueueService.NonExistentQueue</Code>")
}

// Topics and queues admit whom their own policies name.
func TestResourcePoliciesLetRead(t *testing.T) {
	w := newWorld(t, nil)
	queues := w.account.Region("us-east-1").SQS
	queue, err := queues.CreateQueue(sqs.Queue{Name: "dead"})
	require.NoError(t, err)
	client := awssqs.NewFromConfig(w.function(t, "us-east-1"))
	_, err = client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &queue.URL})
	requireCode(t, err, "AccessDeniedException", "sqs:ReceiveMessage on resource: "+queue.Arn)
	_, err = queues.PutQueuePolicy(sqs.QueuePolicy{QueueURL: queue.URL, Policy: fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":%q},"Action":"sqs:ReceiveMessage","Resource":%q}]}`, w.role.Arn, queue.Arn)})
	require.NoError(t, err)
	_, err = client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &queue.URL})
	require.NoError(t, err)
}
