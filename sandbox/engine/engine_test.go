package engine

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
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

// cloud is an account and its providers.
func cloud(t *testing.T, timeout time.Duration) (*sandboxaws.Account, *provider.Server) {
	t.Helper()
	account := sandboxaws.NewAccount(sandboxaws.Options{
		Clock:        clock.New(1),
		Regions:      []string{"us-east-1", "us-east-2", "us-west-2"},
		ClusterDelay: 20 * time.Millisecond,
	})
	t.Cleanup(func() { assert.NoError(t, account.Close()) })
	server, err := provider.Start(provider.Options{Account: account, Timeout: timeout})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	return account, server
}

func start(t *testing.T, program pulumi.RunFunc, server *provider.Server) *Engine {
	t.Helper()
	path, err := cli()
	require.NoError(t, err)
	e, err := New(t.Context(), Options{
		Program: program, Dir: "testdata", Stack: "test", Config: map[string]any{"thin:witness": "us-west-2"},
		Providers: server.Addresses(), Home: t.TempDir(), CLI: path,
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	return e
}

// cli is the repository's own CLI unless there is one on PATH.
var cli = sync.OnceValues(func() (string, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return "", err
	}
	path, _, err := findCommand(context.Background(), "", root)
	return path, err
})

// pair is two clusters in two regions, peered.
func pair(ctx *pulumi.Context) error { return deployPair(ctx, false) }

// deployPair may chain the peerings, as one must not.
func deployPair(ctx *pulumi.Context, chained bool) error {
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
	var before []pulumi.Resource
	for i, c := range clusters {
		peering, err := dsql.NewClusterPeering(ctx, []string{"us-east-1", "us-east-2"}[i], &dsql.ClusterPeeringArgs{
			Identifier: c.Identifier, Clusters: pulumi.StringArray{clusters[1-i].Arn}, WitnessRegion: pulumi.String(witness),
		}, pulumi.Provider(providers[i]), pulumi.DependsOn(before))
		if err != nil {
			return err
		}
		if chained {
			before = append(before, peering)
		}
	}
	ctx.Export("identifiers", pulumi.StringArray{clusters[0].Identifier, clusters[1].Identifier})
	return nil
}

func TestAPairIsDeployedUnchangedAndDestroyed(t *testing.T) {
	t.Parallel()
	account, server := cloud(t, time.Minute)
	e := start(t, pair, server)
	ctx := context.Background()

	preview, err := e.Preview(ctx, Run{})
	require.NoError(t, err)
	assert.Equal(t, 7, preview.Counts["create"])
	assert.Empty(t, account.DSQL.Clusters(), "a preview creates nothing")

	var started []string
	up, err := e.Up(ctx, Run{Progress: func(s Step) {
		if s.State == Started {
			started = append(started, s.Name)
		}
	}})
	require.NoError(t, err)
	assert.Equal(t, 7, up.Counts["create"])
	assert.Contains(t, started, "us-east-2")
	clusters := account.DSQL.Clusters()
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
	assert.Empty(t, account.DSQL.Clusters())
	resources, err := e.Resources(ctx)
	require.NoError(t, err)
	assert.Empty(t, resources)
}

func TestAChainedPairHangsUntilItsTimeout(t *testing.T) {
	t.Parallel()
	_, server := cloud(t, time.Second)
	e := start(t, func(ctx *pulumi.Context) error { return deployPair(ctx, true) }, server)
	_, err := e.Up(t.Context(), Run{})
	assert.ErrorContains(t, err, "us-east-1: creating Aurora DSQL Cluster Peering (us-east-1): waiting for peering create")
	assert.ErrorContains(t, err, "timeout while waiting for state to become 'ACTIVE' (last state: 'PENDING_SETUP', timeout: 1s)")
}

func TestTheProgramsMistakesAreNamed(t *testing.T) {
	t.Parallel()
	_, server := cloud(t, time.Minute)
	e := start(t, func(ctx *pulumi.Context) error {
		p, err := aws.NewProvider(ctx, "p", &aws.ProviderArgs{Region: pulumi.String("us-east-1")})
		if err != nil {
			return err
		}
		var out pulumi.CustomResourceState
		for token, inputs := range map[string]pulumi.Map{
			"aws:ec2/instance:Instance": {}, "aws:sns/topic:Topic": {"colour": pulumi.String("red")},
		} {
			if err := ctx.RegisterResource(token, "mistake", inputs, &out, pulumi.Provider(p)); err != nil {
				return err
			}
		}
		return nil
	}, server)
	_, err := e.Up(t.Context(), Run{})
	var failed *Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, "up", failed.Operation)
	assert.True(t, strings.Contains(err.Error(), "no resource type aws:ec2/instance:Instance") ||
		strings.Contains(err.Error(), "colour is not a property: want"), err)
}

