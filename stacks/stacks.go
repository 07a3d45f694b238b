// Package stacks is the whole program: configuration, one provider per region, the components wired together, exports.
package stacks

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/lambda/schema"
)

// Run deploys the stack that the configuration describes. It registers no resource while anything is wrong with the
// configuration.
func Run(ctx *pulumi.Context) error {
	exports, err := deploy(ctx)
	if err != nil {
		return err
	}
	for name, value := range exports {
		ctx.Export(name, value)
	}
	return nil
}

func deploy(ctx *pulumi.Context) (pulumi.Map, error) {
	values, err := configured(ctx)
	if err != nil {
		return nil, err
	}
	c, err := loadConfig(values)
	if err := errors.Join(err, components.CheckFunctionsBuilt(c.Architecture, c.functions())); err != nil {
		return nil, fmt.Errorf("the configuration of stack %s cannot be deployed:\n%w", ctx.Stack(), err)
	}
	regions, err := newRegions(ctx, c)
	if err != nil {
		return nil, err
	}
	return newDisasterRecovery(ctx, c, regions)
}

// disasterRecovery is the stack while it is put together.
type disasterRecovery struct {
	ctx     *pulumi.Context
	config  *Config
	regions [3]components.Region // primary, secondary, witness

	packages  *components.Packages
	database  *components.PeeredDsqlCluster
	topics    [3]*components.AlertTopic
	monitors  [3]*components.RegionalMonitor
	schedules [3]*components.MonitorSchedule
	dashboard *components.DrDashboard
	// migrated completes when the database is ready for the functions.
	migrated pulumi.Resource
	// application is nil unless it is enabled.
	application *application
	// watched are the data regions' alarms on the endpoints.
	watched [2]*components.EndpointAlarms

	alarmARNs, alarmNames map[string]pulumi.StringArray // by region
}

// places are the logical names of the three regions; resources are named after them, so that a change of region is a
// replacement in place.
var places = [3]string{"primary", "secondary", "witness"}

const (
	primary = iota
	secondary
	witness
)

func newDisasterRecovery(ctx *pulumi.Context, c *Config, regions [3]components.Region) (pulumi.Map, error) {
	d := &disasterRecovery{ctx: ctx, config: c, regions: regions, alarmARNs: map[string]pulumi.StringArray{}, alarmNames: map[string]pulumi.StringArray{}}
	for _, step := range []func() error{d.packageFunctions, d.alertTopics, d.peeredCluster, d.databaseEvents, d.regionalMonitors, d.applicationFunctions, d.bootstrap, d.startMonitors, d.startApplication, d.alarms, d.dashboardPage} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return d.exports(), nil
}

func (d *disasterRecovery) packageFunctions() (err error) {
	d.packages, err = components.PackageFunctions(d.ctx, d.config.Architecture, d.config.functions())
	return err
}

func (d *disasterRecovery) alertTopics() error {
	for i, place := range places {
		topic, err := components.NewAlertTopic(d.ctx, place+"-alerts", &components.AlertTopicArgs{
			Region: d.regions[i], Subscriptions: d.config.Alerts,
		})
		if err != nil {
			return err
		}
		d.topics[i] = topic
	}
	return nil
}

func (d *disasterRecovery) peeredCluster() (err error) {
	d.database, err = components.NewPeeredDsqlCluster(d.ctx, "database", &components.PeeredDsqlClusterArgs{
		Primary: d.regions[primary], Secondary: d.regions[secondary], WitnessRegion: d.regions[witness].Name,
		DisableDeletionProtection: !d.config.DeletionProtection, CustomerManagedKeys: d.config.CustomerManagedKeys,
	})
	return err
}

// databaseEvents reports what anybody does to the clusters from now on.
func (d *disasterRecovery) databaseEvents() error {
	for i, place := range places[:witness] {
		events, err := components.NewDatabaseEvents(d.ctx, place+"-database-events", &components.DatabaseEventsArgs{
			Region: d.regions[i], Topic: d.topics[i], After: d.database.Ready(), Runbooks: d.config.Runbooks,
		})
		if err != nil {
			return err
		}
		d.remember(i, events.ARNs, events.Names)
	}
	return nil
}

func (d *disasterRecovery) regionalMonitors() error {
	for i, place := range places {
		monitor, err := components.NewRegionalMonitor(d.ctx, place+"-monitor", &components.RegionalMonitorArgs{
			Region:        d.regions[i],
			Targets:       d.database.Sides(),
			Topics:        []*components.AlertTopic{d.topics[i], d.topics[(i+1)%3], d.topics[(i+2)%3]},
			MetricRegions: []string{d.regions[primary].Name, d.regions[secondary].Name},
			DatabaseRole:  schema.RoleMonitor,
			Runbooks:      d.config.Runbooks,
			Packages:      d.packages,
			Settings:      d.config.Monitor,
		})
		if err != nil {
			return err
		}
		d.monitors[i] = monitor
	}
	return nil
}

// bootstrap prepares the database for the functions, which need its schema and their roles.
func (d *disasterRecovery) bootstrap() error {
	roles := map[string]pulumi.StringArray{}
	for _, m := range d.monitors {
		roles[schema.RoleMonitor] = append(roles[schema.RoleMonitor], m.Function.Role.Arn)
	}
	args := &components.DatabaseBootstrapArgs{
		Region: d.regions[primary], Database: d.database.Primary, Roles: roles, After: d.database.Ready(),
		Packages: d.packages, LogRetentionDays: d.config.Monitor.LogRetentionDays,
	}
	if d.application != nil {
		d.application.roles(roles)
		args.Keyset = &components.Keyset{
			Version: d.config.Application.KeysetVersion,
			Fresh:   d.config.Application.FreshKeyset,
			KeyARN:  d.application.key.ARNs[primary],
		}
	}
	bootstrap, err := components.NewDatabaseBootstrap(d.ctx, "bootstrap", args)
	if err != nil {
		return err
	}
	d.migrated = bootstrap.Migrated
	return nil
}

