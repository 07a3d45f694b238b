// Package events is EventBridge on the AWS face.
package events

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/events"
)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("PutEvents", put),
	call.On("TestEventPattern", testPattern),
	call.On("PutRule", putRule),
	call.On("DeleteRule", deleteRule),
	call.On("ListEventBuses", listBuses),
	call.On("ListRules", listRules),
	call.On("DescribeRule", describeRule),
	call.On("EnableRule", enableRule),
	call.On("DisableRule", disableRule),
	call.On("ListTargetsByRule", listTargets),
	call.On("StartReplay", startReplay),
	call.On("DescribeReplay", describeReplay),
}

// busARN is the ARN of a bus that is given by name, by ARN, or not at all.
func busARN(c *call.Call, bus *string) string {
	name := aws.ToString(bus)
	switch {
	case name == "":
		name = events.DefaultBus
	case strings.HasPrefix(name, "arn:"):
		return name
	}
	return c.Region.ARN("events", "event-bus/"+name)
}

// put needs the permission for every bus that its entries name. The time of an entry is when the event happened, as
// its publisher has it from elsewhere (the application's from the database), so the clock of the caller has no part in
// it.
func put(c *call.Call, in *sdk.PutEventsInput) (*sdk.PutEventsOutput, error) {
	entries := make([]events.Entry, len(in.Entries))
	for i, e := range in.Entries {
		arn := busARN(c, e.EventBusName)
		if err := c.Authorize("events:PutEvents", arn, nil); err != nil {
			return nil, err
		}
		entries[i] = events.Entry{EventBusName: arn, Source: aws.ToString(e.Source), DetailType: aws.ToString(e.DetailType),
			Detail: aws.ToString(e.Detail), Resources: e.Resources}
		if e.Time != nil {
			entries[i].Time = *e.Time
		}
	}
	results, err := c.Region.Events.PutEvents(entries...)
	if err != nil {
		return nil, err
	}
	out := &sdk.PutEventsOutput{Entries: make([]types.PutEventsResultEntry, len(results))}
	for i, r := range results {
		if r.Err != nil {
			out.FailedEntryCount++
			out.Entries[i] = types.PutEventsResultEntry{ErrorCode: &r.Err.Code, ErrorMessage: &r.Err.Message}
			continue
		}
		out.Entries[i] = types.PutEventsResultEntry{EventId: &r.EventID}
	}
	return out, nil
}

func listBuses(c *call.Call, in *sdk.ListEventBusesInput) (*sdk.ListEventBusesOutput, error) {
	if err := c.Authorize("events:ListEventBuses", "*", nil); err != nil {
		return nil, err
	}
	out := &sdk.ListEventBusesOutput{EventBuses: []types.EventBus{}}
	for _, b := range c.Region.Events.Buses() {
		if strings.HasPrefix(b.Name, aws.ToString(in.NamePrefix)) {
			out.EventBuses = append(out.EventBuses, types.EventBus{
				Name:        &b.Name,
				Arn:         &b.Arn,
				Description: wire.Optional(b.Description),
			})
		}
	}
	return out, nil
}

func listRules(c *call.Call, in *sdk.ListRulesInput) (*sdk.ListRulesOutput, error) {
	if err := c.Authorize("events:ListRules", "*", nil); err != nil {
		return nil, err
	}
	rules, err := c.Region.Events.Rules(aws.ToString(in.EventBusName))
	if err != nil {
		return nil, err
	}
	out := &sdk.ListRulesOutput{Rules: []types.Rule{}}
	for _, r := range rules {
		if strings.HasPrefix(r.Name, aws.ToString(in.NamePrefix)) {
			out.Rules = append(out.Rules, types.Rule{
				Name:               &r.Name,
				Arn:                &r.Arn,
				EventBusName:       &r.EventBusName,
				State:              types.RuleState(r.State),
				Description:        wire.Optional(r.Description),
				EventPattern:       wire.Optional(r.EventPattern),
				ScheduleExpression: wire.Optional(r.ScheduleExpression),
			})
		}
	}
	return out, nil
}

func listTargets(c *call.Call, in *sdk.ListTargetsByRuleInput) (*sdk.ListTargetsByRuleOutput, error) {
	bus, name := aws.ToString(in.EventBusName), aws.ToString(in.Rule)
	rule, err := c.Region.Events.Rule(bus, name)
	if err != nil {
		return nil, err
	}
	if err := c.Authorize("events:ListTargetsByRule", rule.Arn, nil); err != nil {
		return nil, err
	}
	targets, err := c.Region.Events.Targets(bus, name)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListTargetsByRuleOutput{Targets: []types.Target{}}
	for _, t := range targets {
		out.Targets = append(out.Targets, target(t))
	}
	return out, nil
}

func target(t events.Target) types.Target {
	to := types.Target{
		Id:        &t.TargetID,
		Arn:       &t.Arn,
		RoleArn:   wire.Optional(t.RoleArn),
		Input:     wire.Optional(t.Input),
		InputPath: wire.Optional(t.InputPath),
	}
	if i := t.InputTransformer; i != nil {
		to.InputTransformer = &types.InputTransformer{InputPathsMap: i.InputPaths, InputTemplate: &i.InputTemplate}
	}
	if p := t.RetryPolicy; p != nil {
		to.RetryPolicy = &types.RetryPolicy{}
		if p.MaximumRetryAttempts != nil {
			to.RetryPolicy.MaximumRetryAttempts = wire.Small(*p.MaximumRetryAttempts)
		}
		if p.MaximumEventAgeInSeconds != nil {
			to.RetryPolicy.MaximumEventAgeInSeconds = wire.Small(*p.MaximumEventAgeInSeconds)
		}
	}
	if d := t.DeadLetterConfig; d != nil {
		to.DeadLetterConfig = &types.DeadLetterConfig{Arn: &d.Arn}
	}
	return to
}

func startReplay(c *call.Call, in *sdk.StartReplayInput) (*sdk.StartReplayOutput, error) {
	arn := c.Region.ARN("events", "replay/"+aws.ToString(in.ReplayName))
	if err := c.Authorize("events:StartReplay", arn, nil); err != nil {
		return nil, err
	}
	r := events.Replay{
		Name:        aws.ToString(in.ReplayName),
		Description: aws.ToString(in.Description),
		ArchiveArn:  aws.ToString(in.EventSourceArn),
		From:        aws.ToTime(in.EventStartTime),
		To:          aws.ToTime(in.EventEndTime),
	}
	if in.Destination != nil {
		r.BusArn, r.RuleArns = aws.ToString(in.Destination.Arn), in.Destination.FilterArns
	}
	r, err := c.Region.Events.StartReplay(r)
	if err != nil {
		return nil, err
	}
	return &sdk.StartReplayOutput{ReplayArn: &r.Arn, State: types.ReplayState(r.State)}, nil
}

func describeReplay(c *call.Call, in *sdk.DescribeReplayInput) (*sdk.DescribeReplayOutput, error) {
	name := aws.ToString(in.ReplayName)
	if err := c.Authorize("events:DescribeReplay", c.Region.ARN("events", "replay/"+name), nil); err != nil {
		return nil, err
	}
	r, err := c.Region.Events.Replay(name)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeReplayOutput{
		ReplayName:     &r.Name,
		ReplayArn:      &r.Arn,
		State:          types.ReplayState(r.State),
		Description:    wire.Optional(r.Description),
		EventSourceArn: &r.ArchiveArn,
		Destination:    &types.ReplayDestination{Arn: &r.BusArn, FilterArns: r.RuleArns},
		EventStartTime: &r.From,
		EventEndTime:   &r.To,
	}, nil
}
