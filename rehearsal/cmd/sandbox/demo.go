package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal"
	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/report"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/engine"
)

// rounds is how often the demonstration has every observer check the database.
const rounds = 2

// disaster is the rehearsal at the end of the demonstration.
const disaster = "primary-region-lost-5s.yaml"

// demo deploys, checks, uses the application, deploys again, loses a region and destroys. Dir is the project's.
func demo(ctx context.Context, p *printer, s *sandbox.Sandbox, dir string) error {
	all, err := load(dir, []string{filepath.Join(dir, "rehearsals", disaster)})
	if err != nil {
		return err
	}
	lost := all[0]
	config, err := configured(s, lost)
	if err != nil {
		return err
	}
	e, result, err := deployFirst(ctx, p, s, config)
	if err != nil {
		return err
	}
	outputs, err := stack.OutputsOf(result)
	if err != nil {
		return err
	}
	for round := range rounds {
		if err := checkAll(ctx, p, s, outputs, round+1); err != nil {
			return err
		}
	}
	stage := rehearsal.Stage{
		Sandbox: s,
		Engine:  e,
		Config:  config,
		Outputs: outputs,
		Faults:  fault.NewInjector(s, stack.Places()),
	}
	if err := useApplication(ctx, p, stage); err != nil {
		return err
	}
	if err := useName(ctx, p, stage, "The application by its one name, from both data regions", "before"); err != nil {
		return err
	}
	if err := showInbox(p, s.Account.Inbox.Messages()); err != nil {
		return err
	}
	showOutputs(p, result.Outputs)
	again, err := deploy(ctx, p, e, "Deploying once more: nothing may change")
	if err != nil {
		return err
	}
	if again.Changes() > 0 {
		return fmt.Errorf("the second deployment changed %v", again.Counts)
	}
	if err := loseRegion(ctx, p, stage, lost, dir); err != nil {
		return err
	}
	const after = "The name after the loss: it leads back when the region has been well for eight minutes"
	if err := useName(ctx, p, stage, after, "after"); err != nil {
		return err
	}
	if err := destroy(ctx, p, s, e); err != nil {
		return err
	}
	if err := errors.Join(e.Close(), s.Close()); err != nil {
		return err
	}
	p.line("✔ nothing is left behind: no resource, process or file")
	return nil
}

// configured is the configuration of a rehearsal's stack, with a name for the application.
func configured(s *sandbox.Sandbox, r *script.Rehearsal) (map[string]any, error) {
	config, err := rehearsal.StackConfig(s, r)
	if err != nil {
		return nil, err
	}
	return stack.WithTraffic(s, config)
}

// deployFirst prepares the stack and deploys it.
func deployFirst(
	ctx context.Context, p *printer, s *sandbox.Sandbox, config map[string]any,
) (*engine.Engine, engine.Result, error) {
	done := p.begin("Preparing the Pulumi engine: local state, the sandbox's providers")
	defer done("")
	e, err := stack.Prepare(ctx, s, config)
	if err != nil {
		return nil, engine.Result{}, err
	}
	done("stack " + stack.Name)
	result, err := deploy(ctx, p, e, "Deploying the stack")
	return e, result, err
}

// deploy brings the stack up and shows progress.
func deploy(ctx context.Context, p *printer, e *engine.Engine, heading string) (engine.Result, error) {
	d := &deployment{p: p}
	done := p.follow(heading, quiet, d.progress)
	defer done("")
	result, err := e.Up(ctx, engine.Run{Progress: d.step})
	if err != nil {
		return result, err
	}
	done(counts(result))
	for _, warning := range result.Warnings {
		p.line("! %s", warning)
	}
	return result, nil
}

func counts(r engine.Result) string {
	var parts []string
	for _, op := range slices.Sorted(maps.Keys(r.Counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", r.Counts[op], past(op)))
	}
	return strings.Join(parts, ", ")
}

func destroy(ctx context.Context, p *printer, s *sandbox.Sandbox, e *engine.Engine) error {
	d := &deployment{p: p}
	done := p.follow("Destroying the stack", quiet, d.progress)
	defer done("")
	result, err := e.Destroy(ctx, engine.Run{Progress: d.step})
	if err != nil {
		return err
	}
	done(counts(result))
	if left := s.Leftovers(); len(left) > 0 {
		return fmt.Errorf("the destroyed stack has left behind:\n  %s", strings.Join(left, "\n  "))
	}
	return nil
}

// errUnhealthy is that of checkAll when what it saw is not well.
var errUnhealthy = errors.New("not every endpoint is healthy")

// checkAll has every observer check both endpoints, shows what they saw, and fails unless all is up.
func checkAll(ctx context.Context, p *printer, s *sandbox.Sandbox, outputs stack.Outputs, round int) error {
	done := p.begin(fmt.Sprintf("Round %d of %d: the function of each region probes both endpoints", round, rounds))
	defer done("")
	reports, err := stack.Observe(ctx, s, outputs.MonitorFunctionNames)
	if err != nil {
		return err
	}
	done(fmt.Sprintf("%d observers reported", len(reports)))
	rows := [][]string{{"OBSERVER", "ENDPOINT", "VERDICT", "CONNECT", "QUERY", "COMMIT", "MARKER AGE"}}
	healthy := true
	for _, observer := range slices.Sorted(maps.Keys(reports)) {
		for _, target := range reports[observer].Targets {
			rows = append(rows, row(observer, target))
		}
		healthy = healthy && reports[observer].Healthy
	}
	p.table(rows)
	if !healthy {
		return errUnhealthy
	}
	return nil
}

// loseRegion holds a rehearsal on what is deployed.
func loseRegion(ctx context.Context, p *printer, stage rehearsal.Stage, r *script.Rehearsal, dir string) error {
	heading := "Losing a region: about a minute, beside the public recipe's deployment"
	done := p.follow(heading, signOfLife, func() string { return "…" })
	defer done("")
	held, err := hold(p, r, "", func(progress func(chronicle.Entry)) (*report.Report, error) {
		return stage.Hold(ctx, r, rehearsal.Options{Dir: dir, Beside: true, Progress: progress})
	})
	if err != nil {
		return err
	}
	done("the region is back")
	return summary(p, []*report.Report{held})
}

func row(observer string, t contract.TargetHealth) []string {
	verdict := t.Verdict
	if t.Reason != "" {
		verdict += " (" + t.Reason + ")"
	}
	return []string{
		observer,
		t.Region,
		verdict,
		millis(t.ConnectMillis),
		millis(t.QueryMillis),
		millis(t.CommitMillis),
		fmt.Sprintf("%.1f s", t.MarkerAgeSeconds),
	}
}

func millis(ms float64) string { return fmt.Sprintf("%.1f ms", ms) }

// showOutputs shows the stack's outputs but for the long list of alarm names.
func showOutputs(p *printer, outputs map[string]any) {
	p.line("Outputs")
	rows := [][]string{{"OUTPUT", "KEY", "VALUE"}}
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		values, _ := outputs[name].(map[string]any)
		label := name
		for _, key := range slices.Sorted(maps.Keys(values)) {
			rows = append(rows, []string{label, key, shown(values[key])})
			label = ""
		}
	}
	p.table(rows)
}

// shown is one value of an output: a text, how many of a list, or those of a mapping.
func shown(value any) string {
	switch v := value.(type) {
	case []any:
		return fmt.Sprintf("%d names", len(v))
	case map[string]any:
		var all []string
		for _, item := range v {
			all = append(all, fmt.Sprint(item))
		}
		slices.Sort(all)
		return strings.Join(all, ", ")
	default:
		return fmt.Sprint(v)
	}
}
