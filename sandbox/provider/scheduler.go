package provider

import (
	"strings"

	awsscheduler "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/scheduler"

	"aurora-dsql-dr/sandbox/scheduler"
)

// The behaviour here is that of terraform-provider-aws 5.100.0, internal/service/scheduler.

var schedulerKinds = map[string]*kind{
	"aws:scheduler/schedule:Schedule": {
		title: "EventBridge Scheduler Schedule", service: "scheduler",
		args: awsscheduler.ScheduleArgs{}.ElementType(), state: awsscheduler.ScheduleState{}.ElementType(),
		name:     &autoName{limit: 64},
		replaces: []string{"name", "groupName"},
		computed: []string{"groupName", "scheduleExpressionTimezone", "state", "target.retryPolicy"},
		handlers: over(operations[scheduler.Schedule]{
			id: func(s scheduler.Schedule) string { return s.GroupName + "/" + s.Name },
			create: func(c *call, s scheduler.Schedule) (scheduler.Schedule, error) {
				return c.region.Scheduler.CreateSchedule(s)
			},
			read: func(c *call) (scheduler.Schedule, error) {
				group, name, _ := strings.Cut(c.id, "/")
				return c.region.Scheduler.Schedule(group, name)
			},
			update: func(c *call, s scheduler.Schedule) (scheduler.Schedule, error) {
				return c.region.Scheduler.UpdateSchedule(s)
			},
			delete: func(c *call) error {
				group, name, _ := strings.Cut(c.id, "/")
				return c.region.Scheduler.DeleteSchedule(group, name)
			},
		}),
	},
	"aws:scheduler/scheduleGroup:ScheduleGroup": {
		title: "EventBridge Scheduler Schedule Group", service: "scheduler",
		args:     awsscheduler.ScheduleGroupArgs{}.ElementType(),
		state:    awsscheduler.ScheduleGroupState{}.ElementType(),
		name:     &autoName{limit: 64},
		replaces: []string{"name"},
		handlers: over(operations[scheduler.Group]{
			id: func(g scheduler.Group) string { return g.Name },
			create: func(c *call, g scheduler.Group) (scheduler.Group, error) {
				return c.region.Scheduler.CreateGroup(g)
			},
			read: func(c *call) (scheduler.Group, error) { return c.region.Scheduler.Group(c.id) },
			update: func(c *call, g scheduler.Group) (scheduler.Group, error) {
				return c.region.Scheduler.TagGroup(c.id, g.Tags)
			},
			delete: func(c *call) error { return c.region.Scheduler.DeleteGroup(c.id) },
		}),
	},
}
