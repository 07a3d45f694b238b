package backups

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/lambda/contract"
)

// functionTimeout is how long a step may take, in seconds: counting the rows of a large table takes longest.
const functionTimeout = 300

// RestoreTestArgs configures a RestoreTest.
type RestoreTestArgs struct {
	// Region of the test, and Topic its topic. Required.
	Region components.Region
	Topic  *components.AlertTopic
	// Own is the database's side in the region, Other the one of the other data region. Required.
	Own, Other *components.DsqlSide
	// Vault is the region's, Twins the other data region's. Required.
	Vault, Twins *Vault
	// Witness is the code of the third region. Required.
	Witness string
	// DatabaseRole is the PostgreSQL role that verifies. Required.
	DatabaseRole string
	// FieldKeyARN is that of the region's key that wraps the application's keyset. Optional.
	FieldKeyARN *pulumi.StringOutput
	// Runbooks are linked from the message about a test. Required.
	Runbooks contract.Runbooks
	// EvidenceDays is how long the evidence of a test is kept. Required.
	EvidenceDays int
	// Settings of the functions. Required.
	Settings components.FunctionSettings
}

// RestoreTest restores the newest recovery point of a region's vault, verifies it, and deletes what it restored. It
// does nothing until a TestSchedule starts it, or a person.
type RestoreTest struct {
	pulumi.ResourceState

	// Machine is the state machine that is started with {"pair": true} or {"pair": false}.
	Machine *sfn.StateMachine
	// Test finds, starts, polls, cleans up and reports; Verify reads what was restored, and Grant lets it in.
	Test, Verify, Grant *components.GoFunction
	// RestoreRole is what AWS Backup restores tests as, and nothing else.
	RestoreRole *iam.Role

	args    *RestoreTestArgs
	allowed []pulumi.Resource
}

// NewRestoreTest creates functions, roles and the state machine.
func NewRestoreTest(
	ctx *pulumi.Context, name string, args *RestoreTestArgs, opts ...pulumi.ResourceOption,
) (*RestoreTest, error) {
	t := &RestoreTest{args: args}
	if err := part.Open(ctx, "RestoreTest", name, t, args.validate(), opts); err != nil {
		return nil, err
	}
	var err error
	if t.RestoreRole, err = newRestoreRole(ctx, name+"-tests", t, args.Region, "tests", args.places()); err != nil {
		return nil, err
	}
	for _, function := range []func(*pulumi.Context, string) error{t.newVerify, t.newGrant, t.newTest, t.newMachine} {
		if err := function(ctx, name); err != nil {
			return nil, err
		}
	}
	return t, ctx.RegisterResourceOutputs(t, pulumi.Map{"machineArn": t.Machine.Arn})
}

func (a *RestoreTestArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{part.Required(a.Region.Required("Region"), map[string]bool{
		"Topic":        a.Topic != nil,
		"Own":          a.Own != nil,
		"Other":        a.Other != nil,
		"Vault":        a.Vault != nil,
		"Twins":        a.Twins != nil,
		"Witness":      a.Witness != "",
		"DatabaseRole": a.DatabaseRole != "",
		"Runbooks":     a.Runbooks != "",
		"EvidenceDays": a.EvidenceDays > 0,
	})}
	if a.Own != nil && a.Own.Region != a.Region.Name {
		problems = append(problems, fmt.Errorf("Own is in %s: want the test's own region, %s", a.Own.Region, a.Region.Name))
	}
	return errors.Join(problems...)
}

// places are the regions that a restore reaches into.
func (a *RestoreTestArgs) places() restorePlaces {
	return restorePlaces{own: a.Vault, other: a.Twins, witness: a.Witness}
}

// newVerify creates the function that reads what was restored.
func (t *RestoreTest) newVerify(ctx *pulumi.Context, name string) (err error) {
	a := t.args
	environment := pulumi.StringMap{
		contract.EnvDatabaseEndpoint: a.Own.Endpoint,
		contract.EnvDatabaseRole:     pulumi.String(a.DatabaseRole),
	}
	key := pulumi.String("").ToStringOutput()
	if a.FieldKeyARN != nil {
		key = *a.FieldKeyARN
		environment[contract.EnvKeyARN] = key
	}
	t.Verify, err = t.function(ctx, name+"-verify", "restoreverify", "Reads what a restore test has restored",
		environment, key.ApplyT(func(key string) (string, error) { return verifyPolicy(a.clusters(), key) }))
	return err
}

