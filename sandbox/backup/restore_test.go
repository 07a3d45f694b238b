package backup

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/dsql"
)

const regional = `[{"region":"us-east-1","isDeletionProtectionEnabled":false}]`

// pairMetadata is the documented example, for the regions here.
func pairMetadata() map[string]string {
	return map[string]string{
		"witnessRegion":               witness,
		"useMultiRegionOrchestration": "true",
		"peerRegion":                  `["us-east-2"]`,
		"regionalConfig": `[{"region":"us-east-1","isDeletionProtectionEnabled":false},` +
			`{"region":"us-east-2","isDeletionProtectionEnabled":true}]`,
	}
}

func (w *world) restore(p RecoveryPoint, metadata map[string]string) RestoreJob {
	w.t.Helper()
	target, err := ReadMetadata(regionOf(p.Arn), metadata)
	require.NoError(w.t, err)
	j, err := w.backup[regionOf(p.Arn)].StartRestore(RestoreJob{PointArn: p.Arn, RoleArn: w.role, Target: target}, "")
	require.NoError(w.t, err)
	return j
}

func (w *world) restoreJob(id string) RestoreJob {
	w.t.Helper()
	j, err := w.backup[primary].RestoreJob(id)
	require.NoError(w.t, err)
	return j
}

func TestARestoreMakesANewClusterWithTheOldRows(t *testing.T) {
	run(t, func(w *world) {
		p := w.backedUp()
		w.data.set(w.arn(primary), "second")
		j := w.restore(p, nil)
		assert.Equal(t, Pending, j.State)
		pass(time.Minute)
		j = w.restoreJob(j.ID)
		assert.Equal(t, Running, j.State)
		assert.Empty(t, j.CreatedArn)
		pass(78 * time.Second)
		assert.Equal(t, Running, w.restoreJob(j.ID).State, "as long as it takes on AWS")
		pass(time.Second)
		j = w.restoreJob(j.ID)
		require.Equal(t, Completed, j.State, j.Message)
		assert.Equal(t, w.arn(primary), j.SourceArn)
		assert.Equal(t, p.CreatedAt, j.PointCreatedAt)

		c, ok := w.dsql.Cluster(j.CreatedArn)
		require.True(t, ok)
		assert.Equal(t, dsql.Active, c.Status)
		assert.True(t, c.DeletionProtectionEnabled, "on unless it is turned off")
		assert.Empty(t, c.Tags, "the source's tags are not copied")
		assert.Nil(t, c.MultiRegionProperties)
		assert.NotEqual(t, w.arn(primary), c.ARN)
		assert.Equal(t, "first", w.data.get(c.ARN))
		assert.Equal(t, "second", w.data.get(w.arn(primary)), "the source is as it was")
		assert.NotNil(t, w.point(primary, p.Arn).LastRestore)
	})
}

func TestARestoreMayLeaveProtectionOffAndCopyTags(t *testing.T) {
	run(t, func(w *world) {
		asked := w.asked()
		asked.Tags = map[string]string{"purpose": "test"}
		j := w.start(asked)
		pass(4 * time.Minute)
		target, err := ReadMetadata(primary, map[string]string{"regionalconfig": regional})
		require.NoError(t, err)
		restored, err := w.backup[primary].StartRestore(RestoreJob{
			PointArn: w.job(j.ID).PointArn,
			RoleArn:  w.role,
			Target:   target,
			CopyTags: true,
		}, "")
		require.NoError(t, err)
		pass(3 * time.Minute)
		c, ok := w.dsql.Cluster(w.restoreJob(restored.ID).CreatedArn)
		require.True(t, ok)
		assert.False(t, c.DeletionProtectionEnabled)
		assert.Equal(t, map[string]string{"purpose": "test"}, c.Tags)
	})
}

func TestAPairIsRestoredFromTwins(t *testing.T) {
	run(t, func(w *world) {
		p := w.backedUp()
		twin := w.copied(p)
		assert.Equal(t, p.ResourceName, twin.ResourceName)
		assert.Equal(t, p.CreatedAt, twin.CreatedAt)
		j := w.restore(p, pairMetadata())
		pass(3 * time.Minute)
		j = w.restoreJob(j.ID)
		require.Equal(t, Completed, j.State, j.Message)
		c, ok := w.dsql.Cluster(j.CreatedArn)
		require.True(t, ok)
		assert.Equal(t, primary, c.Region)
		assert.False(t, c.DeletionProtectionEnabled)
		require.NotNil(t, c.MultiRegionProperties)
		assert.Equal(t, witness, c.MultiRegionProperties.WitnessRegion)
		peer, ok := w.dsql.Cluster(c.MultiRegionProperties.Clusters[1])
		require.True(t, ok)
		assert.Equal(t, secondary, peer.Region)
		assert.Equal(t, dsql.Active, peer.Status)
		assert.True(t, peer.DeletionProtectionEnabled)
	})
}

