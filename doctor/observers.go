package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ruletypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/lambda/contract"
)

// late is how long a metric may be on its way.
const late = 5 * time.Minute

// samples is the statistic that tells whether anything was published.
const samples = "SampleCount"

var observers = check{
	id:    "observers",
	asked: "Is every observer's word about both endpoints fresh, in both data regions?",
	why:   "A quorum needs two words; an observer that is silent leaves the others one failure short of it.",
	do:    "docs/runbooks.md#monitor-silent.",
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.data(), func(region string) ([]answer, error) {
			silent, err := s.silent(ctx, region)
			if err != nil {
				return nil, err
			}
			return one(sound(region, silent, "yes, of all three"), nil)
		})
	},
}

// silent are the words that a region's CloudWatch has not heard for three schedules.
func (s *stack) silent(ctx context.Context, region string) (silent []string, err error) {
	client := cloudwatch.NewFromConfig(s.in(region))
	window := s.spell()
	for _, observer := range s.regions() {
		for _, endpoint := range s.data() {
			at, _, err := newest(ctx, client, window, samples, metric(contract.MetricNamespace,
				contract.MetricEndpointUnreachable,
				contract.ObserverDimensions(s.deployed.ClusterIdentifiers[endpoint], endpoint, observer)))
			if err != nil {
				return nil, err
			}
			if at.IsZero() {
				silent = append(silent, fmt.Sprintf("%s has said nothing of %s for %v", observer, endpoint, window))
			}
		}
	}
	return silent, nil
}

var schedules = check{
	id:    "schedules",
	asked: "Are all rules enabled, and has every schedule run within its interval?",
	why:   "A rule that somebody has disabled runs nothing: no check, no publisher, no sweep.",
	do:    "aws events enable-rule --name <rule>; docs/runbooks.md#monitor-silent.",
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.regions(), func(region string) ([]answer, error) {
			rules := s.rules(region)
			var faults []string
			for _, rule := range rules {
				fault, err := s.stopped(ctx, region, rule)
				if err != nil {
					return nil, err
				}
				if fault != "" {
					faults = append(faults, rule.ID+" "+fault)
				}
			}
			return one(sound(region, faults, "yes, %d of %d", len(rules), len(rules)), nil)
		})
	},
}

// rules are the stack's in a region, of all buses.
func (s *stack) rules(region string) (rules []pulumi.Resource) {
	for _, r := range s.state.Deployment.Resources {
		if r.Type == typeRule && !r.Delete && strings.Contains(r.Output("arn"), ":"+region+":") {
			rules = append(rules, r)
		}
	}
	return rules
}

// stopped is what is wrong with a rule; "" if nothing is.
func (s *stack) stopped(ctx context.Context, region string, r pulumi.Resource) (string, error) {
	name, bus := r.Output("name"), r.Output("eventBusName")
	in := &eventbridge.DescribeRuleInput{Name: &name}
	if bus != "" {
		in.EventBusName = &bus
	}
	rule, err := eventbridge.NewFromConfig(s.in(region)).DescribeRule(ctx, in)
	if err != nil {
		return "", err
	}
	if rule.State == ruletypes.RuleStateDisabled {
		return "is disabled", nil
	}
	every, err := interval(aws.ToString(rule.ScheduleExpression))
	if every == 0 || err != nil {
		return "", err
	}
	window := 3*every + late
	if time.Since(r.Created) < window {
		return "", nil // it may not have been due
	}
	at, _, err := newest(ctx, cloudwatch.NewFromConfig(s.in(region)), window, samples,
		metric("AWS/Events", "Invocations", map[string]string{"RuleName": name}))
	if err != nil || !at.IsZero() {
		return "", err
	}
	return fmt.Sprintf("has not run for %v", window), nil
}

// interval is that of a rate expression; 0 of anything else (EventBridge User Guide, "Rate expressions").
func interval(expression string) (time.Duration, error) {
	var value int
	var unit string
	if !strings.HasPrefix(expression, "rate(") {
		return 0, nil
	}
	if _, err := fmt.Sscanf(strings.Trim(expression[len("rate"):], "()"), "%d %s", &value, &unit); err != nil {
		return 0, fmt.Errorf("the schedule %q: %w", expression, err)
	}
	units := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	return time.Duration(value) * units[strings.TrimSuffix(unit, "s")], nil
}
