package sqs

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/sqs"
)

// create answers with the queue that there is, if what is asked for is so already (API Reference, CreateQueue).
func create(c *call.Call, in *sdk.CreateQueueInput) (*sdk.CreateQueueOutput, error) {
	arn := c.Region.ARN("sqs", aws.ToString(in.QueueName))
	if err := c.Authorize("sqs:CreateQueue", arn, nil); err != nil {
		return nil, err
	}
	asked := sqs.Queue{Name: aws.ToString(in.QueueName), Tags: in.Tags}
	for name, value := range in.Attributes {
		if err := setAttribute(&asked, types.QueueAttributeName(name), value); err != nil {
			return nil, err
		}
	}
	if there, err := c.Region.SQS.Queue(arn); err == nil {
		return &sdk.CreateQueueOutput{QueueUrl: &there.URL}, sameAttributes(c, there, in.Attributes)
	}
	made, err := c.Region.SQS.CreateQueue(asked)
	if err != nil {
		return nil, err
	}
	return &sdk.CreateQueueOutput{QueueUrl: &made.URL}, nil
}

func setAttribute(q *sqs.Queue, name types.QueueAttributeName, value string) error {
	switch name {
	case types.QueueAttributeNamePolicy:
		q.Policy = value
		return nil
	case types.QueueAttributeNameSqsManagedSseEnabled:
		return setParsed(&q.SqsManagedSseEnabled, name, value, strconv.ParseBool)
	case types.QueueAttributeNameVisibilityTimeout:
		return setParsed(&q.VisibilityTimeoutSeconds, name, value, strconv.Atoi)
	case types.QueueAttributeNameMessageRetentionPeriod:
		return setParsed(&q.MessageRetentionSeconds, name, value, strconv.Atoi)
	case types.QueueAttributeNameMaximumMessageSize:
		return setParsed(&q.MaxMessageSize, name, value, strconv.Atoi)
	case types.QueueAttributeNameReceiveMessageWaitTimeSeconds:
		return setParsed(&q.ReceiveWaitTimeSeconds, name, value, strconv.Atoi)
	default:
		if slices.Contains(name.Values(), name) {
			return wire.NotImplemented("sqs: attribute %s of CreateQueue is not modelled by the sandbox", name)
		}
		return awserr.Invalid("InvalidAttributeName", "Unknown Attribute %s.", name)
	}
}

func setParsed[T any](
	field **T,
	name types.QueueAttributeName,
	value string,
	parse func(string) (T, error),
) error {
	parsed, err := parse(value)
	if err != nil {
		return awserr.Invalid("InvalidAttributeValue", "Invalid value for the parameter %s.", name)
	}
	*field = &parsed
	return nil
}

// sameAttributes refuses another value than the queue has.
func sameAttributes(c *call.Call, q sqs.Queue, asked map[string]string) error {
	has, err := attributes(c, q)
	if err != nil {
		return err
	}
	for name, value := range asked {
		if has[name] != value {
			return awserr.Invalid("QueueAlreadyExists",
				"A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}

func removeQueue(c *call.Call, in *sdk.DeleteQueueInput) (*sdk.DeleteQueueOutput, error) {
	queue, err := queue(c, "sqs:DeleteQueue", in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return &sdk.DeleteQueueOutput{}, c.Region.SQS.DeleteQueue(queue.URL)
}