func TestWhyARestoreFails(t *testing.T) {
	tests := map[string]struct {
		pair      bool
		broken    func(w *world, p RecoveryPoint)
		meanwhile func(w *world)
		says      string
	}{
		"a pair without a twin": {pair: true, says: "wants an identical copy in each"},
		"a twin of another moment": {
			pair: true,
			broken: func(w *world, _ RecoveryPoint) {
				w.copied(w.backedUp())
			},
			says: "wants an identical copy in each",
		},
		"the role may not make clusters": {
			broken: func(w *world, _ RecoveryPoint) {
				w.grant("backups", `{"Effect":"Allow","Action":["dsql:StartRestoreJob","dsql:GetRestoreJob"],"Resource":"*"}`)
			},
			says: "dsql:CreateCluster",
		},
		"the role may not make pairs": {
			pair: true,
			broken: func(w *world, p RecoveryPoint) {
				w.copied(p)
				w.grant("backups", `{"Effect":"Allow","Action":["dsql:*Job","dsql:CreateCluster","dsql:TagResource",`+
					`"dsql:PutMultiRegionProperties"],"Resource":"*"}`)
			},
			says: "dsql:PutWitnessRegion",
		},
		"the peer region is lost": {
			pair: true,
			broken: func(w *world, p RecoveryPoint) {
				w.copied(p)
				w.env[secondary].SetDown(true)
			},
			says: "us-east-2 is unavailable",
		},
		"the peer region is lost meanwhile": {
			pair:      true,
			broken:    func(w *world, p RecoveryPoint) { w.copied(p) },
			meanwhile: func(w *world) { w.env[secondary].SetDown(true) },
			says:      "us-east-2 is unavailable",
		},
		"the region is lost meanwhile": {
			meanwhile: func(w *world) { w.env[primary].SetDown(true) },
			says:      "Region became unavailable",
		},
		"the vault's key is disabled": {
			broken: func(w *world, p RecoveryPoint) { require.NoError(w.t, w.kms[primary].SetEnabled(p.KeyArn, false)) },
			says:   "key of recovery point",
		},
		"the rows cannot be written": {
			broken: func(w *world, _ RecoveryPoint) { w.data.fail(message("disk full")) },
			says:   "disk full",
		},
		"the quota of clusters": {
			pair: true,
			broken: func(w *world, p RecoveryPoint) {
				w.copied(p)
				for range dsql.MultiRegionQuota.Default - 1 {
					w.newPair()
				}
			},
			says: "ServiceQuotaExceededException",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				p := w.backedUp()
				if test.broken != nil {
					test.broken(w, p)
				}
				before := len(w.dsql.Clusters())
				metadata := map[string]string{}
				if test.pair {
					metadata = pairMetadata()
				}
				j := w.restore(p, metadata)
				pass(time.Minute)
				if test.meanwhile != nil {
					assert.Greater(t, len(w.dsql.Clusters()), before)
					test.meanwhile(w)
				}
				pass(3 * time.Minute)
				j = w.restoreJob(j.ID)
				assert.Equal(t, Failed, j.State)
				assert.Contains(t, j.Message, test.says)
				assert.Empty(t, j.CreatedArn)
				assert.Len(t, w.dsql.Clusters(), before, "nothing half-made is left")
			})
		})
	}
}

func TestFourRestoresRunAtATime(t *testing.T) {
	run(t, func(w *world) {
		p := w.backedUp()
		for range 6 {
			w.restore(p, nil)
		}
		states := func() map[string]int {
			all := map[string]int{}
			for _, j := range w.backup[primary].RestoreJobs() {
				all[j.State]++
			}
			return all
		}
		pass(time.Minute)
		assert.Equal(t, map[string]int{Running: 4, Pending: 2}, states())
		pass(2 * time.Minute)
		assert.Equal(t, map[string]int{Completed: 4, Running: 2}, states())
		pass(2 * time.Minute)
		assert.Equal(t, map[string]int{Completed: 6}, states())
	})
}

