package sqlendpoint_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/sqlendpoint"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

// conflict checks that an error is one of Aurora DSQL's two conflicts.
func conflict(t *testing.T, err error, as sqlendpoint.Conflict) {
	t.Helper()
	pg := pgError(t, err)
	assert.Equal(t, "40001", pg.Code)
	assert.Equal(t, map[sqlendpoint.Conflict]string{
		sqlendpoint.DataConflict:   "change conflicts with another transaction (OC000)",
		sqlendpoint.SchemaConflict: "schema has been updated by another transaction, please retry: (OC001)",
	}[as], pg.Message)
}

func must(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		_, err := conn.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
}

func TestConflictsBetweenRegions(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, v int, UNIQUE (v))")
	for name, test := range map[string]struct {
		first  []string // in the primary, after both have a snapshot
		commit bool     // the first commits before the second acts
		second string   // in the secondary
		as     sqlendpoint.Conflict
		plain  string // SQLSTATE of an error that is no conflict
	}{
		"both change a row, the first not yet committed": {first: []string{"UPDATE t SET v = 11 WHERE id = 1"}, second: "UPDATE t SET v = 12 WHERE id = 1", as: sqlendpoint.DataConflict},
		"both change a row, the first committed":         {first: []string{"UPDATE t SET v = 11 WHERE id = 1"}, commit: true, second: "UPDATE t SET v = 12 WHERE id = 1", as: sqlendpoint.DataConflict},
		"one locks a row for update":                     {first: []string{"SELECT * FROM t WHERE id = 1 FOR UPDATE"}, second: "DELETE FROM t WHERE id = 1", as: sqlendpoint.DataConflict},
		"both insert a key, the first not yet committed": {first: []string{"INSERT INTO t VALUES (2, 2)"}, second: "INSERT INTO t VALUES (2, 3)", as: sqlendpoint.DataConflict},
		"both insert a key, the first committed":         {first: []string{"INSERT INTO t VALUES (2, 2)"}, commit: true, second: "INSERT INTO t VALUES (2, 3)", as: sqlendpoint.DataConflict},
		"both insert a value that is to be unique":       {first: []string{"INSERT INTO t VALUES (2, 2)"}, commit: true, second: "INSERT INTO t VALUES (3, 2)", as: sqlendpoint.DataConflict},
		"one moves onto the other's key":                 {first: []string{"INSERT INTO t VALUES (2, 2)"}, commit: true, second: "UPDATE t SET id = 2 WHERE id = 1", as: sqlendpoint.DataConflict},
		"the key was there before":                       {first: []string{"INSERT INTO t VALUES (2, 2)"}, commit: true, second: "INSERT INTO t VALUES (1, 3)", plain: "23505"},
		"the key was there before, its row was changed since": {
			first: []string{"UPDATE t SET v = 11 WHERE id = 1"}, commit: true, second: "INSERT INTO t VALUES (1, 3)", plain: "23505"},
		"the other changes the table meanwhile": {first: []string{"ALTER TABLE t ADD COLUMN extra int"}, second: "INSERT INTO t (id, v) VALUES (4, 4)", as: sqlendpoint.SchemaConflict},
		"one wants to change a table that the other uses": {
			first: []string{"INSERT INTO t VALUES (2, 2)"}, second: "DROP TABLE t", as: sqlendpoint.SchemaConflict},
		"both create a table": {first: []string{"CREATE TABLE raced (id int)"}, second: "CREATE TABLE raced (id int)", as: sqlendpoint.SchemaConflict},
	} {
		t.Run(name, func(t *testing.T) {
			first := env.Connect(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN)
			second := env.Connect(t, sqlendpointtest.Secondary, "admin", sqlendpointtest.AdminARN)
			must(t, first, "DELETE FROM t", "INSERT INTO t VALUES (1, 1)")
			must(t, second, "BEGIN", "SELECT FROM pg_class LIMIT 1")
			must(t, first, "BEGIN")
			must(t, first, test.first...)
			if test.commit {
				must(t, first, "COMMIT")
			}
			began := time.Now()
			_, err := second.Exec(t.Context(), test.second)
			assert.Less(t, time.Since(began), 10*time.Second, "nothing waits for a lock")
			if test.plain != "" {
				assert.Equal(t, test.plain, pgError(t, err).Code)
			} else {
				conflict(t, err, test.as)
			}
			assert.Equal(t, byte('E'), second.PgConn().TxStatus())
			must(t, second, "ROLLBACK")
			must(t, first, "ROLLBACK")
		})
	}
}

