package console

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/backup"
)

func TestWhatIsKeptIsShown(t *testing.T) {
	s := newScene(t)
	assert.Equal(t, []keptView{}, s.backups(), "the stack has no backups")
	k := s.keep(t)
	first := s.backups()
	assert.Equal(t, []keptView{
		{Region: east, Vault: "vault-us-east-1", Jobs: []jobView{}, Test: &testView{}},
		{Region: ohio, Vault: "vault-us-east-2", Jobs: []jobView{}, Test: &testView{}},
	}, first, "nothing yet")

	j := k.backUp(east, k.role)
	assert.Equal(t, &pointView{At: j.CreatedAt, Twin: twinMissing, In: ohio}, s.backups()[0].Newest)
	k.copyToOhio(j)
	require.Eventually(t, func() bool { return s.backups()[0].Newest.Twin == twinThere }, patience, time.Millisecond)
	kept := s.backups()
	assert.Equal(t, []int{1, 0, 0, 1}, []int{kept[0].Own, kept[0].Copies, kept[1].Own, kept[1].Copies})
	assert.Nil(t, kept[1].Newest, "what is another's says nothing of the own cluster")
	assert.Empty(t, kept[0].Jobs, "what has ended well is no news")

	newer := k.backUp(east, k.role)
	assert.Equal(t, &pointView{At: newer.CreatedAt, Twin: twinMissing, In: ohio}, s.backups()[0].Newest)
}

// A job is shown while somebody may wait for it, and when the latest came to nothing.
func TestJobsThatRunOrFailedAreShown(t *testing.T) {
	s := newSceneWith(t, backup.Durations{Start: 1, Backup: 1, Copy: time.Hour, Restore: time.Hour})
	k := s.keep(t)
	j := k.backUp(east, k.role)
	k.copyToOhio(j)
	assert.Equal(t, twinComing, s.backups()[0].Newest.Twin)
	k.restore(east, j)
	require.Eventually(t, func() bool {
		jobs := s.backups()[0].Jobs
		return len(jobs) == 2 && jobs[0].State == backup.Running && jobs[1].State == backup.Running
	}, patience, time.Millisecond)
	jobs := s.backups()[0].Jobs
	assert.Equal(t, []string{"copy", "restore"}, []string{jobs[0].Kind, jobs[1].Kind})
	assert.Empty(t, s.backups()[1].Jobs, "they are the other region's")

	failed := k.backUp(east, newRole(t, s.account.IAM, "powerless", `["dsql:GetCluster"]`))
	said := s.backups()[0].Jobs[0]
	assert.Equal(t, jobView{"backup", backup.Failed, failed.Message, failed.CreatedAt, failed.CompletedAt}, said)
	assert.NotEmpty(t, said.Message)
	k.backUp(east, k.role)
	assert.Equal(t, "copy", s.backups()[0].Jobs[0].Kind, "one that went well has followed")
}

func TestRestoreTestsAreShown(t *testing.T) {
	s := newScene(t)
	k := s.keep(t)
	passed := k.test(east, "passes")
	assert.Equal(t, &testView{Last: &endedView{
		Ended:  passed.Stop,
		Took:   passed.Stop.Sub(passed.Start).Seconds(),
		Passed: true,
		Result: "passed",
	}}, s.backups()[0].Test)
	k.test(east, "fails")
	last := s.backups()[0].Test.Last
	assert.Equal(t, []any{false, "failed", "The evidence is in the log."}, []any{last.Passed, last.Result, last.Why})

	running := k.test(east, "goes on")
	test := s.backups()[0].Test
	assert.Equal(t, running.Start, test.Running)
	assert.Equal(t, "failed", test.Last.Result, "the last that ended")
	_, err := s.account.Region(east).StepFunctions.StopExecution(running.Arn, "", "by hand")
	require.NoError(t, err)
	test = s.backups()[0].Test
	assert.Zero(t, test.Running)
	assert.Equal(t, []string{"aborted", "by hand"}, []string{test.Last.Result, test.Last.Why})

	delete(s.config.Backups.Machines, east)
	assert.Nil(t, s.backups()[0].Test, "restores are not tested")
}

// What cannot be asked is unknown, and so is the twin that is to be there.
func TestBackupsOfALostRegionAreUnknown(t *testing.T) {
	s := newScene(t)
	k := s.keep(t)
	k.copyToOhio(k.backUp(east, k.role))
	require.Eventually(t, func() bool { return s.backups()[1].Copies == 1 }, patience, time.Millisecond)
	k.backUp(ohio, k.role)
	region := s.account.Region(east)
	for name, tt := range map[string]struct {
		take       func(bool)
		kept, test bool // that are unknown then
	}{
		"the region is lost":               {region.SetDown, true, true},
		"its AWS Backup does not work":     {func(b bool) { region.Env.SetBroken("backup", b) }, true, false},
		"its Step Functions do not answer": {func(b bool) { region.Env.SetBroken("states", b) }, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			tt.take(true)
			defer tt.take(false)
			lost, left := s.backups()[0], s.backups()[1]
			assert.Equal(t, tt.kept, lost.Unknown != "")
			assert.Equal(t, tt.kept, lost.Newest == nil)
			assert.Equal(t, tt.kept, left.Newest.Twin == twinUnknown)
			assert.Equal(t, tt.test, lost.Test.Unknown != "")
			assert.Empty(t, left.Unknown)
		})
	}
	assert.Equal(t, twinThere, s.backups()[0].Newest.Twin)
}
