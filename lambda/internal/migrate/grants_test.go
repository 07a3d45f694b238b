package migrate

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/schema"
)

// everyFunctionMayDoItsWorkAndNothingElse is what whoever takes over a function can do: nobody changes or deletes a
// recorded transaction, who publishes or counts does not read one, and what the open route asks changes nothing.
func everyFunctionMayDoItsWorkAndNothingElse(t *testing.T, db testDB) {
	_, err := db.migrator(schema.FS()).Run(t.Context(), monitors(alice))
	require.NoError(t, err)
	for role, want := range map[string][]string{
		schema.RoleMonitor: {
			"dr.incident INSERT, SELECT, UPDATE",
			"dr.marker INSERT, SELECT, UPDATE",
			"dr.withdrawal INSERT, SELECT, UPDATE",
			"dr.withdrawal_guard INSERT, SELECT, UPDATE",
		},
		schema.RoleLivez: {
			"dr.incident SELECT",
			"dr.withdrawal SELECT",
		},
		schema.RoleTransactions: {
			"app.keyset SELECT",
			"app.outbox INSERT, SELECT",
			"app.projection SELECT",
			"app.projection_total SELECT",
			"app.transaction INSERT, SELECT",
			"app.transaction_history SELECT",
			"app.transaction_total SELECT",
		},
		schema.RolePublisher: {
			"app.outbox DELETE, SELECT, UPDATE",
			"app.projection SELECT, UPDATE",
			"app.projection_total INSERT, SELECT, UPDATE",
			"app.publisher INSERT, SELECT, UPDATE",
			"app.transaction_history INSERT, SELECT, UPDATE",
			"app.transaction_position SELECT",
			"app.transaction_total INSERT, SELECT, UPDATE",
		},
		schema.RoleProcessor: {
			"app.projection INSERT, SELECT",
		},
		schema.RoleVerify: {
			"app.keyset SELECT",
			"app.outbox SELECT",
			"app.projection SELECT",
			"app.projection_total SELECT",
			"app.publisher SELECT",
			"app.transaction SELECT",
			"app.transaction_history SELECT",
			"app.transaction_position SELECT",
			"app.transaction_total SELECT",
			"dr.incident SELECT",
			"dr.marker SELECT",
			"dr.withdrawal SELECT",
			"dr.withdrawal_guard SELECT",
			"public.goose_db_version SELECT",
		},
	} {
		schemas := []string{"app USAGE"}
		switch role {
		case schema.RoleMonitor, schema.RoleLivez:
			schemas = []string{"dr USAGE"}
		case schema.RoleVerify:
			schemas = []string{"app USAGE", "dr USAGE"}
		}
		assert.Equal(t, want,
			db.column(t,
				`SELECT table_schema || '.' || table_name || ' ' || string_agg(privilege_type, ', ' ORDER BY privilege_type)
			FROM information_schema.role_table_grants WHERE grantee = '`+role+`' AND table_schema <> 'sandbox'
			GROUP BY table_schema, table_name ORDER BY table_schema, table_name`), role)
		assert.Equal(t, schemas, db.column(t, `SELECT n.nspname || ' ' || a.privilege_type
			FROM pg_namespace n, aclexplode(n.nspacl) a WHERE a.grantee = '`+role+`'::regrole ORDER BY 1`), role)
		assert.Equal(t, []string{"login=true super=false createrole=false createdb=false"}, db.column(t, `SELECT format(
			'login=%s super=%s createrole=%s createdb=%s',
			rolcanlogin::text, rolsuper::text, rolcreaterole::text, rolcreatedb::text)
			FROM pg_roles WHERE rolname = '`+role+`'`), role)
	}
	assert.Equal(t, []string{"created_at", "id"}, db.column(t, `SELECT column_name::text FROM information_schema.columns
		WHERE table_schema = 'app' AND table_name = 'transaction_position' ORDER BY 1`),
		"who counts transactions sees no more of them")
}

// whoVerifiesReadsEverythingAndWritesNothing tries it, as the function does: a table that a later migration makes has
// to be readable, too.
func whoVerifiesReadsEverythingAndWritesNothing(t *testing.T, db testDB) {
	event := monitors(alice)
	event.Roles[schema.RoleVerify] = []string{migrateARN}
	_, err := db.migrator(schema.FS()).Run(t.Context(), event)
	require.NoError(t, err)
	conn, err := db.dialer.Connect(t.Context(), endpoint, "us-east-1", schema.RoleVerify)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	tables := db.column(t, `SELECT table_schema || '.' || table_name FROM information_schema.tables
		WHERE table_schema = ANY(ARRAY['`+strings.Join(append(schema.Names, "public"), "','")+`']) ORDER BY 1`)
	require.Contains(t, tables, "public.goose_db_version")
	for _, table := range tables {
		_, err := conn.Exec(t.Context(), "SELECT * FROM "+table)
		require.NoError(t, err, "a role that verifies reads every table: grant it in package schema")
	}
	refused := []string{"CREATE TABLE public.mine (id int)", "CREATE SCHEMA mine", "CREATE ROLE mine"}
	for _, name := range schema.Names {
		refused = append(refused, "CREATE TABLE "+name+".mine (id int)")
	}
	for _, table := range tables {
		refused = append(refused, "INSERT INTO "+table+" DEFAULT VALUES", "DELETE FROM "+table, "DROP TABLE "+table)
	}
	for _, statement := range refused {
		_, err := conn.Exec(t.Context(), statement)
		assert.True(t, hasCode(err, "42501") || strings.HasSuffix(statement, "transaction_position"), "%s: %v", statement, err)
	}
}
