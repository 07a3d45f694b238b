package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/report"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox/engine"
)

// deployments carries out the method's deployments, one after the other, and judges each.
func (r *run) deployments(ctx context.Context) (checks []report.Check, err error) {
	clk := r.Sandbox.Clock
	begun := clk.Now()
	for _, step := range r.plan.Deployments() {
		if err := clk.Sleep(ctx, step.At-clk.Since(begun)); err != nil {
			return checks, err
		}
		check, err := r.deploy(ctx, step)
		if err != nil {
			return checks, err
		}
		checks = append(checks, check)
	}
	return checks, nil
}

// deploy carries out a deployment and judges it. Errors are those of rehearsals that cannot go on.
func (r *run) deploy(ctx context.Context, step script.Step) (report.Check, error) {
	r.noteDeployment(chronicle.Note, "%s: begins", step.Deploy)
	begun := r.now()
	limited, cancel := context.WithTimeout(ctx, r.Sandbox.Clock.Wall(step.Within))
	defer cancel()
	before, err := r.state(ctx)
	if err != nil {
		return report.Check{}, err
	}
	var got string
	switch step.Deploy {
	case script.DeployRefused:
		got = r.refusedDeployment(limited, before)
	case script.DeploySurvivor:
		got = r.survivorDeployment(limited, before)
	default:
		got = r.completeDeployment(limited)
	}
	if ctx.Err() != nil {
		return report.Check{}, ctx.Err()
	}
	took := script.Short(r.Sandbox.Clock.Since(begun))
	name := "deployment: " + string(step.Deploy)
	want := means(step.Deploy) + " within " + script.Short(step.Within)
	if got != "" {
		r.noteDeployment(chronicle.Bad, "%s: %s", step.Deploy, got)
		return report.NewCheck(name, want, got, false), nil
	}
	r.noteDeployment(chronicle.Note, "%s: as it should, in %s", step.Deploy, took)
	return report.NewCheck(name, want, "in "+took, true), nil
}

func (r *run) noteDeployment(tone chronicle.Tone, format string, args ...any) {
	r.seen.Add(chronicle.Remark(r.now(), chronicle.Deployment, tone, fmt.Sprintf(format, args...)))
}

// means says what a deployment has to do.
func means(d script.Deployment) string {
	switch d {
	case script.DeployRefused:
		return "fails, names the lost region, leaves the state intact,"
	case script.DeploySurvivor:
		return "changes the survivor alone"
	default:
		return "succeeds, and again without changes,"
	}
}

// state is the URNs of the resources in the engine's state.
func (r *run) state(ctx context.Context) ([]string, error) {
	resources, err := r.Engine.Resources(ctx)
	var urns []string
	for _, resource := range resources {
		urns = append(urns, resource.URN)
	}
	slices.Sort(urns)
	return urns, err
}

// refusedDeployment says what is not as it should be in a deployment while a region is lost.
func (r *run) refusedDeployment(ctx context.Context, before []string) string {
	_, err := r.Engine.Up(ctx, engine.Run{})
	if err == nil {
		return "it succeeded"
	}
	if ctx.Err() != nil {
		return "it had not ended"
	}
	named := false
	for _, a := range r.Faults.Active() {
		named = named || strings.Contains(err.Error(), stack.Places()[a.With["region"]])
	}
	if !named {
		return "its error names no lost region: " + err.Error()
	}
	after, err := r.state(context.WithoutCancel(ctx))
	if err != nil {
		return err.Error()
	}
	if !slices.Equal(before, after) {
		return fmt.Sprintf("the state has %d resources, before it had %d", len(after), len(before))
	}
	return ""
}

// completeDeployment deploys everything, twice, with every region's own credentials again.
func (r *run) completeDeployment(ctx context.Context) string {
	if err := r.Engine.SetConfig(ctx, keyCredentialsRegion, ""); err != nil {
		return err.Error()
	}
	if _, err := r.Engine.Up(ctx, engine.Run{}); err != nil {
		return err.Error()
	}
	again, err := r.Engine.Up(ctx, engine.Run{})
	if err != nil {
		return err.Error()
	}
	if again.Changes() > 0 {
		return fmt.Sprintf("the second one did %v", again.Counts)
	}
	resources, err := r.Engine.Resources(ctx)
	if err != nil {
		return err.Error()
	}
	return strings.Join(withoutAccount(resources), "; ")
}
