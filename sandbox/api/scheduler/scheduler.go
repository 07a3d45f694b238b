// Package scheduler is EventBridge Scheduler on the AWS face.
package scheduler

import (
	_ "embed" // operations.txt
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/scheduler"
)

//go:embed operations.txt
var operations string

// All are the operations that the service has on AWS.
var All = wire.ReadOperations(operations)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("CreateSchedule", create).At("POST", "/schedules/{Name}"),
	call.On("UpdateSchedule", update).At("PUT", "/schedules/{Name}"),
	call.On("DeleteSchedule", remove).At("DELETE", "/schedules/{Name}", inGroup),
	call.On("GetSchedule", get).At("GET", "/schedules/{Name}", inGroup),
	call.On("ListSchedules", list).At("GET", "/schedules", wire.InQuery(map[string]string{
		"ScheduleGroup": "GroupName",
		"MaxResults":    "MaxResults",
		"NamePrefix":    "NamePrefix",
		"NextToken":     "NextToken",
		"State":         "State",
	})),
	call.On("CreateScheduleGroup", createGroup).At("POST", "/schedule-groups/{Name}"),
	call.On("DeleteScheduleGroup", removeGroup).At("DELETE", "/schedule-groups/{Name}"),
	call.On("GetScheduleGroup", getGroup).At("GET", "/schedule-groups/{Name}"),
	call.On("ListScheduleGroups", listGroups).At("GET", "/schedule-groups", wire.InQuery(map[string]string{
		"MaxResults": "MaxResults",
		"NamePrefix": "NamePrefix",
		"NextToken":  "NextToken",
	})),
	call.On("ListTagsForResource", tags).At("GET", "/tags/{ResourceArn}"),
}

var inGroup = wire.InQuery(map[string]string{"groupName": "GroupName"})

const validation = "ValidationException"

// arn is the ARN of a schedule.
func arn(c *call.Call, group, name *string) string {
	in := aws.ToString(group)
	if in == "" {
		in = scheduler.DefaultGroup
	}
	return c.Region.ARN("scheduler", "schedule/"+in+"/"+aws.ToString(name))
}

// given is a schedule as a request has it: CreateSchedule's and UpdateSchedule's have the same members.
func given(in *sdk.CreateScheduleInput) (scheduler.Schedule, error) {
	if in.KmsKeyArn != nil || in.ActionAfterCompletion == types.ActionAfterCompletionDelete {
		return scheduler.Schedule{}, wire.NotImplemented("scheduler: keys of the account and actions after completion are " +
			"not modelled by the sandbox")
	}
	c := scheduler.Schedule{
		Name:                       aws.ToString(in.Name),
		GroupName:                  aws.ToString(in.GroupName),
		Description:                aws.ToString(in.Description),
		ScheduleExpression:         aws.ToString(in.ScheduleExpression),
		ScheduleExpressionTimezone: aws.ToString(in.ScheduleExpressionTimezone),
		State:                      string(in.State),
		StartDate:                  in.StartDate,
		EndDate:                    in.EndDate,
	}
	if w := in.FlexibleTimeWindow; w != nil {
		c.FlexibleTimeWindow = &scheduler.FlexibleTimeWindow{
			Mode:                   string(w.Mode),
			MaximumWindowInMinutes: number(w.MaximumWindowInMinutes),
		}
	}
	t := in.Target
	if t == nil {
		return c, awserr.Invalid(validation, "1 validation error detected: Value at 'target' failed to satisfy constraint: "+
			"Member must not be null")
	}
	if t.EcsParameters != nil || t.EventBridgeParameters != nil || t.KinesisParameters != nil ||
		t.SageMakerPipelineParameters != nil || t.SqsParameters != nil {
		return c, wire.NotImplemented("scheduler: the sandbox models the targets of Lambda and Step Functions")
	}
	c.Target = scheduler.Target{
		Arn:     aws.ToString(t.Arn),
		RoleArn: aws.ToString(t.RoleArn),
		Input:   aws.ToString(t.Input),
	}
	if p := t.RetryPolicy; p != nil {
		c.Target.RetryPolicy = &scheduler.RetryPolicy{
			MaximumEventAgeInSeconds: number(p.MaximumEventAgeInSeconds),
			MaximumRetryAttempts:     number(p.MaximumRetryAttempts),
		}
	}
	if d := t.DeadLetterConfig; d != nil {
		c.Target.DeadLetterConfig = &scheduler.DeadLetterConfig{Arn: aws.ToString(d.Arn)}
	}
	return c, nil
}

func number(in *int32) *int {
	if in == nil {
		return nil
	}
	return new(int(*in))
}

// authorize asks for an action on a schedule, and for its target's role.
func authorize(c *call.Call, action string, in *sdk.CreateScheduleInput) error {
	if err := c.Authorize(action, arn(c, in.GroupName, in.Name), nil); err != nil {
		return err
	}
	if in.Target == nil {
		return nil
	}
	return c.Authorize("iam:PassRole", aws.ToString(in.Target.RoleArn),
		iam.Context{"iam:PassedToService": scheduler.Principal})
}

func create(c *call.Call, in *sdk.CreateScheduleInput) (*sdk.CreateScheduleOutput, error) {
	if err := authorize(c, "scheduler:CreateSchedule", in); err != nil {
		return nil, err
	}
	asked, err := given(in)
	if err != nil {
		return nil, err
	}
	made, err := c.Region.Scheduler.CreateSchedule(asked)
	if err != nil {
		return nil, err
	}
	return &sdk.CreateScheduleOutput{ScheduleArn: &made.Arn}, nil
}

