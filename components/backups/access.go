package backups

import (
	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/policy"
)

// regions are the two data regions, the restore test's own first. What is restored there has no name before.
type regions struct{ own, other components.Region }

// clusters are all clusters of the regions.
func (r regions) clusters() []string {
	return []string{r.own.ARN("dsql", "cluster/*"), r.other.ARN("dsql", "cluster/*")}
}

// verifyPolicy lets the verifier connect to what was restored and to the source as a role that only reads, and open the
// application's keyset.
func verifyPolicy(at regions, fieldKey string) (string, error) {
	statements := []policy.Statement{policy.Allow("ConnectToRestored", "dsql:DbConnect").On(at.clusters()...)}
	if fieldKey != "" {
		statements = append(statements, policy.Allow("OpenKeyset", "kms:Decrypt").On(fieldKey))
	}
	return policy.Document(statements...)
}

// grantPolicy lets a function connect as admin to what was restored, and never to the stack's own.
func grantPolicy(at regions, own, other string) (string, error) {
	return policy.Document(
		policy.Allow("ConnectToRestoredAsAdmin", "dsql:DbConnectAdmin").On(at.clusters()...),
		policy.Deny("SpareTheStack", "dsql:DbConnect", "dsql:DbConnectAdmin").On(own, other),
	)
}

// testAccess is what a restore test works on, by ARNs.
type testAccess struct {
	own, other, vault, twins, role, topic, topicKey string
	clusters                                        regions
}

// testPolicy lets the test find, restore and delete. Jobs of AWS Backup take no resource ("Actions, resources, and
// condition keys for AWS Backup"), and what a restore makes has no name before. Whoever restores a pair needs four
// actions more ("Amazon Aurora DSQL restore", AWS Backup Developer Guide).
func testPolicy(region components.Region, a testAccess) (string, error) {
	clusters := a.clusters.clusters()
	return policy.Document(
		policy.Allow("FindPoints", "backup:ListRecoveryPointsByBackupVault").On(a.vault, a.twins),
		policy.Allow("Restore", "backup:StartRestoreJob").On(region.ARN("backup", "recovery-point:*")),
		policy.Allow("RestoreFromVault", "backup:StartRestoreJob").On(a.vault),
		policy.Allow("FollowJobs", "backup:DescribeRestoreJob", "backup:ListRestoreJobs").On("*"),
		policy.Allow("RestoreAsRole", "iam:PassRole").On(a.role).
			When("StringEquals", "iam:PassedToService", "backup.amazonaws.com"),
		policy.Allow("Pair", "dsql:AddPeerCluster", "dsql:RemovePeerCluster").On(clusters...),
		policy.Allow("DeleteRestored", "dsql:DeleteCluster", "dsql:GetCluster", "dsql:UpdateCluster").On(clusters...),
		policy.Deny("SpareTheStack", "dsql:DeleteCluster", "dsql:UpdateCluster", "dsql:AddPeerCluster",
			"dsql:RemovePeerCluster").On(a.own, a.other),
		policy.Allow("Tell", "sns:Publish").On(a.topic),
		policy.Allow("EncryptMessages", "kms:Decrypt", "kms:GenerateDataKey*").On(a.topicKey),
	)
}

// runPolicy lets a state machine run functions.
func runPolicy(functions ...string) (string, error) {
	return policy.Document(policy.Allow("RunSteps", "lambda:InvokeFunction").On(functions...))
}

// startPolicy lets a schedule start executions of a state machine.
func startPolicy(machine string) (string, error) {
	return policy.Document(policy.Allow("StartTests", "states:StartExecution").On(machine))
}

// lookPolicy lets the test see the executions of its machine.
func lookPolicy(machine string) (string, error) {
	return policy.Document(
		policy.Allow("SeeExecutions", "states:DescribeStateMachine", "states:ListExecutions").On(machine))
}
