// Package sns is SNS on the AWS face.
package sns

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/sns"
)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("CreateTopic", create),
	call.On("DeleteTopic", remove),
	call.On("GetTopicAttributes", getAttributes),
	call.On("Publish", publish),
	call.On("ListTopics", listTopics),
	call.On("ListSubscriptions", listSubscriptions),
	call.On("ListSubscriptionsByTopic", listSubscriptionsByTopic),
	call.On("GetSubscriptionAttributes", getSubscription),
}

// publish leaves the permission to the topic, which has a policy.
func publish(c *call.Call, in *sdk.PublishInput) (*sdk.PublishOutput, error) {
	if in.PhoneNumber != nil {
		return nil, wire.NotImplemented("sns: PhoneNumber of Publish is not modelled by the sandbox")
	}
	topic := in.TopicArn
	if topic == nil {
		topic = in.TargetArn
	}
	attributes := map[string]string{}
	for name, value := range in.MessageAttributes {
		attributes[name] = aws.ToString(value.StringValue)
	}
	id, err := c.Region.SNS.Publish(c.Caller, sns.Publication{
		TopicARN:   aws.ToString(topic),
		Subject:    aws.ToString(in.Subject),
		Message:    aws.ToString(in.Message),
		Structure:  aws.ToString(in.MessageStructure),
		Attributes: attributes,
	}, c.Conditions)
	if err != nil {
		return nil, err
	}
	return &sdk.PublishOutput{MessageId: &id}, nil
}
