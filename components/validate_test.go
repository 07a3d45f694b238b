package components

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
)

// Nil and empty arguments are refused with every missing field named, and nothing is registered.
func TestMissingArgumentsAreNamedTogether(t *testing.T) {
	cases := map[string]struct {
		empty, null func(ctx *pulumi.Context) error
		fields      []string
	}{
		"PeeredDsqlCluster": {
			func(ctx *pulumi.Context) error {
				_, err := NewPeeredDsqlCluster(ctx, "x", &PeeredDsqlClusterArgs{})
				return err
			},
			func(ctx *pulumi.Context) error { _, err := NewPeeredDsqlCluster(ctx, "x", nil); return err },
			[]string{"Primary.Name", "Primary.Provider", "Primary.Account", "Primary.Partition", "Secondary.Name", "WitnessRegion"},
		},
		"AlertTopic": {
			func(ctx *pulumi.Context) error {
				_, err := NewAlertTopic(ctx, "x", &AlertTopicArgs{Subscriptions: []Subscription{{Protocol: "email"}, {Protocol: "email"}}})
				return err
			},
			func(ctx *pulumi.Context) error { _, err := NewAlertTopic(ctx, "x", nil); return err },
			[]string{"Region.Name", "Region.Provider", "Subscriptions[0] lacks something: Protocol and Endpoint", "Subscriptions[1] is Subscriptions[0] again"},
		},
		"DatabaseEvents": {
			func(ctx *pulumi.Context) error {
				_, err := NewDatabaseEvents(ctx, "x", &DatabaseEventsArgs{})
				return err
			},
			func(ctx *pulumi.Context) error { _, err := NewDatabaseEvents(ctx, "x", nil); return err },
			[]string{"Region.Name", "Topic", "After", "Runbooks"},
		},
		"GoFunction": {
			func(ctx *pulumi.Context) error {
				_, err := NewGoFunction(ctx, "x", &GoFunctionArgs{Function: "nosuch"})
				return err
			},
			func(ctx *pulumi.Context) error { _, err := NewGoFunction(ctx, "x", nil); return err },
			[]string{"Region.Name", "Description", "MemoryMB", "TimeoutSeconds", "LogRetentionDays", "Access", `Function is "nosuch", want one of Packages`},
		},
		"RegionalMonitor": {
			func(ctx *pulumi.Context) error {
				_, err := NewRegionalMonitor(ctx, "x", &RegionalMonitorArgs{Settings: MonitorSettings{Schedule: 90 * time.Second, ProbeInterval: time.Hour}})
				return err
			},
			func(ctx *pulumi.Context) error { _, err := NewRegionalMonitor(ctx, "x", nil); return err },
			[]string{"Region.Name", "Targets", "Topics", "MetricRegions", "DatabaseRole", "Runbooks", "Settings.Reminder", "Settings.Schedule is 1m30s", "Settings.ProbeInterval is 1h0m0s"},
		},
		"MonitorSchedule": {
			func(ctx *pulumi.Context) error {
				_, err := NewMonitorSchedule(ctx, "x", &MonitorScheduleArgs{})
				return err
			},
			func(ctx *pulumi.Context) error { _, err := NewMonitorSchedule(ctx, "x", nil); return err },
			[]string{"Monitor", "After"},
		},
		"MonitorAlarms": {
			func(ctx *pulumi.Context) error {
				_, err := NewMonitorAlarms(ctx, "x", &MonitorAlarmsArgs{})
				return err
			},
			func(ctx *pulumi.Context) error { _, err := NewMonitorAlarms(ctx, "x", nil); return err },
			[]string{"Monitor", "Schedule", "Topic", "First.Region.Name", "First.Topic", "Second.Region.Name", "Second.Topic", "Lost", "UnheardName", "Runbooks"},
		},
		"AlertTopicAlarms": {
			func(ctx *pulumi.Context) error {
				_, err := NewAlertTopicAlarms(ctx, "x", &AlertTopicAlarmsArgs{})
				return err
			},
			func(ctx *pulumi.Context) error { _, err := NewAlertTopicAlarms(ctx, "x", nil); return err },
			[]string{"Region.Name", "Topic", "Runbooks"},
		},
		"EndpointAlarms": {
			func(ctx *pulumi.Context) error {
				_, err := NewEndpointAlarms(ctx, "x", &EndpointAlarmsArgs{})
				return err
			},
			func(ctx *pulumi.Context) error { _, err := NewEndpointAlarms(ctx, "x", nil); return err },
			[]string{"Region.Name", "Topic", "Own", "Other", "Schedule", "ProbeInterval", "CompositeName", "Runbooks", "After", "want three"},
		},
		"DatabaseBootstrap": {
			func(ctx *pulumi.Context) error {
				_, err := NewDatabaseBootstrap(ctx, "x", &DatabaseBootstrapArgs{})
				return err
			},
			func(ctx *pulumi.Context) error { _, err := NewDatabaseBootstrap(ctx, "x", nil); return err },
			[]string{"Region.Name", "Database", "Roles", "After"},
		},
		"DrDashboard": {
			func(ctx *pulumi.Context) error { _, err := NewDrDashboard(ctx, "x", &DrDashboardArgs{}); return err },
			func(ctx *pulumi.Context) error { _, err := NewDrDashboard(ctx, "x", nil); return err },
			[]string{"Region.Name", "DashboardName", "Title", "Runbooks", "AlarmARNs", "want 2, 3 and 3"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			assert.ErrorContains(t, refused(t, c.null), name+` "x": args are required`)
			err := refused(t, c.empty)
			for _, field := range c.fields {
				assert.ErrorContains(t, err, field)
			}
		})
	}
}

func TestAPairNeedsThreeDifferentRegions(t *testing.T) {
	cases := map[string]struct{ secondary, witness, want string }{
		"both sides in one region":   {"us-east-1", "us-west-2", "the two must differ"},
		"the witness is a data side": {"us-east-2", "us-east-2", "a witness must be a third region"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			args := &PeeredDsqlClusterArgs{Primary: Region{Name: "us-east-1"}, Secondary: Region{Name: c.secondary}, WitnessRegion: c.witness}
			assert.ErrorContains(t, args.validate(16), c.want)
		})
	}
}

func TestAnEngineThatDoesOneThingAtATimeIsRefused(t *testing.T) {
	args := &PeeredDsqlClusterArgs{Primary: Region{Name: "us-east-1"}, Secondary: Region{Name: "us-east-2"}, WitnessRegion: "us-west-2"}
	assert.ErrorContains(t, args.validate(1), "--parallel 2 or more")
	assert.NotContains(t, args.validate(2).Error(), "parallel")
}

func TestAMonitorAlertsItsOwnRegionFirst(t *testing.T) {
	args := &RegionalMonitorArgs{Region: Region{Name: "us-east-1"}, Topics: []*AlertTopic{{Region: "us-east-2"}}, Settings: settings()}
	assert.ErrorContains(t, args.validate(), "Topics[0] is in us-east-2, want the observer's own region, us-east-1, first")
}

func TestScheduleExpressionsAreEventBridgesOwn(t *testing.T) {
	assert.Equal(t, "rate(1 minute)", rate(time.Minute))
	assert.Equal(t, "rate(5 minutes)", rate(5*time.Minute))
}
