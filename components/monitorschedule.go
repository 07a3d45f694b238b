package components

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/dashboard"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// MonitorScheduleArgs configures a MonitorSchedule.
type MonitorScheduleArgs struct {
	// Monitor is what runs. Required.
	Monitor *RegionalMonitor
	// Schedule is the time between two runs: whole minutes, at least one. Required.
	Schedule time.Duration
	// After is what the first run needs: the database with its schema and roles. Required.
	After []pulumi.Resource
}

// MonitorSchedule runs a RegionalMonitor: once while it is deployed, and then on the schedule.
type MonitorSchedule struct {
	pulumi.ResourceState

	// Rule is the EventBridge schedule.
	Rule *cloudwatch.EventRule
	// FirstCheck is the run made by the deployment. Alarms depend on it: it gives the dead-man alarm, for which missing
	// data is a breach, its first sample, so that a first deployment pages nobody.
	FirstCheck *lambda.Invocation

	monitor *RegionalMonitor
}

// NewMonitorSchedule creates the rule, its target, the permission and the dead-letter policy, and checks once. A
// monitor that cannot work, or that the database refuses, fails the deployment here, instead of at night.
func NewMonitorSchedule(
	ctx *pulumi.Context, name string, args *MonitorScheduleArgs, opts ...pulumi.ResourceOption,
) (*MonitorSchedule, error) {
	s := &MonitorSchedule{}
	if err := part.Open(ctx, "MonitorSchedule", name, s, args.validate(), opts); err != nil {
		return nil, err
	}
	s.monitor = args.Monitor
	region := args.Monitor.Region
	var err error
	if s.Rule, err = cloudwatch.NewEventRule(ctx, name+"-rule", &cloudwatch.EventRuleArgs{
		Description:        pulumi.String("Runs the health check in " + region.Name),
		ScheduleExpression: pulumi.String(rate(args.Schedule)),
	}, region.Child(s, pulumi.DependsOn(args.After))...); err != nil {
		return nil, err
	}
	target, err := runByRule(ctx, name, s, args.Monitor.Function, s.Rule)
	if err != nil {
		return nil, err
	}
	after := append([]pulumi.Resource{target}, args.After...)
	if s.FirstCheck, err = s.firstCheck(ctx, name+"-first-check", args.Schedule, after); err != nil {
		return nil, err
	}
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{"ruleName": s.Rule.Name})
}

func (a *MonitorScheduleArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{part.Required(map[string]bool{"Monitor": a.Monitor != nil, "After": len(a.After) > 0})}
	if err := checkSchedule("Schedule", a.Schedule); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func (s *MonitorSchedule) firstCheck(
	ctx *pulumi.Context, name string, schedule time.Duration, after []pulumi.Resource,
) (*lambda.Invocation, error) {
	input, err := json.Marshal(contract.CheckEvent{Probes: 1, Deploying: true})
	if err != nil {
		return nil, err
	}
	var clusters pulumi.StringArray
	for _, t := range s.monitor.targets {
		clusters = append(clusters, t.Identifier)
	}
	return lambda.NewInvocation(ctx, name, &lambda.InvocationArgs{
		FunctionName: s.monitor.Function.Function.Name,
		Input:        pulumi.String(string(input)),
		Triggers: pulumi.StringMap{
			"code":     pulumi.String(s.monitor.Function.CodeHash),
			"clusters": pulumi.JSONMarshal(clusters),
			// The period of the dead-man alarm follows the schedule: a shorter one would begin without a sample.
			"schedule": pulumi.String(schedule.String()),
		},
	}, s.monitor.Region.Child(s, pulumi.DependsOn(after))...)
}

// facts are what the dashboard shows of the observer.
func (s *MonitorSchedule) facts() pulumi.Output {
	function := s.monitor.Function
	return pulumi.All(function.Function.Name, s.Rule.Name,
		function.DeadLetters.Name).ApplyT(func(v []any) dashboard.Monitor {
		return dashboard.Monitor{
			Region:      s.monitor.Region.Name,
			Function:    v[0].(string),
			Rule:        v[1].(string),
			DeadLetters: v[2].(string),
		}
	})
}

// checkSchedule refuses what EventBridge's schedules cannot say.
func checkSchedule(field string, d time.Duration) error {
	if d < time.Minute || d%time.Minute != 0 {
		return fmt.Errorf("%s is %v: want whole minutes, at least one, since EventBridge schedules go no lower", field, d)
	}
	return nil
}

// rate is EventBridge's schedule expression: "rate(1 minute)", but "rate(2 minutes)".
func rate(d time.Duration) string {
	if d == time.Minute {
		return "rate(1 minute)"
	}
	return fmt.Sprintf("rate(%d minutes)", d/time.Minute)
}
