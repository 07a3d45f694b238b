// Package stack is the product in a sandbox: its configuration there, its deployment, and its observers asked by hand.
package stack

import (
	"context"
	"maps"
	"runtime"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/stacks"
)

// Name is the name of the stack in the sandbox.
const Name = "sandbox"

// RouteOfAll is the event route that WithApplication adds.
const RouteOfAll = "all"

// Start starts a sandbox for the product's functions, see sandbox.Start: their durations follow its clock, and they
// find its SQL endpoints.
func Start(ctx context.Context, opts sandbox.Options) (*sandbox.Sandbox, error) {
	opts.Durations = contract.HealthCheckDurations()
	maps.Copy(opts.Durations, contract.ApplicationDurations())
	maps.Copy(opts.Durations, contract.LivezDurations())
	maps.Copy(opts.Durations, contract.BackupDurations())
	maps.Copy(opts.Durations, contract.RestoreTestDurations())
	// Ages of what is made daily are counted in the hours of the calendar.
	hour := opts.Durations[contract.EnvBackupHour]
	opts.CalendarDurations = map[string]time.Duration{contract.EnvBackupHour: hour}
	delete(opts.Durations, contract.EnvBackupHour)
	opts.HostAddrVariable = contract.EnvHostAddr
	return sandbox.Start(ctx, opts)
}

// Prepare prepares the stack in a sandbox with this configuration, by full key.
func Prepare(ctx context.Context, s *sandbox.Sandbox, config map[string]any) (*engine.Engine, error) {
	return s.Stack(ctx, Name, stacks.Run, config)
}

// Architecture is Lambda's name for this machine's: functions run here as they are.
func Architecture() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}

// Places are the names of the stack's regions.
func Places() map[string]string {
	return map[string]string{
		"primary":   "us-east-1",
		"secondary": "us-east-2",
		"witness":   "us-west-2",
	}
}

// Config is the configuration of the stack, by full key: everything that costs money on AWS is on.
func Config() map[string]any {
	return map[string]any{
		"aurora-dsql-dr:environment":        "sandbox",
		"aurora-dsql-dr:owner":              "you",
		"aurora-dsql-dr:costCenter":         "none",
		"aurora-dsql-dr:regions":            Places(),
		"aurora-dsql-dr:deletionProtection": false,
		"aurora-dsql-dr:databaseEncryption": "customer-managed",
		"aurora-dsql-dr:alerts": []any{
			map[string]any{"protocol": "email", "endpoint": "oncall@example.com"},
		},
		"aurora-dsql-dr:runbooksUrl": "https://wiki.example.com/disaster-recovery",
		"aurora-dsql-dr:monitor":     map[string]any{"architecture": Architecture(), "metrics": "full"},
	}
}

// WithApplication adds the distributed application to a configuration, with a route of all its events to a queue in
// each data region.
func WithApplication(config map[string]any) map[string]any {
	config = maps.Clone(config)
	config["aurora-dsql-dr:application"] = "enabled"
	config["aurora-dsql-dr:eventRoutes"] = []any{map[string]any{"name": RouteOfAll, "target": "queue"}}
	return config
}
