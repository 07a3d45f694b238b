package backup

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudtrail"
	"aurora-dsql-dr/sandbox/iam"
)

func TestAVaultThatKeepsSomethingIsNotDeleted(t *testing.T) {
	run(t, func(w *world) {
		p := w.backedUp()
		requireCode(t, w.backup[primary].DeleteVault("vault"), refused, "contains recovery points")
		v, err := w.backup[primary].Vault("vault")
		require.NoError(t, err)
		assert.Equal(t, 1, v.RecoveryPoints)
		require.NoError(t, w.backup[primary].DeletePoint("vault", p.Arn))
		assert.Zero(t, w.data.kept(), "its rows are gone too")
		require.NoError(t, w.backup[primary].DeleteVault("vault"))
		_, err = w.backup[primary].Vault("vault")
		require.ErrorIs(t, err, awserr.ErrNotFound)
	})
}

func TestAVaultIsRefused(t *testing.T) {
	run(t, func(w *world) {
		key := w.newVault(primary, "other").KMSKeyArn
		tests := map[string]struct {
			v          Vault
			code, says string
		}{
			"a name that is there":   {Vault{Name: "vault", KMSKeyArn: key}, taken, "same name"},
			"a name too short":       {Vault{Name: "v", KMSKeyArn: key}, invalid, "backupVaultName"},
			"a name with a dot":      {Vault{Name: "va.ult", KMSKeyArn: key}, invalid, "backupVaultName"},
			"no key":                 {Vault{Name: "new"}, invalid, "does not model the AWS managed key"},
			"a key that is not here": {Vault{Name: "new", KMSKeyArn: key + "x"}, invalid, "cannot be used"},
		}
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				_, err := w.backup[primary].CreateVault(test.v)
				requireCode(t, err, test.code, test.says)
			})
		}
		assert.Len(t, w.backup[primary].Vaults(), 2)
	})
}

