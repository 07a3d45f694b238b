package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsbackup "github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/backup"
)

// deployed writes the stack's state.
func (w *world) deployed(resources ...any) {
	w.Helper()
	w.write("state.json", map[string]any{"version": 3, "deployment": map[string]any{"resources": resources}})
}

func TestVaultsThatHoldPointsStandAgainstADestroy(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.run("destroyable"), "empty vaults")

	first := w.backedUp()
	second := w.backedUp()
	err := w.run("destroyable")
	for _, says := range []string{"nothing has been touched:\n", "the vault vault in us-east-1 holds 2 recovery points",
		"the oldest of " + date(first.CreatedAt) + ", the newest of " + date(second.CreatedAt),
		"the last of which ends by itself on " + date(*second.DeleteAt()),
		"the vault vault in us-east-2 holds 2", "aws backup delete-recovery-point --region us-east-2"} {
		assert.ErrorContains(t, err, says)
	}
	assert.NotContains(t, err.Error(), "protected")

	_, err = w.account.Region(primary).Backup.PutLock(backup.Lock{VaultName: "vault"})
	require.NoError(t, err)
	w.deployed(w.resources()[2], map[string]any{"urn": "a::b", "type": "c", "protect": true})
	err = w.run("destroyable")
	for _, says := range []string{"the stack prod is protected: docs/runbooks.md#destroy", "the vault vault in us-east-1",
		"take its lock off", "pulumi destroy --stack prod --target '**aws:backup/selection:Selection::*'"} {
		assert.ErrorContains(t, err, says, "all of it at once")
	}
	assert.NotContains(t, err.Error(), "us-east-2")
}

func TestAVaultThatIsLockedForGoodIsWaitedFor(t *testing.T) {
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	for _, tt := range []struct {
		lock time.Time
		says string
	}{{past, "locked for good: wait until"}, {future, "take its lock off"}} {
		said := advice("prod", primary, "vault",
			&awsbackup.DescribeBackupVaultOutput{Locked: aws.Bool(true), LockDate: &tt.lock})
		assert.Contains(t, said, tt.says)
		assert.Equal(t, tt.lock.Equal(future), strings.Contains(said, "delete-recovery-point"))
	}
}

func TestAStackWithoutVaultsIsDestroyedWithoutAskingAWS(t *testing.T) {
	w := newWorld(t)
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	w.deployed(w.resources()[0])
	require.NoError(t, w.run("destroyable"))
	w.deployed()
	require.NoError(t, w.run("destroyable"), "nothing at all")
	w.deployed(w.resources()[2])
	assert.ErrorContains(t, w.run("destroyable"), "the vault vault in us-east-1: operation error Backup")
}

func TestAVaultThatSomebodyDeletedHoldsNothing(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.account.Region(primary).Backup.DeleteVault("vault"))
	require.NoError(t, w.run("destroyable"))
}
