package sqlendpoint_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/postgres"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

// proof is a file that the server's user could make, if a statement could.
func proof(t *testing.T) string {
	t.Helper()
	dir := postgrestest.ReachableDir(t)
	require.NoError(t, os.Chmod(dir, 0o777)) // so that a shell of the server's user would succeed
	return filepath.Join(dir, "proof")
}

// superuser connects to PostgreSQL past the endpoints, to see what attacks have achieved.
func superuser(t *testing.T, env *sqlendpointtest.Env) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), env.Server.ConnString(postgres.Superuser))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(context.Background())) })
	return conn
}

const superusers = "SELECT string_agg(rolname, ' ') FROM pg_authid WHERE rolsuper"

// waysToAShell make admin, or a role of its making, a member of a predefined role that reaches programs or files, and then
// run a program. None of it is spelled as a comparison of texts would expect.
var waysToAShell = map[string][]string{
	"a name in Unicode escapes": {`GRANT U&"pg\005fexecute\005fserver\005fprogram" TO admin`},
	"escapes of one's own":      {`GRANT U&"pg!005fexecute_server_program" UESCAPE '!' TO admin`},
	"a comment in between":      {"GRANT/**/pg_execute_server_program--\rON\n TO admin"},
	"a group of a new role":     {"CREATE ROLE way1 IN ROLE pg_execute_server_program ROLE admin"},
	"an old word for it":        {"CREATE USER way2 IN GROUP pg_execute_server_program ROLE admin"},
	"an administered group":     {"CREATE ROLE way3 ADMIN admin IN ROLE pg_execute_server_program"},
	"a group altered":           {"ALTER GROUP pg_execute_server_program ADD USER admin"},
	"a function's body": {`CREATE FUNCTION way4() RETURNS void LANGUAGE sql AS 'GRANT pg_execute_server_program TO admin'`,
		"SELECT way4()"},
	"a body in escapes": {`CREATE FUNCTION way5() RETURNS void LANGUAGE sql AS U&'GRANT pg!005fexecute_server_program TO admin' UESCAPE '!'`,
		"SELECT way5()"},
}

func TestNoSpellingOpensAShell(t *testing.T) {
	env := sqlendpointtest.Start(t)
	file := proof(t)
	env.Exec(t, "CREATE TABLE stdout (id int)", "CREATE TABLE stdin (id int)")
	for intent, way := range waysToAShell {
		t.Run(intent, func(t *testing.T) {
			conn := admin(t, env)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			for _, sql := range append(way, "COPY stdout TO PROGRAM 'touch "+file+"'", "COPY stdout (id) TO PROGRAM 'touch "+file+"'") {
				_, _ = conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol) // what it has done is seen below
			}
			assert.NoFileExists(t, file)
			assert.NoError(t, ctx.Err(), "the session goes on")
			assert.Empty(t, value[string](t, superuser(t, env), `SELECT coalesce(string_agg(member::regrole::text, ' '), '')
				FROM pg_auth_members WHERE roleid::regrole::text LIKE 'pg_%' AND member >= 16384`), "nobody became a member")
			_ = os.Remove(file)
		})
	}
}

// COPY never waits for a client that was not asked for anything, whatever a table is called.
func TestNoCopyHangs(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, "CREATE TABLE stdin (id int)", "CREATE TABLE t (id int)")
	for _, sql := range []string{
		"COPY stdin FROM '/etc/hostname'", "COPY stdin FROM PROGRAM 'true'", "COPY stdin (id) FROM PROGRAM 'true'",
		"COPY stdin TO '/tmp/x'", "COPY t FROM 'STDIN'", `COPY t FROM PROGRAM 'x' DELIMITER 'STDIN'`,
		"COPY (SELECT 1 AS stdin) TO PROGRAM 'true'", "COPY t TO PROGRAM 'true' --\r STDOUT", "COPY t TO", "COPY", "COPY BINARY stdin FROM 'x'",
		"PREPARE p AS COPY t FROM STDIN", "EXPLAIN COPY t FROM STDIN",
	} {
		t.Run(sql, func(t *testing.T) {
			for _, mode := range protocols {
				conn := admin(t, env)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				_, err := conn.Exec(ctx, sql, mode)
				assert.Contains(t, []string{"0A000", "42601"}, pgError(t, err).Code)
				assert.Equal(t, 1, value[int](t, conn, "SELECT 1"), "the session goes on")
			}
		})
	}
	conn := admin(t, env)
	tag, err := conn.PgConn().CopyFrom(t.Context(), &oneRow{}, "COPY public.stdin (id) FROM STDIN")
	require.NoError(t, err)
	assert.Equal(t, "COPY 1", tag.String(), "a table may well be called so")
}

