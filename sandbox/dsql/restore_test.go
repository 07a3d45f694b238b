package dsql

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/iam"
)

func TestARestoredClusterServesNobodyUntilItsRowsAreThere(t *testing.T) {
	run(t, Options{}, func(w *world) {
		made, err := w.Restore(RestoreInput{
			Clusters: []RestoredCluster{{Region: primary, DeletionProtection: true}},
			Caller:   iam.Session("arn:aws:iam::123456789012:role/restores", "AWSBackup"),
		})
		require.NoError(t, err)
		c := made[0]
		time.Sleep(time.Hour)
		assert.Equal(t, Creating, w.get(c).Status)
		assert.False(t, w.serves(c))
		assert.Empty(t, c.Tags)
		assert.Nil(t, c.MultiRegionProperties)
		assert.Equal(t, "ConflictException", code(t, w.delete(Cluster{Region: primary, Identifier: w.unprotected(c)})))

		w.Restored(c.ARN)
		assert.Equal(t, Active, w.get(c).Status)
		assert.True(t, w.serves(c))
		assert.Equal(t, "StartRestoreJob", w.events[0].EventName)
		assert.Equal(t, "arn:aws:sts::123456789012:assumed-role/restores/AWSBackup", w.events[0].Caller.ARN)
		assert.Equal(t, "backup.amazonaws.com", w.events[0].InvokedBy)
	})
}

// unprotected makes a cluster one that only its state protects.
func (w *world) unprotected(c Cluster) string {
	w.ControlPlane.mu.Lock()
	defer w.ControlPlane.mu.Unlock()
	w.clusters[c.ARN].DeletionProtectionEnabled = false
	return c.Identifier
}

func pairToRestore() RestoreInput {
	return RestoreInput{Witness: witness, Clusters: []RestoredCluster{{Region: primary}, {Region: secondary}}}
}

func TestARestoredPairIsPeered(t *testing.T) {
	run(t, Options{}, func(w *world) {
		made, err := w.Restore(pairToRestore())
		require.NoError(t, err)
		a, b := made[0], made[1]
		w.Restored(a.ARN, b.ARN)
		a, b = w.get(a), w.get(b)
		assert.Equal(t, Active, a.Status)
		assert.Equal(t, Active, b.Status)
		assert.Equal(t, &MultiRegionProperties{WitnessRegion: witness, Clusters: []string{a.ARN, b.ARN}}, a.MultiRegionProperties)
		assert.Equal(t, []string{b.ARN, a.ARN}, b.MultiRegionProperties.Clusters)
		require.NoError(t, w.delete(a))
		assert.Equal(t, PendingDelete, w.get(a).Status, "it lives and dies as any pair")
	})
}

func TestWhatIsDiscardedIsGone(t *testing.T) {
	gone := map[string]bool{}
	run(t, Options{OnDeleted: func(c Cluster) { gone[c.ARN] = true }}, func(w *world) {
		made, err := w.Restore(pairToRestore())
		require.NoError(t, err)
		w.Discard(made[0].ARN, made[1].ARN)
		assert.Empty(t, w.Clusters())
		assert.Len(t, gone, 2)
		w.Restored(made[0].ARN) // too late, and no cluster comes back
		assert.Empty(t, w.Clusters())
	})
}

func TestARestoreIsRefusedWhole(t *testing.T) {
	tests := map[string]struct {
		in   RestoreInput
		says string
	}{
		"a witness of another region set": {
			RestoreInput{Witness: "eu-west-1", Clusters: []RestoredCluster{{Region: primary}, {Region: secondary}}}, "Region set",
		},
		"a peer of another region set": {
			RestoreInput{Witness: witness, Clusters: []RestoredCluster{{Region: primary}, {Region: "eu-west-1"}}}, "Region set",
		},
		"a key that cannot be used": {
			RestoreInput{Clusters: []RestoredCluster{{Region: primary, KMSKey: "none"}}}, "cannot be used",
		},
		"a region without the service": {
			RestoreInput{Clusters: []RestoredCluster{{Region: "us-west-1"}}}, "not available",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			run(t, Options{}, func(w *world) {
				_, err := w.Restore(test.in)
				require.ErrorContains(t, err, test.says)
				assert.Empty(t, w.Clusters())
			})
		})
	}
	run(t, Options{}, func(w *world) {
		for range MultiRegionQuota.Default {
			w.createSide(secondary)
		}
		_, err := w.Restore(pairToRestore())
		assert.Equal(t, "ServiceQuotaExceededException", code(t, err))
		assert.Len(t, w.Clusters(), MultiRegionQuota.Default)
	})
}
