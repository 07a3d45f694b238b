package components

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/lambda/contract"
)

// MonitorScheduleArgs configures a MonitorSchedule.
type MonitorScheduleArgs struct {
	// Monitor is what runs. Required.
	Monitor *RegionalMonitor
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
}

// NewMonitorSchedule creates the rule, its target, the permission and the dead-letter policy, and checks once. A monitor
// that cannot work, or that the database refuses, fails the deployment here, instead of at night.
func NewMonitorSchedule(ctx *pulumi.Context, name string, args *MonitorScheduleArgs, opts ...pulumi.ResourceOption) (*MonitorSchedule, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("MonitorSchedule %q: %w", name, err)
	}
	s := &MonitorSchedule{}
	if err := ctx.RegisterComponentResource(token("MonitorSchedule"), name, s, opts...); err != nil {
		return nil, err
	}
	m, region := args.Monitor, args.Monitor.Region
	var err error
	if s.Rule, err = cloudwatch.NewEventRule(ctx, name+"-rule", &cloudwatch.EventRuleArgs{
		Description:        pulumi.String("Runs the health check in " + region.Name),
		ScheduleExpression: pulumi.String(rate(m.settings.Schedule)),
	}, region.child(s, pulumi.DependsOn(args.After))...); err != nil {
		return nil, err
	}
	target, err := runByRule(ctx, name, s, m.Function, s.Rule)
	if err != nil {
		return nil, err
	}
	if s.FirstCheck, err = firstCheck(ctx, name+"-first-check", m, s, append([]pulumi.Resource{target}, args.After...)); err != nil {
		return nil, err
	}
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{"ruleName": s.Rule.Name})
}

func (a *MonitorScheduleArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return required(map[string]bool{"Monitor": a.Monitor != nil, "After": len(a.After) > 0})
}

func firstCheck(ctx *pulumi.Context, name string, m *RegionalMonitor, parent pulumi.Resource, after []pulumi.Resource) (*lambda.Invocation, error) {
	input, err := json.Marshal(contract.CheckEvent{Probes: 1, Deploying: true})
	if err != nil {
		return nil, err
	}
	var clusters pulumi.StringArray
	for _, t := range m.targets {
		clusters = append(clusters, t.Identifier)
	}
	return lambda.NewInvocation(ctx, name, &lambda.InvocationArgs{
		FunctionName: m.Function.Function.Name,
		Input:        pulumi.String(string(input)),
		Triggers: pulumi.StringMap{
			"code":     pulumi.String(m.Function.CodeHash),
			"clusters": pulumi.JSONMarshal(clusters),
			// The period of the dead-man alarm follows the schedule: a shorter one would begin without a sample.
			"schedule": pulumi.String(m.settings.Schedule.String()),
		},
	}, m.Region.child(parent, pulumi.DependsOn(after))...)
}

// rate is EventBridge's schedule expression: "rate(1 minute)", but "rate(2 minutes)".
func rate(d time.Duration) string {
	if d == time.Minute {
		return "rate(1 minute)"
	}
	return fmt.Sprintf("rate(%d minutes)", d/time.Minute)
}
