package sandbox

import (
	"fmt"
	"slices"

	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/kms"
)

// Leftovers are the resources in the account, "region service name" each: nothing after a stack is destroyed. KMS keys
// that wait for their deletion do not count, nor do hosted zones, which a stack is given, nor service-linked roles,
// which stay on AWS as well.
func (s *Sandbox) Leftovers() []string {
	var found []string
	add := func(region, service, name string) {
		found = append(found, fmt.Sprintf("%s %s %s", region, service, name))
	}
	for _, c := range s.Account.DSQL.Clusters() {
		add(c.Region, "cluster", c.Identifier)
	}
	for _, role := range s.Account.IAM.Roles() {
		add("global", "role", role.Name)
	}
	for _, check := range s.Account.Route53.HealthChecks() {
		add("global", "health check", check.ID)
	}
	for _, zone := range s.Account.Route53.Zones() {
		sets, _ := s.Account.Route53.RecordSets(zone.ID)
		for _, r := range sets {
			if r.Name != zone.Name || r.Type != "NS" && r.Type != "SOA" { // with which every zone begins
				add("global", "record", r.Name+" "+r.Type)
			}
		}
	}
	for _, r := range s.Account.Regions() {
		managed, _ := r.KMS.Alias(kms.AliasSNS) // every region has it
		for _, key := range r.KMS.Keys() {
			if !key.Deleting() && key.KeyID != managed.TargetKeyID {
				add(r.Name, "key", key.Arn)
			}
		}
		for _, topic := range r.SNS.Topics() {
			add(r.Name, "topic", topic.Name)
		}
		for _, queue := range r.SQS.Queues() {
			add(r.Name, "queue", queue.Name)
		}
		for _, group := range r.Logs.Groups() {
			add(r.Name, "log group", group.Name)
		}
		for _, bus := range r.Events.Buses() {
			if bus.Name != events.DefaultBus {
				add(r.Name, "bus", bus.Name)
			}
			rules, _ := r.Events.Rules(bus.Name)
			for _, rule := range rules {
				add(r.Name, "rule", rule.Name)
			}
		}
		for _, archive := range r.Events.Archives() {
			add(r.Name, "archive", archive.Name)
		}
		for _, alarm := range r.CloudWatch.MetricAlarms() {
			add(r.Name, "alarm", alarm.Name)
		}
		for _, alarm := range r.CloudWatch.CompositeAlarms() {
			add(r.Name, "composite alarm", alarm.AlarmName)
		}
		for _, dashboard := range r.CloudWatch.Dashboards() {
			add(r.Name, "dashboard", dashboard.DashboardName)
		}
		for _, api := range r.APIGateway.APIs() {
			add(r.Name, "API", api.Name)
		}
		for _, function := range r.Lambda.Functions() {
			add(r.Name, "function", function.Name)
		}
		for _, vault := range r.Backup.Vaults() {
			add(r.Name, "backup vault", vault.Name)
		}
		for _, plan := range r.Backup.Plans() {
			add(r.Name, "backup plan", plan.Name)
		}
	}
	slices.Sort(found)
	return found
}
