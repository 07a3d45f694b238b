package components

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
)

// everything wires one of each component, under names that begin with prefix.
func everything(ctx *pulumi.Context, r [3]Region, prefix, architecture string, s MonitorSettings) error {
	packages, err := PackageFunctions(ctx, architecture, MonitorFunctions)
	if err != nil {
		return err
	}
	database, err := NewPeeredDsqlCluster(ctx, prefix+"db", &PeeredDsqlClusterArgs{
		Primary:             r[0],
		Secondary:           r[1],
		WitnessRegion:       r[2].Name,
		CustomerManagedKeys: true,
	})
	if err != nil {
		return err
	}
	topic, err := NewAlertTopic(ctx, prefix+"alerts", &AlertTopicArgs{
		Region: r[0],
		Subscriptions: []Subscription{{
			Protocol: "email",
			Endpoint: "oncall@example.com",
		}, {Protocol: "https", Endpoint: "https://alerts.example.com"}},
	})
	if err != nil {
		return err
	}
	if _, err := NewDatabaseEvents(ctx, prefix+"database-events", &DatabaseEventsArgs{
		Region:   r[0],
		Topic:    topic,
		Database: database.Primary,
		After:    database.Ready(),
		Runbooks: "docs/runbooks.md",
	}); err != nil {
		return err
	}
	monitor, err := NewRegionalMonitor(ctx, prefix+"monitor", &RegionalMonitorArgs{
		Region:        r[0],
		Targets:       database.Sides(),
		Topics:        []*AlertTopic{topic},
		MetricRegions: []string{r[0].Name, r[1].Name},
		DatabaseRole:  "dr_monitor",
		Runbooks:      "docs/runbooks.md",
		Packages:      packages,
		Settings:      s,
	})
	if err != nil {
		return err
	}
	bootstrap, err := NewDatabaseBootstrap(ctx, prefix+"bootstrap", &DatabaseBootstrapArgs{
		Region:           r[0],
		Database:         database.Primary,
		Roles:            map[string]pulumi.StringArray{"dr_monitor": {monitor.Function.Role.Arn}},
		After:            database.Ready(),
		Packages:         packages,
		LogRetentionDays: s.LogRetentionDays,
	})
	if err != nil {
		return err
	}
	schedule, err := NewMonitorSchedule(ctx, prefix+"schedule", &MonitorScheduleArgs{
		Monitor:  monitor,
		Schedule: s.Schedule,
		After:    []pulumi.Resource{bootstrap.Migrated},
	})
	if err != nil {
		return err
	}
	endpoints, err := NewEndpointAlarms(ctx, prefix+"endpoint-alarms", &EndpointAlarmsArgs{
		Region:        r[0],
		Topic:         topic,
		Own:           database.Primary,
		Other:         database.Secondary,
		Observers:     []string{r[0].Name, r[1].Name, r[2].Name},
		Schedule:      s.Schedule,
		ProbeInterval: s.ProbeInterval,
		MetricsFull:   s.MetricsFull,
		CompositeName: pulumi.String(prefix + "lost"),
		Runbooks:      "docs/runbooks.md",
		After:         []pulumi.Resource{schedule.FirstCheck},
	})
	if err != nil {
		return err
	}
	watcher := Watcher{Region: r[0], Topic: topic}
	alarms, err := NewMonitorAlarms(ctx, prefix+"monitor-alarms", &MonitorAlarmsArgs{
		Monitor:     monitor,
		StartedBy:   schedule,
		Schedule:    s.Schedule,
		Topic:       topic,
		First:       watcher,
		Second:      watcher,
		Lost:        endpoints.Lost,
		UnheardName: pulumi.String(prefix + "unheard"),
		Runbooks:    "docs/runbooks.md",
	})
	if err != nil {
		return err
	}
	if _, err := NewAlertTopicAlarms(ctx, prefix+"alerts-alarms", &AlertTopicAlarmsArgs{
		Region:   r[0],
		Topic:    topic,
		Runbooks: "docs/runbooks.md",
	}); err != nil {
		return err
	}
	_, err = NewDrDashboard(ctx, prefix+"dashboard", &DrDashboardArgs{
		Region:        r[0],
		DashboardName: pulumi.String(prefix + "dashboard"),
		Title:         prefix + "dashboard",
		Runbooks:      "docs/runbooks.md",
		Databases:     database.Sides(),
		Schedules:     []*MonitorSchedule{schedule, schedule, schedule},
		Schedule:      s.Schedule,
		Endpoints:     []*EndpointAlarms{endpoints, endpoints},
		AlarmARNs:     map[string]pulumi.StringArray{r[0].Name: alarms.Own.ARNs},
	})
	return err
}