type oneRow struct{ done bool }

func (r *oneRow) Read(into []byte) (int, error) {
	if r.done {
		return 0, io.EOF
	}
	r.done = true
	return copy(into, "1\n"), nil
}

// The functions that the endpoint calls run code of clients, such as an index's expression: never with more rights than
// the client's own.
func TestTheEndpointsFunctionsLendNobodyTheirRights(t *testing.T) {
	env := sqlendpointtest.Start(t)
	conn := admin(t, env)
	for _, sql := range []string{
		"CREATE TABLE victim (id int)",
		"CREATE FUNCTION evil() RETURNS int LANGUAGE sql AS 'ALTER ROLE admin SUPERUSER; SELECT 1'",
		"CREATE FUNCTION harmless(int) RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT CASE WHEN current_user = 'postgres' THEN public.evil() ELSE $1 END $$",
		"CREATE INDEX ASYNC victim_idx ON victim (harmless(id))", "INSERT INTO victim VALUES (1)",
		"SELECT sandbox.key_visible('public', 'victim_idx', 'Key (harmless(id))=(1) already exists.')",
	} {
		_, _ = conn.Exec(t.Context(), sql, pgx.QueryExecModeExec)
	}
	assert.Equal(t, "postgres", value[string](t, superuser(t, env), superusers))
}

// PostgreSQL itself keeps the role behind admin where it belongs, also from what would get past the endpoint.
func TestTheRoleBehindAdminCannotReachTheHost(t *testing.T) {
	env := sqlendpointtest.Start(t)
	file := proof(t)
	conn, err := pgx.Connect(t.Context(), env.Server.ConnString("admin"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(context.Background())) })
	for _, sql := range []string{
		"GRANT pg_execute_server_program TO admin", "GRANT pg_read_server_files TO admin", "GRANT pg_write_server_files TO admin",
		"GRANT pg_read_all_data TO admin", "GRANT pg_signal_backend TO admin", "GRANT pg_monitor TO admin", "GRANT postgres TO admin",
		"CREATE ROLE r IN ROLE pg_execute_server_program", "ALTER GROUP pg_write_server_files ADD USER admin",
		"CREATE ROLE r SUPERUSER", "ALTER ROLE admin SUPERUSER", "ALTER ROLE postgres SET search_path = public", "SET ROLE postgres",
		"SET SESSION AUTHORIZATION postgres", "SELECT set_config('role', 'postgres', false)",
		"SELECT set_config('session_authorization', 'postgres', false)", "SELECT set_config('lock_timeout', '0', false)",
		"SELECT set_config('client_encoding', 'SJIS', false)", "UPDATE pg_settings SET setting = '0' WHERE name = 'lock_timeout'",
		"COPY (SELECT 1) TO PROGRAM 'touch " + file + "'", "COPY (SELECT 1) TO '" + file + "'", "SELECT pg_read_file('/etc/passwd')",
		"SELECT pg_ls_dir('/')", "SELECT lo_import('/etc/passwd')", "SELECT lo_export(1, '" + file + "')", "SELECT lo_creat(-1)",
		"SELECT lo_from_bytea(0, 'x')", "SELECT pg_reload_conf()", "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT pg_notify('a', 'b')",
		"SELECT pg_advisory_lock(1)", "SELECT query_to_xml('SELECT 1', true, false, '')",
		"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'", "DO 'BEGIN NULL; END'",
		"CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'system'", "CREATE FUNCTION f(text) RETURNS int LANGUAGE internal AS 'pg_read_file'",
		"CREATE EXTENSION dblink", "CREATE EXTENSION file_fdw", "CREATE EXTENSION pgcrypto", "CREATE EXTENSION adminpack", "LOAD 'auto_explain'",
		"CREATE TABLESPACE s LOCATION '" + filepath.Dir(file) + "'", "ALTER SYSTEM SET archive_command = 'touch " + file + "'",
		"ALTER DATABASE postgres SET search_path = public", "CREATE TEMP TABLE x (id int)", "CREATE DATABASE x", "CREATE PUBLICATION p",
		"ALTER TABLE sandbox.job ADD COLUMN x int", "CREATE TABLE sandbox.x (id int)", "CREATE TABLE sys.x (id int)",
		"CREATE FUNCTION pg_catalog.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()",
		"CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)", "SELECT pg_catalog.pg_create_restore_point('x')",
	} {
		_, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeExec)
		assert.Error(t, err, sql)
	}
	assert.NoFileExists(t, file)
	assert.Equal(t, "postgres", value[string](t, superuser(t, env), superusers))
	assert.Equal(t, "admin/admin", value[string](t, conn, "SELECT session_user || '/' || current_user"))
}

