package claims

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

var snsClaims = []Claim{{
	ID:   "sns-refusals",
	Says: "CreateTopic refuses names and policies that are none: InvalidParameter",
	Page: "sandbox-aws.md",
	Row:  "names, tags, a policy of 30 KB",
	ask:  topicsAreRefused,
}, {
	ID:    "sns-default-policy",
	Says:  "a topic without a policy admits callers of its own account, by AWS:SourceOwner, and no service by name",
	Page:  "sandbox-aws.md",
	Row:   "a topic without a policy admits the account and CloudWatch, not EventBridge",
	Makes: []*Kind{topic},
	ask:   aTopicHasADefaultPolicy,
}, {
	ID:    "sns-same-topic",
	Says:  "CreateTopic answers with the topic that there is, unless attributes differ; DeleteTopic twice is no offence",
	Page:  "sandbox-aws.md",
	Row:   "CreateTopic answers with the topic that there is",
	Makes: []*Kind{topic},
	ask:   aTopicIsMadeOnce,
}, {
	ID:    "sns-publish",
	Says:  "Publish refuses subjects and sizes out of bounds: InvalidParameter",
	Page:  "sandbox-aws.md",
	Row:   "subjects and sizes",
	Makes: []*Kind{topic},
	ask:   publicationsAreRefused,
}, {
	ID:    "sns-structure",
	Says:  "MessageStructure json: what cannot be read, lacks default or has a key twice is refused",
	Page:  "sandbox-aws.md",
	Row:   "a text of its own by protocol (`MessageStructure` json)",
	Makes: []*Kind{topic},
	ask:   structuresAreRefused,
}, {
	ID:    "sns-disabled-key",
	Says:  "an encrypted topic whose key is disabled takes no message: KMSDisabled",
	Page:  "sandbox-aws.md",
	Row:   "who may publish: the topic's policy, the publisher's own, and for an encrypted topic the key's",
	Makes: []*Kind{key, topic},
	ask:   aDisabledKeySilencesATopic,
}}

var topic = &Kind{
	Name:  "topic",
	Basis: "nothing without subscriptions",
	byID:  true,
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		for p := sns.NewListTopicsPaginator(sns.NewFromConfig(config), nil); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, t := range page.Topics {
				arn := aws.ToString(t.TopicArn)
				if name := arn[strings.LastIndex(arn, ":")+1:]; strings.HasPrefix(name, prefix) {
					found = append(found, thing{name: name, id: arn})
				}
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		_, err := sns.NewFromConfig(config).DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: &t.id})
		return err
	},
}

// topic makes a topic and returns its ARN.
func (c *Case) topic(client *sns.Client, ending string, change func(*sns.CreateTopicInput)) (string, error) {
	return c.make(topic, c.primary(), ending, func(name string) (string, error) {
		in := &sns.CreateTopicInput{Name: &name, Attributes: map[string]string{}}
		change(in)
		out, err := client.CreateTopic(c, in)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.TopicArn), nil
	})
}

func topicsAreRefused(c *Case) error {
	client := sns.NewFromConfig(c.primary())
	for _, wrong := range []struct {
		what   string
		change func(*sns.CreateTopicInput)
	}{
		{"a space in its name", func(in *sns.CreateTopicInput) { in.Name = aws.String(*in.Name + " x") }},
		{"a name of 257 characters", func(in *sns.CreateTopicInput) {
			in.Name = aws.String(*in.Name + strings.Repeat("x", 257-len(*in.Name)))
		}},
		{"a policy that is no JSON", func(in *sns.CreateTopicInput) { in.Attributes["Policy"] = "{" }},
	} {
		_, err := c.topic(client, "r", wrong.change)
		c.refused("CreateTopic with "+wrong.what, err, "InvalidParameter")
	}
	return nil
}

