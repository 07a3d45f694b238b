package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/policy"
)

// runByRule lets an EventBridge rule, and nobody else, run a function with its events: permission, target with bounded
// retries, and the function's dead-letter queue for what cannot be delivered. It returns the target.
func runByRule(
	ctx *pulumi.Context, name string, parent pulumi.Resource, f *GoFunction, rule *cloudwatch.EventRule,
) (*cloudwatch.EventTarget, error) {
	undelivered, err := feedQueue(ctx, name+"-dead-letter-policy", parent, f.region, f.DeadLetters, rule.Arn)
	if err != nil {
		return nil, err
	}
	return target(ctx, name, parent, f, rule, nil, undelivered)
}

// NamedRule is a rule, and what its target and permission are named after.
type NamedRule struct {
	Name string
	Rule *cloudwatch.EventRule
}

// RunByRules does the same for several rules, which all give the function one input.
func RunByRules(
	ctx *pulumi.Context, name string, parent pulumi.Resource, f *GoFunction, input pulumi.StringOutput,
	rules ...NamedRule,
) error {
	sources := make([]pulumi.StringOutput, len(rules))
	for i, r := range rules {
		sources[i] = r.Rule.Arn
	}
	undelivered, err := feedQueue(ctx, name+"-dead-letter-policy", parent, f.region, f.DeadLetters, sources...)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if _, err := target(ctx, r.Name, parent, f, r.Rule, input.ToStringPtrOutput(), undelivered); err != nil {
			return err
		}
	}
	return nil
}

// target runs a function by a rule, with an input, or with the event if that is nil.
func target(
	ctx *pulumi.Context, name string, parent pulumi.Resource, f *GoFunction, rule *cloudwatch.EventRule,
	input pulumi.StringPtrInput, undelivered pulumi.Resource,
) (*cloudwatch.EventTarget, error) {
	permission, err := permit(ctx, name, parent, f, rule)
	if err != nil {
		return nil, err
	}
	return cloudwatch.NewEventTarget(ctx, name+"-target", &cloudwatch.EventTargetArgs{
		Rule:         rule.Name,
		EventBusName: rule.EventBusName,
		Arn:          f.Function.Arn,
		Input:        input,
		RetryPolicy: cloudwatch.EventTargetRetryPolicyArgs{
			MaximumRetryAttempts:     pulumi.Int(3),
			MaximumEventAgeInSeconds: pulumi.Int(3600),
		},
		DeadLetterConfig: cloudwatch.EventTargetDeadLetterConfigArgs{Arn: f.DeadLetters.Arn},
	}, f.region.Child(parent, pulumi.DependsOn([]pulumi.Resource{permission, undelivered}))...)
}

// permit lets a rule run a function.
func permit(
	ctx *pulumi.Context, name string, parent pulumi.Resource, f *GoFunction, rule *cloudwatch.EventRule,
) (*lambda.Permission, error) {
	return lambda.NewPermission(ctx, name+"-permission", &lambda.PermissionArgs{
		Action:    pulumi.String("lambda:InvokeFunction"),
		Function:  f.Function.Name,
		Principal: pulumi.String("events.amazonaws.com"),
		SourceArn: rule.Arn,
	}, f.region.Child(parent)...)
}

// feedQueue lets EventBridge put events into a queue on behalf of these rules and buses, and of nobody else's. An ARN
// may end in a wildcard. A queue's policy takes ten conditions (Amazon SQS policy quotas): one a source and one on
// plain HTTP.
func feedQueue(
	ctx *pulumi.Context, name string, parent pulumi.Resource, region Region, queue *sqs.Queue,
	sources ...pulumi.StringOutput,
) (*sqs.QueuePolicy, error) {
	arns := make(pulumi.StringArray, len(sources))
	for i, source := range sources {
		arns[i] = source
	}
	return sqs.NewQueuePolicy(ctx, name, &sqs.QueuePolicyArgs{
		QueueUrl: queue.Url,
		Policy: pulumi.All(queue.Arn, arns).ApplyT(func(v []any) (string, error) {
			return fedQueuePolicy(v[0].(string), v[1].([]string))
		}).(pulumi.StringOutput),
	}, region.Child(parent)...)
}

func fedQueuePolicy(queueARN string, sourceARNs []string) (string, error) {
	var statements []policy.Statement
	for i, source := range sourceARNs {
		statements = append(statements, policy.Allow(fmt.Sprintf("Source%d", i), "sqs:SendMessage").
			ToService("events.amazonaws.com").On(queueARN).
			When("ArnLike", "aws:SourceArn", source))
	}
	return policy.Document(append(statements, policy.RefusePlainHTTP("sqs:*", queueARN))...)
}

// longLivedQueue keeps messages for as long as SQS keeps any, fourteen days: time to look into them.
func longLivedQueue(ctx *pulumi.Context, name string, parent pulumi.Resource, region Region) (*sqs.Queue, error) {
	return sqs.NewQueue(ctx, name, &sqs.QueueArgs{
		SqsManagedSseEnabled:    pulumi.Bool(true),
		MessageRetentionSeconds: pulumi.Int(14 * 24 * 3600),
	}, region.Child(parent)...)
}