// However a setting is spelled, it passes the same rules.
func TestEveryWayToChangeASettingPassesTheRules(t *testing.T) {
	env := sqlendpointtest.Start(t)
	for _, mode := range protocols {
		conn := admin(t, env)
		for _, sql := range []string{
			"SET lock_timeout = 0", "SET LOCAL lock_timeout = 0", "SET SESSION lock_timeout TO 0", `SET "lock_timeout" = 0`,
			`SET U&"lock\005ftimeout" = 0`, "SET --\r LOCAL\nlock_timeout = 0", "RESET lock_timeout", "SELECT set_config('lock_timeout', '0', false)",
			"SELECT pg_catalog.set_config(name, '0', true) FROM pg_settings WHERE name = 'lock_timeout'",
			"ALTER ROLE admin SET lock_timeout = 0",
			`ALTER USER "admin" IN DATABASE postgres SET lock_timeout = 0`, "ALTER ROLE ALL RESET lock_timeout",
			"CREATE FUNCTION f() RETURNS int LANGUAGE sql SET lock_timeout = 0 AS 'SELECT 1'",
			"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SET lock_timeout = 0; SELECT 1'",
			"ALTER FUNCTION f() SET lock_timeout = 0",
			"SET statement_timeout = '3s'", "SET ROLE admin", "SET SESSION AUTHORIZATION admin", "RESET ROLE", "SET client_min_messages = error",
			"SET standard_conforming_strings = off", "SET client_encoding = 'SJIS'", "SET NAMES 'GBK'", "SET default_transaction_read_only = on",
			"SELECT set_config('role', 'admin', false)", "SELECT set_config('client_encoding', 'BIG5', false)", "SET lc_numeric = 'C'",
			"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SET app.user = 'x'", "SET seed = 0.5",
		} {
			_, err := conn.Exec(t.Context(), sql, mode)
			if assert.Error(t, err, sql) {
				assert.Equal(t, "0A000", pgError(t, err).Code, sql)
			}
		}
		assert.Equal(t, []string{"42501"}, codes(t, conn, mode, "UPDATE pg_settings SET setting = '0' WHERE name = 'lock_timeout'"))
		for _, sql := range []string{
			"SET search_path = public, dr", "SET LOCAL search_path TO public", "SET SCHEMA 'public'",
			"SET TIME ZONE 'UTC'", "SET timezone TO DEFAULT", "SET client_encoding TO 'utf-8'", "SET NAMES 'UTF8'", "SET application_name = 'x'",
			"SET extra_float_digits = 3", "SET DateStyle = ISO", "RESET ALL", "RESET search_path", "SHOW lock_timeout",
			"SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
		} {
			_, err := conn.Exec(t.Context(), sql, mode)
			assert.NoError(t, err, sql)
		}
		assert.Equal(t, "50ms", value[string](t, conn, "SHOW lock_timeout"))
	}
}

func TestFunctionsThatAuroraDSQLDoesNotHave(t *testing.T) {
	env := sqlendpointtest.Start(t)
	conn := admin(t, env)
	for function, call := range map[string]string{
		"set_config": "pg_catalog.set_config('timezone', 'UTC', false)", "pg_advisory_lock": "pg_advisory_lock(1)",
		"pg_try_advisory_xact_lock": "pg_try_advisory_xact_lock(1, 2)", "pg_notify": `"pg_notify"('a', 'b')`, "lastval": "lastval()",
		"lo_create": "lo_create(0)", "pg_terminate_backend": `U&"pg\005fterminate_backend"(pg_backend_pid())`,
		"pg_total_relation_size": "pg_total_relation_size('pg_class')", "query_to_xml": "query_to_xml('SELECT 1', true, false, '')",
	} {
		for _, mode := range protocols {
			_, err := conn.Exec(t.Context(), "SELECT "+call, mode)
			assert.Equal(t, "0A000", pgError(t, err).Code, call)
			assert.Equal(t, "function "+function+" not supported", pgError(t, err).Message)
		}
	}
	_, err := conn.Exec(t.Context(), "SELECT to_tsvector('english', 'x')")
	assert.Equal(t, "42704", pgError(t, err).Code)
	assert.Equal(t, []string{"", "", "42501"}, codes(t, conn, pgx.QueryExecModeExec, "CREATE ROLE r", "CREATE FUNCTION own() RETURNS int LANGUAGE sql AS 'SELECT 1'",
		"SELECT sandbox.withhold(ARRAY['now'])"), "what a client may not call is not what there is not")
}

