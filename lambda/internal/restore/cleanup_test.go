package restore

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	backuptypes "github.com/aws/aws-sdk-go-v2/service/backup/types"
	dsqltypes "github.com/aws/aws-sdk-go-v2/service/dsql/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

func TestAPairIsDeletedPeerFirstAndThenIsGone(t *testing.T) {
	tester, c := world()
	c.add("new", arn(ohio, "peer"))
	c.peer.add("peer", arn(east, "new"))
	c.restoredBy(testRole, "job-1", epoch.Add(time.Second), arn(east, "new"))
	cleanUp := func(test contract.RestoreTest) contract.RestoreTest {
		after, err := tester.Run(t.Context(), event(contract.StepCleanUp, test))
		require.NoError(t, err)
		return after
	}
	begun := test() // of its restore it knows nothing: the step that started it was killed
	after := cleanUp(begun)
	assert.False(t, after.Gone)
	assert.Equal(t, "delete peer, delete new", c.changes())
	c.region.gone()
	after = cleanUp(after)
	assert.False(t, after.Gone, "the peer is still there, and the own cluster does not name it any more")
	c.peer.gone()
	assert.True(t, cleanUp(after).Gone)
	assert.Equal(t, "delete peer, delete new", c.changes(), "once each")
	assert.True(t, c.has("own") && c.peer.has("other"))
}

func TestWhatCannotBeDeletedYetIsNotGone(t *testing.T) {
	tester, c := world()
	c.add("new")
	c.clusters["new"].DeletionProtectionEnabled = aws.Bool(true)
	c.restoredBy(testRole, "job-1", epoch.Add(time.Second), arn(east, "new"))
	for _, want := range []string{"unprotect new", "unprotect new, delete new"} {
		after, err := tester.Run(t.Context(), event(contract.StepCleanUp, test()))
		require.NoError(t, err)
		assert.False(t, after.Gone)
		assert.Equal(t, want, c.changes())
	}
	c.region.gone()
	c.jobs = append(c.jobs, backuptypes.RestoreJobsListMember{
		Status:           backuptypes.RestoreJobStatusRunning,
		IamRoleArn:       aws.String(testRole),
		RecoveryPointArn: aws.String("point-1"),
		CreationDate:     aws.Time(epoch.Add(time.Minute)),
	})
	after, err := tester.Run(t.Context(), event(contract.StepCleanUp, test()))
	require.NoError(t, err)
	assert.False(t, after.Gone, "a job that has not ended will make one")
	c.jobs[1].Status = backuptypes.RestoreJobStatusFailed
	after, err = tester.Run(t.Context(), event(contract.StepCleanUp, test()))
	require.NoError(t, err)
	assert.True(t, after.Gone)
}

func TestAnExecutionDeletesOnlyWhatIsItsOwn(t *testing.T) {
	tester, c := world()
	for _, id := range []string{"earlier", "byhand", "unrelated", "elsewhere"} {
		c.add(id)
	}
	c.restoredBy(testRole, "job-1", epoch.Add(-time.Hour), arn(east, "earlier"))
	c.restoredBy(handRole, "job-2", epoch.Add(time.Second), arn(east, "byhand"))
	c.restoredBy(testRole, "job-3", epoch.Add(time.Second), arn(east, "elsewhere"))
	c.jobs[2].RecoveryPointArn = aws.String("point-2")
	after, err := tester.Run(t.Context(), event(contract.StepCleanUp, test()))
	require.NoError(t, err)
	assert.True(t, after.Gone)
	assert.Empty(t, c.changes())

	refused := test()
	refused.Point = nil // another test runs, so this one has taken none
	c.restoredBy(testRole, "job-4", epoch.Add(time.Second), arn(east, "unrelated"))
	after, err = tester.Run(t.Context(), event(contract.StepCleanUp, refused))
	require.NoError(t, err)
	assert.True(t, after.Gone)
	assert.Empty(t, c.changes(), "the running test's clusters stay")
}

// The stack's clusters stay, whatever AWS says of them.
func TestTheStacksClustersAreNeverDeleted(t *testing.T) {
	for _, named := range []string{arn(east, "own"), arn(east, "new")} {
		tester, c := world()
		c.add("new", arn(ohio, "other")) // a restored cluster whose peer would be the stack's
		c.restoredBy(testRole, "job-1", epoch.Add(time.Second), named)
		after, err := tester.Run(t.Context(), event(contract.StepCleanUp, test()))
		assert.ErrorContains(t, err, "REFUSED to delete cluster")
		assert.False(t, after.Gone)
		_, err = tester.Run(t.Context(), event(contract.StepSweep, contract.RestoreTest{Machine: machine}))
		assert.ErrorContains(t, err, "REFUSED to delete cluster")
		assert.Empty(t, c.changes())
	}
}

