package restore

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

func point(arn, cluster string, created time.Time) types.RecoveryPointByBackupVault {
	return types.RecoveryPointByBackupVault{
		RecoveryPointArn:  aws.String(arn),
		ResourceArn:       aws.String(cluster),
		ResourceName:      aws.String("name of " + cluster),
		CreationDate:      aws.Time(created),
		BackupSizeInBytes: aws.Int64(35),
		Status:            types.RecoveryPointStatusCompleted,
	}
}

func TestTheNewestPointWithATwinIsFound(t *testing.T) {
	own, other, stranger := arn(east, "own"), arn(ohio, "other"), arn(east, "stranger")
	partial := point("partial", own, epoch)
	partial.Status = types.RecoveryPointStatusPartial
	unnamed := point("alien", own, epoch.Add(-time.Hour))
	unnamed.ResourceName = aws.String("another name")
	for _, tt := range []struct {
		intent     string
		mine       []types.RecoveryPointByBackupVault
		peers      []types.RecoveryPointByBackupVault
		want, twin string
	}{
		{"The newest of several, whatever their order.",
			[]types.RecoveryPointByBackupVault{
				point("a", own, epoch.Add(-2*time.Hour)), point("b", own, epoch.Add(-time.Hour)),
			},
			[]types.RecoveryPointByBackupVault{
				point("A", own, epoch.Add(-2*time.Hour)), point("B", own, epoch.Add(-time.Hour)),
			},
			"b", "B"},
		{"A newer one without a twin is passed over.",
			[]types.RecoveryPointByBackupVault{point("b", own, epoch), point("a", own, epoch.Add(-time.Hour))},
			[]types.RecoveryPointByBackupVault{point("A", own, epoch.Add(-time.Hour))},
			"a", "A"},
		{"A copy of the other region's point will do, with its original as twin.",
			[]types.RecoveryPointByBackupVault{point("copy", other, epoch)},
			[]types.RecoveryPointByBackupVault{point("original", other, epoch)},
			"copy", "original"},
		{"One of another cluster, another name, or not completed is none.",
			[]types.RecoveryPointByBackupVault{
				partial, point("s", stranger, epoch), point("a", own, epoch.Add(-time.Hour)),
				point("old", own, epoch.Add(-24*time.Hour)),
			},
			[]types.RecoveryPointByBackupVault{
				point("P", own, epoch), point("S", stranger, epoch), unnamed,
				point("OLD", own, epoch.Add(-24*time.Hour)),
			},
			"old", "OLD"},
		{"Dates agree to the millisecond.",
			[]types.RecoveryPointByBackupVault{point("a", own, epoch.Add(1500*time.Microsecond))},
			[]types.RecoveryPointByBackupVault{point("A", own, epoch.Add(time.Millisecond))},
			"a", "A"},
	} {
		tester, c := world()
		c.points, c.peer.points = tt.mine, tt.peers
		c.runs("weekly-1") // the test's own
		found, err := tester.Run(t.Context(), event(contract.StepFind, contract.RestoreTest{
			Machine:   machine,
			Execution: "weekly-1",
		}))
		require.NoError(t, err, tt.intent)
		assert.Equal(t, []string{tt.want, tt.twin}, []string{found.Point.ARN, found.Point.TwinARN}, tt.intent)
		assert.EqualValues(t, 35, found.Point.Bytes)
	}
}

func TestFindRefusesByName(t *testing.T) {
	own := arn(east, "own")
	for _, tt := range []struct {
		intent string
		given  func(*cloud)
		kind   string
		says   string
	}{
		{"an empty vault", func(*cloud) {}, contract.ErrorNoRecoveryPoint, "vault dr in us-east-1 has no completed"},
		{"no twin", func(c *cloud) {
			c.points = []types.RecoveryPointByBackupVault{point("a", own, epoch)}
			c.peer.points = []types.RecoveryPointByBackupVault{point("A", own, epoch.Add(time.Second))}
		}, contract.ErrorNoTwin, "none of the 1 recovery points of vault dr in us-east-1 has a twin in vault dr-2"},
		{"another test", func(c *cloud) { c.runs("by-hand") }, contract.ErrorTestRuns, "execution by-hand is running"},
	} {
		tester, c := world()
		tt.given(c)
		_, err := tester.Run(t.Context(), event(contract.StepFind, contract.RestoreTest{Machine: machine, Execution: "mine"}))
		assert.ErrorContains(t, err, tt.says, tt.intent)
		assert.Equal(t, tt.kind, reflect.TypeOf(err).Name(), "%s: Lambda's errorType is the type's name", tt.intent)
	}
	tester, c := world()
	c.points = []types.RecoveryPointByBackupVault{point("a", own, epoch)}
	c.peer.fail = errors.New("unreachable")
	_, err := tester.Run(t.Context(), event(contract.StepFind, contract.RestoreTest{Machine: machine}))
	assert.EqualError(t, err, "us-east-2: recovery points of vault dr-2: unreachable", "which is no lack of twins")
}

