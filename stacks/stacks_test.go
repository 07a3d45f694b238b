package stacks

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/lambda/contract"
)

// Values of application.
const (
	applicationDisabled = "disabled"
	applicationEnabled  = "enabled"
)

// root is the project's directory; tests leave it.
var root, _ = filepath.Abs("..")

// builtFunctions puts the test into a directory in which `make lambda` seems to have run.
func builtFunctions(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	require.NoError(t, graph.PretendBuilt(".", slices.Concat(components.FunctionFiles(components.ArchitectureARM),
		components.FunctionFiles(components.ArchitectureX86))))
}

// stackConfig is a stack's own configuration with some keys changed.
func stackConfig(t *testing.T, stack string, changes map[string]string) map[string]string {
	t.Helper()
	config, err := graph.StackConfig(root, stack)
	require.NoError(t, err)
	for key, value := range changes {
		config["aurora-dsql-dr:"+key] = value
	}
	return config
}

// both runs a test over the stacks of the repository, with known values and as a preview of a new stack.
func both(t *testing.T, changes map[string]string, test func(t *testing.T, g *graph.Graph, preview bool)) {
	for _, stack := range []string{"dev", "prod"} {
		for name, preview := range map[string]bool{"up": false, "preview": true} {
			t.Run(stack+" "+name, func(t *testing.T) {
				config := stackConfig(t, stack, changes)
				builtFunctions(t)
				g, err := graph.Run(Run, graph.Options{Stack: stack, Config: config, Preview: preview})
				require.NoError(t, err)
				test(t, g, preview)
			})
		}
	}
}

func TestEveryResourceHasAParentAndAnExplicitProvider(t *testing.T) {
	both(t, routed(), func(t *testing.T, g *graph.Graph, _ bool) {
		regions := map[string]bool{}
		for _, r := range g.Resources {
			switch {
			case strings.HasPrefix(r.Type, "aws:"):
				assert.NotEmpty(t, r.Region, "%s %s has no provider of its own", r.Type, r.Name)
				assert.Contains(t, r.RPC.Parent, "aurora-dsql-dr:index:", "%s %s is not a component's child", r.Type, r.Name)
				regions[r.Region] = true
			case r.Type == "pulumi:providers:aws":
				tags := r.Inputs["defaultTags"].ObjectValue()["tags"].ObjectValue()
				for _, tag := range []string{"Project", "Stack", "Environment", "Owner", "CostCenter", "ManagedBy"} {
					assert.NotEmpty(t, tags[resource.PropertyKey(tag)].StringValue(), tag)
				}
				assert.Positive(t, r.Inputs["maxRetries"].NumberValue(), "retries are bounded")
			}
		}
		assert.Len(t, regions, 3)
	})
}

func TestNoProviderNeedsALostRegionToSayWhichAccountThisIs(t *testing.T) {
	for key, want := range map[string][]string{
		"":          {"us-east-1", "us-east-2", "us-west-2"},
		"us-east-2": {"us-east-2", "us-east-2", "us-east-2"},
	} {
		changes := map[string]string{}
		if key != "" {
			changes["credentialsRegion"] = key
		}
		both(t, changes, func(t *testing.T, g *graph.Graph, _ bool) {
			var asked []string
			for _, p := range g.Of("pulumi:providers:aws") {
				asked = append(asked, p.Inputs["stsRegion"].StringValue())
				skips := p.Inputs["skipCredentialsValidation"]
				assert.True(t, skips.IsBool() && skips.BoolValue(),
					"pulumi-aws asks the provider's own region, whatever stsRegion says")
				assert.False(t, p.Inputs.HasValue("skipRequestingAccountId"), "the account is part of an API's executionArn")
			}
			assert.ElementsMatch(t, want, asked)
		})
	}
}

func TestProtectionIsOneSetting(t *testing.T) {
	for value, protected := range map[string]bool{"true": true, "false": false} {
		both(t, map[string]string{
			"deletionProtection": value,
			"databaseEncryption": "customer-managed",
			"application":        "enabled",
			"backups":            `{"dailyAt":"03:00"}`,
		}, func(t *testing.T, g *graph.Graph, _ bool) {
			clusters := g.Of("aws:dsql/cluster:Cluster")
			require.Len(t, clusters, 2)
			for _, c := range clusters {
				assert.Equal(t, protected, c.Inputs["deletionProtectionEnabled"].BoolValue())
				assert.Equal(t, protected, c.RPC.GetProtect())
			}
			keys := append(g.Of("aws:kms/key:Key"), g.Of("aws:kms/replicaKey:ReplicaKey")...)
			guarded := 0
			for _, k := range keys {
				ofData := strings.HasPrefix(k.Name, "database-") || strings.HasPrefix(k.Name, "field-key-") ||
					strings.HasPrefix(k.Name, "backups-")
				assert.Equal(t, protected && ofData, k.RPC.GetProtect(), k.Name)
				if ofData {
					guarded++
				}
			}
			assert.Equal(t, 6, guarded, "a key for each cluster and each vault, the field key and its replica")
			vaults := g.Of("aws:backup/vault:Vault")
			require.Len(t, vaults, 2)
			for _, v := range vaults {
				assert.Equal(t, protected, v.RPC.GetProtect(), v.Name)
			}
		})
	}
}

