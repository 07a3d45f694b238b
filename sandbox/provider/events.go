package provider

import (
	"crypto/rand"

	awscloudwatch "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"

	"aurora-dsql-dr/sandbox/events"
)

var eventsKinds = map[string]*kind{
	"aws:cloudwatch/eventRule:EventRule": {
		title: "EventBridge Rule", service: "events",
		args: awscloudwatch.EventRuleArgs{}.ElementType(), state: awscloudwatch.EventRuleState{}.ElementType(),
		name:      named("name", 64),
		replaces:  []string{"name", "eventBusName"},
		computed:  []string{"eventBusName", "state"},
		writeOnly: []string{"forceDestroy"},
		handlers: over(operations[events.Rule]{
			id:     func(r events.Rule) string { return r.Name },
			create: func(c *call, r events.Rule) (events.Rule, error) { return c.region.Events.PutRule(r) },
			read:   func(c *call) (events.Rule, error) { return c.region.Events.Rule(c.id) },
			update: func(c *call, r events.Rule) (events.Rule, error) { return c.region.Events.PutRule(r) },
			delete: func(c *call) error { return c.region.Events.DeleteRule(c.id) },
		}),
	},
	"aws:cloudwatch/eventTarget:EventTarget": {
		title: "EventBridge Target", service: "events",
		args: awscloudwatch.EventTargetArgs{}.ElementType(), state: awscloudwatch.EventTargetState{}.ElementType(),
		replaces:  []string{"eventBusName", "rule", "targetId"},
		computed:  []string{"eventBusName", "targetId"},
		writeOnly: []string{"forceDestroy"},
		handlers: over(operations[events.Target]{
			id: func(t events.Target) string { return t.Rule + "-" + t.TargetID },
			create: func(c *call, t events.Target) (events.Target, error) {
				if t.TargetID == "" {
					t.TargetID = madeUpID()
				}
				return c.region.Events.PutTarget(t)
			},
			read: func(c *call) (events.Target, error) {
				return c.region.Events.Target(text(c.old, "rule"), text(c.old, "targetId"))
			},
			update: func(c *call, t events.Target) (events.Target, error) {
				t.TargetID = text(c.old, "targetId")
				return c.region.Events.PutTarget(t)
			},
			delete: func(c *call) error { return c.region.Events.RemoveTarget(text(c.old, "rule"), text(c.old, "targetId")) },
		}),
	},
}

// madeUpID is an id that terraform-provider-aws makes up where the program gives none.
func madeUpID() string { return "terraform-" + rand.Text() }
