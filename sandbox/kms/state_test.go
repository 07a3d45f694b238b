package kms

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/region"
)

// The waiting period of a primary key begins when the last of its replicas is gone, whoever looks first.
func TestAPrimaryKeyIsGoneAfterItsReplicasAndItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clk := clock.New(1)
		identities := iam.New(account, clk)
		regions := map[string]*Service{}
		for _, name := range []string{"us-east-1", "us-east-2"} {
			regions[name] = New(region.New(name, account, clk), identities)
			regions[name].Connect(func(name string) *Service { return regions[name] })
		}
		here, there := regions["us-east-1"], regions["us-east-2"]
		primary, err := here.CreateKey(Key{MultiRegion: true})
		require.NoError(t, err)
		replica, err := there.ReplicateKey(Replica{PrimaryKeyArn: primary.Arn, DeletionWindowInDays: 7})
		require.NoError(t, err)
		began := time.Now()
		_, err = here.ScheduleDeletion(primary.Arn, 10)
		require.NoError(t, err)
		require.ErrorContains(t, here.Usable(primary.Arn), "is pending replica deletion")
		time.Sleep(40 * 24 * time.Hour)
		primary, err = here.Key(primary.Arn)
		require.NoError(t, err)
		assert.Equal(t, PendingReplicaDeletion, primary.State(), "it may wait for ever")

		require.NoError(t, there.DeleteKey(replica.Arn))
		time.Sleep(8 * 24 * time.Hour)
		primary, err = here.Key(primary.Arn)
		require.NoError(t, err)
		assert.Equal(t, PendingDeletion, primary.State())
		assert.Equal(t, began.Add((40+7+10)*24*time.Hour), primary.DeletionDate)
		_, err = there.Key(replica.Arn)
		require.ErrorIs(t, err, awserr.ErrNotFound)

		require.NoError(t, here.CancelDeletion(primary.Arn))
		require.ErrorContains(t, here.Usable(primary.Arn), "is disabled")
		_, replicas, err := here.Family(primary.Arn)
		require.NoError(t, err)
		assert.Empty(t, replicas)
	})
}
