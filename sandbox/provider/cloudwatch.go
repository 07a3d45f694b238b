package provider

import (
	awscloudwatch "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"

	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/logs"
)

var cloudwatchKinds = map[string]*kind{
	"aws:cloudwatch/logGroup:LogGroup": {
		title: "CloudWatch Logs Log Group", service: "logs",
		args: awscloudwatch.LogGroupArgs{}.ElementType(), state: awscloudwatch.LogGroupState{}.ElementType(),
		name:      &autoName{limit: 512},
		replaces:  []string{"name", "logGroupClass"},
		computed:  []string{"logGroupClass"},
		writeOnly: []string{"skipDestroy"},
		handlers: over(operations[logs.Group]{
			id:     func(g logs.Group) string { return g.Name },
			create: func(c *call, g logs.Group) (logs.Group, error) { return c.region.Logs.CreateGroup(g) },
			read:   func(c *call) (logs.Group, error) { return c.region.Logs.Group(c.id) },
			update: func(c *call, g logs.Group) (logs.Group, error) { return c.region.Logs.UpdateGroup(g) },
			delete: deleteLogGroup,
		}),
	},
	"aws:cloudwatch/metricAlarm:MetricAlarm": {
		title: "CloudWatch Metric Alarm", service: "cloudwatch",
		args: awscloudwatch.MetricAlarmArgs{}.ElementType(), state: awscloudwatch.MetricAlarmState{}.ElementType(),
		name:     &autoName{limit: 255},
		replaces: []string{"name"},
		computed: []string{"actionsEnabled", "treatMissingData", "datapointsToAlarm"},
		handlers: over(operations[cloudwatch.MetricAlarm]{
			id: func(a cloudwatch.MetricAlarm) string { return a.Name },
			create: func(c *call, a cloudwatch.MetricAlarm) (cloudwatch.MetricAlarm, error) {
				return c.region.CloudWatch.PutMetricAlarm(a)
			},
			read: func(c *call) (cloudwatch.MetricAlarm, error) { return c.region.CloudWatch.MetricAlarm(c.id) },
			update: func(c *call, a cloudwatch.MetricAlarm) (cloudwatch.MetricAlarm, error) {
				return c.region.CloudWatch.PutMetricAlarm(a)
			},
			delete: func(c *call) error { return c.region.CloudWatch.DeleteAlarms(c.id) },
		}),
	},
	"aws:cloudwatch/compositeAlarm:CompositeAlarm": {
		title: "CloudWatch Composite Alarm", service: "cloudwatch",
		args: awscloudwatch.CompositeAlarmArgs{}.ElementType(), state: awscloudwatch.CompositeAlarmState{}.ElementType(),
		replaces: []string{"alarmName", "actionsEnabled"},
		computed: []string{"actionsEnabled"},
		handlers: over(operations[cloudwatch.CompositeAlarm]{
			id: func(a cloudwatch.CompositeAlarm) string { return a.AlarmName },
			create: func(c *call, a cloudwatch.CompositeAlarm) (cloudwatch.CompositeAlarm, error) {
				return c.region.CloudWatch.PutCompositeAlarm(a)
			},
			read: func(c *call) (cloudwatch.CompositeAlarm, error) { return c.region.CloudWatch.CompositeAlarm(c.id) },
			update: func(c *call, a cloudwatch.CompositeAlarm) (cloudwatch.CompositeAlarm, error) {
				return c.region.CloudWatch.PutCompositeAlarm(a)
			},
			delete: func(c *call) error { return c.region.CloudWatch.DeleteAlarms(c.id) },
		}),
	},
	"aws:cloudwatch/dashboard:Dashboard": {
		title: "CloudWatch Dashboard", service: "cloudwatch",
		args: awscloudwatch.DashboardArgs{}.ElementType(), state: awscloudwatch.DashboardState{}.ElementType(),
		replaces: []string{"dashboardName"},
		handlers: over(operations[cloudwatch.Dashboard]{
			id: func(d cloudwatch.Dashboard) string { return d.DashboardName },
			create: func(c *call, d cloudwatch.Dashboard) (cloudwatch.Dashboard, error) {
				return c.region.CloudWatch.PutDashboard(d)
			},
			read: func(c *call) (cloudwatch.Dashboard, error) { return c.region.CloudWatch.Dashboard(c.id) },
			update: func(c *call, d cloudwatch.Dashboard) (cloudwatch.Dashboard, error) {
				return c.region.CloudWatch.PutDashboard(d)
			},
			delete: func(c *call) error { return c.region.CloudWatch.DeleteDashboard(c.id) },
		}),
	},
}

// deleteLogGroup leaves a group that the program wants to outlive the stack.
func deleteLogGroup(c *call) error {
	if skip, _ := c.old["skipDestroy"].(bool); skip {
		return nil
	}
	return c.region.Logs.DeleteGroup(c.id)
}
