package main

import (
	"context"
	"errors"

	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/engine"
)

// deployed is the stack with the application in a sandbox, and the region that is measured.
type deployed struct {
	*sandbox.Sandbox
	region    string
	outputs   stack.Outputs
	resources []engine.Resource
	database  database
}

// reportDeployed reports what needs the functions' surroundings.
func reportDeployed(ctx context.Context) (err error) {
	done := begin("Deploying the stack with the application into a sandbox")
	s, err := stack.Start(ctx, sandbox.Options{})
	if err != nil {
		done()
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	d, err := deploy(ctx, s, configuration())
	done()
	if err != nil {
		return err
	}
	defer d.database.Close()
	if err := d.reportFunctions(ctx); err != nil {
		return err
	}
	if err := d.reportRequests(ctx); err != nil {
		return err
	}
	return d.reportGrowth(ctx)
}

// configuration has the monitors check at their deployment and then not for an hour, so that what is measured has the
// machine to itself, and no throttle that could be met, since the rate is a result.
func configuration() map[string]any {
	config := stack.Config()
	config["aurora-dsql-dr:monitor"] = map[string]any{
		"architecture":    stack.Architecture(),
		"metrics":         "full",
		"scheduleMinutes": 60,
	}
	config["aurora-dsql-dr:application"] = "enabled"
	config["aurora-dsql-dr:applicationSettings"] = map[string]any{
		"throttle": map[string]any{"rate": 10000, "burst": 5000},
	}
	return config
}

func deploy(ctx context.Context, s *sandbox.Sandbox, configuration map[string]any) (*deployed, error) {
	e, err := stack.Prepare(ctx, s, configuration)
	if err != nil {
		return nil, err
	}
	result, err := e.Up(ctx, engine.Run{})
	if err != nil {
		return nil, err
	}
	d := &deployed{Sandbox: s, region: s.Account.Regions()[0].Name}
	if d.outputs, err = stack.OutputsOf(result); err != nil {
		return nil, err
	}
	if d.resources, err = e.Resources(ctx); err != nil {
		return nil, err
	}
	d.database, err = d.connect(ctx)
	return d, err
}
