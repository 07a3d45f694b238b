package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/sandbox/events"
)

// Stage is a deployed stack in a sandbox, on which rehearsals are held one at a time.
type Stage struct {
	Sandbox *sandbox.Sandbox
	// Engine deploys the stack, Config is its configuration, and Outputs what it has answered.
	Engine  *engine.Engine
	Config  map[string]any
	Outputs stack.Outputs
	Faults  *fault.Injector
}

// Configuration keys that rehearsals read or change.
const (
	keyMonitor = "aurora-dsql-dr:monitor"
	keyAlerts  = "aurora-dsql-dr:alerts"

	keyCredentialsRegion   = "aurora-dsql-dr:credentialsRegion" //nolint:gosec // a region, not credentials
	keyApplicationSettings = "aurora-dsql-dr:applicationSettings"
)

// StackConfig is the configuration of the stack in a sandbox with a rehearsal's differences. What the stack is given
// for them is made in the sandbox.
func StackConfig(s *sandbox.Sandbox, r *script.Rehearsal) (map[string]any, error) {
	config := stack.Config()
	monitor, _ := config[keyMonitor].(map[string]any)
	monitor = maps.Clone(monitor)
	monitor["probeInterval"] = r.ProbeInterval.String()
	config[keyMonitor] = monitor
	if r.Backups {
		config = stack.WithBackups(config)
	}
	switch r.Workload {
	case script.WorkloadName:
		return stack.WithTraffic(s, stack.WithApplication(config))
	case script.WorkloadApplication:
		return stack.WithApplication(config), nil
	default:
		return config, nil
	}
}

// Queues are the URLs of the queues that get all events of the application, by region.
func (s Stage) Queues() map[string]string {
	urls := map[string]string{}
	for region, routes := range s.Outputs.EventRouteQueueURLs {
		if url, ok := routes[stack.RouteOfAll]; ok {
			urls[region] = url
		}
	}
	return urls
}

// recipient is the first recipient of alerts: later ones get copies of the same messages.
func (s Stage) recipient() string {
	alerts, _ := s.Config[keyAlerts].([]any)
	if len(alerts) == 0 {
		return ""
	}
	first, _ := alerts[0].(map[string]any)
	return fmt.Sprint(first["endpoint"])
}

// steady says what keeps the stack from its steady state: every observer finds every endpoint up, and no alarm is in
// ALARM.
func (s Stage) steady(ctx context.Context) error {
	reports, err := stack.Observe(ctx, s.Sandbox, s.Outputs.MonitorFunctionNames)
	if err != nil {
		return err
	}
	var problems []error
	for _, observer := range slices.Sorted(maps.Keys(reports)) {
		for _, t := range reports[observer].Targets {
			if t.Verdict != contract.Up {
				problems = append(problems, fmt.Errorf("%s finds %s %s %s", observer, t.Region, t.Verdict, t.Reason))
			}
		}
	}
	for _, r := range s.Sandbox.Account.Regions() {
		var names []string
		for _, a := range r.CloudWatch.MetricAlarms() {
			names = append(names, a.Name)
		}
		for _, a := range r.CloudWatch.CompositeAlarms() {
			names = append(names, a.AlarmName)
		}
		for _, name := range names {
			if status, err := r.CloudWatch.AlarmStatus(name); err == nil && status.Value == cloudwatch.StateAlarm {
				problems = append(problems, fmt.Errorf("alarm %s in %s is in ALARM", name, r.Name))
			}
		}
	}
	return errors.Join(problems...)
}

// awaitSteady asks until the steady state holds or the time is up; the error says what was missing last.
func (s Stage) awaitSteady(ctx context.Context, within time.Duration) error {
	clk := s.Sandbox.Clock
	for deadline := clk.Now().Add(within); ; {
		err := s.steady(ctx)
		if err == nil || clk.Now().After(deadline) || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		_ = clk.Sleep(ctx, time.Second) // the loop looks at the context
	}
}

// startObservers starts what EventBridge would only start at the next full period: a run of each observer whose probes
// join those of the schedule's next run, an interval apart. It returns when all have been started or the context ends.
func (s Stage) startObservers(ctx context.Context, interval time.Duration) error {
	starts, ctx := errgroup.WithContext(ctx)
	for region, function := range s.Outputs.MonitorFunctionNames {
		next, ok := s.nextRun(region, function)
		left := next.Sub(s.Sandbox.Clock.Now())
		if !ok || left < interval {
			continue
		}
		starts.Go(func() error {
			if err := s.Sandbox.Clock.Sleep(ctx, left%interval); err != nil {
				return err
			}
			event, err := json.Marshal(contract.CheckEvent{Probes: int(left / interval)})
			if err != nil {
				return err
			}
			account := s.Sandbox.Account
			_, err = account.Region(region).Lambda.InvokeEvent(account.IAM.Admin().Principal, function, event, nil)
			if errors.Is(err, awserr.ErrUnavailable) {
				return nil // the fault was quicker, and its schedule does not run there either
			}
			return err
		})
	}
	return starts.Wait()
}

// nextRun is when the function's schedule runs it next.
func (s Stage) nextRun(region, function string) (time.Time, bool) {
	_, next, ok := s.scheduleOf(region, function)
	return next, ok
}

// scheduleOf is the rule that runs a function on a schedule, and when it does so next.
func (s Stage) scheduleOf(region, function string) (events.Rule, time.Time, bool) {
	f, err := s.Sandbox.Account.Region(region).Lambda.Function(function)
	if err != nil {
		return events.Rule{}, time.Time{}, false
	}
	bus := s.Sandbox.Account.Region(region).Events
	rules, err := bus.Rules(events.DefaultBus)
	if err != nil {
		return events.Rule{}, time.Time{}, false
	}
	for _, rule := range rules {
		targets, err := bus.Targets(events.DefaultBus, rule.Name)
		if err == nil && slices.ContainsFunc(targets, func(t events.Target) bool { return t.Arn == f.ARN }) {
			if next, ok := bus.NextRun(rule.Name); ok {
				return rule, next, true
			}
		}
	}
	return events.Rule{}, time.Time{}, false
}
