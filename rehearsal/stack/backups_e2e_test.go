//go:build e2e

package stack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

// briefly is how long jobs take where only their order matters.
var briefly = backup.Durations{
	Start:   200 * time.Millisecond,
	Backup:  time.Second,
	Copy:    time.Second,
	Restore: time.Second,
}

func TestBackupsAreKeptRestoredAndGone(t *testing.T) {
	s := newSandbox(t, sandbox.Options{Backup: briefly})
	stack, err := Prepare(t.Context(), s, WithApplication(Config()))
	require.NoError(t, err)
	l := life{s, t, stack}
	l.up()

	l.set("backups", map[string]any{"dailyAt": "03:00", "lock": "governance", "pairRestoreTest": "quarterly"})
	out := l.outputs(l.up())
	require.Len(t, out.RestoreTestMachineARNs, 2)
	assert.Empty(t, changed(l.up()), "nothing has changed")
	for region, vault := range out.BackupVaultNames {
		l.backedUp(out, region, vault)
	}
	for region := range out.BackupVaultNames {
		for _, pair := range []string{`{"pair":false}`, `{"pair":true}`} {
			l.tested(out, region, pair)
		}
	}
	assert.Len(t, l.Account.DSQL.Clusters(), 2, "nothing restored is left")

	l.set("backups", map[string]any{})
	_, err = l.stack.Up(t.Context(), engine.Run{})
	require.Error(t, err, "a vault that keeps something is not deleted")
}

// backedUp makes a recovery point of a region's cluster, and its twin.
func (l life) backedUp(out Outputs, region, vault string) {
	l.t.Helper()
	b := l.Account.Region(region).Backup
	job, err := b.StartBackup(backup.Job{
		VaultName:   vault,
		ResourceArn: out.ClusterARNs[region],
		RoleArn:     out.BackupRoleARNs[region],
		Lifecycle:   backup.Lifecycle{DeleteAfter: 35},
	}, 0, 0, "")
	require.NoError(l.t, err)
	l.await(b, func() bool { job, err = b.BackupJob(job.ID); return err == nil && job.CompletedAt != nil })
	require.Equal(l.t, backup.Completed, job.State, job.Message)
	other := ""
	for name := range out.BackupVaultNames {
		if name != region {
			other = name
		}
	}
	twins, err := l.Account.Region(other).Backup.Vault(out.BackupVaultNames[other])
	require.NoError(l.t, err)
	copied, err := b.StartCopy(backup.CopyJob{
		SourceVault:    vault,
		SourcePointArn: job.PointArn,
		VaultArn:       twins.Arn,
		RoleArn:        out.BackupRoleARNs[region],
	}, "")
	require.NoError(l.t, err)
	l.await(b, func() bool {
		copied, err = b.CopyJob(copied.ID)
		return err == nil && copied.CompletedAt != nil
	})
	require.Equal(l.t, backup.Completed, copied.State, copied.Message)
}

// await waits for a job.
func (l life) await(b *backup.Service, done func() bool) {
	l.t.Helper()
	for {
		changed := b.Changed()
		if done() {
			return
		}
		select {
		case <-changed:
		case <-l.t.Context().Done():
			l.t.FailNow()
		}
	}
}

// tested runs a restore test to its end.
func (l life) tested(out Outputs, region, input string) {
	l.t.Helper()
	machines := l.Account.Region(region).StepFunctions
	started, err := machines.StartExecution(out.RestoreTestMachineARNs[region], "", input)
	require.NoError(l.t, err)
	require.Eventually(l.t, func() bool {
		e, err := machines.Execution(started.Arn)
		started = e
		return err == nil && e.Status != stepfunctions.Running
	}, 5*time.Minute, 100*time.Millisecond)
	require.Equal(l.t, stepfunctions.Succeeded, started.Status, "%s %s %s", started.Error, started.Cause, started.Output)
}
