package sqlendpoint_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

const (
	observerARN = "arn:aws:iam::123456789012:role/observer"
	otherARN    = "arn:aws:iam::123456789012:role/other"
)

// protocols are the ways in which a client can send a statement: all must meet the same rules.
var protocols = map[string]pgx.QueryExecMode{
	"simple":             pgx.QueryExecModeSimpleProtocol,
	"extended, prepared": pgx.QueryExecModeCacheStatement,
	"extended, unnamed":  pgx.QueryExecModeExec,
}

func admin(t *testing.T, env *sqlendpointtest.Env) *pgx.Conn {
	t.Helper()
	return env.Connect(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN)
}

// pgError is the error of the server, which there must be.
func pgError(t *testing.T, err error) *pgconn.PgError {
	t.Helper()
	var pg *pgconn.PgError
	require.ErrorAs(t, err, &pg)
	return pg
}

// codes runs statements one after the other and returns the SQLSTATE of each, "" for success.
func codes(t *testing.T, conn *pgx.Conn, mode pgx.QueryExecMode, statements ...string) []string {
	t.Helper()
	var got []string
	for _, sql := range statements {
		_, err := conn.Exec(t.Context(), sql, mode)
		if err == nil {
			got = append(got, "")
			continue
		}
		got = append(got, pgError(t, err).Code)
	}
	return got
}

func value[T any](t *testing.T, conn *pgx.Conn, sql string, arguments ...any) T {
	t.Helper()
	var v T
	require.NoError(t, conn.QueryRow(t.Context(), sql, arguments...).Scan(&v))
	return v
}

func TestTransactionRules(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, v text)", "CREATE TABLE bulk (id int)")
	for name, mode := range protocols {
		t.Run(name, func(t *testing.T) {
			conn := admin(t, env)
			for _, test := range []struct {
				intent     string
				statements []string
				want       []string
			}{
				{"one DDL statement a transaction",
					[]string{"BEGIN", "CREATE TABLE a (id int)", "CREATE TABLE b (id int)", "SELECT 1", "ROLLBACK"}, []string{"", "", "0A000", "25P02", ""}},
				{"no DML behind DDL", []string{"BEGIN", "CREATE TABLE a (id int)", "INSERT INTO t VALUES (1)", "ROLLBACK"}, []string{"", "", "0A000", ""}},
				{"no DDL behind DML", []string{"BEGIN", "INSERT INTO t VALUES (1)", "CREATE TABLE a (id int)", "ROLLBACK"}, []string{"", "", "0A000", ""}},
				{"reading is neither", []string{"BEGIN", "SELECT 1", "CREATE TABLE a (id int)", "SELECT * FROM a", "ROLLBACK"}, []string{"", "", "", "", ""}},
				{"one DDL statement each in transactions of their own", []string{"CREATE TABLE a (id int)", "DROP TABLE a"}, []string{"", ""}},
				{"grants are DDL", []string{"BEGIN", "CREATE TABLE a (id int)", "GRANT SELECT ON a TO PUBLIC", "ROLLBACK"}, []string{"", "", "0A000", ""}},
				{"a refusal fails the transaction", []string{"BEGIN", "TRUNCATE t", "TRUNCATE t", "COMMIT", "SELECT 1"}, []string{"", "0A000", "25P02", "", ""}},
				{"a refusal outside of one fails nothing", []string{"TRUNCATE t", "SELECT 1"}, []string{"0A000", ""}},
				{"3,000 rows are enough", []string{"BEGIN", "INSERT INTO bulk SELECT generate_series(1, 3000)", "SELECT 1", "ROLLBACK"}, []string{"", "", "", ""}},
				{"3,001 are too many", []string{"BEGIN", "INSERT INTO bulk SELECT generate_series(1, 3001)", "SELECT 1", "ROLLBACK"}, []string{"", "54000", "25P02", ""}},
				{"in two statements, too", []string{"BEGIN", "INSERT INTO bulk SELECT generate_series(1, 3000)", "INSERT INTO bulk VALUES (1)", "ROLLBACK"}, []string{"", "", "54000", ""}},
				{"and without BEGIN", []string{"INSERT INTO bulk SELECT generate_series(1, 3001)"}, []string{"54000"}},
				{"ending nothing is no error", []string{"COMMIT", "ROLLBACK", "BEGIN", "BEGIN", "END"}, []string{"", "", "", "", ""}},
				{"repeatable read may be asked for", []string{"BEGIN ISOLATION LEVEL REPEATABLE READ", "COMMIT"}, []string{"", ""}},
			} {
				t.Run(test.intent, func(t *testing.T) {
					assert.Equal(t, test.want, codes(t, conn, mode, test.statements...))
					assert.Equal(t, byte('I'), conn.PgConn().TxStatus())
				})
			}
			assert.Zero(t, value[int](t, conn, "SELECT count(*) FROM bulk"), "what was refused left nothing")
			assert.Equal(t, "repeatable read", value[string](t, conn, "SHOW transaction_isolation"))
		})
	}
}

