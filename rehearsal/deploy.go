package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/engine"
)

// deploy carries out a deployment and judges it. Its outcome is a check; errors are those of rehearsals that cannot go on.
func (r *run) deploy(ctx context.Context, step Step) error {
	lane := "deployment"
	r.note(Note, lane, "%s: begins", step.Deploy)
	begun := r.now()
	limited, cancel := context.WithTimeout(ctx, r.Sandbox.Clock.Wall(step.Within))
	defer cancel()
	before, err := r.state(ctx)
	if err != nil {
		return err
	}
	var got string
	switch step.Deploy {
	case DeployRefused:
		got = r.refusedDeployment(limited, before)
	case DeploySurvivor:
		got = r.survivorDeployment(limited, before)
	default:
		got = r.completeDeployment(limited)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	took := short(r.Sandbox.Clock.Since(begun))
	name, want := "deployment: "+string(step.Deploy), step.Deploy.means()+" within "+short(step.Within)
	if got != "" {
		r.note(Bad, lane, "%s: %s", step.Deploy, got)
		r.checked(verdictOf(name, want, got, false))
		return nil
	}
	r.note(Note, lane, "%s: as it should, in %s", step.Deploy, took)
	r.checked(verdictOf(name, want, "in "+took, true))
	return nil
}

func (d Deployment) means() string {
	switch d {
	case DeployRefused:
		return "fails, names the lost region, leaves the state intact,"
	case DeploySurvivor:
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
		named = named || strings.Contains(err.Error(), Places()[a.With["region"]])
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
