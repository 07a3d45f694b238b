package main

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optremove"

	"aurora-dsql-dr/internal/pulumi"
)

// begin has a stack that has no clusters take the pair: into its configuration, into its state, and for good if a
// deployment would leave the pair in place. Otherwise configuration and state are as they were. AWS is only read.
func (a adoption) begin(ctx context.Context) (err error) {
	if err := a.free(); err != nil {
		return err
	}
	a.describe()
	var done undoing
	defer func() {
		if err != nil {
			err = done.back(ctx, err)
		}
	}()
	undo, err := a.keepSettings()
	if err != nil {
		return err
	}
	done = append(done, undo)
	if err := a.configure(); err != nil {
		return err
	}
	e, err := open(ctx, a.stack, a.there)
	if err != nil {
		return err
	}
	done = append(done, func(ctx context.Context) error { return a.resetState(ctx, e) })
	return a.take(ctx, e)
}

// take enters the pair into the state, and looks at what a deployment would do.
func (a adoption) take(ctx context.Context, e engine) error {
	var next plan
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"entering the regions' providers into the state of " + a.stack, e.register},
		{"importing the pair", a.enter},
		{"previewing a deployment", func(ctx context.Context) error {
			seen, err := e.preview(ctx)
			next = planned(seen, a.pair.parts())
			return err
		}},
	} {
		if err := a.during(step.what, func() error { return step.do(ctx) }); err != nil {
			return err
		}
	}
	if err := next.inPlace(); err != nil {
		return err
	}
	if err := a.protect(ctx); err != nil {
		return err
	}
	a.tell(next)
	return nil
}

// free refuses a state with resources: what is registered first would delete them.
func (a adoption) free() error {
	for _, r := range a.state.Deployment.Resources {
		if r.Type != "pulumi:pulumi:Stack" && r.Type != kindProvider {
			return fmt.Errorf("the stack %s has resources, such as %s, and no cluster: want a new stack, or an empty one. "+
				"If it has lost its clusters, import the new ones (docs/runbooks.md#half-made-peering)", a.stack, r.Name())
		}
	}
	return nil
}

// describe says what was found.
func (a adoption) describe() {
	for _, s := range a.pair.sides {
		key := encryption(s.key != "")
		if s.key != "" {
			key += ", " + s.key
		}
		a.say("%s\n  %s, deletion protection %s, encryption %s", s.ARN, s.status, s.protection(), key)
	}
	a.say("are a pair with the witness %s.", a.pair.witness)
}

// resetState has the state as it was.
func (a adoption) resetState(ctx context.Context, e engine) error {
	if a.there {
		return pulumi.Import(ctx, a.stack, a.exported)
	}
	return e.Workspace().RemoveStack(ctx, a.stack, optremove.Force())
}

// tell says what was done, and what is to be done next.
func (a adoption) tell(next plan) {
	a.say(`
Stack %[1]s has the pair. A deployment would replace nothing of it, create %[2]d resources, and change in place
(as it is -> as the program has it):

%[3]s
Before that, whatever manages the clusters now has to let go of them, or its next run works against this stack.
%[4]s

Then set alerts (docs/deploying.md#recipients), look at make preview STACK=%[1]s, and make up STACK=%[1]s.`,
		a.stack, next.created, next.changes(), a.pair.owner())
}