func TestAFailedTransactionCommitsAsRollback(t *testing.T) {
	env := sqlendpointtest.Start(t)
	conn := admin(t, env)
	_, err := conn.Exec(t.Context(), "BEGIN")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "SELECT 1/0")
	assert.Equal(t, "22012", pgError(t, err).Code)
	assert.Equal(t, byte('E'), conn.PgConn().TxStatus())
	tag, err := conn.Exec(t.Context(), "COMMIT")
	require.NoError(t, err)
	assert.Equal(t, "ROLLBACK", tag.String())
}

func TestTransactionsAndConnectionsAgeByTheSandboxClock(t *testing.T) {
	const speed = 3000 // five minutes in 0.1 s, an hour in 1.2 s
	env := sqlendpointtest.StartWith(t, sqlendpointtest.Options{Clock: clock.New(speed)})
	conn := admin(t, env)
	_, err := conn.Exec(t.Context(), "BEGIN")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "SELECT pg_sleep($1)", (6*time.Minute).Seconds()/speed)
	require.NoError(t, err, "the statement itself is not cut short")
	_, err = conn.Exec(t.Context(), "COMMIT")
	assert.Equal(t, "54000", pgError(t, err).Code)
	assert.ErrorContains(t, err, "transaction age limit of 300s exceeded")
	assert.Equal(t, byte('I'), conn.PgConn().TxStatus(), "a COMMIT that fails ends the transaction")

	_, err = conn.Exec(t.Context(), "SELECT pg_sleep(60)")
	require.Error(t, err, "an hour has passed")
	assert.True(t, conn.IsClosed())
}

func TestAsyncIndexes(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 7), (2, 7)")
	for name, mode := range protocols {
		t.Run(name, func(t *testing.T) {
			conn := admin(t, env)
			build := func(sql string) string {
				rows, err := conn.Query(t.Context(), sql, mode)
				require.NoError(t, err)
				id, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
				require.NoError(t, err)
				assert.Equal(t, "job_id", rows.FieldDescriptions()[0].Name)
				assert.Equal(t, "CREATE INDEX", rows.CommandTag().String())
				return id
			}
			good := build("CREATE INDEX ASYNC by_v ON t (v)")
			assert.Regexp(t, "^[a-z2-7]{26}$", good)
			assert.True(t, value[bool](t, conn, "CALL sys.wait_for_job($1)", good))
			assert.Equal(t, "completed INDEX_BUILD public.by_v",
				value[string](t, conn, "SELECT concat_ws(' ', status, job_type, object_name) FROM sys.jobs WHERE job_id = $1", good))

			bad := build("CREATE UNIQUE INDEX ASYNC once ON t (v)")
			assert.False(t, value[bool](t, conn, "CALL sys.wait_for_job($1)", bad))
			assert.Equal(t, `failed could not create unique index "once"`,
				value[string](t, conn, "SELECT concat_ws(' ', status, details) FROM sys.jobs WHERE job_id = $1", bad))
			assert.False(t, value[bool](t, conn, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'once'::regclass"),
				"a failed index stays, INVALID")

			assert.Equal(t, []string{"0A000", "42809", "42704", "42P01", "", ""}, codes(t, conn, mode,
				"CREATE INDEX sync ON t (v)", fmt.Sprintf("SELECT sys.wait_for_job('%s')", good), "CALL sys.wait_for_job('none')",
				"CREATE INDEX ASYNC ON nowhere (v)", "DROP INDEX by_v", "DROP INDEX once"))
			none := build("CREATE INDEX ASYNC IF NOT EXISTS t_pkey ON t (id)")
			assert.Zero(t, value[int](t, conn, "SELECT count(*) FROM sys.jobs WHERE job_id = $1", none), "nothing was built")
		})
	}
}

