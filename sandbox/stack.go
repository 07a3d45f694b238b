package sandbox

import (
	"context"
	"maps"
	"runtime"

	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/stacks"
)

// StackName is the name of the stack that the sandbox deploys.
const StackName = "sandbox"

// Architecture is Lambda's name for this machine's: functions run here as they are.
func Architecture() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}

// StackConfig is the configuration of the sandbox's stack, by full key: everything that costs money on AWS is on.
func StackConfig() map[string]any {
	return map[string]any{
		"aurora-dsql-dr:environment":        "sandbox",
		"aurora-dsql-dr:owner":              "you",
		"aurora-dsql-dr:costCenter":         "none",
		"aurora-dsql-dr:regions":            map[string]any{"primary": "us-east-1", "secondary": "us-east-2", "witness": "us-west-2"},
		"aurora-dsql-dr:deletionProtection": false,
		"aurora-dsql-dr:databaseEncryption": "customer-managed",
		"aurora-dsql-dr:alerts":             []any{map[string]any{"protocol": "email", "endpoint": "oncall@example.com"}},
		"aurora-dsql-dr:monitor":            map[string]any{"architecture": Architecture(), "metrics": "full"},
	}
}

// RouteOfAll is the event route that WithApplication adds.
const RouteOfAll = "all"

// WithApplication adds the distributed application to a configuration, with a route of all its events to a queue in each
// data region.
func WithApplication(config map[string]any) map[string]any {
	config = maps.Clone(config)
	config["aurora-dsql-dr:application"] = "enabled"
	config["aurora-dsql-dr:eventRoutes"] = []any{map[string]any{"name": RouteOfAll, "target": "queue"}}
	return config
}

// DisasterRecovery prepares the disaster-recovery stack with this configuration.
func (s *Sandbox) DisasterRecovery(ctx context.Context, config map[string]any) (*engine.Engine, error) {
	return s.Stack(ctx, StackName, stacks.Run, config)
}