func TestARestoreOutlivesItsRecoveryPoint(t *testing.T) {
	run(t, func(w *world) {
		p := w.backedUp()
		j := w.restore(p, nil)
		require.NoError(t, w.backup[primary].DeletePoint("vault", p.Arn))
		assert.Equal(t, 1, w.data.kept())
		pass(3 * time.Minute)
		assert.Equal(t, Completed, w.restoreJob(j.ID).State)
		assert.Zero(t, w.data.kept())
	})
}

func TestTheTokenOfARestoreStartsOneJob(t *testing.T) {
	run(t, func(w *world) {
		p := w.backedUp()
		target, err := ReadMetadata(primary, nil)
		require.NoError(t, err)
		ask := RestoreJob{PointArn: p.Arn, RoleArn: w.role, Target: target}
		first, err := w.backup[primary].StartRestore(ask, "execution")
		require.NoError(t, err)
		pass(3 * time.Minute)
		again, err := w.backup[primary].StartRestore(ask, "execution")
		require.NoError(t, err)
		assert.Equal(t, first.ID, again.ID)
		assert.Len(t, w.backup[primary].RestoreJobs(), 1)
		_, err = w.backup[primary].StartRestore(RestoreJob{PointArn: p.Arn + "x", RoleArn: w.role, Target: target}, "")
		requireCode(t, err, missing, "Cannot find recovery point")
		_, err = w.backup[primary].StartRestore(RestoreJob{PointArn: p.Arn, RoleArn: w.role + "x", Target: target}, "")
		requireCode(t, err, invalid, "cannot be assumed")
	})
}

func TestMetadataIsWhatIsDocumented(t *testing.T) {
	tests := map[string]struct {
		edit func(m map[string]string)
		says string
	}{
		"what GetRecoveryPointRestoreMetadata returns": {func(m map[string]string) { m["cluster_id"] = "c" }, "cluster_id"},
		"a name":           {func(m map[string]string) { m["clusterName"] = "c" }, "unrecognized keys clusterName"},
		"no boolean":       {func(m map[string]string) { m[keyOrchestration] = "yes" }, `want "true" or "false"`},
		"no orchestration": {func(m map[string]string) { delete(m, keyOrchestration) }, keyOrchestration},
		"orchestration that is off": {
			func(m map[string]string) { m[keyOrchestration] = "false" }, "useMultiRegionOrchestration",
		},
		"no witness":             {func(m map[string]string) { delete(m, "witnessRegion") }, "witnessRegion"},
		"the region as witness":  {func(m map[string]string) { m["witnessRegion"] = primary }, "witnessRegion"},
		"the peer as witness":    {func(m map[string]string) { m["witnessRegion"] = secondary }, "peerRegion"},
		"no peer":                {func(m map[string]string) { delete(m, "peerRegion") }, "peerRegion"},
		"a peer that is no list": {func(m map[string]string) { m["peerRegion"] = secondary }, "peerRegion"},
		"two peers":              {func(m map[string]string) { m["peerRegion"] = `["us-east-2","ca-west-1"]` }, "peerRegion"},
		"the region as its peer": {func(m map[string]string) { m["peerRegion"] = `["us-east-1"]` }, "peerRegion"},
		"a configuration of another region": {
			func(m map[string]string) { m["regionalConfig"] = `[{"region":"us-west-2"}]` }, "regionalConfig",
		},
		"two configurations of a region": {
			func(m map[string]string) { m[keyRegional] = `[{"region":"us-east-1"},{"region":"us-east-1"}]` }, keyRegional,
		},
		"a configuration that is an object": {
			func(m map[string]string) { m["regionalConfig"] = `{"region":"us-east-1"}` }, "regionalConfig",
		},
		"an unknown member": {
			func(m map[string]string) { m["regionalConfig"] = `[{"region":"us-east-1","name":"x"}]` }, "regionalConfig",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			metadata := pairMetadata()
			test.edit(metadata)
			_, err := ReadMetadata(primary, metadata)
			requireCode(t, err, invalid, test.says)
		})
	}
	target, err := ReadMetadata(primary, pairMetadata())
	require.NoError(t, err)
	assert.True(t, target.Pair())
	assert.Equal(t, Target{Witness: witness, Clusters: []TargetCluster{
		{Region: primary}, {Region: secondary, DeletionProtection: true},
	}}, target)
}
