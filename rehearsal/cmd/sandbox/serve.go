package main

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"

	"aurora-dsql-dr/rehearsal"
	"aurora-dsql-dr/rehearsal/console"
	"aurora-dsql-dr/rehearsal/control"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
)

// consoleAddress is where serve's page is, unless the port is taken: then any that is free.
const consoleAddress = "127.0.0.1:4511"

// serve deploys, opens the console, and then shows what reaches people until it is interrupted. Dir is the project's.
func serve(ctx context.Context, p *printer, s *sandbox.Sandbox, dir string) (err error) {
	config, err := stack.WithTraffic(s, stack.WithBackups(stack.WithApplication(stack.Config())))
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
	switch err := checkAll(ctx, p, s, outputs, 1); {
	case errors.Is(err, errUnhealthy): // a busy machine's first probe may take too long
		p.line("! %v: the console shows when it is", err)
	case err != nil:
		return err
	}
	showOutputs(p, result.Outputs)
	faults := fault.NewInjector(s, stack.Places())
	stop, err := control.Serve(s, faults)
	if err != nil {
		return err
	}
	defer stop()
	stage := rehearsal.Stage{
		Sandbox: s,
		Engine:  e,
		Config:  config,
		Outputs: outputs,
		Faults:  faults,
	}
	page, err := openConsole(stage, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, page.Close()) }()
	ways, err := accessTo(stage, page.URL)
	if err != nil {
		return err
	}
	ways.show(p)
	followInbox(ctx, p, s.Account.Inbox.Next)
	return nil // interrupted: the only way out
}

// examples are commands of the AWS CLI, with the names of what is deployed.
func examples(outputs stack.Outputs) []string {
	return []string{
		"aws dsql list-clusters",
		"aws dsql get-cluster --identifier " + outputs.ClusterIdentifiers["us-east-1"],
		"aws lambda invoke --function-name " + outputs.MonitorFunctionNames["us-east-1"] +
			` --payload fileb:///dev/stdin /dev/stdout <<<'{"probes":1}'`,
		"aws lambda invoke --function-name " + outputs.TransactionFunctionNames["us-east-1"] +
			` --payload fileb:///dev/stdin /dev/stdout <<<'{"operation":"write","amount":100.50}'`,
	}
}

// openConsole serves the page of the deployed stack.
func openConsole(stage rehearsal.Stage, dir string) (*console.Console, error) {
	files, err := filepath.Glob(filepath.Join(dir, "rehearsals", "*.yaml"))
	if err != nil {
		return nil, err
	}
	places := stack.Places()
	all, err := script.Load(places, files...)
	if err != nil {
		return nil, err
	}
	s := stage.Sandbox
	config := console.Config{
		Account:  s.Account,
		Regions:  [3]string{places["primary"], places["secondary"], places["witness"]},
		Monitors: stage.Outputs.MonitorFunctionNames,
		Clusters: stage.Outputs.ClusterARNs,
		Domain:   stage.Outputs.TrafficDomain,
		Backups: console.Backups{
			Vaults:   stage.Outputs.BackupVaultNames,
			Machines: stage.Outputs.RestoreTestMachineARNs,
		},
		Faults:     stage.Faults,
		Rehearsals: all,
		Hold:       stage.Hold,
	}
	page, err := console.Start(config, consoleAddress)
	if errors.Is(err, syscall.EADDRINUSE) {
		return console.Start(config, "127.0.0.1:0")
	}
	return page, err
}
