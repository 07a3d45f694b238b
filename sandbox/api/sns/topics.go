package sns

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/sns"
)

// create answers with the topic that there is, if what is asked for is so already (API Reference, CreateTopic).
func create(c *call.Call, in *sdk.CreateTopicInput) (*sdk.CreateTopicOutput, error) {
	arn := c.Region.ARN("sns", aws.ToString(in.Name))
	if err := c.Authorize("sns:CreateTopic", arn, nil); err != nil {
		return nil, err
	}
	asked, err := topic(in)
	if err != nil {
		return nil, err
	}
	if there, err := c.Region.SNS.Topic(arn); err == nil && alike(attributes(there), in.Attributes) {
		return &sdk.CreateTopicOutput{TopicArn: &there.Arn}, nil
	}
	made, err := c.Region.SNS.CreateTopic(asked)
	if err != nil {
		return nil, err
	}
	return &sdk.CreateTopicOutput{TopicArn: &made.Arn}, nil
}

func topic(in *sdk.CreateTopicInput) (sns.Topic, error) {
	t := sns.Topic{Name: aws.ToString(in.Name), Tags: map[string]string{}}
	for _, tag := range in.Tags {
		t.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	texts := map[string]*string{
		"DisplayName":    &t.DisplayName,
		"KmsMasterKeyId": &t.KmsMasterKeyID,
		"Policy":         &t.Policy,
		"TracingConfig":  &t.TracingConfig,
	}
	for _, name := range slices.Sorted(maps.Keys(in.Attributes)) {
		if texts[name] == nil {
			return t, wire.NotImplemented("sns: attribute %s of CreateTopic is not modelled by the sandbox", name)
		}
		*texts[name] = in.Attributes[name]
	}
	if in.DataProtectionPolicy != nil {
		return t, wire.NotImplemented("sns: data protection is not modelled by the sandbox")
	}
	return t, nil
}

// alike is whether a topic's attributes are those that are asked for.
func alike(has, asked map[string]string) bool {
	for name, value := range asked {
		if has[name] != value {
			return false
		}
	}
	return true
}

func attributes(t sns.Topic) map[string]string {
	all := map[string]string{
		"TopicArn":         t.Arn,
		"Owner":            t.Owner,
		"Policy":           t.Policy,
		"DisplayName":      t.DisplayName,
		"SignatureVersion": strconv.Itoa(t.SignatureVersion),
		"TracingConfig":    t.TracingConfig,
	}
	if t.KmsMasterKeyID != "" {
		all["KmsMasterKeyId"] = t.KmsMasterKeyID
	}
	return all
}

// find finds a topic that the caller may do something with: its policy decides as well.
func find(c *call.Call, action string, arn *string) (sns.Topic, error) {
	topic, err := c.Region.SNS.Topic(aws.ToString(arn))
	if err != nil {
		return topic, err
	}
	owner := iam.Context{"aws:SourceOwner": c.Account.ID}
	return topic, c.AuthorizeResource(action, topic.Arn, topic.Policy, owner)
}

func getAttributes(c *call.Call, in *sdk.GetTopicAttributesInput) (*sdk.GetTopicAttributesOutput, error) {
	topic, err := find(c, "sns:GetTopicAttributes", in.TopicArn)
	if err != nil {
		return nil, err
	}
	all := attributes(topic)
	confirmed, pending := 0, 0
	for _, s := range c.Region.SNS.Subscriptions(topic.Arn) {
		if s.PendingConfirmation {
			pending++
		} else {
			confirmed++
		}
	}
	all["SubscriptionsConfirmed"] = strconv.Itoa(confirmed)
	all["SubscriptionsPending"] = strconv.Itoa(pending)
	return &sdk.GetTopicAttributesOutput{Attributes: all}, nil
}

// remove takes no offence at a topic that is not there (API Reference, DeleteTopic).
func remove(c *call.Call, in *sdk.DeleteTopicInput) (*sdk.DeleteTopicOutput, error) {
	topic, err := find(c, "sns:DeleteTopic", in.TopicArn)
	if err == nil {
		err = c.Region.SNS.DeleteTopic(topic.Arn)
	}
	if errors.Is(err, awserr.ErrNotFound) {
		err = c.Authorize("sns:DeleteTopic", aws.ToString(in.TopicArn), nil)
	}
	return &sdk.DeleteTopicOutput{}, err
}
