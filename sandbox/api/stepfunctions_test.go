package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssfn "github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
)

// steps are a machine of a task, a choice and a wait.
const steps = `{"StartAt":"Find","States":{
	"Find":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":60,
		"Parameters":{"FunctionName":"find","Payload.$":"$"},"ResultSelector":{"found.$":"$.Payload"},"Next":"Found?"},
	"Found?":{"Type":"Choice","Choices":[{"Variable":"$.found.stop","BooleanEquals":true,"Next":"Rest"}],"Default":"Done"},
	"Rest":{"Type":"Wait","Seconds":3600,"Next":"Done"},"Done":{"Type":"Succeed"}}}`

// machine makes the role and the function of steps.
func (w *world) machine(t *testing.T) (role string) {
	t.Helper()
	for _, service := range []string{"states", "lambda"} {
		_, err := w.account.IAM.CreateRole(iam.Role{Name: service, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
			"Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
		require.NoError(t, err)
	}
	_, err := w.account.IAM.PutRolePolicy(iam.RolePolicy{Role: "states", Name: "p", Policy: `{"Version":"2012-10-17",
		"Statement":{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}}`})
	require.NoError(t, err)
	_, err = w.account.Region("us-east-1").Lambda.CreateFunction(lambda.Function{
		Name:    "find",
		Role:    "arn:aws:iam::123456789012:role/lambda",
		Runtime: "provided.al2023",
		Handler: "bootstrap",
		Stub:    func(_ context.Context, payload []byte) ([]byte, error) { return payload, nil },
	})
	require.NoError(t, err)
	return "arn:aws:iam::123456789012:role/states"
}

func TestAStateMachineRunsIsListedAndStopped(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t, nil)
	client := awssfn.NewFromConfig(w.admin("us-east-1"))
	role := w.machine(t)
	made, err := client.CreateStateMachine(ctx, &awssfn.CreateStateMachineInput{
		Name:       aws.String("restore"),
		Definition: aws.String(steps),
		RoleArn:    &role,
		Tags:       []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
	})
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:states:us-east-1:123456789012:stateMachine:restore", *made.StateMachineArn)
	described, err := client.DescribeStateMachine(ctx,
		&awssfn.DescribeStateMachineInput{StateMachineArn: made.StateMachineArn})
	require.NoError(t, err)
	assert.JSONEq(t, steps, *described.Definition)
	assert.Equal(t, types.StateMachineStatusActive, described.Status)
	assert.Equal(t, types.LogLevelOff, described.LoggingConfiguration.Level)
	listed, err := client.ListStateMachines(ctx, &awssfn.ListStateMachinesInput{})
	require.NoError(t, err)
	require.Len(t, listed.StateMachines, 1)
	tags, err := client.ListTagsForResource(ctx, &awssfn.ListTagsForResourceInput{ResourceArn: made.StateMachineArn})
	require.NoError(t, err)
	assert.Len(t, tags.Tags, 1)

	start := func(name, input string) *awssfn.DescribeExecutionInput {
		out, err := client.StartExecution(ctx, &awssfn.StartExecutionInput{
			StateMachineArn: made.StateMachineArn,
			Name:            &name,
			Input:           &input,
		})
		require.NoError(t, err)
		return &awssfn.DescribeExecutionInput{ExecutionArn: out.ExecutionArn}
	}
	quick, slow := start("quick", `{"stop":false}`), start("slow", `{"stop":true}`)
	var ended *awssfn.DescribeExecutionOutput
	require.Eventually(t, func() bool {
		ended, err = client.DescribeExecution(ctx, quick)
		return err == nil && ended.Status == types.ExecutionStatusSucceeded
	}, 10*time.Second, 10*time.Millisecond)
	assert.JSONEq(t, `{"found":{"stop":false}}`, *ended.Output)
	assert.JSONEq(t, `{"stop":false}`, *ended.Input)
	assert.NotNil(t, ended.StopDate)
	history, err := client.GetExecutionHistory(ctx, &awssfn.GetExecutionHistoryInput{ExecutionArn: quick.ExecutionArn})
	require.NoError(t, err)
	require.Len(t, history.Events, 11)
	assert.Equal(t, role, *history.Events[0].ExecutionStartedEventDetails.RoleArn)
	assert.Equal(t, "Find", *history.Events[1].StateEnteredEventDetails.Name)
	scheduled := history.Events[2].TaskScheduledEventDetails
	assert.Equal(t, "lambda invoke us-east-1", *scheduled.ResourceType+" "+*scheduled.Resource+" "+*scheduled.Region)
	assert.EqualValues(t, 60, *scheduled.TimeoutInSeconds)
	assert.Contains(t, *history.Events[4].TaskSucceededEventDetails.Output, `"Payload":{"stop":false}`)
	assert.Equal(t, types.HistoryEventTypeExecutionSucceeded, history.Events[10].Type)
	last, err := client.GetExecutionHistory(ctx, &awssfn.GetExecutionHistoryInput{
		ExecutionArn:         quick.ExecutionArn,
		ReverseOrder:         true,
		MaxResults:           1,
		IncludeExecutionData: aws.Bool(false),
	})
	require.NoError(t, err)
	assert.EqualValues(t, 11, last.Events[0].Id)
	assert.Nil(t, last.Events[0].ExecutionSucceededEventDetails.Output)
	assert.NotNil(t, last.NextToken)

	running, err := client.ListExecutions(ctx, &awssfn.ListExecutionsInput{
		StateMachineArn: made.StateMachineArn,
		StatusFilter:    types.ExecutionStatusRunning,
	})
	require.NoError(t, err)
	require.Len(t, running.Executions, 1)
	assert.Nil(t, running.Executions[0].StopDate)
	_, err = client.StopExecution(ctx, &awssfn.StopExecutionInput{
		ExecutionArn: slow.ExecutionArn,
		Error:        aws.String("Operator"),
		Cause:        aws.String("enough"),
	})
	require.NoError(t, err)
	stopped, err := client.DescribeExecution(ctx, slow)
	require.NoError(t, err)
	assert.Equal(t, types.ExecutionStatusAborted, stopped.Status)
	assert.Equal(t, "Operator", *stopped.Error)

	updated, err := client.UpdateStateMachine(ctx, &awssfn.UpdateStateMachineInput{
		StateMachineArn: made.StateMachineArn,
		Definition:      aws.String(`{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}`),
	})
	require.NoError(t, err)
	assert.NotEmpty(t, *updated.RevisionId)
	_, err = client.UpdateStateMachine(ctx, &awssfn.UpdateStateMachineInput{StateMachineArn: made.StateMachineArn})
	requireCode(t, err, "MissingRequiredParameter", "Either the definition, the role ARN")
	_, err = client.DeleteStateMachine(ctx, &awssfn.DeleteStateMachineInput{StateMachineArn: made.StateMachineArn})
	require.NoError(t, err)
	_, err = client.DescribeStateMachine(ctx, &awssfn.DescribeStateMachineInput{StateMachineArn: made.StateMachineArn})
	var missing *types.StateMachineDoesNotExist
	require.ErrorAs(t, err, &missing)
}

func TestEachOperationOnStateMachinesNeedsItsPermission(t *testing.T) {
	w := newWorld(t, nil)
	client := awssfn.NewFromConfig(w.function(t, "us-east-1"))
	role := w.machine(t)
	machine := aws.String("arn:aws:states:us-east-1:123456789012:stateMachine:restore")
	execution := aws.String("arn:aws:states:us-east-1:123456789012:execution:restore:one")
	create := func() error {
		_, err := client.CreateStateMachine(t.Context(), &awssfn.CreateStateMachineInput{
			Name:       aws.String("restore"),
			Definition: aws.String(steps),
			RoleArn:    &role,
		})
		return err
	}
	for action, call := range map[string]func() error{
		"CreateStateMachine on resource: " + *machine: create,
		"StartExecution on resource: " + *machine: func() error {
			_, err := client.StartExecution(t.Context(), &awssfn.StartExecutionInput{StateMachineArn: machine})
			return err
		},
		"ListExecutions on resource: " + *machine: func() error {
			_, err := client.ListExecutions(t.Context(), &awssfn.ListExecutionsInput{StateMachineArn: machine})
			return err
		},
		"StopExecution on resource: " + *execution: func() error {
			_, err := client.StopExecution(t.Context(), &awssfn.StopExecutionInput{ExecutionArn: execution})
			return err
		},
		"DescribeExecution on resource: " + *execution: func() error {
			_, err := client.DescribeExecution(t.Context(), &awssfn.DescribeExecutionInput{ExecutionArn: execution})
			return err
		},
		"GetExecutionHistory on resource: " + *execution: func() error {
			_, err := client.GetExecutionHistory(t.Context(), &awssfn.GetExecutionHistoryInput{ExecutionArn: execution})
			return err
		},
		"DeleteStateMachine on resource: " + *machine: func() error {
			_, err := client.DeleteStateMachine(t.Context(), &awssfn.DeleteStateMachineInput{StateMachineArn: machine})
			return err
		},
	} {
		requireCode(t, call(), "AccessDeniedException", "states:"+action)
	}
	w.allow(t, "states:CreateStateMachine", *machine, "")
	requireCode(t, create(), "AccessDeniedException", "iam:PassRole on resource: "+role)
	w.allow(t, "iam:PassRole", role, `{"StringEquals":{"iam:PassedToService":"states.amazonaws.com"}}`)
	require.NoError(t, create())
}

func TestWhatStepFunctionsDoNotHaveHereIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	client := awssfn.NewFromConfig(w.admin("us-east-1"))
	machine := aws.String("arn:aws:states:us-east-1:123456789012:stateMachine:restore")
	_, err := client.PublishStateMachineVersion(t.Context(),
		&awssfn.PublishStateMachineVersionInput{StateMachineArn: machine})
	requireCode(t, err, "NotImplemented", "states: operation PublishStateMachineVersion is not modelled by the sandbox")
	_, err = client.ListExecutions(t.Context(), &awssfn.ListExecutionsInput{
		StateMachineArn: machine,
		StatusFilter:    "succeeded",
	})
	requireCode(t, err, "ValidationException", "Value 'succeeded' at 'statusFilter' failed to satisfy constraint")
	_, err = client.ListStateMachines(t.Context(), &awssfn.ListStateMachinesInput{MaxResults: 1001})
	requireCode(t, err, "ValidationException", "Value '1001' at 'maxResults'")
	_, err = client.ListStateMachines(t.Context(), &awssfn.ListStateMachinesInput{NextToken: aws.String("x")})
	requireCode(t, err, "InvalidToken", "Invalid Token")
	_, err = client.ValidateStateMachineDefinition(t.Context(), &awssfn.ValidateStateMachineDefinitionInput{
		Definition: aws.String("{}"),
		Type:       types.StateMachineTypeExpress,
	})
	requireCode(t, err, "NotImplemented", "express machines are not modelled")
}
