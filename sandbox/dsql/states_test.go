package dsql

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestACustomerManagedKeyMustBeUsableByTheService(t *testing.T) {
	run(t, Options{}, func(w *world) {
		key := "arn:aws:kms:us-east-1:123456789012:key/1"
		_, err := w.Region(primary).CreateCluster(CreateClusterInput{KMSEncryptionKey: &key})
		assert.Equal(t, "AccessDeniedException", code(t, err))
		assert.ErrorContains(t, err, "dsql.amazonaws.com")

		w.keys[key] = nil
		c := w.create(primary, CreateClusterInput{KMSEncryptionKey: &key})
		assert.Equal(t, EncryptionDetails{EncryptionType: customerManagedKey, EncryptionStatus: EncryptionEnabled, KMSKeyARN: key}, c.EncryptionDetails)
	})
}

func TestAChangeOfKeyIsUpdatingAndServesMeanwhile(t *testing.T) {
	run(t, Options{}, func(w *world) {
		key := "arn:aws:kms:us-east-1:123456789012:key/1"
		w.keys[key] = nil
		c := w.create(primary, CreateClusterInput{})
		settle()
		require.NoError(t, w.update(c, UpdateClusterInput{KMSEncryptionKey: &key}))
		assert.Equal(t, Updating, w.get(c).Status)
		assert.Equal(t, EncryptionUpdating, w.get(c).EncryptionDetails.EncryptionStatus)
		assert.True(t, w.serves(c))
		settle()
		assert.Equal(t, Active, w.get(c).Status)
		assert.Equal(t, EncryptionEnabled, w.get(c).EncryptionDetails.EncryptionStatus)
	})
}

func TestADisabledKeyShowsAsIdleAndInaccessible(t *testing.T) {
	for _, status := range []Status{Active, Idle} {
		t.Run(string(status), func(t *testing.T) {
			run(t, Options{}, func(w *world) {
				key := "arn:aws:kms:us-east-1:123456789012:key/1"
				w.keys[key] = nil
				c := w.create(primary, CreateClusterInput{KMSEncryptionKey: &key})
				settle()
				if status != Active {
					require.NoError(t, w.Suspend(c.ARN, status, delay))
				}
				w.keys[key] = errors.New("disabled")
				w.CheckKeys("eu-west-1")
				assert.Equal(t, EncryptionEnabled, w.get(c).EncryptionDetails.EncryptionStatus, "another region's business")
				w.CheckKeys(c.Region)
				assert.Equal(t, Idle, w.get(c).Status)
				assert.Equal(t, EncryptionInaccessible, w.get(c).EncryptionDetails.EncryptionStatus)
				assert.False(t, w.serves(c))
				w.Connected(c.ARN)
				time.Sleep(time.Hour)
				assert.Equal(t, Idle, w.get(c).Status, "no connection wakes it")

				w.keys[key] = nil
				w.CheckKeys(c.Region)
				assert.True(t, w.serves(c))
				time.Sleep(w.Connected(c.ARN))
				synctest.Wait()
				assert.Equal(t, Active, w.get(c).Status)
			})
		})
	}
}

func TestAnUnusedClusterFallsIdleAndItsNextConnectionWakesIt(t *testing.T) {
	run(t, Options{IdleAfter: time.Minute, Wake: 3 * time.Second}, func(w *world) {
		c := w.create(primary, CreateClusterInput{})
		settle()
		time.Sleep(40 * time.Second)
		assert.Zero(t, w.Connected(c.ARN))
		time.Sleep(40 * time.Second)
		assert.Equal(t, Active, w.get(c).Status, "a connection starts the minute anew")
		time.Sleep(21 * time.Second)
		assert.Equal(t, Idle, w.get(c).Status)
		assert.True(t, w.serving[c.ARN], "an idle cluster is no outage")

		assert.Equal(t, 3*time.Second, w.Connected(c.ARN))
		time.Sleep(time.Second)
		assert.Equal(t, 2*time.Second, w.Connected(c.ARN), "a second connection does not wake it again")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Equal(t, Active, w.get(c).Status)
	})
}

func TestASuspendedClusterWakesAsSlowlyAsAskedFor(t *testing.T) {
	run(t, Options{}, func(w *world) {
		c := w.create(primary, CreateClusterInput{})
		settle()
		require.NoError(t, w.Suspend(c.ARN, Inactive, time.Minute))
		assert.Error(t, w.Suspend(c.ARN, Failed, time.Minute), "a fault cannot fake any state")
		assert.Equal(t, time.Minute, w.Connected(c.ARN))
		assert.Equal(t, Inactive, w.get(c).Status)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, Active, w.get(c).Status)
	})
}

func TestAnIdleClusterTakesUpdatesWithoutWaking(t *testing.T) {
	run(t, Options{}, func(w *world) {
		c := w.create(primary, CreateClusterInput{})
		settle()
		require.NoError(t, w.Suspend(c.ARN, Idle, delay))
		on := true
		require.NoError(t, w.update(c, UpdateClusterInput{DeletionProtectionEnabled: &on}))
		assert.Equal(t, Idle, w.get(c).Status)
		assert.True(t, w.get(c).DeletionProtectionEnabled)
	})
}
