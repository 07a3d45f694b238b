package events

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/events"
)

// testPattern needs a permission, on no resource (Service Authorization Reference, "Amazon EventBridge").
func testPattern(c *call.Call, in *sdk.TestEventPatternInput) (*sdk.TestEventPatternOutput, error) {
	if err := c.Authorize("events:TestEventPattern", "*", nil); err != nil {
		return nil, err
	}
	matches, err := c.Region.Events.TestPattern(aws.ToString(in.EventPattern), aws.ToString(in.Event))
	if err != nil {
		return nil, err
	}
	return &sdk.TestEventPatternOutput{Result: matches}, nil
}

func putRule(c *call.Call, in *sdk.PutRuleInput) (*sdk.PutRuleOutput, error) {
	if err := c.Authorize("events:PutRule", ruleARN(c, in.EventBusName, in.Name), nil); err != nil {
		return nil, err
	}
	if in.RoleArn != nil {
		return nil, wire.NotImplemented("events: RoleArn of PutRule is not modelled by the sandbox")
	}
	tags := map[string]string{}
	for _, t := range in.Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	rule, err := c.Region.Events.PutRule(events.Rule{
		Name:               aws.ToString(in.Name),
		Description:        aws.ToString(in.Description),
		EventBusName:       busName(in.EventBusName),
		EventPattern:       aws.ToString(in.EventPattern),
		ScheduleExpression: aws.ToString(in.ScheduleExpression),
		State:              string(in.State),
		Tags:               tags,
	})
	if err != nil {
		return nil, err
	}
	return &sdk.PutRuleOutput{RuleArn: &rule.Arn}, nil
}

// deleteRule takes no offence at a rule that is not there, but at a bus (API Reference, DeleteRule).
func deleteRule(c *call.Call, in *sdk.DeleteRuleInput) (*sdk.DeleteRuleOutput, error) {
	if err := c.Authorize("events:DeleteRule", ruleARN(c, in.EventBusName, in.Name), nil); err != nil {
		return nil, err
	}
	bus, name := busName(in.EventBusName), aws.ToString(in.Name)
	if _, err := c.Region.Events.Rules(bus); err != nil {
		return nil, err
	}
	err := c.Region.Events.DeleteRule(bus, name)
	if errors.Is(err, awserr.ErrNotFound) {
		err = nil
	}
	return &sdk.DeleteRuleOutput{}, err
}

// busName is the name of a bus that is given by name, by ARN, or not at all.
func busName(bus *string) string {
	name := aws.ToString(bus)
	if _, inARN, ok := strings.Cut(name, ":event-bus/"); ok {
		return inARN
	}
	return name
}

func ruleARN(c *call.Call, bus, name *string) string {
	if on := busName(bus); on != "" && on != events.DefaultBus {
		return c.Region.ARN("events", "rule/"+on+"/"+aws.ToString(name))
	}
	return c.Region.ARN("events", "rule/"+aws.ToString(name))
}

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
