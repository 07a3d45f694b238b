package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/dsql"
)

// restored are the clusters that the account has beside the stack's, the primary's first.
func (w *world) restored() []dsql.Cluster {
	w.Helper()
	var made []dsql.Cluster
	for i, region := range []string{primary, secondary} {
		for _, c := range w.account.Region(region).DSQL.ListClusters() {
			if c.ARN != w.pair[i].ARN {
				made = append(made, c)
			}
		}
	}
	return made
}

// lose deletes the secondary's cluster, as far as a cluster of a pair can be.
func (w *world) lose() {
	w.Helper()
	_, err := w.account.Region(secondary).DSQL.DeleteCluster(dsql.DeleteClusterInput{Identifier: w.pair[1].Identifier})
	require.NoError(w, err)
	w.await(w.pair[1].ARN, dsql.PendingDelete)
}

func TestAPairIsRestoredAfterAConfirmation(t *testing.T) {
	w := newWorld(t)
	point := w.backedUp()
	w.lose()
	w.typed = "yes\n"
	require.NoError(t, w.run("restore", "-point", point.Arn))
	made := w.restored()
	require.Len(t, made, 2)
	for _, c := range made {
		assert.True(t, c.DeletionProtectionEnabled)
		assert.Equal(t, dsql.Active, c.Status)
	}
	for _, said := range []string{
		"Recovery point  " + point.Arn, "and its twin    " + w.points(secondary)[0].Arn, "with the witness us-west-2",
		`Type "yes" to begin`, "restore job", ": COMPLETED", made[0].ARN, made[1].ARN,
		made[1].Identifier + ".dsql.us-east-2.on.aws",
		"pulumi stack export --stack prod --file",
		"make adopt STACK=prod CLUSTERS='" + made[0].ARN + " " + made[1].ARN + "'",
		"make up STACK=prod\n",
		"aws dsql delete-cluster --region us-east-1 --identifier " + w.pair[0].Identifier,
	} {
		assert.Contains(t, w.said.String(), said)
	}
}

func TestATwinIsRestoredAsWell(t *testing.T) {
	w := newWorld(t)
	w.backedUp()
	require.NoError(t, w.run("restore", "-point", w.points(secondary)[0].Arn, "-beside", "yes", "-confirm", "yes"))
	made := w.restored()
	require.Len(t, made, 2)
	said := w.said.String()
	assert.Less(t, strings.Index(said, made[0].Identifier+".dsql"), strings.Index(said, made[1].Identifier+".dsql"),
		"the primary's first")
	assert.Contains(t, said, "keeps its own clusters")
	assert.Contains(t, said, "aws dsql delete-cluster --region us-east-2 --identifier "+made[1].Identifier)
	assert.NotContains(t, said, "--identifier "+w.pair[0].Identifier, "the stack's are not to be deleted")
	assert.NotContains(t, said, "make adopt")
}

func TestNothingIsRestoredThatNobodyConfirmed(t *testing.T) {
	w := newWorld(t)
	point := w.backedUp()
	for _, typed := range []string{"", "no\n", "y\n"} {
		w.typed = typed
		err := w.run("restore", "-point", point.Arn, "-beside", "yes")
		assert.EqualError(t, err, "not confirmed, and nothing has been done: answer yes, or give CONFIRM=yes")
	}
	assert.Empty(t, w.account.Region(primary).Backup.RestoreJobs())
}

func TestWhatStandsAgainstARestoreIsToldTogether(t *testing.T) {
	const unknown = "arn:aws:backup:us-east-1:123456789012:recovery-point:00000000-0000-0000-0000-000000000000"
	w := newWorld(t)
	release := w.holding()
	err := w.run("restore", "-point", "newest", "-confirm", "yes")
	for _, says := range []string{`POINT is "newest": want the ARN of a recovery point`,
		"the restore test held is running", "stack prod still has both clusters", "BESIDE=yes"} {
		assert.ErrorContains(t, err, says)
	}
	release()

	for point, says := range map[string]string{
		"": `POINT is "": want the ARN`,
		strings.ReplaceAll(unknown, primary, "us-west-2"): "want one in us-east-1 or us-east-2",
		unknown: "which is not in the vault vault: what is there says\n" +
			"  aws backup list-recovery-points-by-backup-vault --region us-east-1 --backup-vault-name vault",
	} {
		assert.ErrorContains(t, w.run("restore", "-point", point, "-beside", "yes", "-confirm", "yes"), says)
	}
	assert.Empty(t, w.account.Region(primary).Backup.RestoreJobs())
}

func TestAPointWithoutATwinMakesNoPair(t *testing.T) {
	w := newWorld(t)
	point := w.backedUp()
	later := w.backedUp()
	for _, copied := range w.points(secondary) {
		if copied.CreatedAt.Equal(point.CreatedAt) {
			require.NoError(t, w.account.Region(secondary).Backup.DeletePoint("vault", copied.Arn))
		}
	}
	err := w.run("restore", "-point", point.Arn, "-confirm", "yes")
	assert.ErrorContains(t, err, "which has no twin of "+date(point.CreatedAt)+" in the vault vault in us-east-2")
	assert.ErrorContains(t, err, "still has both clusters", "told together")
	require.NoError(t, w.run("restore", "-point", later.Arn, "-beside", "yes", "-confirm", "yes"))
}

func TestARestoreThatFailsSaysWhy(t *testing.T) {
	w := newWorld(t)
	point := w.backedUp()
	w.outputs["recoveryRoleArns"] = map[string]string{primary: w.roleOf("states2", "dsql:*")}
	err := w.run("restore", "-point", point.Arn, "-beside", "yes", "-confirm", "yes")
	assert.ErrorContains(t, err, "cannot be assumed")

	role, err := w.account.IAM.CreateRole(iamRole("poor"))
	require.NoError(t, err)
	w.outputs["recoveryRoleArns"] = map[string]string{primary: role.Arn}
	err = w.run("restore", "-point", point.Arn, "-beside", "yes", "-confirm", "yes")
	assert.ErrorContains(t, err, "in us-east-1 is FAILED: IAM Role does not have sufficient permissions")
	assert.Equal(t, backup.Failed, w.account.Region(primary).Backup.RestoreJobs()[0].State)
	assert.Empty(t, w.restored())
}
