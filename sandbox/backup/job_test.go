package backup

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/dsql"
)

func TestABackupKeepsTheRowsAsTheyWere(t *testing.T) {
	run(t, func(w *world) {
		begun := time.Now()
		j := w.start(w.asked())
		assert.Equal(t, Created, j.State)
		assert.Equal(t, begun.Add(8*time.Hour).UTC(), j.StartBy)
		pass(31 * time.Second)
		assert.Equal(t, Running, w.job(j.ID).State)
		w.data.set(w.arn(primary), "second")
		pass(3*time.Minute + 16*time.Second)
		assert.Equal(t, Running, w.job(j.ID).State, "as long as it takes on AWS")
		pass(time.Second)
		j = w.job(j.ID)
		require.Equal(t, Completed, j.State, j.Message)

		p := w.point(primary, j.PointArn)
		assert.Equal(t, j.CreatedAt, p.CreatedAt)
		assert.Equal(t, w.cluster[primary].Identifier, p.ResourceName)
		assert.Equal(t, w.arn(primary), p.ResourceArn)
		assert.Equal(t, int64(len("first")), p.Bytes)
		assert.Equal(t, j.CreatedAt.Add(35*day), *p.DeleteAt())
		assert.Equal(t, []RecoveryPoint{p}, w.backup[primary].PointsOfResource(w.arn(primary)))
		assert.Empty(t, w.points(secondary), "a backup on demand is copied by nobody")
	})
}

func TestWhyABackupFails(t *testing.T) {
	tests := map[string]struct {
		broken func(w *world)
		says   string
	}{
		"the cluster is idle": {
			func(w *world) { require.NoError(w.t, w.dsql.Suspend(w.arn(primary), dsql.Idle, time.Second)) },
			"FailedPrecondition",
		},
		"the cluster is inactive": {
			func(w *world) { require.NoError(w.t, w.dsql.Suspend(w.arn(primary), dsql.Inactive, time.Second)) },
			"FailedPrecondition",
		},
		"the role lacks a permission": {
			func(w *world) {
				w.grant("backups", `{"Effect":"Allow","Resource":"*",
					"Action":["dsql:StartBackupJob","dsql:GetCluster","dsql:ListTagsForResource"]}`)
			},
			"dsql:GetBackupJob",
		},
		"the role is gone": {
			func(w *world) {
				require.NoError(w.t, w.iam.DeleteRolePolicy("backups", "p"))
				require.NoError(w.t, w.iam.DeleteRole("backups"))
			},
			"cannot be assumed",
		},
		"the vault is gone": {
			func(w *world) { require.NoError(w.t, w.backup[primary].DeleteVault("vault")) },
			"does not exist",
		},
		"the vault's key is disabled": {
			func(w *world) {
				v, err := w.backup[primary].Vault("vault")
				require.NoError(w.t, err)
				require.NoError(w.t, w.kms[primary].SetEnabled(v.KMSKeyArn, false))
			},
			"cannot be used",
		},
		"the vault keeps longer than the job": {
			func(w *world) {
				least := 36
				_, err := w.backup[primary].PutLock(Lock{VaultName: "vault", MinRetentionDays: &least})
				require.NoError(w.t, err)
			},
			"wants at least 36",
		},
		"the data cannot be read": {
			func(w *world) { w.data.fail(errors.New("disk full")) }, "disk full",
		},
		"the region is lost": {
			func(w *world) {
				pass(time.Minute)
				w.env[primary].SetDown(true)
				pass(0)
				w.env[primary].SetDown(false)
			},
			"Region became unavailable",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				j := w.start(w.asked())
				test.broken(w)
				pass(4 * time.Minute)
				j = w.job(j.ID)
				assert.Equal(t, Failed, j.State)
				assert.Contains(t, j.Message, test.says)
				assert.NotNil(t, j.CompletedAt)
				assert.Zero(t, w.data.kept(), "nothing is left of it")
			})
		})
	}
}

func TestAnIdleClusterIsNotWokenByItsBackup(t *testing.T) {
	run(t, func(w *world) {
		require.NoError(t, w.dsql.Suspend(w.arn(primary), dsql.Idle, time.Second))
		w.start(w.asked())
		pass(time.Hour)
		c, _ := w.dsql.Cluster(w.arn(primary))
		assert.Equal(t, dsql.Idle, c.Status)
	})
}

