package backups

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/scheduler"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// TestScheduleArgs configures a TestSchedule.
type TestScheduleArgs struct {
	// Test is what is started. Required.
	Test *RestoreTest
	// At is when the region's plan runs, since midnight UTC; the test follows it.
	At time.Duration
	// Every is how often a cluster is restored. Required.
	Every Interval
	// Pairs restores a pair once a quarter. Optional; defaults to off.
	Pairs bool
	// After is what a test needs: the database with its roles. Required.
	After []pulumi.Resource
}

// TestSchedule starts a RestoreTest, and the sweep that follows tests which ended before they had cleaned up.
type TestSchedule struct {
	pulumi.ResourceState

	// FirstSweep is made by the deployment. It gives the alarm on the age of tests, for which silence is a breach, its
	// first sample.
	FirstSweep *lambda.Invocation

	args *TestScheduleArgs
	role *iam.Role
}

// NewTestSchedule creates the schedules and the rule.
func NewTestSchedule(
	ctx *pulumi.Context, name string, args *TestScheduleArgs, opts ...pulumi.ResourceOption,
) (*TestSchedule, error) {
	s := &TestSchedule{args: args}
	if err := part.Open(ctx, "RestoreTestSchedule", name, s, args.validate(), opts); err != nil {
		return nil, err
	}
	if err := s.start(ctx, name); err != nil {
		return nil, err
	}
	if err := s.sweep(ctx, name); err != nil {
		return nil, err
	}
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{})
}

func (a *TestScheduleArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(map[string]bool{"Test": a.Test != nil, "Every": a.Every != Never, "After": len(a.After) > 0})
}

// start has Scheduler start the tests.
func (s *TestSchedule) start(ctx *pulumi.Context, name string) error {
	a := s.args
	region := a.Test.args.Region
	role, allowed, err := roleOf(ctx, name, s, region, "scheduler.amazonaws.com", "Starts restore tests in "+region.Name,
		a.Test.Machine.Arn.ApplyT(startPolicy).(pulumi.StringOutput))
	if err != nil {
		return err
	}
	s.role = role
	after := append([]pulumi.Resource{allowed}, a.After...)
	if err := s.schedule(ctx, name+"-test", a.Every.expression(a.At+testDelay), false, after); err != nil || !a.Pairs {
		return err
	}
	return s.schedule(ctx, name+"-pair-test", quarterly(a.At+2*testDelay), true, after)
}

// expression is that of EventBridge Scheduler, in UTC.
func (i Interval) expression(sinceMidnight time.Duration) string {
	t := at(sinceMidnight)
	if i == Daily {
		return fmt.Sprintf("cron(%d %d * * ? *)", t.minute, t.hour)
	}
	return fmt.Sprintf("cron(%d %d ? * SUN *)", t.minute, t.hour)
}

// quarterly is the 2nd of each quarter: on the 1st the monthly backups are made.
func quarterly(sinceMidnight time.Duration) string {
	t := at(sinceMidnight)
	return fmt.Sprintf("cron(%d %d 2 1,4,7,10 ? *)", t.minute, t.hour)
}

// schedule starts an execution once at each of its times: a test that could not be started is told by its age, and is
// not made up for.
func (s *TestSchedule) schedule(
	ctx *pulumi.Context, name, expression string, pair bool, after []pulumi.Resource,
) error {
	_, err := scheduler.NewSchedule(ctx, name, &scheduler.ScheduleArgs{
		ScheduleExpression: pulumi.String(expression),
		FlexibleTimeWindow: scheduler.ScheduleFlexibleTimeWindowArgs{Mode: pulumi.String("OFF")},
		Target: scheduler.ScheduleTargetArgs{
			Arn:     s.args.Test.Machine.Arn,
			RoleArn: s.role.Arn,
			Input:   pulumi.String(fmt.Sprintf(`{"pair":%t}`, pair)),
			RetryPolicy: scheduler.ScheduleTargetRetryPolicyArgs{
				MaximumRetryAttempts:     pulumi.Int(3),
				MaximumEventAgeInSeconds: pulumi.Int(3600),
			},
		},
	}, s.args.Test.args.Region.Child(s, pulumi.DependsOn(after))...)
	return err
}

// sweepInterval is that of the sweep's own schedule.
const sweepInterval = time.Hour

// sweep has the test's function look for leftovers: when an execution has ended otherwise than well, for no state runs
// after an abort or a time-out, and every hour, since events are best effort.
func (s *TestSchedule) sweep(ctx *pulumi.Context, name string) error {
	test := s.args.Test
	input := test.Machine.Arn.ApplyT(func(arn string) (string, error) {
		event := contract.RestoreTestEvent{Step: contract.StepSweep, Test: contract.RestoreTest{Machine: arn}}
		body, err := json.Marshal(event)
		return string(body), err
	}).(pulumi.StringOutput)
	pattern := test.Machine.Arn.ApplyT(endedPattern).(pulumi.StringOutput)
	region := test.args.Region
	ended, err := cloudwatch.NewEventRule(ctx, name+"-ended", &cloudwatch.EventRuleArgs{
		Description:  pulumi.String("Restore tests in " + region.Name + " that ended otherwise than well"),
		EventPattern: pattern,
	}, region.Child(s)...)
	if err != nil {
		return err
	}
	hourly, err := cloudwatch.NewEventRule(ctx, name+"-hourly", &cloudwatch.EventRuleArgs{
		Description:        pulumi.String("Looks for leftovers of restore tests in " + region.Name),
		ScheduleExpression: pulumi.String(fmt.Sprintf("rate(%d hour)", int(sweepInterval.Hours()))),
	}, region.Child(s, pulumi.DependsOn(test.allowed))...)
	if err != nil {
		return err
	}
	if err := components.RunByRules(ctx, name+"-sweep", s, test.Test, input,
		components.NamedRule{Name: name + "-ended", Rule: ended},
		components.NamedRule{Name: name + "-hourly", Rule: hourly}); err != nil {
		return err
	}
	s.FirstSweep, err = lambda.NewInvocation(ctx, name+"-first-sweep", &lambda.InvocationArgs{
		FunctionName: test.Test.Function.Name,
		Input:        input,
		Triggers:     pulumi.StringMap{"code": pulumi.String(test.Test.CodeHash)},
	}, region.Child(s, pulumi.DependsOn(test.allowed))...)
	return err
}

// endedPattern matches executions of a machine that ended otherwise than well.
func endedPattern(machine string) (string, error) {
	body, err := json.Marshal(map[string]any{
		"source":      []string{"aws.states"},
		"detail-type": []string{"Step Functions Execution Status Change"},
		"detail": map[string]any{
			"stateMachineArn": []string{machine},
			"status":          []string{"FAILED", "TIMED_OUT", "ABORTED"},
		},
	})
	return string(body), err
}
