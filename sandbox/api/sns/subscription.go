package sns

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"

	"aurora-dsql-dr/sandbox/api/call"
)

// getSubscription asks for the permission on the topic, which is what subscriptions are of (Service Authorization
// Reference, "Actions, resources, and condition keys for Amazon SNS").
func getSubscription(
	c *call.Call,
	in *sdk.GetSubscriptionAttributesInput,
) (*sdk.GetSubscriptionAttributesOutput, error) {
	s, err := c.Region.SNS.Subscription(aws.ToString(in.SubscriptionArn))
	if err != nil {
		return nil, err
	}
	if _, err := find(c, "sns:GetSubscriptionAttributes", &s.Topic); err != nil {
		return nil, err
	}
	return &sdk.GetSubscriptionAttributesOutput{Attributes: map[string]string{
		"SubscriptionArn":              s.Arn,
		"TopicArn":                     s.Topic,
		"Protocol":                     s.Protocol,
		"Endpoint":                     s.Endpoint,
		"Owner":                        s.OwnerID,
		"RawMessageDelivery":           strconv.FormatBool(s.RawMessageDelivery),
		"PendingConfirmation":          strconv.FormatBool(s.PendingConfirmation),
		"ConfirmationWasAuthenticated": strconv.FormatBool(s.ConfirmationWasAuthenticated),
	}}, nil
}