func (d *disasterRecovery) startMonitors() (err error) {
	for i, place := range places {
		if d.schedules[i], err = components.NewMonitorSchedule(d.ctx, place+"-schedule", &components.MonitorScheduleArgs{
			Monitor: d.monitors[i], Schedule: d.config.Monitor.Schedule, After: []pulumi.Resource{d.migrated},
		}); err != nil {
			return err
		}
	}
	return nil
}

func (d *disasterRecovery) alarms() error {
	for _, create := range []func() error{d.topicAlarms, d.endpointAlarms, d.monitorAlarms} {
		if err := create(); err != nil {
			return err
		}
	}
	return nil
}

func (d *disasterRecovery) topicAlarms() error {
	for i, place := range places {
		alarms, err := components.NewAlertTopicAlarms(d.ctx, place+"-alerts-alarms", &components.AlertTopicAlarmsArgs{
			Region: d.regions[i], Topic: d.topics[i], Runbooks: d.config.Runbooks,
		})
		if err != nil {
			return err
		}
		d.remember(i, alarms.ARNs, alarms.Names)
	}
	return nil
}

func (d *disasterRecovery) endpointAlarms() error {
	var checked []pulumi.Resource
	for _, s := range d.schedules {
		checked = append(checked, s.FirstCheck)
	}
	sides := d.database.Sides()
	for i, place := range places[:witness] {
		alarms, err := components.NewEndpointAlarms(d.ctx, place+"-endpoint-alarms", &components.EndpointAlarmsArgs{
			Region: d.regions[i], Topic: d.topics[i], Own: sides[i], Other: sides[1-i],
			Observers: d.config.Regions.All(), Schedule: d.config.Monitor.Schedule, ProbeInterval: d.config.Monitor.ProbeInterval,
			MetricsFull: d.config.Monitor.MetricsFull, CompositeName: d.alarmName(sides[1-i].Region, "lost"),
			Runbooks: d.config.Runbooks, After: checked,
		})
		if err != nil {
			return err
		}
		d.watched[i] = alarms
		d.remember(i, alarms.ARNs, alarms.Names)
	}
	return nil
}

// monitorAlarms has each observer watched from both data regions: first from its own, or from the primary.
func (d *disasterRecovery) monitorAlarms() error {
	for i, place := range places {
		first, second := primary, secondary
		if i == secondary {
			first, second = secondary, primary
		}
		alarms, err := components.NewMonitorAlarms(d.ctx, place+"-monitor-alarms", &components.MonitorAlarmsArgs{
			Monitor: d.monitors[i], StartedBy: d.schedules[i], Schedule: d.config.Monitor.Schedule, Topic: d.topics[i],
			First:  components.Watcher{Region: d.regions[first], Topic: d.topics[first]},
			Second: components.Watcher{Region: d.regions[second], Topic: d.topics[second]},
			Lost:   d.watched[second].Lost, UnheardName: d.alarmName(d.regions[i].Name, "unheard"), Runbooks: d.config.Runbooks,
		})
		if err != nil {
			return err
		}
		d.remember(i, alarms.Own.ARNs, alarms.Own.Names)
		d.remember(first, alarms.First.ARNs, alarms.First.Names)
		d.remember(second, alarms.Second.ARNs, alarms.Second.Names)
	}
	return nil
}

func (d *disasterRecovery) remember(region int, arns, names pulumi.StringArray) {
	name := d.regions[region].Name
	d.alarmARNs[name] = append(d.alarmARNs[name], arns...)
	d.alarmNames[name] = append(d.alarmNames[name], names...)
}

func (d *disasterRecovery) dashboardPage() (err error) {
	args := &components.DrDashboardArgs{
		Region: d.regions[primary], DashboardName: d.dashboardName(), Title: d.title(), Runbooks: d.config.Runbooks,
		Databases: d.database.Sides(), Schedules: d.schedules[:], Schedule: d.config.Monitor.Schedule, MetricsFull: d.config.Monitor.MetricsFull,
		AlarmARNs: d.alarmARNs,
	}
	if d.application != nil {
		args.Applications = d.application.dashboard()
	}
	d.dashboard, err = components.NewDrDashboard(d.ctx, "dashboard", args)
	return err
}

// exports are what people and pipelines read: nouns, keyed by region.
func (d *disasterRecovery) exports() pulumi.Map {
	regions, identifiers, arns, endpoints := pulumi.Map{}, pulumi.Map{}, pulumi.Map{}, pulumi.Map{}
	topics, functions, alarms, dashboards := pulumi.Map{}, pulumi.Map{}, pulumi.Map{}, pulumi.Map{}
	for i, place := range places {
		name := d.regions[i].Name
		regions[place] = pulumi.String(name)
		topics[name] = d.topics[i].ARN
		functions[name] = d.monitors[i].Function.Function.Name
		alarms[name] = d.alarmNames[name]
	}
	for _, side := range d.database.Sides() {
		identifiers[side.Region], arns[side.Region], endpoints[side.Region] = side.Identifier, side.ARN, side.Endpoint
		dashboards[side.Region] = d.dashboard.ConsoleURL(side.Region)
	}
	exports := pulumi.Map{
		"regions": regions, "clusterIdentifiers": identifiers, "clusterArns": arns, "clusterEndpoints": endpoints,
		"alertTopicArns": topics, "monitorFunctionNames": functions, "alarmNames": alarms, "dashboardUrl": dashboards,
	}
	if d.application != nil {
		d.application.exports(exports)
	}
	return exports
}
