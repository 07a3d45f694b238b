package migrate

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/schema"
)

var keyOfTest = apptest.KeyARN("us-east-1")

func (d testDB) withKey(k *apptest.KMS) *Migrator {
	m := d.migrator(schema.FS())
	m.env.KeyARN, m.kms = keyOfTest, k
	return m
}

func keysetVersion(version int64) contract.MigrateEvent {
	event := monitors(alice)
	event.Keyset = version
	return event
}

func aKeysetIsMadeOnceAndRotatedWhenAskedFor(t *testing.T, db testDB) {
	key := apptest.NewKMS()
	for _, step := range []struct {
		name           string
		wanted, newest int64
		rows           []string
	}{
		{"the first version", 1, 1, []string{"1"}},
		{"the same again", 1, 1, []string{"1"}},
		{"a later one", 2, 2, []string{"1", "2"}},
		{"an earlier one, which nothing takes back", 1, 2, []string{"1", "2"}},
		{"several at once", 5, 5, []string{"1", "2", "5"}},
		{"none, which leaves it", 0, 0, []string{"1", "2", "5"}},
	} {
		result, err := db.withKey(key).Run(t.Context(), keysetVersion(step.wanted))
		require.NoError(t, err, step.name)
		assert.Equal(t, step.newest, result.Keyset, step.name)
		assert.Equal(t, step.rows, db.column(t, "SELECT id::text FROM app.keyset ORDER BY id"), step.name)
	}
	wrapped := db.column(t, "SELECT wrapped FROM app.keyset ORDER BY id")
	assert.Greater(t, len(wrapped[2]), len(wrapped[1]), "a rotated keyset keeps its keys")
	assert.Greater(t, len(wrapped[1]), len(wrapped[0]))
}

func runsAtTheSameTimeAgreeOnOneKeyset(t *testing.T, db testDB) {
	key := apptest.NewKMS()
	_, err := db.withKey(key).Run(t.Context(), keysetVersion(0))
	require.NoError(t, err)
	var group errgroup.Group
	for range 3 {
		group.Go(func() error {
			_, err := db.withKey(key).Run(t.Context(), keysetVersion(1))
			return err
		})
	}
	require.NoError(t, group.Wait())
	assert.Equal(t, []string{"1"}, db.column(t, "SELECT id::text FROM app.keyset"))
}

func aKeyThatCannotBeUsedIsReported(t *testing.T, db testDB) {
	key := apptest.NewKMS()
	key.Disabled.Store(true)
	_, err := db.withKey(key).Run(t.Context(), keysetVersion(1))
	assert.ErrorContains(t, err, "cannot wrap the keyset with the KMS key "+keyOfTest)
	assert.ErrorContains(t, err, "DisabledException")
	assert.ErrorContains(t, err, "; the function's IAM role needs kms:Encrypt and kms:Decrypt")
	assert.Empty(t, db.column(t, "SELECT wrapped FROM app.keyset"))
}

// The application was switched off, its key deleted with it, and the application switched on again, with another key.
func aKeysetOfAnotherKeyFailsTheDeployment(t *testing.T, db testDB) {
	_, err := db.withKey(apptest.NewKMS()).Run(t.Context(), keysetVersion(1))
	require.NoError(t, err)
	for _, version := range []int64{1, 2} { // the same one, and a rotation, which opens it as well
		_, err = db.withKey(apptest.NewKMS()).Run(t.Context(), keysetVersion(version))
		assert.ErrorContains(t, err, "version 1 of the keyset cannot be used")
		assert.ErrorContains(t, err, "InvalidCiphertextException")
		assert.ErrorContains(t, err, "set applicationSettings.keysetVersion and freshKeyset both to 2")
	}
	assert.Equal(t, []string{"1"}, db.column(t, "SELECT id::text FROM app.keyset"), "nothing is begun anew by itself")
}

func aKeysetIsBegunAnewOnlyWhenAskedFor(t *testing.T, db testDB) {
	lost, key := apptest.NewKMS(), apptest.NewKMS()
	_, err := db.withKey(lost).Run(t.Context(), keysetVersion(3))
	require.NoError(t, err)
	fresh := keysetVersion(4)
	fresh.FreshKeyset = 4
	for range 2 {
		result, err := db.withKey(key).Run(t.Context(), fresh)
		require.NoError(t, err)
		assert.Equal(t, int64(4), result.Keyset)
	}
	fresh.Keyset = 5 // the setting stays when the keyset is rotated
	_, err = db.withKey(key).Run(t.Context(), fresh)
	require.NoError(t, err)
	wrapped := db.column(t, "SELECT wrapped FROM app.keyset ORDER BY id")
	require.Len(t, wrapped, 3, "the old one is kept, in case its key comes back")
	assert.Greater(t, len(wrapped[2]), len(wrapped[1]), "version 5 has the key of version 4")

	_, err = db.withKey(lost).Run(t.Context(), fresh)
	assert.ErrorContains(t, err, "version 5 of the keyset cannot be used", "what was begun anew is opened as well")
}

func accessThatComesLateIsWaitedFor(t *testing.T, db testDB) {
	db.refusals.Store(3)
	key := apptest.NewKMS()
	key.Denied.Store(3)
	result, err := db.withKey(key).Run(t.Context(), keysetVersion(1))
	require.NoError(t, err)
	assert.Equal(t, int64(1), result.Keyset)
	key.Denied.Store(3)
	_, err = db.withKey(key).Run(t.Context(), keysetVersion(1))
	require.NoError(t, err, "to open it as well")
}

func accessThatNeverComesIsReported(t *testing.T, db testDB) {
	const forever = 1 << 40
	key := apptest.NewKMS()
	key.Denied.Store(forever)
	_, err := db.withKey(key).Run(t.Context(), keysetVersion(1))
	assert.ErrorContains(t, err, "so that this is not IAM on its way")
	assert.ErrorContains(t, err, "AccessDeniedException")
	assert.ErrorContains(t, err, "needs kms:Encrypt and kms:Decrypt on the key")
	db.refusals.Store(forever)
	_, err = db.migrator(schema.FS()).Run(t.Context(), monitors(alice))
	assert.ErrorContains(t, err, "so that this is not IAM on its way")
	assert.ErrorContains(t, err, "needs dsql:DbConnectAdmin on the cluster")
}

func TestAKeysetNeedsAKey(t *testing.T) {
	m := &Migrator{roles: schema.Roles()} // nowhere to connect to
	_, err := m.Run(t.Context(), keysetVersion(1))
	assert.ErrorContains(t, err, "keyset is 1, but KEY_ARN is missing")
	_, err = m.Run(t.Context(), keysetVersion(-1))
	assert.ErrorContains(t, err, "keyset is -1: want the version")
	for _, fresh := range []int64{-1, 2} {
		event := keysetVersion(1)
		event.FreshKeyset = fresh
		_, err = m.Run(t.Context(), event)
		assert.ErrorContains(t, err, fmt.Sprintf("freshKeyset is %d: want a version of the keyset from 1 to 1, or 0 for none",
			fresh))
	}
}