func TestARegionThatCannotBeAskedIsNotGone(t *testing.T) {
	tester, c := world()
	c.add("new", arn(ohio, "peer"))
	c.restoredBy(testRole, "job-1", epoch.Add(time.Second), arn(east, "new"))
	c.peer.fail = errors.New("unreachable")
	after, err := tester.Run(t.Context(), event(contract.StepCleanUp, test()))
	assert.ErrorContains(t, err, "unreachable")
	assert.False(t, after.Gone)
	assert.Empty(t, c.changes(), "the own cluster names the peer: it goes last")
}

func TestTheSweepDeletesWhatNoExecutionWillDelete(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // synctest's
	for _, tt := range []struct {
		intent  string
		running bool
		age     time.Duration
		gone    bool
	}{
		{"Nothing runs: it is a leftover, however young.", false, time.Minute, true},
		{"The running test's own stays.", true, 5 * time.Hour, false},
		{"What is older than any test is none's.", true, 6 * time.Hour, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			tester, c := world()
			c.add("new", arn(ohio, "peer"))
			c.peer.add("peer", arn(east, "new"))
			c.add("byhand")
			c.add("unrelated")
			c.restoredBy(testRole, "job-1", now.Add(-tt.age), arn(east, "new"))
			c.restoredBy(testRole, "job-0", now.Add(-700*time.Hour), arn(east, "longgone"))
			c.restoredBy(handRole, "job-2", now.Add(-90*time.Hour), arn(east, "byhand"))
			if tt.running {
				c.runs("weekly-1")
			}
			after, err := tester.Run(t.Context(), event(contract.StepSweep, contract.RestoreTest{Machine: machine}))
			require.NoError(t, err)
			assert.False(t, after.Gone)
			assert.Equal(t, map[bool]string{true: "delete peer, delete new"}[tt.gone], c.changes(), tt.intent)
			if !tt.gone {
				return
			}
			c.region.gone()
			c.peer.gone()
			after, err = tester.Run(t.Context(), event(contract.StepSweep, contract.RestoreTest{Machine: machine}))
			require.NoError(t, err)
			assert.True(t, after.Gone)
			assert.True(t, c.has("byhand") && c.has("unrelated") && c.has("own") && c.peer.has("other"))
		})
	}
}

func TestAClusterThatIsBusyIsComeBackFor(t *testing.T) {
	tester, c := world()
	c.add("new")
	c.refuse, c.refusal = "new", &dsqltypes.ConflictException{}
	c.restoredBy(testRole, "job-1", epoch.Add(time.Second), arn(east, "new"))
	after, err := tester.Run(t.Context(), event(contract.StepCleanUp, test()))
	require.NoError(t, err)
	assert.False(t, after.Gone)
}

func TestOneClusterThatStaysKeepsNoOther(t *testing.T) {
	tester, c := world()
	c.add("first")
	c.add("second")
	c.refuse, c.refusal = "first", errors.New("throttled")
	c.restoredBy(testRole, "job-1", epoch, arn(east, "first"))
	c.restoredBy(testRole, "job-2", epoch, arn(east, "second"))
	_, err := tester.Run(t.Context(), event(contract.StepSweep, contract.RestoreTest{Machine: machine}))
	assert.ErrorContains(t, err, "delete cluster "+arn(east, "first")+": throttled")
	assert.Equal(t, "delete second", c.changes())
	assert.Contains(t, c.metrics.String(), contract.MetricRestoreTestAge, "and the age is told")
}

func TestTheSweepTellsHowLongAgoATestPassed(t *testing.T) {
	for _, tt := range []struct {
		intent string
		stops  []time.Duration // ago, of executions that succeeded
		hour   time.Duration
		want   string
	}{
		{"the newest that passed", []time.Duration{5 * time.Hour, 200 * time.Hour}, time.Hour, `"RestoreTestAge":[5]`},
		{"the machine's own age until one has", nil, time.Hour, `"RestoreTestAge":[48]`},
		{"in hours of the calendar", []time.Duration{time.Minute}, 10 * time.Second, `"RestoreTestAge":[6]`},
	} {
		synctest.Test(t, func(t *testing.T) {
			tester, c := world()
			tester.Hour = tt.hour
			tester.Executions = machineMade{c, time.Now().Add(-48 * time.Hour)}
			for _, ago := range tt.stops {
				c.executions = append(c.executions, sfntypes.ExecutionListItem{
					Status:   sfntypes.ExecutionStatusSucceeded,
					StopDate: aws.Time(time.Now().Add(-ago)),
				})
			}
			_, err := tester.Run(t.Context(), event(contract.StepSweep, contract.RestoreTest{Machine: machine}))
			require.NoError(t, err)
			assert.Contains(t, c.metrics.String(), tt.want, tt.intent)
			assert.Contains(t, c.metrics.String(), `"Dimensions":[["Region"]],"Metrics":[{"Name":"RestoreTestAge","Unit":"None"}]`)
		})
	}
}
