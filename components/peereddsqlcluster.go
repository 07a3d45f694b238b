package components

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dsql"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/dashboard"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
)

// PeeredDsqlClusterArgs configures a PeeredDsqlCluster.
type PeeredDsqlClusterArgs struct {
	// Primary and Secondary are the two data regions. Required, and different.
	Primary, Secondary Region
	// WitnessRegion keeps a window of the transaction log and breaks ties. Required, and different from both. A change
	// REPLACES both clusters: their data is lost.
	WitnessRegion string
	// DisableDeletionProtection takes both guards off both clusters: AWS's deletion protection, and Pulumi's protect
	// flag, which makes a destroy fail before it has touched anything. Their keys have the latter. Optional; defaults to
	// protected.
	DisableDeletionProtection bool
	// CustomerManagedKeys encrypts each cluster with a key of its own region. Optional; defaults to the AWS owned key.
	CustomerManagedKeys bool
}

// PeeredDsqlCluster is one active-active Aurora DSQL database: a cluster in each of two regions, peered through a
// witness region.
type PeeredDsqlCluster struct {
	pulumi.ResourceState

	// Primary and Secondary are the two sides.
	Primary, Secondary *DsqlSide
}

// DsqlSide is one region's side of the database.
type DsqlSide struct {
	// Region is the region's code.
	Region string
	// Identifier is the cluster's 26-character id; ARN its ARN.
	Identifier, ARN pulumi.StringOutput
	// Endpoint is the host name that clients of this region connect to (port 5432, database "postgres"). The provider
	// has no such output, so it is built the way AWS documents: <identifier>.dsql.<region>.on.aws.
	Endpoint pulumi.StringOutput
	// Peering completes when the database accepts connections: depend on it, not on the cluster.
	Peering *dsql.ClusterPeering

	cluster *dsql.Cluster
}

// facts are what the dashboard shows of the side.
func (s *DsqlSide) facts() pulumi.Output {
	return s.Identifier.ApplyT(func(id string) dashboard.Database {
		return dashboard.Database{Region: s.Region, ClusterID: id}
	})
}

// NewPeeredDsqlCluster creates the two clusters and peers them.
//
// Both sides are created and peered concurrently and neither depends on the other. A cluster created for peering stops
// in PENDING_SETUP, which is stable; each peering then waits for ACTIVE, which needs the other peering. Any dependency
// between the sides would deadlock, and so would an engine that does one thing at a time.
func NewPeeredDsqlCluster(
	ctx *pulumi.Context, name string, args *PeeredDsqlClusterArgs, opts ...pulumi.ResourceOption,
) (*PeeredDsqlCluster, error) {
	c := &PeeredDsqlCluster{}
	if err := part.Open(ctx, "PeeredDsqlCluster", name, c, args.validate(ctx.Parallel()), opts); err != nil {
		return nil, err
	}
	var err error
	if c.Primary, err = c.side(ctx, name+"-primary", args.Primary, args); err != nil {
		return nil, err
	}
	if c.Secondary, err = c.side(ctx, name+"-secondary", args.Secondary, args); err != nil {
		return nil, err
	}
	if err := c.peer(ctx, name+"-primary", c.Primary, c.Secondary, args.Primary, args.WitnessRegion); err != nil {
		return nil, err
	}
	if err := c.peer(ctx, name+"-secondary", c.Secondary, c.Primary, args.Secondary, args.WitnessRegion); err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"primaryIdentifier":   c.Primary.Identifier,
		"secondaryIdentifier": c.Secondary.Identifier,
		"primaryArn":          c.Primary.ARN,
		"secondaryArn":        c.Secondary.ARN,
		"primaryEndpoint":     c.Primary.Endpoint,
		"secondaryEndpoint":   c.Secondary.Endpoint,
	})
}

// Sides are both sides, the primary first.
func (c *PeeredDsqlCluster) Sides() []*DsqlSide { return []*DsqlSide{c.Primary, c.Secondary} }

// Ready are the resources to wait for before connecting.
func (c *PeeredDsqlCluster) Ready() []pulumi.Resource {
	return []pulumi.Resource{c.Primary.Peering, c.Secondary.Peering}
}