// newGrant creates the function that lets the verifier in.
func (t *RestoreTest) newGrant(ctx *pulumi.Context, name string) (err error) {
	a := t.args
	t.Grant, err = t.function(ctx, name+"-grant", "restoregrant", "Lets the verifier into what was restored",
		pulumi.StringMap{
			contract.EnvDatabaseRole: pulumi.String(a.DatabaseRole),
			contract.EnvVerifierRole: t.Verify.Role.Arn,
		},
		pulumi.All(a.Own.ARN, a.Other.ARN).ApplyT(func(v []any) (string, error) {
			return grantPolicy(a.clusters(), v[0].(string), v[1].(string))
		}))
	return err
}

// newTest creates the function that restores and deletes.
func (t *RestoreTest) newTest(ctx *pulumi.Context, name string) (err error) {
	a := t.args
	settings := pulumi.All(a.Own.ARN, a.Other.ARN, a.Vault.Name, a.Twins.Name, t.RestoreRole.Arn, a.Topic.ARN).ApplyT(
		func(v []any) (string, error) {
			body, err := json.Marshal(contract.RestoreSettings{
				Clusters:   []string{v[0].(string), v[1].(string)},
				Vault:      v[2].(string),
				PeerRegion: a.Twins.Region,
				PeerVault:  v[3].(string),
				Witness:    a.Witness,
				RoleARN:    v[4].(string),
				TopicARN:   v[5].(string),
			})
			return string(body), err
		}).(pulumi.StringOutput)
	access := pulumi.All(a.Own.ARN, a.Other.ARN, a.Vault.ARN, a.Twins.ARN, t.RestoreRole.Arn, a.Topic.ARN,
		a.Topic.KeyARN).ApplyT(func(v []any) (string, error) {
		return testPolicy(a.Region, testAccess{
			own: v[0].(string), other: v[1].(string),
			vault: v[2].(string), twins: v[3].(string),
			role:  v[4].(string),
			topic: v[5].(string), topicKey: v[6].(string),
			clusters: a.clusters(),
		})
	})
	t.Test, err = t.function(ctx, name+"-test", "restoretest", "Restores a recovery point and deletes what it restored",
		pulumi.StringMap{
			contract.EnvRestore:  settings,
			contract.EnvRunbooks: pulumi.String(string(a.Runbooks)),
		}, access)
	return err
}

// function creates one of the functions. The machine calls and waits; the sweep is started by events that nobody waits
// for.
func (t *RestoreTest) function(
	ctx *pulumi.Context, name, function, description string, environment pulumi.StringMap, access pulumi.Output,
) (*components.GoFunction, error) {
	return components.NewGoFunction(ctx, name, &components.GoFunctionArgs{
		Region:           t.args.Region,
		Function:         function,
		Description:      description,
		Packages:         t.args.Settings.Packages,
		MemoryMB:         t.args.Settings.MemoryMB,
		TimeoutSeconds:   functionTimeout,
		LogRetentionDays: t.args.EvidenceDays,
		Tracing:          t.args.Settings.Tracing,
		Asynchronous:     &components.AsynchronousTerms{Retries: 2, MaximumAgeSeconds: 3600},
		Environment:      environment,
		Access:           access.(pulumi.StringOutput),
	}, pulumi.Parent(t))
}

// newMachine creates the state machine, and lets it run its functions and them see its executions.
func (t *RestoreTest) newMachine(ctx *pulumi.Context, name string) error {
	functions := pulumi.All(t.Test.Function.Arn, t.Verify.Function.Arn, t.Grant.Function.Arn)
	role, runs, err := roleOf(ctx, name+"-machine", t, t.args.Region, "states.amazonaws.com",
		"Restore tests in "+t.args.Region.Name,
		functions.ApplyT(func(v []any) (string, error) {
			return runPolicy(v[0].(string), v[1].(string), v[2].(string))
		}).(pulumi.StringOutput))
	if err != nil {
		return err
	}
	if t.Machine, err = sfn.NewStateMachine(ctx, name+"-machine", &sfn.StateMachineArgs{
		RoleArn: role.Arn,
		Type:    pulumi.String("STANDARD"),
		Definition: functions.ApplyT(func(v []any) (string, error) {
			return definition(calls{test: v[0].(string), verify: v[1].(string), grant: v[2].(string)})
		}).(pulumi.StringOutput),
	}, t.args.Region.Child(t, pulumi.DependsOn([]pulumi.Resource{runs}))...); err != nil {
		return err
	}
	// The machine's name is not known before the function that it calls.
	looks, err := iam.NewRolePolicy(ctx, name+"-executions", &iam.RolePolicyArgs{
		Role:   t.Test.Role.ID(),
		Policy: t.Machine.Arn.ApplyT(lookPolicy).(pulumi.StringOutput),
	}, t.args.Region.Child(t)...)
	t.allowed = []pulumi.Resource{looks}
	return err
}

// clusters is the pattern of every cluster of the region.
func (a *RestoreTestArgs) clusters() regions {
	other := a.Region
	other.Name = a.Twins.Region
	return regions{own: a.Region, other: other}
}
