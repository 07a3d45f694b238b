package stacks

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/stacks/config"
)

// alarms are alarms by the code of their region, in the order in which they were made.
type alarms map[string]components.AlarmList

func (a alarms) add(region components.Region, arns, names pulumi.StringArray) {
	list := a[region.Name]
	list.ARNs = append(list.ARNs, arns...)
	list.Names = append(list.Names, names...)
	a[region.Name] = list
}

// join are the alarms of several.
func join(sets ...alarms) alarms {
	all := alarms{}
	for _, set := range sets {
		for name, list := range set {
			all.add(components.Region{Name: name}, list.ARNs, list.Names)
		}
	}
	return all
}

// watch creates the alarms on lost endpoints, which are returned apart as well, on broken observers and on alerts that
// do not arrive.
func watch(
	ctx *pulumi.Context, c *config.Config, at regions, topics topicsOf,
	database *components.PeeredDsqlCluster, monitors observers, schedules schedulesOf,
) (alarms, endpointsOf, error) {
	undelivered, err := topicAlarms(ctx, c, at, topics)
	if err != nil {
		return nil, endpointsOf{}, err
	}
	lost, endpoints, err := endpointAlarms(ctx, c, at, topics, database, schedules)
	if err != nil {
		return nil, endpointsOf{}, err
	}
	broken, err := monitorAlarms(ctx, c, at, topics, database, monitors, schedules, endpoints)
	if err != nil {
		return nil, endpointsOf{}, err
	}
	return join(undelivered, lost, broken), endpoints, nil
}

func topicAlarms(ctx *pulumi.Context, c *config.Config, at regions, topics topicsOf) (alarms, error) {
	made := alarms{}
	for i, place := range places {
		a, err := components.NewAlertTopicAlarms(ctx, place+"-alerts-alarms", &components.AlertTopicAlarmsArgs{
			Region:   at[i],
			Topic:    topics[i],
			Runbooks: c.Runbooks,
		})
		if err != nil {
			return nil, err
		}
		made.add(at[i], a.ARNs, a.Names)
	}
	return made, nil
}

// endpointsOf are the data regions' alarms on the endpoints.
type endpointsOf [2]*components.EndpointAlarms

// endpointAlarms come after every observer's first check.
func endpointAlarms(
	ctx *pulumi.Context, c *config.Config, at regions, topics topicsOf,
	database *components.PeeredDsqlCluster, schedules schedulesOf,
) (alarms, endpointsOf, error) {
	var checked []pulumi.Resource
	for _, s := range schedules {
		checked = append(checked, s.FirstCheck)
	}
	sides := database.Sides()
	made := alarms{}
	var endpoints endpointsOf
	for i, place := range places[:witness] {
		a, err := components.NewEndpointAlarms(ctx, place+"-endpoint-alarms", &components.EndpointAlarmsArgs{
			Region:        at[i],
			Topic:         topics[i],
			Own:           sides[i],
			Other:         sides[1-i],
			Observers:     c.Regions.All(),
			Schedule:      c.Monitor.Schedule,
			ProbeInterval: c.Monitor.ProbeInterval,
			MetricsFull:   c.Monitor.MetricsFull,
			CompositeName: compositeName(ctx, database, sides[1-i].Region, "lost"),
			Runbooks:      c.Runbooks,
			After:         checked,
		})
		if err != nil {
			return nil, endpoints, err
		}
		endpoints[i] = a
		made.add(at[i], a.ARNs, a.Names)
	}
	return made, endpoints, nil
}

// monitorAlarms has each observer watched from both data regions: first from its own, or from the primary.
func monitorAlarms(
	ctx *pulumi.Context, c *config.Config, at regions, topics topicsOf, database *components.PeeredDsqlCluster,
	monitors observers, schedules schedulesOf, endpoints endpointsOf,
) (alarms, error) {
	made := alarms{}
	for i, place := range places {
		first, second := primary, secondary
		if i == secondary {
			first, second = secondary, primary
		}
		a, err := components.NewMonitorAlarms(ctx, place+"-monitor-alarms", &components.MonitorAlarmsArgs{
			Monitor:     monitors[i],
			StartedBy:   schedules[i],
			Schedule:    c.Monitor.Schedule,
			Topic:       topics[i],
			First:       components.Watcher{Region: at[first], Topic: topics[first]},
			Second:      components.Watcher{Region: at[second], Topic: topics[second]},
			Lost:        endpoints[second].Lost,
			UnheardName: compositeName(ctx, database, at[i].Name, "unheard"),
			Runbooks:    c.Runbooks,
		})
		if err != nil {
			return nil, err
		}
		made.add(at[i], a.Own.ARNs, a.Own.Names)
		made.add(at[first], a.First.ARNs, a.First.Names)
		made.add(at[second], a.Second.ARNs, a.Second.Names)
	}
	return made, nil
}