func TestEveryChildDescendsFromItsComponentAndIsNamedAfterIt(t *testing.T) {
	eachWay(t, func(ctx *pulumi.Context, r [3]Region) error {
		return everything(ctx, r, "a-", ArchitectureARM, settings())
	}, func(t *testing.T, g *graph.Graph) {
		components := map[string]string{}
		for _, r := range g.Resources {
			if !r.Custom {
				components[r.Type] = r.Name
			}
		}
		assert.Len(t, components, 11, "one of each component")
		for _, r := range g.Resources {
			if !r.Custom || !strings.HasPrefix(r.Type, "aws:") {
				continue
			}
			parts := strings.Split(r.RPC.Parent, "::")
			parent := parts[len(parts)-1]
			assert.True(t, strings.HasPrefix(r.Name, parent), "%s is a child of %s", r.Name, parent)
			assert.NotEmpty(t, r.Region, r.Name)
		}
	})
}

func TestTwoInstancesCoexist(t *testing.T) {
	eachWay(t, func(ctx *pulumi.Context, r [3]Region) error {
		if err := everything(ctx, r, "a-", ArchitectureARM, settings()); err != nil {
			return err
		}
		return everything(ctx, r, "b-", ArchitectureX86, settings(func(s *MonitorSettings) { s.MetricsFull = true }))
	}, func(t *testing.T, g *graph.Graph) {
		seen := map[string]bool{}
		for _, r := range g.Resources {
			assert.False(t, seen[r.Type+r.Name], "%s is registered twice", r.Name)
			seen[r.Type+r.Name] = true
		}
		assert.Len(t, g.Of("aws:dsql/cluster:Cluster"), 4)
	})
}

// The caller's options belong to the component; an alias or ignoreChanges that reached the children would act on
// resources the caller never named.
func TestOptionsOfAComponentDoNotLeakToItsChildren(t *testing.T) {
	eachWay(t, func(ctx *pulumi.Context, r [3]Region) error {
		_, err := NewAlertTopic(ctx, "alerts", &AlertTopicArgs{Region: r[0]}, pulumi.IgnoreChanges([]string{"policy"}),
			pulumi.Protect(false))
		return err
	}, func(t *testing.T, g *graph.Graph) {
		for _, r := range g.Resources {
			if strings.HasPrefix(r.Type, "aws:") {
				assert.Empty(t, r.RPC.IgnoreChanges, r.Name)
			}
		}
	})
}

func TestClustersAreProtectedUnlessToldOtherwise(t *testing.T) {
	for name, disabled := range map[string]bool{"default": false, "opted out": true} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, func(ctx *pulumi.Context, r [3]Region) error {
				_, err := NewPeeredDsqlCluster(ctx, "db", &PeeredDsqlClusterArgs{
					Primary:                   r[0],
					Secondary:                 r[1],
					WitnessRegion:             r[2].Name,
					DisableDeletionProtection: disabled,
				})
				return err
			}, func(t *testing.T, g *graph.Graph) {
				clusters := g.Of("aws:dsql/cluster:Cluster")
				require.Len(t, clusters, 2)
				for _, c := range clusters {
					assert.Equal(t, !disabled, c.Inputs["deletionProtectionEnabled"].BoolValue(), "always explicit")
					assert.Equal(t, !disabled, c.RPC.GetProtect())
					assert.Equal(t, "us-west-2", c.Inputs["multiRegionProperties"].ObjectValue()["witnessRegion"].StringValue())
				}
			})
		})
	}
}

func TestAnEndpointIsBuiltAsAwsDocumentsIt(t *testing.T) {
	var endpoint string
	_, err := graph.Run(func(ctx *pulumi.Context) error {
		r, err := regions(ctx)
		if err != nil {
			return err
		}
		db, err := NewPeeredDsqlCluster(ctx, "db", &PeeredDsqlClusterArgs{
			Primary:       r[0],
			Secondary:     r[1],
			WitnessRegion: r[2].Name,
		})
		if err != nil {
			return err
		}
		done := make(chan struct{})
		db.Secondary.Endpoint.ApplyT(func(e string) string { endpoint = e; close(done); return e })
		<-done
		return nil
	}, graph.Options{})
	require.NoError(t, err)
	assert.Regexp(t, `^[a-z0-9]{26}\.dsql\.us-east-2\.on\.aws$`, endpoint)
}

func TestASecretRecipientIsNowhereInPlainText(t *testing.T) {
	eachWay(t, func(ctx *pulumi.Context, r [3]Region) error {
		_, err := NewAlertTopic(ctx, "alerts", &AlertTopicArgs{
			Region:        r[0],
			Subscriptions: []Subscription{{Protocol: "email", Endpoint: "oncall@example.com", Secret: true}},
		})
		return err
	}, func(t *testing.T, g *graph.Graph) {
		subscriptions := g.Of("aws:sns/topicSubscription:TopicSubscription")
		require.Len(t, subscriptions, 1)
		assert.True(t, subscriptions[0].Inputs["endpoint"].IsSecret())
		assert.Equal(t, []string{"endpoint"}, subscriptions[0].RPC.AdditionalSecretOutputs)
		assert.NotContains(t, subscriptions[0].Name, "oncall")
	})
}
