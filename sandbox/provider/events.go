package provider

import (
	"crypto/rand"
	"strings"

	awscloudwatch "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"

	"aurora-dsql-dr/sandbox/events"
)

var eventsKinds = map[string]*kind{
	"aws:cloudwatch/eventRule:EventRule": {
		title: "EventBridge Rule", service: "events",
		args: awscloudwatch.EventRuleArgs{}.ElementType(), state: awscloudwatch.EventRuleState{}.ElementType(),
		name:      &autoName{limit: 64},
		replaces:  []string{"name", "eventBusName"},
		computed:  []string{"eventBusName", "state"},
		writeOnly: []string{"forceDestroy"},
		handlers: over(operations[events.Rule]{
			id:     ruleID,
			create: func(c *call, r events.Rule) (events.Rule, error) { return c.region.Events.PutRule(r) },
			read:   func(c *call) (events.Rule, error) { return c.region.Events.Rule(ruleOf(c.id)) },
			update: func(c *call, r events.Rule) (events.Rule, error) { return c.region.Events.PutRule(r) },
			delete: func(c *call) error { return c.region.Events.DeleteRule(ruleOf(c.id)) },
		}),
	},
	"aws:cloudwatch/eventBus:EventBus": {
		title: "EventBridge Event Bus", service: "events",
		args: awscloudwatch.EventBusArgs{}.ElementType(), state: awscloudwatch.EventBusState{}.ElementType(),
		name:     &autoName{limit: 256},
		replaces: []string{"name", "eventSourceName"},
		handlers: over(operations[events.Bus]{
			id:     func(b events.Bus) string { return b.Name },
			create: func(c *call, b events.Bus) (events.Bus, error) { return c.region.Events.CreateBus(b) },
			read:   func(c *call) (events.Bus, error) { return c.region.Events.Bus(c.id) },
			update: func(c *call, b events.Bus) (events.Bus, error) { return c.region.Events.UpdateBus(b) },
			delete: func(c *call) error { return c.region.Events.DeleteBus(c.id) },
		}),
	},
	"aws:cloudwatch/eventArchive:EventArchive": {
		title: "EventBridge Archive", service: "events",
		args: awscloudwatch.EventArchiveArgs{}.ElementType(), state: awscloudwatch.EventArchiveState{}.ElementType(),
		name:     &autoName{limit: 48},
		replaces: []string{"name", "eventSourceArn"},
		handlers: over(operations[events.Archive]{
			id:     func(a events.Archive) string { return a.Name },
			create: func(c *call, a events.Archive) (events.Archive, error) { return c.region.Events.CreateArchive(a) },
			read:   func(c *call) (events.Archive, error) { return c.region.Events.Archive(c.id) },
			update: func(c *call, a events.Archive) (events.Archive, error) { return c.region.Events.UpdateArchive(a) },
			delete: func(c *call) error { return c.region.Events.DeleteArchive(c.id) },
		}),
	},
	"aws:cloudwatch/eventTarget:EventTarget": {
		title: "EventBridge Target", service: "events",
		args: awscloudwatch.EventTargetArgs{}.ElementType(), state: awscloudwatch.EventTargetState{}.ElementType(),
		replaces:  []string{"eventBusName", "rule", "targetId"},
		computed:  []string{"eventBusName", "targetId"},
		writeOnly: []string{"forceDestroy"},
		handlers: over(operations[events.Target]{
			id: targetID,
			create: func(c *call, t events.Target) (events.Target, error) {
				if t.TargetID == "" {
					t.TargetID = madeUpID()
				}
				return c.region.Events.PutTarget(t)
			},
			read: func(c *call) (events.Target, error) {
				return c.region.Events.Target(text(c.old, "eventBusName"), text(c.old, "rule"), text(c.old, "targetId"))
			},
			update: func(c *call, t events.Target) (events.Target, error) {
				t.TargetID = text(c.old, "targetId")
				return c.region.Events.PutTarget(t)
			},
			delete: func(c *call) error {
				return c.region.Events.RemoveTarget(text(c.old, "eventBusName"), text(c.old, "rule"), text(c.old, "targetId"))
			},
		}),
	},
}

// ruleID is a rule's name, after the bus's and a slash unless it is the default one.
func ruleID(r events.Rule) string {
	if r.EventBusName == events.DefaultBus {
		return r.Name
	}
	return r.EventBusName + "/" + r.Name
}

// ruleOf takes the id of a rule apart.
func ruleOf(id string) (bus, name string) {
	if bus, name, ok := strings.Cut(id, "/"); ok {
		return bus, name
	}
	return events.DefaultBus, id
}

// targetID is made of rule and target, after the bus unless it is the default one.
func targetID(t events.Target) string {
	if t.EventBusName == events.DefaultBus {
		return t.Rule + "-" + t.TargetID
	}
	return t.EventBusName + "-" + t.Rule + "-" + t.TargetID
}

// madeUpID is an id that terraform-provider-aws makes up where the program gives none.
func madeUpID() string { return "terraform-" + rand.Text() }
