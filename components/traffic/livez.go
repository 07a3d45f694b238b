package traffic

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
	"aurora-dsql-dr/lambda/contract"
)

// livezTimeout is what Route 53 leaves for a status, in seconds, and one more (Route 53 Developer Guide, "How Route 53
// determines whether a health check is healthy").
const livezTimeout = 3

// Livez of an endpoint is asked by contract.HealthCheckers, each on its own, every ten seconds: 1.6 requests a second,
// and now and then all at once ("choose the health checker regions", Route 53 Developer Guide, has 8 regions; of
// each, two ask). The throttle leaves them ten times that, and pays for a flood of no more.
const (
	livezRate  = contract.HealthCheckers
	livezBurst = 4 * contract.HealthCheckers
)

// LivezArgs configures a Livez.
type LivezArgs struct {
	// Region of the function, with its side of the database. Required.
	Region   components.Region
	Database *components.DsqlSide
	// DatabaseRole is the PostgreSQL role to connect as. Required.
	DatabaseRole string
	// Settings of the function. Required.
	Settings components.FunctionSettings
}

// Livez is the function that tells Route 53's health checkers whether its region serves. The API of the region has a
// route to it.
type Livez struct {
	pulumi.ResourceState

	Function *components.GoFunction
}

// NewLivez creates the function.
func NewLivez(ctx *pulumi.Context, name string, args *LivezArgs, opts ...pulumi.ResourceOption) (*Livez, error) {
	l := &Livez{}
	if err := part.Open(ctx, "Livez", name, l, args.validate(), opts); err != nil {
		return nil, err
	}
	var err error
	if l.Function, err = components.NewGoFunction(ctx, name, &components.GoFunctionArgs{
		Region:           args.Region,
		Function:         "livez",
		Description:      "Tells health checkers whether " + args.Region.Name + " serves",
		Packages:         args.Settings.Packages,
		MemoryMB:         args.Settings.MemoryMB,
		TimeoutSeconds:   livezTimeout,
		LogRetentionDays: args.Settings.LogRetentionDays,
		Tracing:          false, // of sixteen requests in ten seconds nobody reads a trace, and each costs more than its run
		Environment: pulumi.StringMap{
			contract.EnvDatabaseEndpoint: args.Database.Endpoint,
			contract.EnvDatabaseRole:     pulumi.String(args.DatabaseRole),
		},
		Access: args.Database.ARN.ToStringOutput().ApplyT(livezPolicy).(pulumi.StringOutput),
	}, pulumi.Parent(l)); err != nil {
		return nil, err
	}
	return l, ctx.RegisterResourceOutputs(l, pulumi.Map{"functionName": l.Function.Function.Name})
}

func (a *LivezArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"), map[string]bool{
		"Database":     a.Database != nil,
		"DatabaseRole": a.DatabaseRole != "",
	})
}

// Route is the route to the function: open, since Route 53 signs no requests.
func (l *Livez) Route() *components.OpenRoute {
	return &components.OpenRoute{
		Key:      contract.RouteLivez,
		Function: l.Function,
		Throttle: components.Throttle{Rate: livezRate, Burst: livezBurst},
	}
}

func livezPolicy(clusterARN string) (string, error) {
	return policy.Document(policy.Allow("ConnectAsDatabaseRole", "dsql:DbConnect").On(clusterARN))
}