func TestADuplicateOfAnOwnRowIsPlain(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, `CREATE TABLE "odd % name" ("a, b" text, flag bool, "c)=(" int, PRIMARY KEY ("a, b", flag, "c)=("))`)
	conn := admin(t, env)
	const insert = `INSERT INTO "odd % name" VALUES ('x, (y)', true, 3)`
	assert.Equal(t, []string{"", "", "23505", ""}, codes(t, conn, pgx.QueryExecModeExec, "BEGIN", insert, insert, "ROLLBACK"))
	assert.Equal(t, []string{"", "23505"}, codes(t, conn, pgx.QueryExecModeExec, insert, insert))
}

func TestOfTwoConcurrentInsertsOfAKeyOneLoses(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, "CREATE TABLE incident (endpoint text, number int, PRIMARY KEY (endpoint, number))")
	errs := make(chan error)
	const openers = 6
	for i := range openers {
		conn := env.Connect(t, []string{sqlendpointtest.Primary, sqlendpointtest.Secondary}[i%2], "admin", sqlendpointtest.AdminARN)
		go func() {
			_, err := conn.Exec(context.Background(), "INSERT INTO incident VALUES ($1, $2)", "e", 1)
			errs <- err
		}()
	}
	won := 0
	for range openers {
		if err := <-errs; err == nil {
			won++
		} else {
			assert.Contains(t, []string{"40001", "23505"}, pgError(t, err).Code, "lost, or came too late")
		}
	}
	assert.Equal(t, 1, won)
}

func TestConflictsCanBeInjectedAtCommit(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, "CREATE TABLE t (id int)")
	endpoint := env.Endpoints[sqlendpointtest.Primary]
	for name, mode := range protocols {
		t.Run(name, func(t *testing.T) {
			conn := admin(t, env)
			endpoint.InjectConflicts(sqlendpoint.Conflicts{Next: 1})
			assert.Equal(t, []string{"", "", "", ""}, codes(t, conn, mode, "SELECT 1", "BEGIN", "SELECT * FROM t", "COMMIT"), "reading never conflicts")
			must(t, conn, "BEGIN", "INSERT INTO t VALUES (1)")
			_, err := conn.Exec(t.Context(), "COMMIT", mode)
			conflict(t, err, sqlendpoint.DataConflict)
			assert.Equal(t, byte('I'), conn.PgConn().TxStatus())

			endpoint.InjectConflicts(sqlendpoint.Conflicts{Next: 1, As: sqlendpoint.SchemaConflict})
			_, err = conn.Exec(t.Context(), "INSERT INTO t VALUES (1)", mode)
			conflict(t, err, sqlendpoint.SchemaConflict)
			assert.Zero(t, value[int](t, conn, "SELECT count(*) FROM t"), "what conflicted left nothing")

			endpoint.InjectConflicts(sqlendpoint.Conflicts{Percent: 50})
			assert.Equal(t, []string{"", "40001", "", "40001"}, codes(t, conn, mode,
				"INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)"))
			endpoint.InjectConflicts(sqlendpoint.Conflicts{})
			must(t, conn, "DELETE FROM t")
		})
	}
}

func TestADeferredConstraintFailsTheCommit(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, "CREATE TABLE t (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)", "INSERT INTO t VALUES (1)")
	for name, mode := range protocols {
		t.Run(name, func(t *testing.T) {
			conn := admin(t, env)
			assert.Equal(t, []string{"23505", "", "", "23505", ""}, codes(t, conn, mode,
				"INSERT INTO t VALUES (1)", "BEGIN", "INSERT INTO t VALUES (1)", "COMMIT", "SELECT 1"))
			assert.Equal(t, 1, value[int](t, conn, "SELECT count(*) FROM t"))
		})
	}
}