// converse sends a statement by both protocols to a session of its own, ends any COPY it is asked for, and returns when the
// session is ready again or has said goodbye.
func converse(t *testing.T, env *sqlendpointtest.Env, sql string) {
	t.Helper()
	conn, err := pgconn.ConnectConfig(t.Context(), &env.Config(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN).Config)
	require.NoError(t, err)
	raw, err := conn.Hijack()
	require.NoError(t, err)
	defer raw.Conn.Close()
	require.NoError(t, raw.Conn.SetDeadline(time.Now().Add(20*time.Second)))
	for _, messages := range [][]pgproto3.FrontendMessage{
		{&pgproto3.Query{String: sql}},
		{&pgproto3.Parse{Query: sql}, &pgproto3.Describe{ObjectType: 'S'}, &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Sync{}},
		{&pgproto3.Query{String: "ROLLBACK"}}, {&pgproto3.Query{String: "SELECT 1"}},
	} {
		for _, m := range messages {
			raw.Frontend.Send(m)
		}
		if !untilReady(t, raw.Frontend, len(messages) > 1, sql) {
			return
		}
	}
}

// untilReady reads answers. Within a COPY of the extended protocol a Sync is ignored, so that one more is needed.
func untilReady(t *testing.T, frontend *pgproto3.Frontend, extended bool, sql string) (goesOn bool) {
	t.Helper()
	require.NoError(t, frontend.Flush())
	for {
		message, err := frontend.Receive()
		require.NoError(t, err, "no answer to %q", sql)
		switch m := message.(type) {
		case *pgproto3.ErrorResponse:
			if m.Severity == "FATAL" {
				return false
			}
		case *pgproto3.CopyInResponse:
			frontend.Send(&pgproto3.CopyFail{Message: "no data"})
			if extended {
				frontend.Send(&pgproto3.Sync{})
			}
			require.NoError(t, frontend.Flush())
		case *pgproto3.ReadyForQuery:
			return true
		}
	}
}

// FuzzStatements looks for a statement that a session never answers, or that ends the endpoint or PostgreSQL.
func FuzzStatements(f *testing.F) {
	for _, seed := range []string{
		"", ";", "\\", "COPY stdin FROM PROGRAM 'true'", "CREATE TABLE stdin (id int)", "COPY stdin FROM '/etc/hostname'", "COPY stdin FROM STDIN",
		"COPY (SELECT 1) TO STDOUT", "COPY stdin TO STDIN; SELECT 1", "SELECT 1; COPY stdin FROM STDIN; SELECT 2", "BEGIN; COPY stdin FROM STDIN",
		"PREPARE p AS SELECT 1; EXECUTE p", "DECLARE c CURSOR WITH HOLD FOR SELECT 1; FETCH c", "AWS IAM GRANT x TO 'y'", "CREATE INDEX ASYNC ON stdin (id)",
		"SELECT pg_terminate_backend(pg_backend_pid())", "SELECT $1", "SELECT repeat('x', 100000)", "SELECT '\\x00'::bytea", "COMMIT; ROLLBACK; BEGIN; START TRANSACTION",
		"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT f()'", "SELECT f()", "SET search_path = ''", "CALL sys.wait_for_job('x')", "DEALLOCATE ALL",
		"SELECT \xff\xfe", "/* SELECT 1", "'", "$$", "CREATE FUNCTION g() RETURNS int BEGIN ATOMIC", "CLOSE ALL", "DEALLOCATE dsql_sandbox_statement",
		"SAVEPOINT dsql_sandbox; ROLLBACK TO dsql_sandbox", "CLOSE dsql_sandbox_portal", "ROLLBACK; SELECT 1/0; SELECT 1",
	} {
		f.Add(seed)
	}
	env := sqlendpointtest.Start(f)
	f.Fuzz(func(t *testing.T, sql string) {
		if strings.ContainsRune(sql, 0) {
			t.Skip("a string of the protocol ends with a zero")
		}
		converse(t, env, sql)
		assert.Equal(t, 1, value[int](t, admin(t, env), "SELECT 1"), "the endpoint goes on")
	})
}
