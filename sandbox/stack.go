package sandbox

import (
	"context"
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

// DisasterRecovery prepares the disaster-recovery stack with this configuration.
func (s *Sandbox) DisasterRecovery(ctx context.Context, config map[string]any) (*engine.Engine, error) {
	return s.Stack(ctx, StackName, stacks.Run, config)
}
