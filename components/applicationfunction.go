package components

import (
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/policy"
	"aurora-dsql-dr/lambda/contract"
)

// FunctionSettings are the settings of the application's functions, the same for all.
type FunctionSettings struct {
	// Packages, MemoryMB, LogRetentionDays and Tracing are as in GoFunctionArgs. Required, but for Tracing.
	Packages         *Packages
	MemoryMB         int
	LogRetentionDays int
	Tracing          bool
}

// databaseFunction is a function that uses its own region's endpoint of the database under a role of its own.
type databaseFunction struct {
	region                Region
	database              *DsqlSide
	function, description string
	role                  string
	timeoutSeconds        int
	concurrency           int // reserved; 0 leaves it to the account's pool
	settings              FunctionSettings
	asynchronous          *AsynchronousTerms
	environment           pulumi.StringMap
	access                pulumi.StringInput
}

func (d databaseFunction) create(ctx *pulumi.Context, name string, parent pulumi.Resource) (*GoFunction, error) {
	environment := pulumi.StringMap{
		contract.EnvDatabaseEndpoint: d.database.Endpoint,
		contract.EnvDatabaseRole:     pulumi.String(d.role),
	}
	maps.Copy(environment, d.environment)
	return NewGoFunction(ctx, name, &GoFunctionArgs{
		Region:              d.region,
		Function:            d.function,
		Description:         d.description,
		Packages:            d.settings.Packages,
		MemoryMB:            d.settings.MemoryMB,
		TimeoutSeconds:      d.timeoutSeconds,
		ReservedConcurrency: d.concurrency,
		LogRetentionDays:    d.settings.LogRetentionDays,
		Tracing:             d.settings.Tracing,
		Asynchronous:        d.asynchronous,
		Environment:         environment,
		Access:              d.access,
	}, pulumi.Parent(parent))
}

// connect is the statement that lets a function connect to clusters under its database role.
func connect(clusterARNs ...string) policy.Statement {
	return policy.Allow("ConnectAsDatabaseRole", "dsql:DbConnect").On(clusterARNs...)
}