func TestIAMMappings(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, "CREATE TABLE t (id int PRIMARY KEY)")
	for name, mode := range protocols {
		t.Run(name, func(t *testing.T) {
			conn := admin(t, env)
			assert.Equal(t, []string{"", "", "", ""}, codes(t, conn, mode, "CREATE ROLE observer WITH LOGIN",
				"AWS IAM GRANT observer TO '"+observerARN+"'", "AWS IAM GRANT observer TO '"+otherARN+"'", "GRANT SELECT ON t TO observer"))

			rows, err := conn.Query(t.Context(), "SELECT * FROM sys.iam_pg_role_mappings ORDER BY arn", mode)
			require.NoError(t, err)
			mappings, err := pgx.CollectRows(rows, pgx.RowToMap)
			require.NoError(t, err)
			require.Len(t, mappings, 2)
			assert.Len(t, mappings[0], 6)
			for column, want := range map[string]any{"arn": observerARN, "pg_role_name": "observer", "grantor_pg_role_name": "admin"} {
				assert.Equal(t, want, mappings[0][column])
			}
			assert.Contains(t, mappings[0], "iam_oid")
			assert.NotZero(t, mappings[0]["pg_role_oid"])
			assert.NotZero(t, mappings[0]["grantor_pg_role_oid"])

			observer := env.Connect(t, sqlendpointtest.Secondary, "observer", observerARN)
			assert.Equal(t, "observer/observer", value[string](t, observer, "SELECT concat_ws('/', session_user, current_user)"))
			assert.Equal(t, []string{"", "42501", "42501", "42501", "42501", "42501", "42501"}, codes(t, observer, mode,
				"SELECT * FROM t", "INSERT INTO t VALUES (1)", "CREATE TABLE own (id int)", "CREATE SCHEMA own",
				"CREATE ROLE own", "AWS IAM GRANT observer TO 'arn:aws:iam::123456789012:role/mine'", "SELECT * FROM sandbox.iam_mapping"))

			assert.Equal(t, []string{"42704", "22023", "0A000", "0A000", "2BP01", "42704"}, codes(t, conn, mode,
				"AWS IAM GRANT nobody TO '"+observerARN+"'", "AWS IAM GRANT observer TO 'not an arn'", "AWS IAM GRANT admin TO '"+observerARN+"'",
				"AWS IAM GRANT postgres TO '"+observerARN+"'", "DROP ROLE observer", "AWS IAM REVOKE observer FROM 'arn:aws:iam::123456789012:role/never'"))
			assert.Equal(t, []string{"", "", "", ""}, codes(t, conn, mode, "AWS IAM REVOKE observer FROM '"+observerARN+"'",
				"AWS IAM REVOKE observer FROM '"+otherARN+"'", "REVOKE SELECT ON t FROM observer", "DROP ROLE observer"))
			_, err = pgx.ConnectConfig(context.Background(), env.Config(t, sqlendpointtest.Primary, "observer", observerARN))
			assert.ErrorContains(t, err, "access denied")
		})
	}
}

func TestAdminIsNoSuperuser(t *testing.T) {
	env := sqlendpointtest.Start(t)
	conn := admin(t, env)
	assert.Equal(t, "off", value[string](t, conn, "SHOW is_superuser"))
	assert.Equal(t, []string{"", "", "", "", "", "42501", "0A000", "42501", "42501"}, codes(t, conn, pgx.QueryExecModeExec,
		"CREATE SCHEMA dr", "CREATE TABLE dr.t (id int)", "CREATE TABLE t (id int)", "CREATE ROLE r LOGIN", "GRANT USAGE ON SCHEMA dr TO r",
		"ALTER ROLE postgres LOGIN", "SET SESSION AUTHORIZATION postgres", "DELETE FROM sandbox.iam_mapping", "SELECT pg_read_file('/etc/passwd')"))
}
