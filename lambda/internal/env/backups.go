package env

import (
	"fmt"

	"aurora-dsql-dr/lambda/contract"
)

// backups are the plans to watch; none without the key.
func (p *parser) backups() []contract.BackupPlan {
	const accepted = `a JSON array of {"region","planId","clusterId","clusterArn","vault","peerRegion","peerVault"}, ` +
		`at least one, or nothing`
	if value, _ := p.lookup(contract.EnvBackups); value == "" {
		return nil
	}
	var plans []contract.BackupPlan
	if !p.list(contract.EnvBackups, accepted, &plans, func() int { return len(plans) }) {
		return nil
	}
	for i, plan := range plans {
		p.plan(fmt.Sprintf("%s[%d]", contract.EnvBackups, i), plan)
	}
	return plans
}

func (p *parser) plan(at string, plan contract.BackupPlan) {
	field := func(name, value string, ok bool, accepted string) {
		if !ok {
			p.problem(at+"."+name, value, accepted)
		}
	}
	field("region", plan.Region, regionName.MatchString(plan.Region), "a region name such as us-east-1")
	field("planId", plan.PlanID, plan.PlanID != "", "the plan's ID")
	field("clusterId", plan.ClusterID, plan.ClusterID != "", "the cluster's identifier")
	parts := clusterARN.FindStringSubmatch(plan.ClusterARN)
	field("clusterArn", plan.ClusterARN, parts != nil && parts[1] == plan.Region,
		"the ARN of a cluster in the plan's region")
	field("vault", plan.Vault, vaultName.MatchString(plan.Vault), "a backup vault's name")
	other := regionName.MatchString(plan.PeerRegion) && plan.PeerRegion != plan.Region
	field("peerRegion", plan.PeerRegion, other, "the name of the region that is copied to")
	field("peerVault", plan.PeerVault, vaultName.MatchString(plan.PeerVault), "a backup vault's name")
}