func update(c *call.Call, in *sdk.UpdateScheduleInput) (*sdk.UpdateScheduleOutput, error) {
	same := &sdk.CreateScheduleInput{
		Name:                       in.Name,
		GroupName:                  in.GroupName,
		Description:                in.Description,
		ScheduleExpression:         in.ScheduleExpression,
		ScheduleExpressionTimezone: in.ScheduleExpressionTimezone,
		State:                      in.State,
		StartDate:                  in.StartDate,
		EndDate:                    in.EndDate,
		FlexibleTimeWindow:         in.FlexibleTimeWindow,
		Target:                     in.Target,
		KmsKeyArn:                  in.KmsKeyArn,
		ActionAfterCompletion:      in.ActionAfterCompletion,
	}
	if err := authorize(c, "scheduler:UpdateSchedule", same); err != nil {
		return nil, err
	}
	asked, err := given(same)
	if err != nil {
		return nil, err
	}
	updated, err := c.Region.Scheduler.UpdateSchedule(asked)
	if err != nil {
		return nil, err
	}
	return &sdk.UpdateScheduleOutput{ScheduleArn: &updated.Arn}, nil
}

func remove(c *call.Call, in *sdk.DeleteScheduleInput) (*sdk.DeleteScheduleOutput, error) {
	if err := c.Authorize("scheduler:DeleteSchedule", arn(c, in.GroupName, in.Name), nil); err != nil {
		return nil, err
	}
	err := c.Region.Scheduler.DeleteSchedule(aws.ToString(in.GroupName), aws.ToString(in.Name))
	return &sdk.DeleteScheduleOutput{}, err
}

func get(c *call.Call, in *sdk.GetScheduleInput) (*sdk.GetScheduleOutput, error) {
	if err := c.Authorize("scheduler:GetSchedule", arn(c, in.GroupName, in.Name), nil); err != nil {
		return nil, err
	}
	found, err := c.Region.Scheduler.Schedule(aws.ToString(in.GroupName), aws.ToString(in.Name))
	if err != nil {
		return nil, err
	}
	policy := found.Target.RetryPolicy
	out := &sdk.GetScheduleOutput{
		Arn:                        &found.Arn,
		Name:                       &found.Name,
		GroupName:                  &found.GroupName,
		Description:                wire.Optional(found.Description),
		ScheduleExpression:         &found.ScheduleExpression,
		ScheduleExpressionTimezone: &found.ScheduleExpressionTimezone,
		State:                      types.ScheduleState(found.State),
		StartDate:                  found.StartDate,
		EndDate:                    found.EndDate,
		CreationDate:               &found.CreatedAt,
		LastModificationDate:       &found.ModifiedAt,
		ActionAfterCompletion:      types.ActionAfterCompletionNone,
		FlexibleTimeWindow: &types.FlexibleTimeWindow{
			Mode: types.FlexibleTimeWindowMode(found.FlexibleTimeWindow.Mode),
		},
		Target: &types.Target{
			Arn:     &found.Target.Arn,
			RoleArn: &found.Target.RoleArn,
			Input:   wire.Optional(found.Target.Input),
			RetryPolicy: &types.RetryPolicy{
				MaximumEventAgeInSeconds: wire.Small(*policy.MaximumEventAgeInSeconds),
				MaximumRetryAttempts:     wire.Small(*policy.MaximumRetryAttempts),
			},
		},
	}
	if d := found.Target.DeadLetterConfig; d != nil {
		out.Target.DeadLetterConfig = &types.DeadLetterConfig{Arn: &d.Arn}
	}
	return out, nil
}

// perPage is the most of a page (API Reference, ListSchedules).
const perPage = 100

// page is the part of a list that is asked for.
func page[T any](all []T, token *string, asked *int32) ([]T, *string, error) {
	size, err := wire.Limit(asked, perPage, perPage, "maxResults", validation)
	if err != nil {
		return nil, nil, err
	}
	part, next, ok := wire.Page(all, token, size)
	if !ok {
		return nil, nil, awserr.Invalid(validation, "The next token is not valid.")
	}
	return part, next, nil
}

func list(c *call.Call, in *sdk.ListSchedulesInput) (*sdk.ListSchedulesOutput, error) {
	if err := c.Authorize("scheduler:ListSchedules", "*", nil); err != nil {
		return nil, err
	}
	found, err := c.Region.Scheduler.Schedules(aws.ToString(in.GroupName))
	if err != nil {
		return nil, err
	}
	var chosen []types.ScheduleSummary
	for _, f := range found {
		state := types.ScheduleState(f.State)
		if !strings.HasPrefix(f.Name, aws.ToString(in.NamePrefix)) || in.State != "" && in.State != state {
			continue
		}
		chosen = append(chosen, types.ScheduleSummary{
			Arn:                  &f.Arn,
			Name:                 &f.Name,
			GroupName:            &f.GroupName,
			State:                state,
			CreationDate:         &f.CreatedAt,
			LastModificationDate: &f.ModifiedAt,
			Target:               &types.TargetSummary{Arn: &f.Target.Arn},
		})
	}
	part, next, err := page(chosen, in.NextToken, in.MaxResults)
	return &sdk.ListSchedulesOutput{Schedules: append([]types.ScheduleSummary{}, part...), NextToken: next}, err
}