func TestASurvivorIsChangedWithoutARefreshOfTheLostRegion(t *testing.T) {
	t.Parallel()
	account, server := cloud(t, time.Minute)
	protect := false
	e := start(t, func(ctx *pulumi.Context) error {
		for _, name := range []string{"us-east-1", "us-east-2"} {
			p, err := aws.NewProvider(ctx, name, &aws.ProviderArgs{
				Region:                    pulumi.String(name),
				MaxRetries:                pulumi.Int(1),
				StsRegion:                 pulumi.String("us-east-2"), // else each asks its own region who it is
				SkipCredentialsValidation: pulumi.Bool(true),
			})
			if err != nil {
				return err
			}
			if _, err := dsql.NewCluster(ctx, name, &dsql.ClusterArgs{DeletionProtectionEnabled: pulumi.Bool(protect)}, pulumi.Provider(p)); err != nil {
				return err
			}
		}
		return nil
	}, server)
	_, err := e.Up(t.Context(), Run{})
	require.NoError(t, err)
	before, err := e.Resources(t.Context())
	require.NoError(t, err)

	account.Region("us-east-1").SetDown(true)
	protect = true
	_, err = e.Up(t.Context(), Run{})
	assert.ErrorContains(t, err, "us-east-1", "the error names the lost region")
	after, err := e.Resources(t.Context())
	require.NoError(t, err)
	assert.Len(t, after, len(before), "the state is intact")

	survivor, err := e.Up(t.Context(), Run{SkipRefresh: true, Targets: []string{urnOf(t, after, "aws:dsql/cluster:Cluster", "us-east-2")}})
	require.NoError(t, err)
	assert.Equal(t, 1, survivor.Counts["update"])

	account.Region("us-east-1").SetDown(false)
	protect = false
	_, err = e.Up(t.Context(), Run{})
	require.NoError(t, err)
}

func urnOf(t *testing.T, resources []Resource, kind, name string) string {
	t.Helper()
	for _, r := range resources {
		if r.Type == kind && strings.HasSuffix(r.URN, "::"+name) {
			return r.URN
		}
	}
	t.Fatalf("no %s %s in the state", kind, name)
	return ""
}

func TestAnInterruptedDeploymentEndsAndCanGoOn(t *testing.T) {
	t.Parallel()
	account, server := cloud(t, time.Minute)
	chained := true
	e := start(t, func(ctx *pulumi.Context) error { return deployPair(ctx, chained) }, server)
	ctx, interrupt := context.WithCancel(t.Context())
	_, err := e.Up(ctx, Run{Progress: func(s Step) {
		if s.Type == "aws:dsql/clusterPeering:ClusterPeering" && s.State == Started {
			interrupt() // the peering would wait for a minute
		}
	}})
	require.Error(t, err)

	_, err = e.Destroy(t.Context(), Run{})
	require.NoError(t, err)
	assert.Empty(t, account.DSQL.Clusters())
}

func TestAMissingCLISaysHowToBuildIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := New(t.Context(), Options{Dir: t.TempDir(), Stack: "test"})
	assert.ErrorContains(t, err, "run `make pulumi`")
}

func TestACLIOfAnotherVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "pulumi")
	require.NoError(t, os.WriteFile(old, []byte("#!/bin/sh\necho v2.9.0\n"), 0o700))
	_, err := New(t.Context(), Options{Dir: dir, Stack: "test", CLI: old})
	assert.ErrorContains(t, err, "is version 2.9.0: want 3.")
}

func TestSecretsAreNotInTheStateInClear(t *testing.T) {
	t.Parallel()
	_, server := cloud(t, time.Minute)
	e := start(t, func(ctx *pulumi.Context) error {
		p, err := aws.NewProvider(ctx, "p", &aws.ProviderArgs{Region: pulumi.String("us-east-1")})
		if err != nil {
			return err
		}
		_, err = dsql.NewCluster(ctx, "c", &dsql.ClusterArgs{
			DeletionProtectionEnabled: pulumi.Bool(false),
			Tags:                      pulumi.ToSecret(pulumi.StringMap{"token": pulumi.String("s3cr3t-value")}).(pulumi.StringMapOutput),
		}, pulumi.Provider(p))
		return err
	}, server)
	_, err := e.Up(t.Context(), Run{})
	require.NoError(t, err)
	checkpoint := readAll(t, filepath.Join(e.home, "state"))
	assert.Contains(t, checkpoint, "aws:dsql/cluster:Cluster", "the state is there")
	assert.NotContains(t, checkpoint, "s3cr3t-value", "the secret is encrypted, in tagsAll too")
}

func readAll(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		all.Write(content)
		return err
	}))
	return all.String()
}

// turn is a Locker that writes down when it is held.
type turn struct{ happened []string }

func (t *turn) Lock()   { t.happened = append(t.happened, "my turn") }
func (t *turn) Unlock() { t.happened = append(t.happened, "the next one's") }

func TestAnOperationTakesItsTurn(t *testing.T) {
	_, server := cloud(t, time.Minute)
	mine := &turn{}
	e := start(t, func(*pulumi.Context) error {
		mine.happened = append(mine.happened, "deployed")
		return nil
	}, server)
	_, err := e.Up(t.Context(), Run{Turn: mine})
	require.NoError(t, err)
	assert.Equal(t, []string{"my turn", "deployed", "the next one's"}, mine.happened)
}
