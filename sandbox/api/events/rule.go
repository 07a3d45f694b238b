package events

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
)

func describeRule(c *call.Call, in *sdk.DescribeRuleInput) (*sdk.DescribeRuleOutput, error) {
	rule, err := c.Region.Events.Rule(aws.ToString(in.EventBusName), aws.ToString(in.Name))
	if err != nil {
		return nil, err
	}
	if err := c.Authorize("events:DescribeRule", rule.Arn, nil); err != nil {
		return nil, err
	}
	return &sdk.DescribeRuleOutput{
		Name:               &rule.Name,
		Arn:                &rule.Arn,
		EventBusName:       &rule.EventBusName,
		State:              types.RuleState(rule.State),
		Description:        wire.Optional(rule.Description),
		EventPattern:       wire.Optional(rule.EventPattern),
		ScheduleExpression: wire.Optional(rule.ScheduleExpression),
		CreatedBy:          &c.Account.ID,
	}, nil
}

func enableRule(c *call.Call, in *sdk.EnableRuleInput) (*sdk.EnableRuleOutput, error) {
	err := setRuleState(c, "events:EnableRule", in.EventBusName, in.Name, types.RuleStateEnabled)
	return &sdk.EnableRuleOutput{}, err
}

func disableRule(c *call.Call, in *sdk.DisableRuleInput) (*sdk.DisableRuleOutput, error) {
	err := setRuleState(c, "events:DisableRule", in.EventBusName, in.Name, types.RuleStateDisabled)
	return &sdk.DisableRuleOutput{}, err
}

func setRuleState(c *call.Call, action string, bus, name *string, state types.RuleState) error {
	rule, err := c.Region.Events.Rule(aws.ToString(bus), aws.ToString(name))
	if err != nil {
		return err
	}
	if err := c.Authorize(action, rule.Arn, nil); err != nil {
		return err
	}
	return c.Region.Events.SetRuleState(rule.EventBusName, rule.Name, string(state))
}
