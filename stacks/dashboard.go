package stacks

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/backups"
	"aurora-dsql-dr/components/traffic"
	"aurora-dsql-dr/stacks/config"
)

func dashboardPage(
	ctx *pulumi.Context, c *config.Config, at regions, database *components.PeeredDsqlCluster,
	schedules schedulesOf, app *application, endpoints endpointsOf, routing *traffic.Routing,
	kept *backups.DatabaseBackups, made alarms,
) (*components.DrDashboard, error) {
	args := &components.DrDashboardArgs{
		Region:        at[primary],
		DashboardName: dashboardName(ctx, database),
		Title:         title(ctx),
		Runbooks:      c.Runbooks,
		Databases:     database.Sides(),
		Schedules:     schedules[:],
		Schedule:      c.Monitor.Schedule,
		MetricsFull:   c.Monitor.MetricsFull,
		Endpoints:     endpoints[:],
		AlarmARNs:     map[string]pulumi.StringArray{},
	}
	for region, list := range made {
		args.AlarmARNs[region] = list.ARNs
	}
	if app != nil {
		args.Applications = app.shown()
	}
	if routing != nil {
		args.Traffic = routing.Facts()
	}
	if kept != nil {
		args.Backups = kept.Facts(c.Backups.RestoreTest != backups.Never)
	}
	return components.NewDrDashboard(ctx, "dashboard", args)
}