func TestARestoreIsStartedWithDocumentedMetadataAlone(t *testing.T) {
	for _, tt := range []struct {
		pair bool
		want map[string]string
	}{
		{false, map[string]string{"regionalConfig": `[{"region":"us-east-1","isDeletionProtectionEnabled":false}]`}},
		{true, map[string]string{
			"useMultiRegionOrchestration": "true",
			"witnessRegion":               "us-west-2",
			"peerRegion":                  `["us-east-2"]`,
			"regionalConfig": `[{"region":"us-east-1","isDeletionProtectionEnabled":false},` +
				`{"region":"us-east-2","isDeletionProtectionEnabled":false}]`,
		}},
	} {
		tester, c := world()
		begun := test()
		begun.Pair = tt.pair
		after, err := tester.Run(t.Context(), event(contract.StepStart, begun))
		require.NoError(t, err)
		assert.Equal(t, "job-of-weekly-1", after.JobID, "the token is the execution's name")
		in := c.started[0]
		assert.Equal(t, tt.want, in.Metadata)
		assert.Equal(t, []string{"point-1", testRole, "DSQL"},
			[]string{*in.RecoveryPointArn, *in.IamRoleArn, *in.ResourceType})
		assert.False(t, in.CopySourceTagsToRestoredResource)
	}
	tester, _ := world()
	_, err := tester.Run(t.Context(), event(contract.StepStart, contract.RestoreTest{}))
	assert.EqualError(t, err, "the test has no recovery point: the step find comes before start")
}

func TestPollTellsStateAndClusters(t *testing.T) {
	tester, c := world()
	c.add("new", arn(ohio, "peer"))
	c.peer.add("peer", arn(east, "new"))
	c.restoredBy(testRole, "job-1", epoch.Add(time.Second), arn(east, "new"))
	begun := test()
	begun.JobID, begun.Pair = "job-1", true
	after, err := tester.Run(t.Context(), event(contract.StepPoll, begun))
	require.NoError(t, err)
	assert.Equal(t, contract.RestoreCompleted, after.JobState)
	assert.Equal(t, []contract.RestoredCluster{
		{Region: east, ARN: arn(east, "new"), Endpoint: "new.dsql.us-east-1.on.aws"},
		{Region: ohio, ARN: arn(ohio, "peer"), Endpoint: "peer.dsql.us-east-2.on.aws"},
	}, after.Restored)
	assert.Equal(t, epoch.Add(3*time.Minute+time.Second), *after.RestoredAt)

	c.clusters["new"].MultiRegionProperties = nil
	_, err = tester.Run(t.Context(), event(contract.StepPoll, begun))
	assert.ErrorContains(t, err, "was to make a pair")

	c.jobs[0].Status, c.jobs[0].StatusMessage = types.RestoreJobStatusFailed, aws.String("no key")
	after, err = tester.Run(t.Context(), event(contract.StepPoll, begun))
	require.NoError(t, err)
	assert.Equal(t, []string{"FAILED", "no key"}, []string{after.JobState, after.JobMessage})
	assert.Empty(t, after.Restored)
}

func TestAStepThatIsNoneIsRefused(t *testing.T) {
	tester, _ := world()
	_, err := tester.Run(t.Context(), event("begin", contract.RestoreTest{}))
	assert.EqualError(t, err, `step is "begin": want find, start, poll, cleanUp, report or sweep`)
}
