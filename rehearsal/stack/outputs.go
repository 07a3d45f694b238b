package stack

import (
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/stacks"
)

// Outputs are what the deployed stack exports.
type Outputs = stacks.Outputs

// OutputsOf are those of a deployment.
func OutputsOf(result engine.Result) (Outputs, error) { return stacks.OutputsOf(result.Outputs) }
