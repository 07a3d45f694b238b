package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// runByRule lets an EventBridge rule, and nobody else, run a function: permission, target with bounded retries, and the
// function's dead-letter queue for what cannot be delivered. It returns the target.
func runByRule(ctx *pulumi.Context, name string, parent pulumi.Resource, f *GoFunction, rule *cloudwatch.EventRule) (*cloudwatch.EventTarget, error) {
	permission, err := lambda.NewPermission(ctx, name+"-permission", &lambda.PermissionArgs{
		Action: pulumi.String("lambda:InvokeFunction"), Function: f.Function.Name,
		Principal: pulumi.String("events.amazonaws.com"), SourceArn: rule.Arn,
	}, f.region.child(parent)...)
	if err != nil {
		return nil, err
	}
	undelivered, err := sqs.NewQueuePolicy(ctx, name+"-dead-letter-policy", &sqs.QueuePolicyArgs{
		QueueUrl: f.DeadLetters.Url,
		Policy: pulumi.All(f.DeadLetters.Arn, rule.Arn).ApplyT(func(v []any) (string, error) {
			return deadLetterQueuePolicy(v[0].(string), v[1].(string))
		}).(pulumi.StringOutput),
	}, f.region.child(parent)...)
	if err != nil {
		return nil, err
	}
	return cloudwatch.NewEventTarget(ctx, name+"-target", &cloudwatch.EventTargetArgs{
		Rule: rule.Name, EventBusName: rule.EventBusName, Arn: f.Function.Arn,
		RetryPolicy:      cloudwatch.EventTargetRetryPolicyArgs{MaximumRetryAttempts: pulumi.Int(3), MaximumEventAgeInSeconds: pulumi.Int(3600)},
		DeadLetterConfig: cloudwatch.EventTargetDeadLetterConfigArgs{Arn: f.DeadLetters.Arn},
	}, f.region.child(parent, pulumi.DependsOn([]pulumi.Resource{permission, undelivered}))...)
}

// deadLetterQueuePolicy lets the rule, and nobody else's, put its undelivered events into the queue.
func deadLetterQueuePolicy(queueARN, ruleARN string) (string, error) {
	return policy(
		statement{
			Sid: "RuleReportsUndelivered", Effect: allow, Principal: service("events.amazonaws.com"), Action: []string{"sqs:SendMessage"}, Resource: []string{queueARN},
			Condition: condition{"ArnEquals": {"aws:SourceArn": ruleARN}},
		},
		refusePlainHTTP("sqs:*", queueARN),
	)
}
