package provider

import (
	awssns "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"

	"aurora-dsql-dr/sandbox/sns"
)

var snsKinds = map[string]*kind{
	"aws:sns/topic:Topic": {
		title: "SNS Topic", service: "sns",
		args: awssns.TopicArgs{}.ElementType(), state: awssns.TopicState{}.ElementType(),
		name:     &autoName{limit: 256},
		replaces: []string{"name", "fifoTopic"},
		computed: []string{"policy", "signatureVersion", "tracingConfig"},
		handlers: over(operations[sns.Topic]{
			id:     func(t sns.Topic) string { return t.Arn },
			create: func(c *call, t sns.Topic) (sns.Topic, error) { return c.region.SNS.CreateTopic(t) },
			read:   func(c *call) (sns.Topic, error) { return c.region.SNS.Topic(c.id) },
			update: func(c *call, t sns.Topic) (sns.Topic, error) {
				t.Arn = c.id
				return c.region.SNS.UpdateTopic(t)
			},
			delete: func(c *call) error { return c.region.SNS.DeleteTopic(c.id) },
		}),
	},
	"aws:sns/topicPolicy:TopicPolicy": {
		title: "SNS Topic Policy", service: "sns",
		args: awssns.TopicPolicyArgs{}.ElementType(), state: awssns.TopicPolicyState{}.ElementType(),
		required: []string{"policy"},
		replaces: []string{"arn"},
		handlers: over(operations[sns.TopicPolicy]{
			id:     func(p sns.TopicPolicy) string { return p.Arn },
			create: func(c *call, p sns.TopicPolicy) (sns.TopicPolicy, error) { return c.region.SNS.PutTopicPolicy(p) },
			read:   func(c *call) (sns.TopicPolicy, error) { return c.region.SNS.TopicPolicy(c.id) },
			update: func(c *call, p sns.TopicPolicy) (sns.TopicPolicy, error) { return c.region.SNS.PutTopicPolicy(p) },
			delete: func(c *call) error {
				_, err := c.region.SNS.PutTopicPolicy(sns.TopicPolicy{Arn: c.id})
				return err
			},
		}),
	},
	"aws:sns/topicSubscription:TopicSubscription": {
		title: "SNS Topic Subscription", service: "sns",
		args: awssns.TopicSubscriptionArgs{}.ElementType(), state: awssns.TopicSubscriptionState{}.ElementType(),
		required:  []string{"topic"},
		replaces:  []string{"endpoint", "protocol", "topic"},
		writeOnly: []string{"endpointAutoConfirms"},
		handlers: over(operations[sns.Subscription]{
			id:     func(s sns.Subscription) string { return s.Arn },
			create: func(c *call, s sns.Subscription) (sns.Subscription, error) { return c.region.SNS.Subscribe(s) },
			read:   func(c *call) (sns.Subscription, error) { return c.region.SNS.Subscription(c.id) },
			update: func(c *call, s sns.Subscription) (sns.Subscription, error) {
				s.Arn = c.id
				return c.region.SNS.UpdateSubscription(s)
			},
			delete: func(c *call) error { return unsubscribe(c.region.SNS, c.id) },
		}),
	},
}

// unsubscribe leaves a subscription to SNS that nobody has confirmed, as terraform-provider-aws does.
func unsubscribe(topics *sns.Service, arn string) error {
	if sub, err := topics.Subscription(arn); err == nil && sub.PendingConfirmation {
		return nil
	}
	return topics.Unsubscribe(arn)
}