func TestNeitherSideOfThePairDependsOnTheOther(t *testing.T) {
	both(t, nil, func(t *testing.T, g *graph.Graph, _ bool) {
		for _, p := range g.Of("aws:dsql/clusterPeering:ClusterPeering") {
			for _, urn := range p.RPC.Dependencies {
				assert.NotContains(t, urn, "ClusterPeering", "chained peerings wait for each other for ever")
			}
		}
		for _, c := range g.Of("aws:dsql/cluster:Cluster") {
			for _, urn := range c.RPC.Dependencies {
				assert.NotContains(t, urn, "dsql/cluster:", "a cluster that depends on its peer cannot be destroyed")
			}
		}
	})
}

func TestTheDatabaseIsReadyBeforeItsUsersAndWatchedAfterItsFirstCheck(t *testing.T) {
	both(t, map[string]string{"application": "enabled"}, func(t *testing.T, g *graph.Graph, _ bool) {
		migrated, ok := g.Named("aws:lambda/invocation:Invocation", "bootstrap-migrated")
		require.True(t, ok)
		assert.Equal(t, 2, count(migrated, "ClusterPeering"), "the migration waits for both peerings")
		for _, rule := range g.Of("aws:cloudwatch/eventRule:EventRule") {
			if strings.HasSuffix(rule.Name, "-schedule-rule") {
				assert.Equal(t, 1, count(rule, "bootstrap-migrated"), "%s starts before the schema exists", rule.Name)
			}
		}
		for _, alarm := range g.Of("aws:cloudwatch/metricAlarm:MetricAlarm") {
			if alarm.Input("treatMissingData") == "breaching" {
				assert.NotZero(t, count(alarm, "-first-"), "%s fires before the first sample", alarm.Name)
			}
		}
	})
}

// New clusters are empty, whatever the roles that connect to them, and a new key opens no keyset.
func TestNewClustersAndANewKeyRunTheMigrationAndTheFirstChecks(t *testing.T) {
	both(t, map[string]string{"application": "enabled"}, func(t *testing.T, g *graph.Graph, preview bool) {
		migrated, ok := g.Named("aws:lambda/invocation:Invocation", "bootstrap-migrated")
		require.True(t, ok)
		triggers := migrated.Inputs["triggers"].ObjectValue()
		if !preview { // which does not know the others yet
			assert.ElementsMatch(t, []resource.PropertyKey{"migrations", "code", "roles", "cluster", "key"},
				triggers.StableKeys())
		}
		checks := 0
		for _, i := range g.Of("aws:lambda/invocation:Invocation") {
			if !strings.HasSuffix(i.Name, "-first-check") {
				continue
			}
			checks++
			assert.Contains(t, i.Inputs["input"].StringValue(), `"deploying":true`, i.Name)
			if clusters := i.Inputs["triggers"].ObjectValue()["clusters"]; !preview {
				assert.Equal(t, 2, strings.Count(clusters.StringValue(), "database"), "both clusters: %v", clusters)
			}
		}
		assert.Equal(t, 3, checks)
		if preview {
			return
		}
		for trigger, part := range map[resource.PropertyKey]string{"cluster": "databaseprimarycluster", "key": "field-key"} {
			assert.Contains(t, triggers[trigger].StringValue(), part)
		}
	})
}

func count(r graph.Resource, part string) (n int) {
	for _, urn := range r.RPC.Dependencies {
		if strings.Contains(urn, part) {
			n++
		}
	}
	return n
}

func TestLeanPublishesLessThanFull(t *testing.T) {
	for metrics, measured := range map[string]int{"lean": 0, "full": 4} {
		both(t, map[string]string{"monitor": `{"metrics":"` + metrics + `"}`}, func(t *testing.T, g *graph.Graph, _ bool) {
			latencies := 0
			for _, alarm := range g.Of("aws:cloudwatch/metricAlarm:MetricAlarm") {
				if name := alarm.Input("metricName"); name == contract.MetricCommitLatency || name == contract.MetricMarkerAge {
					latencies++
				}
			}
			assert.Equal(t, measured, latencies, "in each data region")
			for _, f := range g.Of("aws:lambda/function:Function") {
				if strings.HasSuffix(f.Name, "-monitor") {
					assert.Equal(t, metrics, f.Inputs["environment"].ObjectValue()["variables"].ObjectValue()["METRICS"].StringValue())
				}
			}
		})
	}
}

