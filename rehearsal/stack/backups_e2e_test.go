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
	for region := range out.BackupVaultNames {
		_, err := BackUp(t.Context(), s, out, region)
		require.NoError(t, err)
	}
	for region := range out.BackupVaultNames {
		for _, pair := range []bool{false, true} {
			_, err := TestRestore(t.Context(), s, out, region, pair)
			require.NoError(t, err)
		}
	}
	assert.Len(t, l.Account.DSQL.Clusters(), 2, "nothing restored is left")

	l.set("backups", map[string]any{})
	_, err = l.stack.Up(t.Context(), engine.Run{})
	require.Error(t, err, "a vault that keeps something is not deleted")
}
