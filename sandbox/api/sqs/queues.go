package sqs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/sqs"
)

func getAttributes(c *call.Call, in *sdk.GetQueueAttributesInput) (*sdk.GetQueueAttributesOutput, error) {
	queue, err := queue(c, "sqs:GetQueueAttributes", in.QueueUrl)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(in.AttributeNames))
	for i, name := range in.AttributeNames {
		if !slices.Contains(name.Values(), name) {
			return nil, awserr.Invalid("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
		names[i] = string(name)
	}
	attributes, err := attributes(c, queue)
	if err != nil {
		return nil, err
	}
	return &sdk.GetQueueAttributesOutput{Attributes: chosen(attributes, names)}, nil
}

func attributes(c *call.Call, q sqs.Queue) (map[string]string, error) {
	visible, inFlight, err := c.Region.SQS.Depth(q.URL)
	if err != nil {
		return nil, err
	}
	attributes := map[types.QueueAttributeName]string{
		types.QueueAttributeNameQueueArn:                              q.Arn,
		types.QueueAttributeNameApproximateNumberOfMessages:           strconv.Itoa(visible),
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible: strconv.Itoa(inFlight),
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed:    "0",
		types.QueueAttributeNameDelaySeconds:                          "0",
		types.QueueAttributeNameMaximumMessageSize:                    strconv.Itoa(*q.MaxMessageSize),
		types.QueueAttributeNameMessageRetentionPeriod:                strconv.Itoa(*q.MessageRetentionSeconds),
		types.QueueAttributeNameReceiveMessageWaitTimeSeconds:         strconv.Itoa(*q.ReceiveWaitTimeSeconds),
		types.QueueAttributeNameVisibilityTimeout:                     strconv.Itoa(*q.VisibilityTimeoutSeconds),
		types.QueueAttributeNameSqsManagedSseEnabled:                  strconv.FormatBool(*q.SqsManagedSseEnabled),
	}
	if q.Policy != "" {
		attributes[types.QueueAttributeNamePolicy] = q.Policy
	}
	named := map[string]string{}
	for name, value := range attributes {
		named[string(name)] = value
	}
	return named, nil
}

func getURL(c *call.Call, in *sdk.GetQueueUrlInput) (*sdk.GetQueueUrlOutput, error) {
	owner := c.Account.ID
	if in.QueueOwnerAWSAccountId != nil {
		owner = *in.QueueOwnerAWSAccountId
	}
	arn := "arn:aws:sqs:" + c.Region.Name + ":" + owner + ":" + aws.ToString(in.QueueName)
	queue, err := c.Region.SQS.Queue(arn)
	if err != nil {
		return nil, err
	}
	if err := c.AuthorizeResource("sqs:GetQueueUrl", queue.Arn, queue.Policy, nil); err != nil {
		return nil, err
	}
	return &sdk.GetQueueUrlOutput{QueueUrl: &queue.URL}, nil
}

const queuesPerPage = 1000

func list(c *call.Call, in *sdk.ListQueuesInput) (*sdk.ListQueuesOutput, error) {
	if err := c.Authorize("sqs:ListQueues", "*", nil); err != nil {
		return nil, err
	}
	size, err := wire.Limit(in.MaxResults, queuesPerPage, queuesPerPage, "MaxResults", "InvalidParameterValue")
	if err != nil {
		return nil, err
	}
	var urls []string
	for _, q := range c.Region.SQS.Queues() {
		if strings.HasPrefix(q.Name, aws.ToString(in.QueueNamePrefix)) {
			urls = append(urls, q.URL)
		}
	}
	urls, next, ok := wire.Page(urls, in.NextToken, size)
	if !ok {
		return nil, awserr.Invalid("InvalidParameterValue", "The token is not valid.")
	}
	return &sdk.ListQueuesOutput{QueueUrls: urls, NextToken: next}, nil
}
