package migrate

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/schema"
)

// whoVerifiesIsLetInAndNothingElseChanges restores a database as it may be: without mappings for the role, and without
// a table that the program has by now.
func whoVerifiesIsLetInAndNothingElseChanges(t *testing.T, db testDB) {
	_, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice))
	require.NoError(t, err)
	db.exec(t, "DROP TABLE dr.withdrawal_guard", "DROP OWNED BY dr_verify", "DROP ROLE dr_verify",
		"DELETE FROM public.goose_db_version WHERE version_id = 31",
		"CREATE ROLE dr_retired LOGIN", "SELECT sandbox.iam_grant('dr_retired', '"+bob+"')")
	verify, found := schema.RoleNamed(schema.RoleVerify)
	require.True(t, found)
	for range 2 {
		require.NoError(t, LetIn(t.Context(), db.dialer, endpoint, verify, migrateARN, slog.New(slog.DiscardHandler)))
		assert.Equal(t, []string{"dr_monitor " + alice, "dr_retired " + bob, "dr_verify " + migrateARN}, db.mappings(t))
	}
	assert.Equal(t, []string{"30"}, db.column(t, "SELECT max(version_id)::text FROM public.goose_db_version"))
	conn, err := db.dialer.Connect(t.Context(), endpoint, "us-east-1", schema.RoleVerify)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "SELECT * FROM app.transaction")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "DELETE FROM app.transaction")
	assert.Equal(t, dsqlconn.ReasonAuth, dsqlconn.Classify(err))
	require.NoError(t, conn.Close(t.Context()))
}

func TestAnEndpointOfAnotherKindIsNotGranted(t *testing.T) {
	err := LetIn(t.Context(), dsqlconn.Dialer{}, "localhost", schema.Role{}, alice, slog.New(slog.DiscardHandler))
	assert.ErrorContains(t, err, `endpoint "localhost": want the host name of a DSQL endpoint`)
}
