package stepfunctions

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

func start(c *call.Call, in *sdk.StartExecutionInput) (*sdk.StartExecutionOutput, error) {
	machine := aws.ToString(in.StateMachineArn)
	if err := c.Authorize("states:StartExecution", machine, nil); err != nil {
		return nil, err
	}
	e, err := c.Region.StepFunctions.StartExecution(machine, aws.ToString(in.Name), aws.ToString(in.Input))
	if err != nil {
		return nil, err
	}
	return &sdk.StartExecutionOutput{ExecutionArn: &e.Arn, StartDate: &e.Start}, nil
}

func stop(c *call.Call, in *sdk.StopExecutionInput) (*sdk.StopExecutionOutput, error) {
	arn := aws.ToString(in.ExecutionArn)
	if err := c.Authorize("states:StopExecution", arn, nil); err != nil {
		return nil, err
	}
	e, err := c.Region.StepFunctions.StopExecution(arn, aws.ToString(in.Error), aws.ToString(in.Cause))
	if err != nil {
		return nil, err
	}
	return &sdk.StopExecutionOutput{StopDate: &e.Stop}, nil
}

func describeExecution(c *call.Call, in *sdk.DescribeExecutionInput) (*sdk.DescribeExecutionOutput, error) {
	arn := aws.ToString(in.ExecutionArn)
	if err := c.Authorize("states:DescribeExecution", arn, nil); err != nil {
		return nil, err
	}
	if in.IncludedData == types.IncludedDataMetadataOnly {
		return nil, wire.NotImplemented("states: of includedData the sandbox models %s", types.IncludedDataAllData)
	}
	e, err := c.Region.StepFunctions.Execution(arn)
	if err != nil {
		return nil, err
	}
	out := &sdk.DescribeExecutionOutput{
		ExecutionArn:        &e.Arn,
		StateMachineArn:     &e.StateMachineArn,
		Name:                &e.Name,
		Status:              types.ExecutionStatus(e.Status),
		StartDate:           &e.Start,
		Input:               &e.Input,
		InputDetails:        &types.CloudWatchEventsExecutionDataDetails{Included: true},
		Error:               wire.Optional(e.Error),
		Cause:               wire.Optional(e.Cause),
		RedriveCount:        aws.Int32(0),
		RedriveStatus:       types.ExecutionRedriveStatusNotRedrivable,
		RedriveStatusReason: aws.String("Execution is " + e.Status + " and cannot be redriven"),
	}
	if e.Status != stepfunctions.Running {
		out.StopDate = &e.Stop
	}
	if e.Output != "" {
		out.Output = &e.Output
		out.OutputDetails = &types.CloudWatchEventsExecutionDataDetails{Included: true}
	}
	return out, nil
}

func listExecutions(c *call.Call, in *sdk.ListExecutionsInput) (*sdk.ListExecutionsOutput, error) {
	machine := aws.ToString(in.StateMachineArn)
	if err := c.Authorize("states:ListExecutions", machine, nil); err != nil {
		return nil, err
	}
	if in.MapRunArn != nil || in.RedriveFilter != "" {
		return nil, wire.NotImplemented("states: of ListExecutions the sandbox models stateMachineArn and statusFilter")
	}
	if known := in.StatusFilter.Values(); in.StatusFilter != "" && !slices.Contains(known, in.StatusFilter) {
		return nil, awserr.Invalid(validation, "1 validation error detected: Value '%s' at 'statusFilter' failed to satisfy "+
			"constraint: Member must satisfy enum value set: [%s]", in.StatusFilter, join(known))
	}
	all, err := c.Region.StepFunctions.Executions(machine, string(in.StatusFilter))
	if err != nil {
		return nil, err
	}
	part, next, err := page(all, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListExecutionsOutput{Executions: []types.ExecutionListItem{}, NextToken: next}
	for _, e := range part {
		item := types.ExecutionListItem{
			ExecutionArn:    &e.Arn,
			StateMachineArn: &e.StateMachineArn,
			Name:            &e.Name,
			Status:          types.ExecutionStatus(e.Status),
			StartDate:       &e.Start,
			RedriveCount:    aws.Int32(0),
		}
		if e.Status != stepfunctions.Running {
			item.StopDate = &e.Stop
		}
		out.Executions = append(out.Executions, item)
	}
	return out, nil
}

func join(values []types.ExecutionStatus) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}