func TestNothingIsNamedByHandExceptWhereCloudWatchWantsIt(t *testing.T) {
	both(t, nil, func(t *testing.T, g *graph.Graph, _ bool) {
		for _, r := range g.Resources {
			if strings.HasPrefix(r.Type, "aws:") {
				assert.NotContains(t, r.Inputs, resource.PropertyKey("name"), "%s %s", r.Type, r.Name)
			}
		}
	})
}

func TestDefaultProvidersOfAwsAreDisabled(t *testing.T) {
	body, err := os.ReadFile("../Pulumi.yaml")
	require.NoError(t, err)
	assert.Regexp(t, `pulumi:disable-default-providers:\n(\s*#.*\n)*\s*- aws\n`, string(body))
	assert.Regexp(t, `options:\n(\s*#.*\n)*\s*refresh: always`, string(body))
}

func TestASurvivorCanBeChangedWhileARegionIsLost(t *testing.T) {
	config := stackConfig(t, "dev", nil)
	builtFunctions(t)
	lost := func(_, region string) error {
		if region == "us-east-1" {
			return errors.New("dial tcp: connection refused")
		}
		return nil
	}
	_, err := graph.Run(Run, graph.Options{Config: config, Fail: lost})
	assert.NoError(t, err, "the account is asked for in another region")

	_, err = graph.Run(Run, graph.Options{
		Config: config,
		Fail:   func(string, string) error { return errors.New("connection refused") },
	})
	for _, region := range []string{"us-east-1", "us-east-2", "us-west-2"} {
		assert.ErrorContains(t, err, region, "with every region lost, each is named")
	}
}

func TestEachFunctionIsPackagedOnce(t *testing.T) {
	config := stackConfig(t, "prod", routed())
	builtFunctions(t)
	zips := 0
	_, err := graph.Run(Run, graph.Options{
		Config: config,
		Fail: func(token, _ string) error {
			if token == "archive:index/getFile:getFile" {
				zips++
			}
			return nil
		},
	})
	require.NoError(t, err)
	assert.Equal(t, len(components.Functions), zips, "a zip written twice may be read half")
}

func TestOneAtATimeIsRefusedWithTheReason(t *testing.T) {
	config := stackConfig(t, "dev", nil)
	builtFunctions(t)
	_, err := graph.Run(Run, graph.Options{Config: config, Parallel: 1})
	assert.ErrorContains(t, err, "the two peerings wait for each other")
}

func TestFunctionsThatAreNotBuiltAndBadConfigurationAreOneErrorBeforeAnyResource(t *testing.T) {
	config := stackConfig(t, "dev", map[string]string{"owner": "", "monitor": `{"probeInterval":"2m"}`})
	t.Chdir(t.TempDir())
	g, err := graph.Run(Run, graph.Options{Config: config})
	for _, part := range []string{"make lambda", `"healthcheck"`, `"migrate"`, `owner is ""`,
		`monitor.probeInterval is "2m0s"`} {
		assert.ErrorContains(t, err, part)
	}
	assert.Empty(t, g.Resources)
}

func TestExportsAreNounsKeyedByRegion(t *testing.T) {
	builtFunctions(t)
	base := []string{"regions", "clusterIdentifiers", "clusterArns", "clusterEndpoints", "alertTopicArns",
		"monitorFunctionNames", "alarmNames", "dashboardUrl"}
	application := append(slices.Clone(base), "transactionApiUrls", "transactionFunctionNames", "eventBusNames",
		"eventRouteQueueUrls")
	kept := append(slices.Clone(base), "backupVaultNames", "backupPlanIds", "backupRoleArns", "recoveryRoleArns")
	traffic := []string{"trafficDomain", "trafficRegionalDomains", "healthCheckIds"}
	for name, c := range map[string]struct {
		changes map[string]string
		want    []string
	}{
		"alone":                {nil, base},
		"with the application": {map[string]string{"application": applicationEnabled}, application},
		"routed to it":         {routed(), append(slices.Clone(application), traffic...)},
		"routed to others":     {toTargets(), append(slices.Clone(base), traffic...)},
		"with backups": {map[string]string{"backups": `{"dailyAt":"03:00"}`},
			append(slices.Clone(kept), "restoreTestMachineArns")},
		"with backups that are not tested": {map[string]string{"backups": `{"restoreTest":"off"}`}, kept},
	} {
		config := stackConfig(t, "dev", c.changes)
		var names []string
		_, err := graph.Run(func(ctx *pulumi.Context) error {
			out, err := deploy(ctx)
			names = slices.Collect(maps.Keys(out.exported()))
			return err
		}, graph.Options{Config: config})
		require.NoError(t, err)
		assert.ElementsMatch(t, c.want, names, name)
	}
}
