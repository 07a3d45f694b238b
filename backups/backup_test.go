package main

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/dsql"
)

func TestABackupIsMadeWithItsTwin(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.run("backup"))
	point, twin := w.points(primary)[0], w.points(secondary)[0]
	assert.Equal(t, w.pair[0].ARN, point.ResourceArn)
	assert.Equal(t, point.CreatedAt, twin.CreatedAt)
	assert.Equal(t, 35, point.Lifecycle.DeleteAfter, "as long as a daily one")
	assert.Equal(t, 35, twin.Lifecycle.DeleteAfter)
	for _, said := range []string{"backup job", "in us-east-1: COMPLETED", "copy job", "to us-east-2: COMPLETED",
		"recovery point  " + point.Arn, "its twin    " + twin.Arn, "make restore STACK=prod POINT=" + point.Arn} {
		assert.Contains(t, w.said.String(), said)
	}

	require.NoError(t, w.run("backup", "-region", secondary))
	assert.Equal(t, w.pair[1].ARN, w.points(secondary)[0].ResourceArn)
	assert.Equal(t, w.pair[1].ARN, w.points(primary)[0].ResourceArn, "the twin")
}

func TestAClusterThatIsAsleepIsWokenAndBackedUp(t *testing.T) {
	w := newWorld(t)
	arn := w.pair[0].ARN
	asleep := func() { require.NoError(t, w.account.DSQL.Suspend(arn, dsql.Idle, time.Millisecond)) }

	asleep()
	err := w.run("backup")
	for _, says := range []string{"FailedPrecondition", "could not be woken", "monitor",
		"Open one SQL connection to " + w.pair[0].Identifier + ".example, and try again"} {
		assert.ErrorContains(t, err, says)
	}

	w.function("monitor", func([]byte) ([]byte, error) { return nil, errors.New("no endpoint lets this observer in") })
	assert.ErrorContains(t, w.run("backup"), "no endpoint lets this observer in")

	w.replace("monitor", func(payload []byte) ([]byte, error) {
		assert.JSONEq(t, `{"probes":1}`, string(payload))
		w.account.DSQL.Connected(arn)
		w.await(arn, dsql.Active)
		return []byte("{}"), nil
	})
	require.NoError(t, w.run("backup"))
	assert.Contains(t, w.said.String(), "asleep")
	assert.Len(t, w.points(primary), 1)

	asleep()
	w.replace("monitor", func([]byte) ([]byte, error) { return []byte("{}"), nil })
	assert.ErrorContains(t, w.run("backup"), "is its key usable (docs/runbooks.md#kms-key-disabled)")
}

func TestABackupThatFailsSaysWhy(t *testing.T) {
	w := newWorld(t)
	w.outputs["backupRoleArns"] = map[string]string{primary: w.roleOf("backup2", "dsql:*")}
	assert.ErrorContains(t, w.run("backup"), "cannot be assumed by AWS Backup")

	w = newWorld(t)
	region := w.account.Region(secondary)
	require.NoError(t, region.Backup.DeleteVault("vault"))
	err := w.run("backup")
	require.Len(t, w.points(primary), 1)
	for _, says := range []string{"recovery point " + w.points(primary)[0].Arn + " was made, but has no twin",
		"copy job", "to us-east-2 is FAILED"} {
		assert.ErrorContains(t, err, says)
	}
}

func TestABackupIsRefusedBeforeAnythingIsStarted(t *testing.T) {
	w := newWorld(t)
	assert.EqualError(t, w.run("backup", "-region", "us-west-2"), `REGION is "us-west-2": want us-east-1 or us-east-2`)
	w.outputs["backupPlanIds"] = map[string]string{primary: "nosuch"}
	assert.ErrorContains(t, w.run("backup"), "the plan in us-east-1: ")
	delete(w.outputs, "backupVaultNames")
	assert.EqualError(t, w.run("backup"), "stack prod has no backups (docs/backups.md says how to set them up)")
	assert.Empty(t, w.points(primary))
}
