package components

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
)

// constructor runs a constructor with some arguments, and with none.
type constructor func(ctx *pulumi.Context, missing bool) error

func constructing[A, C any](
	create func(*pulumi.Context, string, *A, ...pulumi.ResourceOption) (C, error), args *A,
) constructor {
	return func(ctx *pulumi.Context, missing bool) error {
		given := args
		if missing {
			given = nil
		}
		_, err := create(ctx, "x", given)
		return err
	}
}

// Nil and empty arguments are refused with every missing field named, and nothing is registered.
func TestMissingArgumentsAreNamedTogether(t *testing.T) {
	const region = "Region.Name is required\nRegion.Partition is required\nRegion.Provider is required"
	for name, c := range map[string]struct {
		create constructor
		want   []string
	}{
		"PeeredDsqlCluster": {
			constructing(NewPeeredDsqlCluster, &PeeredDsqlClusterArgs{}),
			[]string{"Primary.Name", "Primary.Provider", "Primary.Account", "Primary.Partition", "Secondary.Name",
				"WitnessRegion"},
		},
		"AlertTopic": {
			constructing(NewAlertTopic, &AlertTopicArgs{Subscriptions: []Subscription{{Protocol: "email"},
				{Protocol: "email"}}}),
			[]string{
				region,
				"Subscriptions[0] lacks something: Protocol and Endpoint",
				"Subscriptions[1] is Subscriptions[0] again",
			},
		},
		"DatabaseEvents": {
			constructing(NewDatabaseEvents, &DatabaseEventsArgs{}),
			[]string{region, "Topic", "Database", "After", "Runbooks"},
		},
		"GoFunction": {
			constructing(NewGoFunction, &GoFunctionArgs{Function: "nosuch"}),
			[]string{
				region, "Description", "MemoryMB", "TimeoutSeconds", "LogRetentionDays", "Access",
				`Function is "nosuch": want one of Packages`,
			},
		},
		"RegionalMonitor": {
			constructing(NewRegionalMonitor, &RegionalMonitorArgs{
				Settings: MonitorSettings{Schedule: 90 * time.Second, ProbeInterval: time.Hour},
			}),
			[]string{
				region, "Targets", "Topics", "MetricRegions", "DatabaseRole", "Runbooks", "Settings.Reminder",
				"Settings.Schedule is 1m30s: want whole minutes", "Settings.ProbeInterval is 1h0m0s",
			},
		},
		"MonitorSchedule": {
			constructing(NewMonitorSchedule, &MonitorScheduleArgs{}),
			[]string{"Monitor", "After", "Schedule is 0s: want whole minutes"},
		},
		"MonitorAlarms": {
			constructing(NewMonitorAlarms, &MonitorAlarmsArgs{}),
			[]string{
				"Monitor", "StartedBy", "Schedule", "Topic", "First.Region.Name", "First.Topic",
				"Second.Region.Name", "Second.Topic", "Lost", "UnheardName", "Runbooks",
			},
		},
		"AlertTopicAlarms": {
			constructing(NewAlertTopicAlarms, &AlertTopicAlarmsArgs{}),
			[]string{region, "Topic", "Runbooks"},
		},
		"EndpointAlarms": {
			constructing(NewEndpointAlarms, &EndpointAlarmsArgs{}),
			[]string{
				region, "Topic", "Own", "Other", "Schedule", "ProbeInterval", "CompositeName", "Runbooks", "After", "want three",
			},
		},
		"DatabaseBootstrap": {
			constructing(NewDatabaseBootstrap, &DatabaseBootstrapArgs{}),
			[]string{region, "Database", "Roles", "After"},
		},
		"DrDashboard": {
			constructing(NewDrDashboard, &DrDashboardArgs{}),
			[]string{region, "DashboardName", "Title", "Runbooks", "Schedule", "AlarmARNs", "0 Schedules and 0 Endpoints: want 2, 3 and 2"},
		},
		"FieldKey": {
			constructing(NewFieldKey, &FieldKeyArgs{}),
			[]string{"Primary.Name", "Secondary.Name"},
		},
		"GlobalEventBus": {
			constructing(NewGlobalEventBus, &GlobalEventBusArgs{}),
			[]string{"Primary.Name", "Secondary.Name", "ArchiveDays"},
		},
		"OutboxPublisher": {
			constructing(NewOutboxPublisher, &OutboxPublisherArgs{}),
			[]string{region, "Database", "Bus", "DatabaseRole", "TakeoverAge"},
		},
		"EventProcessor": {
			constructing(NewEventProcessor, &EventProcessorArgs{}),
			[]string{region, "Database", "Bus", "DatabaseRole"},
		},
		"TransactionService": {
			constructing(NewTransactionService, &TransactionServiceArgs{}),
			[]string{region, "Database", "Publisher", "KeyARN", "EncryptedFields", "DatabaseRole", "Throttle"},
		},
		"EventRoutes": {
			constructing(NewEventRoutes, &EventRoutesArgs{Routes: []EventRoute{{Name: "a", Target: "mail"}}}),
			[]string{"Bus", "Processor", "Topic", `Routes[0] is "a" to "mail"`},
		},
		"ApplicationAlarms": {
			constructing(NewApplicationAlarms, &ApplicationAlarmsArgs{}),
			[]string{region, "Topic", "Service", "Publisher", "Processor", "Bus", "Runbooks"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			none := refused(t, func(ctx *pulumi.Context) error { return c.create(ctx, true) })
			assert.ErrorContains(t, none, name+` "x": args are required`)
			err := refused(t, func(ctx *pulumi.Context) error { return c.create(ctx, false) })
			for _, part := range c.want {
				assert.ErrorContains(t, err, part)
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
			args := &PeeredDsqlClusterArgs{
				Primary:       Region{Name: "us-east-1"},
				Secondary:     Region{Name: c.secondary},
				WitnessRegion: c.witness,
			}
			assert.ErrorContains(t, args.validate(16), c.want)
		})
	}
}

func TestAnEngineThatDoesOneThingAtATimeIsRefused(t *testing.T) {
	args := &PeeredDsqlClusterArgs{
		Primary:       Region{Name: "us-east-1"},
		Secondary:     Region{Name: "us-east-2"},
		WitnessRegion: "us-west-2",
	}
	assert.ErrorContains(t, args.validate(1), "--parallel 2 or more")
	assert.NotContains(t, args.validate(2).Error(), "parallel")
}

func TestAMonitorAlertsItsOwnRegionFirst(t *testing.T) {
	args := &RegionalMonitorArgs{
		Region:   Region{Name: "us-east-1"},
		Topics:   []*AlertTopic{{Region: "us-east-2"}},
		Settings: settings(),
	}
	assert.ErrorContains(t, args.validate(), "Topics[0] is in us-east-2: want the observer's own region, us-east-1, first")
}

func TestScheduleExpressionsAreEventBridgesOwn(t *testing.T) {
	assert.Equal(t, "rate(1 minute)", rate(time.Minute))
	assert.Equal(t, "rate(5 minutes)", rate(5*time.Minute))
}
