package migrate

import (
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

func TestAKeysetNeedsAKey(t *testing.T) {
	m := &Migrator{roles: schema.Roles()} // nowhere to connect to
	_, err := m.Run(t.Context(), keysetVersion(1))
	assert.ErrorContains(t, err, "keyset: 1, but the function has no KEY_ARN")
	_, err = m.Run(t.Context(), keysetVersion(-1))
	assert.ErrorContains(t, err, "keyset: -1, want the version")
}
