package sqs

import (
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/sqs"
)

// receiveInput is the SDK's ReceiveMessageInput but for the numbers, where 0 is not the same as none.
type receiveInput struct {
	QueueUrl                    *string //nolint:revive,staticcheck // the member's name
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
	MaxNumberOfMessages         *int32
	VisibilityTimeout           *int32
	WaitTimeSeconds             *int32
}

func receive(c *call.Call, in *receiveInput) (*sdk.ReceiveMessageOutput, error) {
	queue, err := queue(c, "sqs:ReceiveMessage", in.QueueUrl)
	if err != nil {
		return nil, err
	}
	number, err := ranged("MaxNumberOfMessages", in.MaxNumberOfMessages, 1, 1, 10)
	if err != nil {
		return nil, err
	}
	visibility, err := ranged("VisibilityTimeout", in.VisibilityTimeout, *queue.VisibilityTimeoutSeconds, 0, 43200)
	if err != nil {
		return nil, err
	}
	wait, err := ranged("WaitTimeSeconds", in.WaitTimeSeconds, *queue.ReceiveWaitTimeSeconds, 0, 20)
	if err != nil {
		return nil, err
	}
	hidden := time.Duration(visibility) * time.Second
	messages, err := c.Region.SQS.Receive(c, queue.URL, number, hidden, time.Duration(wait)*time.Second)
	if err != nil {
		return nil, err
	}
	out := &sdk.ReceiveMessageOutput{}
	for _, m := range messages {
		out.Messages = append(out.Messages, message(c, m, in))
	}
	return out, nil
}

// ranged is a number of a request, or the default if it has none.
func ranged(parameter string, value *int32, byDefault, lowest, highest int) (int, error) {
	switch {
	case value == nil:
		return byDefault, nil
	case int(*value) < lowest || int(*value) > highest:
		return 0, awserr.Invalid("InvalidParameterValue",
			"Value %d for parameter %s is invalid. Reason: Must be between %d and %d, if provided.",
			*value, parameter, lowest, highest)
	default:
		return int(*value), nil
	}
}

// message has the attributes that were asked for, no others.
func message(c *call.Call, m sqs.Message, in *receiveInput) types.Message {
	to := types.Message{
		MessageId:     &m.MessageID,
		ReceiptHandle: &m.ReceiptHandle,
		Body:          &m.Body,
		MD5OfBody:     digest(m.Body),
	}
	known := map[string]string{
		string(types.MessageSystemAttributeNameSentTimestamp):           strconv.FormatInt(c.Wall(m.SentAt).UnixMilli(), 10),
		string(types.MessageSystemAttributeNameApproximateReceiveCount): strconv.Itoa(m.ReceiveCount),
	}
	to.Attributes = chosen(known, slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames))
	for name, value := range chosen(m.Attributes, in.MessageAttributeNames) {
		if to.MessageAttributes == nil {
			to.MessageAttributes = map[string]types.MessageAttributeValue{}
		}
		to.MessageAttributes[name] = types.MessageAttributeValue{
			DataType:    aws.String("String"),
			StringValue: aws.String(value),
		}
	}
	return to
}

// chosen are the values with these names, or "All"; nil if there are none.
func chosen(values map[string]string, names []string) map[string]string {
	var some map[string]string
	for name, value := range values {
		if slices.Contains(names, name) || slices.Contains(names, "All") {
			if some == nil {
				some = map[string]string{}
			}
			some[name] = value
		}
	}
	return some
}

func remove(c *call.Call, in *sdk.DeleteMessageInput) (*sdk.DeleteMessageOutput, error) {
	queue, err := queue(c, "sqs:DeleteMessage", in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return &sdk.DeleteMessageOutput{}, c.Region.SQS.Delete(queue.URL, aws.ToString(in.ReceiptHandle))
}

func purge(c *call.Call, in *sdk.PurgeQueueInput) (*sdk.PurgeQueueOutput, error) {
	queue, err := queue(c, "sqs:PurgeQueue", in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return &sdk.PurgeQueueOutput{}, c.Region.SQS.Purge(queue.URL)
}

// queue finds a queue that the caller may use so.
func queue(c *call.Call, action string, url *string) (sqs.Queue, error) {
	queue, err := c.Region.SQS.Queue(aws.ToString(url))
	if err != nil {
		return sqs.Queue{}, err
	}
	return queue, c.AuthorizeResource(action, queue.Arn, queue.Policy, nil)
}
