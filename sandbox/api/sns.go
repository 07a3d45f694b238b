package api

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"

	"aurora-dsql-dr/sandbox/sns"
)

var snsOperations = []operation{
	on("Publish", publish),
	on("ListTopics", listTopics),
	on("ListSubscriptionsByTopic", listSubscriptionsByTopic),
}

// publish leaves the permission to the topic, which has a policy.
func publish(c *Call, in *sdk.PublishInput) (*sdk.PublishOutput, error) {
	if in.PhoneNumber != nil {
		return nil, notImplemented("sns: PhoneNumber of Publish is not modelled by the sandbox")
	}
	topic := in.TopicArn
	if topic == nil {
		topic = in.TargetArn
	}
	attributes := map[string]string{}
	for name, value := range in.MessageAttributes {
		attributes[name] = aws.ToString(value.StringValue)
	}
	id, err := c.services.SNS.Publish(c.Caller, sns.Publication{
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
