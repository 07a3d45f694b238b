package engine

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dsql"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	sandboxaws "aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
	controlplane "aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/provider"
)

// cloud is an account with nothing but Aurora DSQL, and its providers.
func cloud(t *testing.T, timeout time.Duration) (*controlplane.ControlPlane, *provider.Server) {
	t.Helper()
	account := sandboxaws.NewAccount(clock.New(1), "us-east-1", "us-east-2", "us-west-2")
	t.Cleanup(account.Close)
	plane := controlplane.New(controlplane.Options{Account: account.ID, Clock: account.Clock, Delay: 20 * time.Millisecond})
	t.Cleanup(plane.Close)
	regions := map[string]*provider.Region{}
	for _, r := range account.Regions() {
		regions[r.Name] = &provider.Region{Region: r, DSQL: plane.Region(r.Name)}
	}
	server, err := provider.Start(provider.Options{Cloud: &provider.Cloud{Account: account, Regions: regions}, Timeout: timeout})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	return plane, server
}

func start(t *testing.T, program pulumi.RunFunc, server *provider.Server) *Engine {
	t.Helper()
	e, err := New(t.Context(), Options{
		Program: program, Dir: "testdata", Stack: "test", Config: map[string]any{"thin:witness": "us-west-2"},
		Providers: server.Addresses(), Home: t.TempDir(), CLI: cli(t),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	return e
}

// cli is the repository's own CLI unless there is one on PATH.
func cli(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	path, _, err := findCommand(t.Context(), "", root)
	require.NoError(t, err)
	return path
}

// pair is two clusters in two regions, peered.
func pair(ctx *pulumi.Context) error {
	witness := config.Require(ctx, "witness")
	var providers []*aws.Provider
	var clusters []*dsql.Cluster
	for _, name := range []string{"us-east-1", "us-east-2"} {
		p, err := aws.NewProvider(ctx, name, &aws.ProviderArgs{Region: pulumi.String(name),
			DefaultTags: aws.ProviderDefaultTagsArgs{Tags: pulumi.StringMap{"Stack": pulumi.String(ctx.Stack())}}})
		if err != nil {
			return err
		}
		c, err := dsql.NewCluster(ctx, name, &dsql.ClusterArgs{
			DeletionProtectionEnabled: pulumi.Bool(false),
			MultiRegionProperties:     dsql.ClusterMultiRegionPropertiesArgs{WitnessRegion: pulumi.String(witness)},
		}, pulumi.Provider(p))
		if err != nil {
			return err
		}
		providers, clusters = append(providers, p), append(clusters, c)
	}
	for i, c := range clusters {
		_, err := dsql.NewClusterPeering(ctx, []string{"us-east-1", "us-east-2"}[i], &dsql.ClusterPeeringArgs{
			Identifier: c.Identifier, Clusters: pulumi.StringArray{clusters[1-i].Arn}, WitnessRegion: pulumi.String(witness),
		}, pulumi.Provider(providers[i]))
		if err != nil {
			return err
		}
	}
	ctx.Export("identifiers", pulumi.StringArray{clusters[0].Identifier, clusters[1].Identifier})
	return nil
}

func TestAPairIsDeployedUnchangedAndDestroyed(t *testing.T) {
	plane, server := cloud(t, time.Minute)
	e := start(t, pair, server)
	ctx := context.Background()

	preview, err := e.Preview(ctx, Run{})
	require.NoError(t, err)
	assert.Equal(t, 7, preview.Counts["create"])
	assert.Empty(t, plane.Clusters(), "a preview creates nothing")

	var started []string
	up, err := e.Up(ctx, Run{Progress: func(s Step) {
		if s.State == Started {
			started = append(started, s.Name)
		}
	}})
	require.NoError(t, err)
	assert.Equal(t, 7, up.Counts["create"])
	assert.Contains(t, started, "us-east-2")
	clusters := plane.Clusters()
	require.Len(t, clusters, 2)
	assert.Equal(t, controlplane.Active, clusters[0].Status)
	assert.Equal(t, map[string]string{"Stack": "test"}, clusters[0].Tags)
	assert.ElementsMatch(t, []any{clusters[0].Identifier, clusters[1].Identifier}, up.Outputs["identifiers"])

	again, err := e.Up(ctx, Run{})
	require.NoError(t, err)
	assert.Zero(t, again.Changes(), again.Counts)
	assert.Equal(t, 7, again.Counts["same"])

	_, err = e.Destroy(ctx, Run{})
	require.NoError(t, err)
	assert.Empty(t, plane.Clusters())
	resources, err := e.Resources(ctx)
	require.NoError(t, err)
	assert.Empty(t, resources)
	_, err = os.Stat(e.home)
	assert.NoError(t, err)
}