func TestAJobWaitsForTheOneBeforeIt(t *testing.T) {
	run(t, func(w *world) {
		first, second := w.start(w.asked()), w.start(w.asked())
		pass(time.Minute)
		states := []string{w.job(first.ID).State, w.job(second.ID).State}
		assert.ElementsMatch(t, []string{Running, Created}, states)
		pass(15 * time.Minute)
		assert.Equal(t, Completed, w.job(first.ID).State)
		assert.Equal(t, Completed, w.job(second.ID).State)
	})
}

func TestAJobThatCannotBeginInItsWindowExpires(t *testing.T) {
	run(t, func(w *world) {
		w.env[primary].SetBroken("backup", true)
		j, err := w.backup[primary].StartBackup(w.asked(), 60, 0, "")
		require.NoError(t, err)
		pass(59 * time.Minute)
		assert.Equal(t, Created, w.job(j.ID).State)
		pass(2 * time.Minute)
		assert.Equal(t, Expired, w.job(j.ID).State)
		w.env[primary].SetBroken("backup", false)
		pass(time.Hour)
		assert.Equal(t, Expired, w.job(j.ID).State)
	})
}

func TestAJobThatTakesTooLongOrIsStoppedIsAborted(t *testing.T) {
	run(t, func(w *world) {
		w.data.slow(3 * time.Hour)
		late, err := w.backup[primary].StartBackup(w.asked(), 60, 120, "")
		require.NoError(t, err)
		pass(2 * time.Hour)
		assert.Equal(t, Aborted, w.job(late.ID).State)
		assert.Contains(t, w.job(late.ID).Message, "completion window")

		w.data.slow(0)
		stopped := w.start(w.asked())
		pass(time.Minute)
		require.NoError(t, w.backup[primary].StopBackup(stopped.ID))
		pass(0)
		assert.Equal(t, Aborted, w.job(stopped.ID).State)
		assert.Equal(t, "Backup job was stopped by user.", w.job(stopped.ID).Message)
		requireCode(t, w.backup[primary].StopBackup(stopped.ID), refused, "has not ended")
		assert.Zero(t, w.data.kept())
	})
}

func TestAJobOnDemandIsRefused(t *testing.T) {
	tests := map[string]struct {
		edit      func(w *world, j *Job)
		start     int
		complete  int
		code, say string
	}{
		"a vault that is not there": {
			edit: func(_ *world, j *Job) { j.VaultName = "none" }, code: missing, say: "vault:none",
		},
		"a cluster that is not there": {
			edit: func(_ *world, j *Job) { j.ResourceArn += "x" }, code: missing, say: "does not exist",
		},
		"a cluster of another region": {
			edit: func(w *world, j *Job) { j.ResourceArn = w.arn(secondary) },
			code: missing, say: "does not exist in us-east-1",
		},
		"a role that is not there": {
			edit: func(_ *world, j *Job) { j.RoleArn += "x" },
			code: invalid, say: "cannot be assumed by AWS Backup",
		},
		"retention of less than nothing": {
			edit: func(_ *world, j *Job) { j.Lifecycle.DeleteAfter = -1 },
			code: invalid, say: "want 1 to 36500",
		},
		"retention of more than a century": {
			edit: func(_ *world, j *Job) { j.Lifecycle.DeleteAfter = 36_501 },
			code: invalid, say: "want 1 to 36500",
		},
		"a start window under an hour": {
			start: 59, code: invalid, say: "startWindowMinutes",
		},
		"a completion window in the start window": {
			start: 60, complete: 119, code: invalid, say: "completeWindowMinutes",
		},
		"an account that has opted out": {
			edit: func(w *world, _ *Job) { w.backup[primary].OptIn(false) },
			code: refused, say: "not opted in",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				j := w.asked()
				if test.edit != nil {
					test.edit(w, &j)
				}
				_, err := w.backup[primary].StartBackup(j, test.start, test.complete, "")
				requireCode(t, err, test.code, test.say)
				assert.Empty(t, w.backup[primary].BackupJobs())
			})
		})
	}
}

func TestATokenStartsOneJob(t *testing.T) {
	run(t, func(w *world) {
		first, err := w.backup[primary].StartBackup(w.asked(), 0, 0, "token")
		require.NoError(t, err)
		pass(5 * time.Minute)
		again, err := w.backup[primary].StartBackup(w.asked(), 0, 0, "token")
		require.NoError(t, err)
		assert.Equal(t, first.ID, again.ID)
		assert.Len(t, w.backup[primary].BackupJobs(), 1)
	})
}
