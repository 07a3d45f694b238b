package api

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"

	"aurora-dsql-dr/sandbox/sns"
)

var snsOperations = []operation{
	on("Publish", publish),
}

// publish leaves the permission to the topic, which has a policy.
func publish(c *Call, in *sdk.PublishInput) (*sdk.PublishOutput, error) {
	attributes := map[string]string{}
	for name, value := range in.MessageAttributes {
		attributes[name] = aws.ToString(value.StringValue)
	}
	id, err := c.services.SNS.Publish(c.Caller, sns.Publication{TopicARN: aws.ToString(in.TopicArn), Subject: aws.ToString(in.Subject),
		Message: aws.ToString(in.Message), Attributes: attributes}, c.Conditions)
	if err != nil {
		return nil, err
	}
	return &sdk.PublishOutput{MessageId: &id}, nil
}
