// Package stacks is the whole program: one provider per region, the components wired together, exports. What is
// configured is read by package config.
package stacks

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/stacks/config"
)

// places are the logical names of the three regions; resources are named after them, so that a change of region is a
// replacement in place.
var places = [3]string{"primary", "secondary", "witness"}

const (
	primary = iota
	secondary
	witness
)

// regions of the stack, in the order of places.
type regions [3]components.Region

// Run deploys the stack that the configuration describes. It registers no resource while anything is wrong with the
// configuration.
func Run(ctx *pulumi.Context) error {
	out, err := deploy(ctx)
	if err != nil {
		return err
	}
	for name, value := range out.exported() {
		ctx.Export(name, value)
	}
	return nil
}

// Providers registers the providers of the regions, as Run does, and nothing else: what is imported into a new stack is
// read through them.
func Providers(ctx *pulumi.Context) error {
	c, err := configured(ctx)
	if err != nil {
		return err
	}
	_, err = newRegions(ctx, c)
	return err
}

func deploy(ctx *pulumi.Context) (exports, error) {
	c, err := configured(ctx)
	if err != nil {
		return exports{}, err
	}
	at, err := newRegions(ctx, c)
	if err != nil {
		return exports{}, err
	}
	if err := checkZone(ctx, c, at); err != nil {
		return exports{}, refused(ctx, err)
	}
	packages, err := components.PackageFunctions(ctx, c.Architecture, c.Functions())
	if err != nil {
		return exports{}, err
	}
	return assemble(ctx, c, at, packages)
}

// configured is the configuration, if it can be deployed. What is probably not meant is warned of.
func configured(ctx *pulumi.Context) (*config.Config, error) {
	values, err := config.Configured(ctx)
	if err != nil {
		return nil, err
	}
	c, err := config.Load(values)
	if err := errors.Join(checkTitle(title(ctx)), err,
		components.CheckFunctionsBuilt(c.Architecture, c.Functions())); err != nil {
		return nil, refused(ctx, err)
	}
	for _, warning := range c.Warnings() {
		if err := ctx.Log.Warn(warning, nil); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// refused says what the problems are about.
func refused(ctx *pulumi.Context, problems error) error {
	return fmt.Errorf("the configuration of stack %s cannot be deployed:\n%w", ctx.Stack(), problems)
}

// assemble makes the parts of the stack. Each has what it needs for an argument, so that no other order compiles.
func assemble(ctx *pulumi.Context, c *config.Config, at regions, packages *components.Packages) (exports, error) {
	topics, err := alertTopics(ctx, c, at)
	if err != nil {
		return exports{}, err
	}
	database, err := peered(ctx, c, at)
	if err != nil {
		return exports{}, err
	}
	kept, err := backUp(ctx, c, at, database)
	if err != nil {
		return exports{}, err
	}
	monitors, err := observe(ctx, c, at, database, topics, packages, plans(kept))
	if err != nil {
		return exports{}, err
	}
	app, err := applicationFunctions(ctx, c, at, database, packages)
	if err != nil {
		return exports{}, err
	}
	tests, err := testRestores(ctx, c, topics, kept, packages, app)
	if err != nil {
		return exports{}, err
	}
	changes, err := databaseEvents(ctx, c, at, topics, database, tests)
	if err != nil {
		return exports{}, err
	}
	migrated, err := bootstrap(ctx, c, at, database, packages, monitors, app, tests)
	if err != nil {
		return exports{}, err
	}
	schedules, err := startMonitors(ctx, c, monitors, migrated)
	if err != nil {
		return exports{}, err
	}
	told, err := tests.start(ctx, c, migrated)
	if err != nil {
		return exports{}, err
	}
	running, err := startApplication(ctx, c, at, topics, app, migrated)
	if err != nil {
		return exports{}, err
	}
	watched, endpoints, err := watch(ctx, c, at, topics, database, monitors, schedules)
	if err != nil {
		return exports{}, err
	}
	routing, routed, err := routeTraffic(ctx, c, at, topics, database, schedules, app)
	if err != nil {
		return exports{}, err
	}
	guarded, err := watchBackups(ctx, c, topics, kept, tests, told, schedules)
	if err != nil {
		return exports{}, err
	}
	alarms := join(changes, running.alarms, watched, routed, guarded)
	dashboard, err := dashboardPage(ctx, c, at, database, schedules, app, endpoints, routing, kept, alarms)
	if err != nil {
		return exports{}, err
	}
	out := outputs(at, topics, database, monitors, alarms, dashboard)
	if app != nil {
		out = withApplication(out, app, running.routes)
	}
	if routing != nil {
		out = withTraffic(out, routing)
	}
	if kept != nil {
		out = withBackups(out, kept, tests)
	}
	return out, nil
}
