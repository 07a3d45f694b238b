package components

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
)

// Subscription is one recipient of alerts.
type Subscription struct {
	// Protocol is email, email-json, sms, https, sqs or lambda. Required.
	Protocol string
	// Endpoint is the address in the protocol's form: an e-mail address, an E.164 number, an https URL, or an ARN.
	// Required.
	Endpoint string
	// Secret keeps the endpoint encrypted in Pulumi's state and out of its diffs. Optional; defaults to off.
	Secret bool
}

// key names the recipient by what it is, so that its resource stays its own wherever it stands in a list. Were it named
// by its place, the one that moves up would be "replaced", and since Subscribe returns the subscription that exists
// (SNS API Reference), what is deleted after is the only one there is. Of a secret the key tells no more than whether a
// guess is right.
func (s Subscription) key() string {
	sum := sha256.Sum256([]byte(s.Protocol + " " + s.Endpoint))
	return hex.EncodeToString(sum[:4])
}

// endpoint is the input, secret if it is to be.
func (s Subscription) endpoint() pulumi.StringInput {
	if s.Secret {
		return pulumi.ToSecret(pulumi.String(s.Endpoint)).(pulumi.StringOutput)
	}
	return pulumi.String(s.Endpoint)
}

// AlertTopicArgs configures an AlertTopic.
type AlertTopicArgs struct {
	// Region of the topic. Required: an alarm can only notify a topic of its own region.
	Region Region
	// Subscriptions are the recipients. Optional. Every region's topic has the same ones, so an e-mail recipient
	// confirms once a region. No two are equal: a topic takes a recipient once.
	Subscriptions []Subscription
}

// AlertTopic is one region's encrypted topic for alerts, with the policies that let CloudWatch alarms and EventBridge
// publish to it.
type AlertTopic struct {
	pulumi.ResourceState

	// Region is the topic's region.
	Region string
	// ARN of the topic, and of the key that encrypts it: publishers need the use of both.
	ARN, KeyARN pulumi.StringOutput
}

// NewAlertTopic creates the key, the topic, its policy and subscriptions.
//
// The monitors publish through their own identity policies: naming their roles here would make topics and monitors
// depend on each other.
func NewAlertTopic(
	ctx *pulumi.Context, name string, args *AlertTopicArgs, opts ...pulumi.ResourceOption,
) (*AlertTopic, error) {
	t := &AlertTopic{}
	if err := part.Open(ctx, "AlertTopic", name, t, args.validate(), opts); err != nil {
		return nil, err
	}
	t.Region = args.Region.Name
	keyPolicy, err := topicKeyPolicy(args.Region)
	if err != nil {
		return nil, err
	}
	key, err := kms.NewKey(ctx, name+"-key", &kms.KeyArgs{
		Description:       pulumi.String("Encrypts the disaster-recovery alerts of " + args.Region.Name),
		EnableKeyRotation: pulumi.Bool(true),
		Policy:            pulumi.String(keyPolicy),
	}, args.Region.Child(t)...)
	if err != nil {
		return nil, err
	}
	topic, err := sns.NewTopic(ctx, name+"-topic", &sns.TopicArgs{KmsMasterKeyId: key.Arn}, args.Region.Child(t)...)
	if err != nil {
		return nil, err
	}
	topicPolicy, err := sns.NewTopicPolicy(ctx, name+"-policy", &sns.TopicPolicyArgs{
		Arn: topic.Arn,
		Policy: topic.Arn.ApplyT(func(arn string) (string,
			error) {
			return alertTopicPolicy(args.Region, arn)
		}).(pulumi.StringOutput),
	}, args.Region.Child(t)...)
	if err != nil {
		return nil, err
	}
	for i, s := range args.Subscriptions {
		// Earlier versions named subscriptions by their place. What they deployed keeps its subscriptions if the list is
		// still the same; package recipients refuses any other.
		byPlace := pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String(fmt.Sprintf("%s-subscription-%d", name, i))}})
		if err := t.subscribe(ctx, name+"-subscription-"+s.key(), topic, s, args.Region, byPlace); err != nil {
			return nil, err
		}
	}
	// The topic's own ARN would let an alarm be created before the policy that lets it publish.
	t.ARN = pulumi.All(topic.Arn, topicPolicy.ID()).ApplyT(
		func(all []any) string { return all[0].(string) }).(pulumi.StringOutput)
	t.KeyARN = key.Arn
	return t, ctx.RegisterResourceOutputs(t, pulumi.Map{"arn": t.ARN, "keyArn": t.KeyARN})
}

func (a *AlertTopicArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{part.Required(a.Region.Required("Region"))}
	seen := map[string]int{}
	for i, s := range a.Subscriptions {
		if s.Protocol == "" || s.Endpoint == "" {
			problems = append(problems, fmt.Errorf("Subscriptions[%d] lacks something: Protocol and Endpoint are required", i))
		}
		if first, again := seen[s.key()]; again {
			problems = append(problems, fmt.Errorf("Subscriptions[%d] is Subscriptions[%d] again: want each recipient once", i,
				first))
		}
		seen[s.key()] = i
	}
	return errors.Join(problems...)
}

func (t *AlertTopic) subscribe(
	ctx *pulumi.Context, name string, topic *sns.Topic, s Subscription, region Region, opts ...pulumi.ResourceOption,
) error {
	args := &sns.TopicSubscriptionArgs{
		Topic:    topic.Arn,
		Protocol: pulumi.String(s.Protocol),
		Endpoint: s.endpoint(),
	}
	if s.Protocol == "https" {
		args.EndpointAutoConfirms = pulumi.Bool(true) // else the provider does not wait and cannot delete it later
	}
	if s.Secret {
		opts = append(opts, pulumi.AdditionalSecretOutputs([]string{"endpoint"}))
	}
	_, err := sns.NewTopicSubscription(ctx, name, args, region.Child(t, opts...)...)
	return err
}

// topicKeyPolicy lets CloudWatch alarms and EventBridge encrypt for the topic, and delegates everyone else to the
// account's IAM. The AWS managed key alias/aws/sns would silently lose every alarm: its policy admits neither. No
// source conditions: EventBridge does not send them to KMS for an encrypted topic.
func topicKeyPolicy(region Region) (string, error) {
	return policy.Document(
		policy.AccountAdministers(region.RootARN()),
		policy.Allow("AlarmsAndEventsEncrypt", "kms:Decrypt", "kms:GenerateDataKey*").
			ToService("cloudwatch.amazonaws.com", "events.amazonaws.com").On("*"),
	)
}

// alertTopicPolicy lets this account's alarms and EventBridge publish and refuses plain HTTP. EventBridge does not
// support conditions in a topic policy ("Amazon SNS permissions", EventBridge user guide).
func alertTopicPolicy(region Region, topicARN string) (string, error) {
	return policy.Document(
		policy.Allow("AlarmsPublish", "sns:Publish").ToService("cloudwatch.amazonaws.com").On(topicARN).
			When("StringEquals", "aws:SourceAccount", region.Account).
			When("ArnLike", "aws:SourceArn", region.ARN("cloudwatch", "alarm:*")),
		policy.Allow("EventsPublish", "sns:Publish").ToService("events.amazonaws.com").On(topicARN),
		policy.RefusePlainHTTP("sns:Publish", topicARN),
	)
}
