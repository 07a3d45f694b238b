package provider

import (
	"context"
	"fmt"
	"time"

	awssfn "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"aurora-dsql-dr/sandbox/stepfunctions"
	"aurora-dsql-dr/sandbox/stepfunctions/asl"
)

// The behaviour here is that of terraform-provider-aws 5.100.0, internal/service/sfn.

var stepfunctionsKinds = map[string]*kind{
	"aws:sfn/stateMachine:StateMachine": {
		title: "Step Functions State Machine", service: "states",
		args: awssfn.StateMachineArgs{}.ElementType(), state: awssfn.StateMachineState{}.ElementType(),
		name:      &autoName{limit: 80},
		replaces:  []string{"name", "type"},
		computed:  []string{"encryptionConfiguration", "loggingConfiguration", "tracingConfiguration", "type"},
		writeOnly: []string{"publish"},
		validate:  validateDefinition,
		handlers: over(operations[stepfunctions.Machine]{
			id: func(m stepfunctions.Machine) string { return m.Arn },
			create: func(c *call, m stepfunctions.Machine) (stepfunctions.Machine, error) {
				return c.region.StepFunctions.CreateMachine(m)
			},
			read: func(c *call) (stepfunctions.Machine, error) { return c.region.StepFunctions.Machine(c.id) },
			update: func(c *call, m stepfunctions.Machine) (stepfunctions.Machine, error) {
				return c.region.StepFunctions.UpdateMachine(m)
			},
			delete: deleteMachine,
		}),
	},
}

// validateDefinition refuses at preview what ValidateStateMachineDefinition finds wrong.
func validateDefinition(inputs resource.PropertyMap) (problems []problem) {
	definition := plain(inputs["definition"])
	if !definition.IsString() {
		return nil
	}
	_, found := asl.Parse(definition.StringValue())
	for _, p := range found {
		problems = append(problems, problem{
			"definition",
			"is an invalid Step Functions State Machine definition: " + p.String(),
		})
	}
	return problems
}

// machineTime is how long a deletion waits for the machine's executions.
const machineTime = 5 * time.Minute

// deleteMachine waits until the machine is gone.
func deleteMachine(c *call) error {
	c.region.StepFunctions.DeleteMachine(c.id)
	ctx, stop := context.WithTimeout(c.ctx, c.region.Clock.Wall(machineTime))
	defer stop()
	for {
		m, err := c.region.StepFunctions.Machine(c.id)
		switch {
		case isNotFound(err):
			return nil
		case err != nil:
			return err
		}
		if c.region.Clock.Sleep(ctx, pollTime) != nil {
			return fmt.Errorf("waiting for Step Functions State Machine (%s) delete: timeout while waiting for resource to be "+
				"gone (last state: '%s', timeout: %s)", c.id, m.Status, machineTime)
		}
	}
}
