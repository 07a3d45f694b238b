package api_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/iam"
)

// weekly is a schedule of a machine's.
func weekly(role string) *awsscheduler.CreateScheduleInput {
	return &awsscheduler.CreateScheduleInput{
		Name:                       aws.String("weekly"),
		GroupName:                  aws.String("g"),
		ScheduleExpression:         aws.String("cron(0 4 ? * SUN *)"),
		ScheduleExpressionTimezone: aws.String("Europe/Berlin"),
		StartDate:                  aws.Time(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)),
		FlexibleTimeWindow:         &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		Target: &types.Target{
			Arn:              aws.String("arn:aws:states:us-east-1:123456789012:stateMachine:restore"),
			RoleArn:          &role,
			RetryPolicy:      &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(0)},
			DeadLetterConfig: &types.DeadLetterConfig{Arn: aws.String("arn:aws:sqs:us-east-1:123456789012:dead")},
		},
	}
}

// schedulerRole makes a role that Scheduler may assume.
func (w *world) schedulerRole(t *testing.T) string {
	t.Helper()
	role, err := w.account.IAM.CreateRole(iam.Role{Name: "scheduler", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":"scheduler.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
	require.NoError(t, err)
	return role.Arn
}

func TestSchedulesAreCreatedReadListedUpdatedAndDeleted(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t, nil)
	client := awsscheduler.NewFromConfig(w.admin("us-east-1"))
	in := weekly(w.schedulerRole(t))
	_, err := client.CreateSchedule(ctx, in)
	var missing *types.ResourceNotFoundException
	require.ErrorAs(t, err, &missing, "the group")
	group, err := client.CreateScheduleGroup(ctx, &awsscheduler.CreateScheduleGroupInput{
		Name: aws.String("g"),
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
	})
	require.NoError(t, err)
	tags, err := client.ListTagsForResource(ctx,
		&awsscheduler.ListTagsForResourceInput{ResourceArn: group.ScheduleGroupArn})
	require.NoError(t, err)
	assert.Len(t, tags.Tags, 1)
	made, err := client.CreateSchedule(ctx, in)
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:scheduler:us-east-1:123456789012:schedule/g/weekly", *made.ScheduleArn)
	_, err = client.CreateSchedule(ctx, in)
	var taken *types.ConflictException
	require.ErrorAs(t, err, &taken)

	get := &awsscheduler.GetScheduleInput{Name: in.Name, GroupName: in.GroupName}
	found, err := client.GetSchedule(ctx, get)
	require.NoError(t, err)
	assert.Equal(t, in.ScheduleExpression, found.ScheduleExpression)
	assert.Equal(t, in.ScheduleExpressionTimezone, found.ScheduleExpressionTimezone)
	assert.WithinDuration(t, *in.StartDate, *found.StartDate, time.Second)
	assert.Equal(t, types.ScheduleStateEnabled, found.State)
	assert.Equal(t, in.Target.DeadLetterConfig, found.Target.DeadLetterConfig)
	assert.EqualValues(t, 0, *found.Target.RetryPolicy.MaximumRetryAttempts)
	assert.EqualValues(t, 86_400, *found.Target.RetryPolicy.MaximumEventAgeInSeconds)

	_, err = client.UpdateSchedule(ctx, &awsscheduler.UpdateScheduleInput{
		Name:               in.Name,
		GroupName:          in.GroupName,
		ScheduleExpression: aws.String("rate(1 day)"),
		FlexibleTimeWindow: in.FlexibleTimeWindow,
		Target:             in.Target,
		State:              types.ScheduleStateDisabled,
	})
	require.NoError(t, err)
	list := func(in awsscheduler.ListSchedulesInput) int {
		out, err := client.ListSchedules(ctx, &in)
		require.NoError(t, err)
		return len(out.Schedules)
	}
	assert.Equal(t, 1, list(awsscheduler.ListSchedulesInput{GroupName: in.GroupName}))
	assert.Equal(t, 0, list(awsscheduler.ListSchedulesInput{GroupName: aws.String("default")}))
	assert.Equal(t, 0, list(awsscheduler.ListSchedulesInput{State: types.ScheduleStateEnabled}))
	assert.Equal(t, 1, list(awsscheduler.ListSchedulesInput{NamePrefix: aws.String("week")}))
	found, err = client.GetSchedule(ctx, get)
	require.NoError(t, err)
	assert.Nil(t, found.StartDate, "what is not given is not kept")
	groups, err := client.ListScheduleGroups(ctx, &awsscheduler.ListScheduleGroupsInput{NamePrefix: aws.String("g")})
	require.NoError(t, err)
	assert.Len(t, groups.ScheduleGroups, 1)
	described, err := client.GetScheduleGroup(ctx, &awsscheduler.GetScheduleGroupInput{Name: in.GroupName})
	require.NoError(t, err)
	assert.Equal(t, types.ScheduleGroupStateActive, described.State)

	_, err = client.DeleteSchedule(ctx, &awsscheduler.DeleteScheduleInput{Name: in.Name, GroupName: in.GroupName})
	require.NoError(t, err)
	_, err = client.GetSchedule(ctx, get)
	require.ErrorAs(t, err, &missing)
	_, err = client.DeleteScheduleGroup(ctx, &awsscheduler.DeleteScheduleGroupInput{Name: in.GroupName})
	require.NoError(t, err)
}

func TestASchedulesRoleNeedsPermissionToBePassed(t *testing.T) {
	w := newWorld(t, nil)
	client, role := awsscheduler.NewFromConfig(w.function(t, "us-east-1")), w.schedulerRole(t)
	in := weekly(role)
	in.GroupName = nil
	_, err := client.CreateSchedule(t.Context(), in)
	requireCode(t, err, "AccessDeniedException",
		"scheduler:CreateSchedule on resource: arn:aws:scheduler:us-east-1:123456789012:schedule/default/weekly")
	w.allow(t, "scheduler:CreateSchedule", "*", "")
	_, err = client.CreateSchedule(t.Context(), in)
	requireCode(t, err, "AccessDeniedException", "iam:PassRole on resource: "+role)
	w.allow(t, "iam:PassRole", role, `{"StringEquals":{"iam:PassedToService":"scheduler.amazonaws.com"}}`)
	_, err = client.CreateSchedule(t.Context(), in)
	require.NoError(t, err)
}

func TestWhatSchedulerDoesNotHaveHereIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	client, role := awsscheduler.NewFromConfig(w.admin("us-east-1")), w.schedulerRole(t)
	for want, change := range map[string]func(*awsscheduler.CreateScheduleInput){
		"actions after completion are not modelled": func(in *awsscheduler.CreateScheduleInput) {
			in.ActionAfterCompletion = types.ActionAfterCompletionDelete
		},
		"models the targets of Lambda and Step Functions": func(in *awsscheduler.CreateScheduleInput) {
			in.Target.SqsParameters = &types.SqsParameters{}
		},
	} {
		in := weekly(role)
		change(in)
		_, err := client.CreateSchedule(t.Context(), in)
		requireCode(t, err, "NotImplemented", want)
	}
	_, err := client.TagResource(t.Context(), &awsscheduler.TagResourceInput{
		ResourceArn: aws.String("arn:aws:scheduler:us-east-1:123456789012:schedule-group/default"),
		Tags:        []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	})
	requireCode(t, err, "NotImplemented", "scheduler: operation TagResource is not modelled by the sandbox")
	_, err = client.ListSchedules(t.Context(), &awsscheduler.ListSchedulesInput{MaxResults: aws.Int32(101)})
	requireCode(t, err, "ValidationException", "Value '101' at 'maxResults'")
}