func aTopicHasADefaultPolicy(c *Case) error {
	client := sns.NewFromConfig(c.primary())
	arn, err := c.topic(client, "d", func(*sns.CreateTopicInput) {})
	if err != nil {
		return err
	}
	out, err := client.GetTopicAttributes(c, &sns.GetTopicAttributesInput{TopicArn: &arn})
	if err != nil {
		return err
	}
	var policy struct {
		Statement []struct {
			Principal json.RawMessage
			Condition json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(out.Attributes["Policy"]), &policy); err != nil {
		return err
	}
	c.is("statements of the policy", len(policy.Statement), 1)
	for _, s := range policy.Statement {
		c.is("its principal", string(s.Principal), `{"AWS":"*"}`)
		c.is("its condition", string(s.Condition), `{"StringEquals":{"AWS:SourceOwner":"`+c.run.Account+`"}}`)
	}
	return nil
}

func aTopicIsMadeOnce(c *Case) error {
	client := sns.NewFromConfig(c.primary())
	in := &sns.CreateTopicInput{Attributes: map[string]string{"DisplayName": "one"}}
	arn, err := c.topic(client, "t", func(asked *sns.CreateTopicInput) {
		asked.Attributes["DisplayName"] = "one"
		in.Name = asked.Name
	})
	if err != nil {
		return err
	}
	again, err := client.CreateTopic(c, in)
	if c.accepted("CreateTopic with the same attributes", err) {
		c.is("the ARN of the second", aws.ToString(again.TopicArn), arn)
	}
	in.Attributes["DisplayName"] = "two"
	_, err = client.CreateTopic(c, in)
	c.refused("CreateTopic with another attribute", err, "InvalidParameter", "already exists with different attributes")
	for _, call := range []string{"DeleteTopic", "DeleteTopic again"} {
		_, err := client.DeleteTopic(c, &sns.DeleteTopicInput{TopicArn: &arn})
		c.accepted(call, err)
	}
	return nil
}

func publicationsAreRefused(c *Case) error {
	client := sns.NewFromConfig(c.primary())
	arn, err := c.topic(client, "p", func(*sns.CreateTopicInput) {})
	if err != nil {
		return err
	}
	for _, wrong := range []struct{ what, subject, message, code string }{
		{"an empty message", "s", "", "InvalidParameter"},
		{"a message of 262,145 bytes", "s", strings.Repeat("x", 262_145), "InvalidParameter"},
		{"a subject with a line break", "a\nb", "m", "InvalidParameter"},
		{"a subject of 100 characters", strings.Repeat("x", 100), "m", "InvalidParameter"},
	} {
		in := &sns.PublishInput{TopicArn: &arn, Subject: &wrong.subject, Message: &wrong.message}
		_, err := client.Publish(c, in)
		c.refused("Publish with "+wrong.what, err, wrong.code)
	}
	in := &sns.PublishInput{TopicArn: &arn, Subject: aws.String(strings.Repeat("x", 99)), Message: aws.String("m")}
	_, err = client.Publish(c, in)
	c.accepted("Publish with a subject of 99 characters", err)
	_, err = client.Publish(c, &sns.PublishInput{TopicArn: aws.String(arn + "x"), Message: aws.String("m")})
	c.refused("Publish to a topic that is not there", err, "NotFound")
	return nil
}

func structuresAreRefused(c *Case) error {
	client := sns.NewFromConfig(c.primary())
	arn, err := c.topic(client, "s", func(*sns.CreateTopicInput) {})
	if err != nil {
		return err
	}
	publish := func(message, structure string) error {
		_, err := client.Publish(c, &sns.PublishInput{TopicArn: &arn, Message: &message, MessageStructure: &structure})
		return err
	}
	const noDefault, unparsed = "No default entry in JSON message body", "JSON message body failed to parse"
	for _, wrong := range []struct{ message, words string }{
		{`{}`, noDefault},
		{`{"sms":"m"}`, noDefault},
		{`{"default":7}`, noDefault},
		{`plain`, unparsed},
		{`["default"]`, unparsed},
		{`{"default":"m"`, unparsed},
		{`{"default":"m","default":"n"}`, unparsed},
	} {
		c.refused("Publish of "+wrong.message, publish(wrong.message, "json"), "InvalidParameter", wrong.words)
	}
	c.refused("Publish with MessageStructure xml", publish("m", "xml"), "InvalidParameter", "MessageStructure")
	c.accepted("Publish of a default and a number for email", publish(`{"default":"m","email":7}`, "json"))
	return nil
}

func aDisabledKeySilencesATopic(c *Case) error {
	keys, client := kms.NewFromConfig(c.primary()), sns.NewFromConfig(c.primary())
	id, err := c.key(keys, "k", func(*kms.CreateKeyInput) {})
	if err != nil {
		return err
	}
	arn, err := c.topic(client, "e", func(in *sns.CreateTopicInput) { in.Attributes["KmsMasterKeyId"] = id })
	if err != nil {
		return err
	}
	publish := func() error {
		_, err := client.Publish(c, &sns.PublishInput{TopicArn: &arn, Message: aws.String("m")})
		return err
	}
	if !c.accepted("Publish while the key is enabled", publish()) {
		return nil
	}
	if _, err := keys.DisableKey(c, &kms.DisableKeyInput{KeyId: &id}); err != nil {
		return err
	}
	return c.refusedSoon("Publish while the key is disabled", publish, "KMSDisabled")
}
