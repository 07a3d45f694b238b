package api

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

func describeRule(c *Call, in *sdk.DescribeRuleInput) (*sdk.DescribeRuleOutput, error) {
	rule, err := c.services.Events.Rule(aws.ToString(in.EventBusName), aws.ToString(in.Name))
	if err != nil {
		return nil, err
	}
	if err := c.Authorize("events:DescribeRule", rule.Arn, nil); err != nil {
		return nil, err
	}
	return &sdk.DescribeRuleOutput{Name: &rule.Name, Arn: &rule.Arn, EventBusName: &rule.EventBusName, State: types.RuleState(rule.State),
		Description: optional(rule.Description), EventPattern: optional(rule.EventPattern), ScheduleExpression: optional(rule.ScheduleExpression),
		CreatedBy: &c.Account}, nil
}