// breakGlass lets one role alone delete recovery points.
const breakGlass = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},
	"Action":["backup:DeleteRecoveryPoint"],"Resource":"*",
	"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/glass"}}}]}`

func TestAVaultsPolicyDecidesWhoDeletes(t *testing.T) {
	run(t, func(w *world) {
		p := w.backedUp()
		glass := w.newRole("glass", `{"Effect":"Allow","Action":"backup:DeleteRecoveryPoint","Resource":"*"}`)
		may := func(caller iam.Principal) error {
			return w.backup[primary].Authorize(caller, "backup:DeleteRecoveryPoint", p.Arn, "vault", nil)
		}
		admin := w.iam.Admin().Principal
		require.NoError(t, may(admin))
		put, err := w.backup[primary].PutPolicy(VaultPolicy{VaultName: "vault", Document: breakGlass})
		require.NoError(t, err)
		assert.Equal(t, w.vaultArn(primary), put.VaultArn)
		require.ErrorIs(t, may(admin), awserr.ErrDenied)
		require.ErrorIs(t, may(iam.Session(w.role, "s")), awserr.ErrDenied)
		require.NoError(t, may(iam.Session(glass, "s")))

		pass(36 * day)
		w.backup[primary].Tick(time.Now())
		assert.Empty(t, w.points(primary), "its time has come all the same")
		require.NoError(t, w.backup[primary].DeletePolicy("vault"))
		require.NoError(t, may(admin))
		_, err = w.backup[primary].Policy("vault")
		require.ErrorIs(t, err, awserr.ErrNotFound)
		_, err = w.backup[primary].PutPolicy(VaultPolicy{VaultName: "vault", Document: "{"})
		requireCode(t, err, invalid, "malformed")
	})
}

// A recovery point that is kept for a shorter time goes then, of which CloudTrail hears as what AWS Backup does itself.
func TestARecoveryPointIsKeptForAnotherTime(t *testing.T) {
	run(t, func(w *world) {
		p := w.backedUp()
		_, err := w.backup[primary].SetLifecycle("vault", p.Arn, Lifecycle{DeleteAfter: -1})
		requireCode(t, err, invalid, "want 1 to")
		_, err = w.backup[primary].SetLifecycle("vault", "arn", Lifecycle{DeleteAfter: 2})
		requireCode(t, err, missing, "Cannot find recovery point")
		kept, err := w.backup[primary].SetLifecycle("vault", p.Arn, Lifecycle{DeleteAfter: 2})
		require.NoError(t, err)
		assert.Equal(t, p.CreatedAt.Add(2*day), *kept.DeleteAt())
		pass(2 * day)
		assert.Empty(t, w.recorded)
		w.backup[primary].Tick(time.Now())
		pass(0)
		assert.Empty(t, w.points(primary))
		assert.Equal(t, []cloudtrail.Call{{Source: "backup.amazonaws.com", AWSRegion: primary, EventName: "BackupDeleted",
			EventType: cloudtrail.ServiceEvent, InvokedBy: "backup.amazonaws.com"}}, w.recorded)
	})
}

func days(n int) *int { return &n }

func TestALockKeepsRecoveryPoints(t *testing.T) {
	for name, changeable := range map[string]*int{"governance": nil, "compliance": days(3)} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				p := w.backedUp()
				l, err := w.backup[primary].PutLock(Lock{
					VaultName:         "vault",
					ChangeableForDays: changeable,
					MinRetentionDays:  days(7),
				})
				require.NoError(t, err)
				requireCode(t, w.backup[primary].DeletePoint("vault", p.Arn), refused, "is locked")
				_, err = w.backup[primary].SetLifecycle("vault", p.Arn, Lifecycle{DeleteAfter: 8})
				requireCode(t, err, refused, "is locked")

				pass(3*day - time.Minute)
				l.MinRetentionDays = days(8)
				_, err = w.backup[primary].PutLock(l)
				require.NoError(t, err, "it can be changed until its date, which begins anew")
				pass(3 * day)
				err = w.backup[primary].DeleteLock("vault")
				if changeable == nil {
					require.NoError(t, err)
					require.NoError(t, w.backup[primary].DeletePoint("vault", p.Arn))
					return
				}
				requireCode(t, err, refused, "immutable since")
				_, err = w.backup[primary].PutLock(Lock{VaultName: "vault"})
				requireCode(t, err, refused, "immutable since")
				kept, err := w.backup[primary].Lock("vault")
				require.NoError(t, err)
				assert.Equal(t, 8, *kept.MinRetentionDays)

				pass(35 * day)
				w.backup[primary].Tick(time.Now())
				assert.Empty(t, w.points(primary), "retention ends in a locked vault too")
			})
		})
	}
}

func TestALockBoundsHowLongIsKept(t *testing.T) {
	run(t, func(w *world) {
		_, err := w.backup[primary].PutLock(Lock{VaultName: "vault", MinRetentionDays: days(7), MaxRetentionDays: days(365)})
		require.NoError(t, err)
		for retention, state := range map[int]string{6: Failed, 7: Completed, 365: Completed, 366: Failed, 0: Failed} {
			asked := w.asked()
			asked.Lifecycle.DeleteAfter = retention
			j := w.start(asked)
			pass(4 * time.Minute)
			assert.Equal(t, state, w.job(j.ID).State, "%d days", retention)
		}
		_, err = w.backup[secondary].PutLock(Lock{VaultName: "vault", MinRetentionDays: days(36)})
		require.NoError(t, err)
		j := w.startCopy(w.copyOf(w.backedUp()))
		pass(4 * time.Minute)
		assert.Equal(t, Failed, w.copyJob(j.ID).State, "a copy keeps to the lock of its vault")
		assert.Contains(t, w.copyJob(j.ID).Message, "at least 36")
	})
}

func TestALockIsRefused(t *testing.T) {
	tests := map[string]struct {
		l    Lock
		says string
	}{
		"two days to change it":       {Lock{ChangeableForDays: days(2)}, "changeableForDays"},
		"a century and a day":         {Lock{ChangeableForDays: days(36_501)}, "changeableForDays"},
		"no least retention":          {Lock{MinRetentionDays: days(0)}, "minRetentionDays"},
		"a longest of over a century": {Lock{MaxRetentionDays: days(36_501)}, "maxRetentionDays"},
		"a least above the longest":   {Lock{MinRetentionDays: days(8), MaxRetentionDays: days(7)}, "want at most MaxRetentionDays"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				test.l.VaultName = "vault"
				_, err := w.backup[primary].PutLock(test.l)
				requireCode(t, err, invalid, test.says)
				_, err = w.backup[primary].Lock("vault")
				require.ErrorIs(t, err, awserr.ErrNotFound)
			})
		})
	}
}

func TestWhyACopyFails(t *testing.T) {
	tests := map[string]struct {
		broken func(w *world, j *CopyJob)
		says   string
	}{
		"the destination is not there": {
			func(_ *world, j *CopyJob) { j.VaultArn += "x" }, "vaultx does not exist",
		},
		"its region is none of the account's": {
			func(_ *world, j *CopyJob) { j.VaultArn = "arn:aws:backup:eu-west-1:123456789012:backup-vault:vault" }, "eu-west-1",
		},
		"the network is cut": {
			func(w *world, _ *CopyJob) { w.env[secondary].SetCutOff(primary, true) }, "cannot be reached",
		},
		"the role may not copy": {
			func(w *world, _ *CopyJob) {
				w.grant("backups", `{"Effect":"Allow","Action":"backup:CopyFromBackupVault","Resource":"*"}`)
			},
			"backup:CopyIntoBackupVault",
		},
		"the destination admits nobody": {
			func(w *world, _ *CopyJob) {
				_, err := w.backup[secondary].PutPolicy(VaultPolicy{VaultName: "vault", Document: `{"Version":"2012-10-17",
					"Statement":[{"Effect":"Deny","Principal":"*","Action":"backup:CopyIntoBackupVault","Resource":"*"}]}`})
				require.NoError(w.t, err)
			},
			"explicit deny in a resource-based policy",
		},
		"the destination's key is disabled": {
			func(w *world, _ *CopyJob) {
				v, err := w.backup[secondary].Vault("vault")
				require.NoError(w.t, err)
				require.NoError(w.t, w.kms[secondary].SetEnabled(v.KMSKeyArn, false))
			},
			"key of backup vault",
		},
		"the region is lost": {
			func(w *world, _ *CopyJob) { time.AfterFunc(time.Minute, func() { w.env[primary].SetDown(true) }) },
			"Region became unavailable",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				p := w.backedUp()
				j := w.copyOf(p)
				test.broken(w, &j)
				j = w.startCopy(j)
				pass(4 * time.Minute)
				j = w.copyJob(j.ID)
				assert.Equal(t, Failed, j.State)
				assert.Contains(t, j.Message, test.says)
				assert.Empty(t, w.points(secondary))
				require.NoError(t, w.backup[primary].DeletePoint("vault", p.Arn))
				assert.Zero(t, w.data.kept())
			})
		})
	}
}

func TestACopyOnDemandIsRefused(t *testing.T) {
	run(t, func(w *world) {
		p := w.backedUp()
		tests := map[string]struct {
			edit       func(j *CopyJob)
			code, says string
		}{
			"to where it is":        {func(j *CopyJob) { j.VaultArn = w.vaultArn(primary) }, refused, "is the destination"},
			"to what is no vault":   {func(j *CopyJob) { j.VaultArn = "vault" }, invalid, "destination vault"},
			"from where it is not":  {func(j *CopyJob) { j.SourceVault = "none" }, missing, "vault:none"},
			"of what there is not":  {func(j *CopyJob) { j.SourcePointArn += "x" }, missing, "Cannot find"},
			"as nobody":             {func(j *CopyJob) { j.RoleArn += "x" }, invalid, "cannot be assumed"},
			"for less than nothing": {func(j *CopyJob) { j.Lifecycle = &Lifecycle{DeleteAfter: -1} }, invalid, "DeleteAfterDays"},
		}
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				j := w.copyOf(p)
				test.edit(&j)
				_, err := w.backup[primary].StartCopy(j, "")
				requireCode(t, err, test.code, test.says)
			})
		}
		assert.Empty(t, w.backup[primary].CopyJobs())
	})
}

func TestWhatHappenedIsCountedByVault(t *testing.T) {
	run(t, func(w *world) {
		w.copied(w.backedUp())
		counted := map[string]float64{}
		for _, d := range w.backup[primary].Metrics(time.Now()) {
			assert.Equal(t, map[string]string{"BackupVaultName": "vault", "ResourceType": "DSQL"}, d.Dimensions)
			counted[d.MetricName] = *d.Value
		}
		assert.Equal(t, map[string]float64{
			"NumberOfBackupJobsCreated": 1, "NumberOfBackupJobsRunning": 1, "NumberOfBackupJobsCompleted": 1,
			"NumberOfCopyJobsCreated": 1, "NumberOfCopyJobsRunning": 1, "NumberOfCopyJobsCompleted": 1,
			"NumberOfRecoveryPointsCompleted": 1,
		}, counted)
		assert.Empty(t, w.backup[primary].Metrics(time.Now()), "there are no zeros")
	})
}
