package stacks

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/stacks/config"
)

// What there is one of in each region, in the order of places.
type (
	topicsOf    [3]*components.AlertTopic
	observers   [3]*components.RegionalMonitor
	schedulesOf [3]*components.MonitorSchedule
)

// alertTopics creates a topic in each region, all with the same recipients.
func alertTopics(ctx *pulumi.Context, c *config.Config, at regions) (topics topicsOf, err error) {
	for i, place := range places {
		topics[i], err = components.NewAlertTopic(ctx, place+"-alerts", &components.AlertTopicArgs{
			Region:        at[i],
			Subscriptions: c.Alerts,
		})
		if err != nil {
			return topics, err
		}
	}
	return topics, nil
}

// observe creates the three observers. Each alerts its own region's topic, and the next one's if that fails.
func observe(
	ctx *pulumi.Context, c *config.Config, at regions,
	database *components.PeeredDsqlCluster, topics topicsOf, packages *components.Packages,
	plans []components.WatchedPlan,
) (monitors observers, err error) {
	for i, place := range places {
		monitors[i], err = components.NewRegionalMonitor(ctx, place+"-monitor", &components.RegionalMonitorArgs{
			Region:        at[i],
			Targets:       database.Sides(),
			Topics:        []*components.AlertTopic{topics[i], topics[(i+1)%3], topics[(i+2)%3]},
			MetricRegions: []string{at[primary].Name, at[secondary].Name},
			Plans:         plans,
			DatabaseRole:  schema.RoleMonitor,
			Runbooks:      c.Runbooks,
			Packages:      packages,
			Settings:      c.Monitor,
		})
		if err != nil {
			return monitors, err
		}
	}
	return monitors, nil
}

// startMonitors runs the observers, once the database lets them in.
func startMonitors(
	ctx *pulumi.Context, c *config.Config, monitors observers, migrated pulumi.Resource,
) (schedules schedulesOf, err error) {
	for i, place := range places {
		schedules[i], err = components.NewMonitorSchedule(ctx, place+"-schedule", &components.MonitorScheduleArgs{
			Monitor:  monitors[i],
			Schedule: c.Monitor.Schedule,
			After:    []pulumi.Resource{migrated},
		})
		if err != nil {
			return schedules, err
		}
	}
	return schedules, nil
}
