package components

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/schema"
)

// DatabaseBootstrapArgs configures a DatabaseBootstrap.
type DatabaseBootstrapArgs struct {
	// Region the migration runs in. Required: a data region.
	Region Region
	// Database is that region's side. Required.
	Database *DsqlSide
	// Roles maps a database role of package schema to the ARNs of the IAM roles that may connect as it. Required.
	Roles map[string]pulumi.StringArray
	// Keyset of the application's field encryption. Optional; nil without the application.
	Keyset *Keyset
	// After is what the database needs before it accepts connections: both peerings. Required.
	After []pulumi.Resource
	// Packages and LogRetentionDays are as in GoFunctionArgs. Required.
	Packages         *Packages
	LogRetentionDays int
}

// Keyset asks for a field-encryption keyset.
type Keyset struct {
	// Version is raised by one to rotate: a new key encrypts from then on, the old ones still decrypt.
	Version int64
	// Fresh is the version, at most Version, that is begun anew, without the keys before it; 0 for none.
	Fresh int64
	// KeyARN is the key that wraps the keyset, in the bootstrap's region.
	KeyARN pulumi.StringOutput
}

// DatabaseBootstrap brings the schema, the database roles and their grants to their declared state, with a function
// that runs while the stack is deployed. It is the only holder of dsql:DbConnectAdmin.
type DatabaseBootstrap struct {
	pulumi.ResourceState

	// Migrated completes when the database is ready for the functions.
	Migrated *lambda.Invocation
}

// NewDatabaseBootstrap creates the migrate function and runs it when migrations, code, role ARNs, the cluster or the
// key of the keyset have changed. A failed migration fails the deployment with the SQL error.
func NewDatabaseBootstrap(
	ctx *pulumi.Context, name string, args *DatabaseBootstrapArgs, opts ...pulumi.ResourceOption,
) (*DatabaseBootstrap, error) {
	b := &DatabaseBootstrap{}
	if err := part.Open(ctx, "DatabaseBootstrap", name, b, args.validate(), opts); err != nil {
		return nil, err
	}
	environment, access := args.environmentAndAccess()
	function, err := NewGoFunction(ctx, name+"-migrate", &GoFunctionArgs{
		Region:           args.Region,
		Function:         "migrate",
		Description:      "Brings the database's schema, roles and grants to their declared state",
		Packages:         args.Packages,
		MemoryMB:         128,
		TimeoutSeconds:   900, // asynchronous indexes are waited for; this is Lambda's limit
		LogRetentionDays: args.LogRetentionDays,
		Environment:      environment,
		Access:           access,
	}, pulumi.Parent(b))
	if err != nil {
		return nil, err
	}
	event := args.event()
	b.Migrated, err = lambda.NewInvocation(ctx, name+"-migrated", &lambda.InvocationArgs{
		FunctionName: function.Function.Name,
		Input:        event,
		Triggers: pulumi.StringMap{
			"migrations": pulumi.String(schema.Hash()),
			"code":       pulumi.String(function.CodeHash),
			"roles":      event,
			// A new cluster is empty, and a new key opens no keyset, also for the roles of before.
			"cluster": args.Database.Identifier,
			"key":     args.keyARN(),
		},
	}, args.Region.Child(b, pulumi.DependsOn(args.After))...)
	if err != nil {
		return nil, err
	}
	return b, ctx.RegisterResourceOutputs(b, pulumi.Map{"result": b.Migrated.Result})
}

func (a *DatabaseBootstrapArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{part.Required(a.Region.Required("Region"), map[string]bool{
		"Database": a.Database != nil,
		"Roles":    len(a.Roles) > 0,
		"After":    len(a.After) > 0,
	})}
	if a.Database != nil && a.Database.Region != a.Region.Name {
		problems = append(problems, fmt.Errorf("Database is in %s: want the function's own region, %s", a.Database.Region,
			a.Region.Name))
	}
	return errors.Join(problems...)
}

// event is the function's input, and a trigger: a changed role ARN must reconcile the grants.
func (a *DatabaseBootstrapArgs) event() pulumi.StringOutput {
	roles := pulumi.Map{}
	for role, arns := range a.Roles {
		roles[role] = arns
	}
	return roles.ToMapOutput().ApplyT(func(v map[string]any) (string, error) {
		event := contract.MigrateEvent{Roles: map[string][]string{}}
		if a.Keyset != nil {
			event.Keyset, event.FreshKeyset = a.Keyset.Version, a.Keyset.Fresh
		}
		for role, arns := range v {
			event.Roles[role] = arns.([]string)
		}
		body, err := json.Marshal(event)
		return string(body), err
	}).(pulumi.StringOutput)
}

func (a *DatabaseBootstrapArgs) environmentAndAccess() (pulumi.StringMap, pulumi.StringOutput) {
	environment := pulumi.StringMap{contract.EnvDatabaseEndpoint: a.Database.Endpoint}
	if a.Keyset != nil {
		environment[contract.EnvKeyARN] = a.Keyset.KeyARN
	}
	return environment, pulumi.All(a.Database.ARN, a.keyARN()).ApplyT(func(v []any) (string, error) {
		return migratePolicy(v[0].(string), v[1].(string))
	}).(pulumi.StringOutput)
}

// keyARN is the key that wraps the keyset, "" without one.
func (a *DatabaseBootstrapArgs) keyARN() pulumi.StringOutput {
	if a.Keyset == nil {
		return pulumi.String("").ToStringOutput()
	}
	return a.Keyset.KeyARN
}

// migratePolicy lets the function connect as admin and, for the application, wrap and unwrap the keyset.
func migratePolicy(clusterARN, keyARN string) (string, error) {
	statements := []policy.Statement{policy.Allow("ConnectAsAdmin", "dsql:DbConnectAdmin").On(clusterARN)}
	if keyARN != "" {
		statements = append(statements, policy.Allow("WrapKeyset", "kms:Decrypt", "kms:Encrypt").On(keyARN))
	}
	return policy.Document(statements...)
}