func (a *PeeredDsqlClusterArgs) validate(parallel int32) error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{
		part.Required(a.Primary.Required("Primary"), a.Secondary.Required("Secondary"),
			map[string]bool{"WitnessRegion": a.WitnessRegion != ""}),
	}
	if a.Primary.Name == a.Secondary.Name && a.Primary.Name != "" {
		problems = append(problems, fmt.Errorf("Secondary.Name is %q, the primary's region: the two must differ",
			a.Secondary.Name))
	}
	if a.WitnessRegion != "" && (a.WitnessRegion == a.Primary.Name || a.WitnessRegion == a.Secondary.Name) {
		problems = append(problems, fmt.Errorf("WitnessRegion is %q, a data region: a witness must be a third region",
			a.WitnessRegion))
	}
	if parallel == 1 {
		problems = append(problems,
			errors.New(
				"the engine runs with --parallel 1: the two peerings wait for each other and would never finish; "+
					"use --parallel 2 or more (the default is more)"))
	}
	return errors.Join(problems...)
}

func (c *PeeredDsqlCluster) side(
	ctx *pulumi.Context, name string, region Region, args *PeeredDsqlClusterArgs,
) (*DsqlSide, error) {
	clusterArgs := &dsql.ClusterArgs{
		// Always explicit: the provider's update sends what it has, and an unset value has been sent as false.
		DeletionProtectionEnabled: pulumi.Bool(!args.DisableDeletionProtection),
		MultiRegionProperties:     dsql.ClusterMultiRegionPropertiesArgs{WitnessRegion: pulumi.String(args.WitnessRegion)},
	}
	guarded := region.Child(c, pulumi.Protect(!args.DisableDeletionProtection))
	if args.CustomerManagedKeys {
		key, err := clusterKey(ctx, name+"-key", region, guarded)
		if err != nil {
			return nil, err
		}
		clusterArgs.KmsEncryptionKey = key.Arn
	}
	cluster, err := dsql.NewCluster(ctx, name+"-cluster", clusterArgs, guarded...)
	if err != nil {
		return nil, err
	}
	return &DsqlSide{
		Region:     region.Name,
		Identifier: cluster.Identifier,
		ARN:        cluster.Arn,
		Endpoint:   pulumi.Sprintf("%s.dsql.%s.on.aws", cluster.Identifier, region.Name),
		cluster:    cluster,
	}, nil
}

func (c *PeeredDsqlCluster) peer(
	ctx *pulumi.Context, name string, own, other *DsqlSide, region Region, witness string,
) error {
	var err error
	own.Peering, err = dsql.NewClusterPeering(ctx, name+"-peering", &dsql.ClusterPeeringArgs{
		Identifier:    own.Identifier,
		Clusters:      pulumi.StringArray{other.ARN},
		WitnessRegion: pulumi.String(witness),
	}, region.Child(c)...)
	return err
}

func clusterKey(ctx *pulumi.Context, name string, region Region, opts []pulumi.ResourceOption) (*kms.Key, error) {
	document, err := clusterKeyPolicy(region)
	if err != nil {
		return nil, err
	}
	return kms.NewKey(ctx, name, &kms.KeyArgs{
		Description:       pulumi.String("Encrypts the Aurora DSQL cluster in " + region.Name),
		EnableKeyRotation: pulumi.Bool(true),
		Policy:            pulumi.String(document),
	}, opts...)
}

// clusterKeyPolicy lets Aurora DSQL use the key for clusters of this account and region. The cluster's id is not known
// before the key exists, so the source is every cluster of the account (user guide, "Authorizing use of your KMS key").
func clusterKeyPolicy(region Region) (string, error) {
	clusters := region.ARN("dsql", "cluster/*")
	return policy.Document(
		policy.AccountAdministers(region.RootARN()),
		policy.Allow("DsqlEncrypts", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*").
			ToService("dsql.amazonaws.com").On("*").
			When("StringEquals", "aws:SourceAccount", region.Account).
			When("StringLike", "aws:SourceArn", clusters).
			When("StringLike", "kms:EncryptionContext:aws:dsql:ClusterId", "*"),
		policy.Allow("DsqlDescribes", "kms:DescribeKey").ToService("dsql.amazonaws.com").On("*").
			When("StringEquals", "aws:SourceAccount", region.Account).
			When("StringLike", "aws:SourceArn", clusters),
	)
}
