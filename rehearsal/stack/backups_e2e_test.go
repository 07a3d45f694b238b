//go:build e2e

package stack

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/sandbox/sns"
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

	// The last call of the tests was before these: who is told of them has been told of those, if at all.
	newest := restored(t, s, out)
	for _, c := range newest {
		require.NoError(t, RemoveCluster(s, c))
	}
	l.hears(6)
	recovery := "by arn:aws:sts::" + s.Account.ID + ":assumed-role/backups-primary-recovery-role-"
	admin := "by " + s.Account.IAM.Admin().Principal.ARN
	var want []string
	for _, region := range []string{newest[0].Region, newest[1].Region} {
		in := " on Aurora DSQL in " + region + " "
		want = append(want, "StartRestoreJob"+in+recovery, "UpdateCluster"+in+admin, "DeleteCluster"+in+admin)
	}
	assert.ElementsMatch(t, want, l.reported(), "of a person's restore they are told, of a restore test's nothing")

	want = append(want, l.robbed(out, out.Regions["primary"])...)
	l.hears(len(want))
	assert.ElementsMatch(t, want, l.reported(), "of what takes the backups away they are told, of their end in time nothing")

	l.set("backups", map[string]any{})
	_, err = l.stack.Up(t.Context(), engine.Run{})
	require.Error(t, err, "a vault that keeps something is not deleted")
	assert.ElementsMatch(t, want, l.reported(), "of what a destroy does they are told nothing")
}

// restored is a pair that a person has had restored of the primary's newest point.
func restored(t *testing.T, s *sandbox.Sandbox, out Outputs) []dsql.Cluster {
	t.Helper()
	region := out.Regions["primary"]
	points, err := s.Account.Region(region).Backup.PointsOfVault(out.BackupVaultNames[region])
	require.NoError(t, err)
	own := slices.DeleteFunc(points, func(p backup.RecoveryPoint) bool { return p.ResourceArn != out.ClusterARNs[region] })
	require.NotEmpty(t, own)
	pair, err := RestorePair(t.Context(), s, out, region, own[0].Arn)
	require.NoError(t, err)
	require.Len(t, pair, 2)
	return pair
}

// reported is what a recipient was told that was done to clusters and backups: the call and who made it, without the names that
// differ.
func (l life) reported() (all []string) {
	for _, m := range l.Account.Inbox.Messages() {
		var body struct{ Alert string }
		if m.Kind != sns.KindEvent || json.Unmarshal([]byte(m.Body), &body) != nil || body.Alert == "" {
			continue
		}
		told, _, _ := strings.Cut(body.Alert, " at 20")
		all = append(all, regexp.MustCompile(`-[0-9a-f]{7}/.*$`).ReplaceAllString(told, "-"))
	}
	return all
}

// hears waits until so many calls were reported.
func (l life) hears(n int) {
	l.t.Helper()
	require.Eventually(l.t, func() bool { return len(l.reported()) >= n }, time.Minute, 100*time.Millisecond)
}
