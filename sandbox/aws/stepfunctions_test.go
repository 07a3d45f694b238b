package aws

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/must"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/scheduler"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

// A schedule starts a machine each Sunday. Its function hangs, and when the execution times out, which no Catcher sees,
// a rule of the default bus has another function clean up.
func TestAScheduledMachineThatTimesOutIsCleanedUpAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-east-1"}})
		defer func() { assert.NoError(t, a.Close()) }()
		r := a.Region("us-east-1")
		role := func(service, action string) string {
			made := must.Have(a.IAM.CreateRole(iam.Role{Name: service, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
				"Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"},"Action":"sts:AssumeRole"}}`}))
			must.Have(a.IAM.PutRolePolicy(iam.RolePolicy{Role: service, Name: "p", Policy: `{"Version":"2012-10-17","Statement":{
				"Effect":"Allow","Action":"` + action + `","Resource":"*"}}`}))
			return made.Arn
		}
		cleaned := make(chan string, 1)
		basic := role("lambda", "logs:*")
		function := func(name string, stub lambda.Stub) lambda.Function {
			return must.Have(r.Lambda.CreateFunction(lambda.Function{
				Name:    name,
				Role:    basic,
				Runtime: "provided.al2023",
				Handler: "bootstrap",
				Timeout: 900,
				Stub:    stub,
			}))
		}
		function("restore", func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		janitor := function("janitor", func(_ context.Context, payload []byte) ([]byte, error) {
			var event struct {
				Detail struct{ Status, Name string }
			}
			err := json.Unmarshal(payload, &event)
			cleaned <- event.Detail.Status
			return nil, err
		})
		rule := must.Have(r.Events.PutRule(events.Rule{Name: "ends", EventPattern: `{"source":["aws.states"],
			"detail":{"status":["ABORTED","TIMED_OUT"]}}`}))
		must.Have(r.Lambda.AddPermission(lambda.Permission{
			StatementID: "events",
			Action:      "lambda:InvokeFunction",
			Function:    "janitor",
			Principal:   "events.amazonaws.com",
			SourceARN:   rule.Arn,
		}))
		must.Have(r.Events.PutTarget(events.Target{Rule: "ends", TargetID: "janitor", Arn: janitor.ARN}))
		machine := must.Have(r.StepFunctions.CreateMachine(stepfunctions.Machine{
			Name:    "restore",
			RoleArn: role("states", "lambda:InvokeFunction"),
			Definition: `{"StartAt":"Restore","TimeoutSeconds":600,"States":{"Restore":{"Type":"Task",
				"Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"restore"},"End":true,
				"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Never"}]},"Never":{"Type":"Succeed"}}}`,
		}))
		_, err := r.Scheduler.CreateSchedule(scheduler.Schedule{
			Name:               "weekly",
			ScheduleExpression: "cron(0 4 ? * SUN *)",
			FlexibleTimeWindow: &scheduler.FlexibleTimeWindow{Mode: "OFF"},
			Target:             scheduler.Target{Arn: machine.Arn, RoleArn: role("scheduler", "states:StartExecution")},
		})
		require.NoError(t, err)

		assert.Equal(t, stepfunctions.TimedOut, <-cleaned)
		assert.Equal(t, time.Date(2000, 1, 2, 4, 10, 0, 0, time.UTC), r.Now().UTC(), "the first Sunday of 2000")
		executions, err := r.StepFunctions.Executions(machine.Arn, "")
		require.NoError(t, err)
		assert.Len(t, executions, 1)
	})
}
