package stepfunctions

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

func history(c *call.Call, in *sdk.GetExecutionHistoryInput) (*sdk.GetExecutionHistoryOutput, error) {
	arn := aws.ToString(in.ExecutionArn)
	if err := c.Authorize("states:GetExecutionHistory", arn, nil); err != nil {
		return nil, err
	}
	all, err := c.Region.StepFunctions.History(arn)
	if err != nil {
		return nil, err
	}
	if in.ReverseOrder {
		slices.Reverse(all)
	}
	part, next, err := page(all, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	out := &sdk.GetExecutionHistoryOutput{Events: []types.HistoryEvent{}, NextToken: next}
	for _, e := range part {
		if in.IncludeExecutionData != nil && !*in.IncludeExecutionData {
			e.Input, e.Output, e.Parameters = "", "", ""
		}
		out.Events = append(out.Events, event(c, e))
	}
	return out, nil
}

// event is an event as the API has it: with details of its type.
func event(c *call.Call, e stepfunctions.Event) types.HistoryEvent {
	to := types.HistoryEvent{
		Id:              e.ID,
		PreviousEventId: e.Previous,
		Timestamp:       &e.Time,
		Type:            types.HistoryEventType(e.Type),
	}
	whole := &types.HistoryEventExecutionDataDetails{}
	input, output := wire.Optional(e.Input), wire.Optional(e.Output)
	failure, cause := wire.Optional(e.Error), wire.Optional(e.Cause)
	switch {
	case strings.HasSuffix(e.Type, "StateEntered"):
		to.StateEnteredEventDetails = &types.StateEnteredEventDetails{Name: &e.State, Input: input, InputDetails: whole}
	case strings.HasSuffix(e.Type, "StateExited"):
		to.StateExitedEventDetails = &types.StateExitedEventDetails{Name: &e.State, Output: output, OutputDetails: whole}
	case strings.HasPrefix(e.Type, "Task"):
		task(c, e, &to)
	case e.Type == "ExecutionStarted":
		to.ExecutionStartedEventDetails = &types.ExecutionStartedEventDetails{
			Input:        input,
			InputDetails: whole,
			RoleArn:      &e.RoleArn,
		}
	case e.Type == "ExecutionSucceeded":
		to.ExecutionSucceededEventDetails = &types.ExecutionSucceededEventDetails{Output: output, OutputDetails: whole}
	case e.Type == "ExecutionFailed":
		to.ExecutionFailedEventDetails = &types.ExecutionFailedEventDetails{Error: failure, Cause: cause}
	case e.Type == "ExecutionTimedOut":
		to.ExecutionTimedOutEventDetails = &types.ExecutionTimedOutEventDetails{Error: failure, Cause: cause}
	case e.Type == "ExecutionAborted":
		to.ExecutionAbortedEventDetails = &types.ExecutionAbortedEventDetails{Error: failure, Cause: cause}
	}
	return to
}

// task gives an event of a task its details.
func task(c *call.Call, e stepfunctions.Event, to *types.HistoryEvent) {
	resource, kind := aws.String(stepfunctions.TaskResource), aws.String(stepfunctions.TaskType)
	failure, cause := wire.Optional(e.Error), wire.Optional(e.Cause)
	switch e.Type {
	case "TaskScheduled":
		to.TaskScheduledEventDetails = &types.TaskScheduledEventDetails{
			Resource:         resource,
			ResourceType:     kind,
			Region:           &c.Region.Name,
			Parameters:       wire.Optional(e.Parameters),
			TimeoutInSeconds: wire.Optional(e.Timeout),
		}
	case "TaskStarted":
		to.TaskStartedEventDetails = &types.TaskStartedEventDetails{Resource: resource, ResourceType: kind}
	case "TaskSucceeded":
		to.TaskSucceededEventDetails = &types.TaskSucceededEventDetails{
			Resource:      resource,
			ResourceType:  kind,
			Output:        wire.Optional(e.Output),
			OutputDetails: &types.HistoryEventExecutionDataDetails{},
		}
	case "TaskFailed":
		to.TaskFailedEventDetails = &types.TaskFailedEventDetails{
			Resource:     resource,
			ResourceType: kind,
			Error:        failure,
			Cause:        cause,
		}
	case "TaskTimedOut":
		to.TaskTimedOutEventDetails = &types.TaskTimedOutEventDetails{
			Resource:     resource,
			ResourceType: kind,
			Error:        failure,
			Cause:        cause,
		}
	}
}
