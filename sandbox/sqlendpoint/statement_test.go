package sqlendpoint

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStatementsAreSplitWherePostgreSQLSplitsThem(t *testing.T) {
	for _, test := range []struct {
		intent, sql string
		want        []string
	}{
		{"nothing is no statement", " ; -- nothing\n /* at all */ ;", nil},
		{"a semicolon ends a statement", "SELECT 1; SELECT 2;", []string{"SELECT 1", "SELECT 2"}},
		{"strings keep theirs", `SELECT ';'';', E'\';' ; SELECT 2`, []string{`SELECT ';'';', E'\';'`, "SELECT 2"}},
		{"a backslash is nothing special in a plain string", `SELECT '\'; SELECT 2`, []string{`SELECT '\'`, "SELECT 2"}},
		{"quoted names keep theirs", `SELECT 1 AS "a;""b"; SELECT 2`, []string{`SELECT 1 AS "a;""b"`, "SELECT 2"}},
		{"dollar quotes keep theirs", "SELECT $$;$$, $a$;$$;$a$; SELECT $1", []string{"SELECT $$;$$, $a$;$$;$a$", "SELECT $1"}},
		{"comments keep theirs, nested ones too", "SELECT 1 /* ; /* ; */ ; */ -- ;\n + 1; SELECT 2",
			[]string{"SELECT 1 /* ; /* ; */ ; */ -- ;\n + 1", "SELECT 2"}},
		{"a function body in SQL keeps its own",
			"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3",
			[]string{"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END", "SELECT 3"}},
		{"an unfinished string takes the rest", "SELECT 'a; SELECT 2", []string{"SELECT 'a; SELECT 2"}},
	} {
		t.Run(test.intent, func(t *testing.T) {
			var got []string
			for _, st := range split(test.sql) {
				got = append(got, st.sql)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func only(t *testing.T, sql string) *statement {
	t.Helper()
	statements := split(sql)
	require.Len(t, statements, 1)
	return statements[0]
}

func TestAStatementIsWhatItsFirstWordsSay(t *testing.T) {
	for sql, want := range map[string]kind{
		"SELECT 1":                           kindOther,
		"begin":                              kindBegin,
		"START TRANSACTION READ ONLY":        kindBegin,
		"/* x */ Commit":                     kindCommit,
		"END":                                kindCommit,
		"ABORT":                              kindRollback,
		"create table t (id int)":            kindDDL,
		"GRANT SELECT ON t TO r":             kindDDL,
		"CREATE UNIQUE INDEX ASYNC ON t (a)": kindIndex,
		"AWS IAM GRANT r TO 'arn'":           kindIAM,
		"INSERT INTO t VALUES ('DROP')":      kindDML,
		"WITH x AS (SELECT 1) SELECT * FROM x FOR UPDATE":       kindOther,
		"WITH x AS (DELETE FROM t RETURNING 1) SELECT * FROM x": kindDML,
		"WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x":    kindDML,
		"COPY t FROM STDIN":                kindCopyIn,
		"COPY (SELECT 1) TO STDOUT":        kindOther,
		"SELECT 1 AS create":               kindOther,
		`"create" `:                        kindOther,
		"EXPLAIN ANALYZE SELECT 'INSERT'":  kindOther,
		"UPDATE t SET a = 1 -- ; COMMIT":   kindDML,
		"DELETE FROM t WHERE a = 'COMMIT'": kindDML,
	} {
		assert.Equal(t, want, only(t, sql).kind, sql)
	}
}

func TestWhatAuroraDSQLDoesNotHaveIsRefusedInItsWords(t *testing.T) {
	for sql, want := range map[string]string{
		"TRUNCATE t": "unsupported statement: Truncate",
		"VACUUM":     "unsupported VACUUM statement",
		"LISTEN x":   "unsupported statement: Listen", "NOTIFY x": "unsupported statement: Notify", "UNLISTEN x": "unsupported statement: Unlisten",
		"SAVEPOINT a":                                               "unsupported transaction statement: SAVEPOINT",
		"ROLLBACK TO SAVEPOINT a":                                   "unsupported transaction statement: ROLLBACK TO",
		"ROLLBACK WORK TO a":                                        "unsupported transaction statement: ROLLBACK TO",
		"CREATE EXTENSION IF NOT EXISTS x":                          "unsupported statement: CreateExtension",
		"CREATE DATABASE x":                                         "unsupported statement: Createdb",
		"CREATE OR REPLACE TRIGGER x":                               "CREATE TRIGGER not supported",
		"CREATE TEMP TABLE x (id int)":                              "TEMPORARY or TEMP table not supported for CREATE TABLE",
		"create local temporary table x ()":                         "TEMPORARY or TEMP table not supported for CREATE TABLE",
		"CREATE UNLOGGED TABLE x (id int)":                          "UNLOGGED table not supported for CREATE TABLE",
		"CREATE TABLE x AS SELECT 1":                                "unsupported statement: CreateTableAs",
		"SELECT 1 INTO x":                                           "unsupported statement: CreateTableAs",
		"CREATE MATERIALIZED VIEW x AS":                             "unsupported statement: CreateTableAs",
		"CREATE TYPE x AS ENUM ('a')":                               "CREATE TYPE not supported",
		"ALTER SYSTEM SET a = 1":                                    "unsupported statement: AlterSystem",
		"CREATE INDEX a ON t (b)":                                   "unsupported mode. please use CREATE INDEX ASYNC.",
		"DO $$ BEGIN END $$":                                        "unsupported statement: Do",
		"BEGIN ISOLATION LEVEL SERIALIZABLE":                        "Unsupported isolation level: SERIALIZABLE",
		"BEGIN ISOLATION LEVEL READ COMMITTED":                      "Unsupported isolation level: READ COMMITTED",
		"SET TRANSACTION READ ONLY":                                 `setting configuration parameter "TRANSACTION" not supported`,
		"SET lock_timeout = 0":                                      `setting configuration parameter "lock_timeout" not supported`,
		"COMMIT AND CHAIN":                                          "unsupported transaction statement: AND CHAIN",
		"CREATE SEQUENCE s":                                         "CREATE SEQUENCE is not supported without an explicit cache size. please define CACHE greater than or equal to 65536 or equal to 1",
		"CREATE TABLE t (id serial)":                                `type "serial" does not exist`,
		"ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0":         "ALTER TABLE ADD COLUMN with constraint not supported",
		"ALTER TABLE t ADD a int UNIQUE":                            "ALTER TABLE ADD COLUMN with constraint not supported",
		"ALTER TABLE t ALTER COLUMN a SET NOT NULL":                 "unsupported ALTER TABLE ALTER COLUMN ... SET NOT NULL statement",
		"ALTER TABLE t ALTER COLUMN a TYPE text":                    "unsupported ALTER TABLE ALTER COLUMN ... SET DATA TYPE statement",
		"ALTER TABLE t ADD CONSTRAINT c UNIQUE (a)":                 "unsupported ALTER TABLE ADD CONSTRAINT statement",
		"ALTER TABLE t VALIDATE CONSTRAINT c":                       "unsupported ALTER TABLE VALIDATE CONSTRAINT statement",
		"COPY t FROM '/etc/passwd'":                                 "COPY from or to a file is not supported",
		"COPY t TO PROGRAM 'id'":                                    "COPY from or to a file is not supported",
		"GRANT pg_execute_server_program TO x":                      "Role pg_execute_server_program not supported",
		"GRANT USAGE ON SCHEMA public TO x":                         "feature not supported on system entity",
		"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ $$": "CREATE FUNCTION with language plpgsql not supported",
		"CREATE FUNCTION f() RETURNS int AS $$ $$ LANGUAGE 'c'":     "CREATE FUNCTION with language c not supported",
	} {
		if f := only(t, sql).refusal; assert.NotNil(t, f, sql) {
			assert.Equal(t, want, f.Message, sql)
			if f.Code != codeUndefinedObject { // serial is a type that does not exist
				assert.Equal(t, codeUnsupported, f.Code, sql)
			}
		}
	}
}

func TestWhatAuroraDSQLHasIsNotRefused(t *testing.T) {
	for _, sql := range []string{
		"SELECT 'TRUNCATE'", "SELECT do_it FROM vacuum", `SELECT "into" FROM t`,
		"BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN READ ONLY", "ROLLBACK", "COMMIT AND NO CHAIN",
		"CREATE TABLE IF NOT EXISTS t (id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1), serial text, PRIMARY KEY (id))",
		"CREATE SEQUENCE s CACHE 1", "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE SQL AS $$ SELECT 1 $$",
		"CREATE DOMAIN d AS int", "CREATE VIEW v AS SELECT 1", "SET search_path = dr", "SET timezone TO 'UTC'",
		"ALTER TABLE t ADD COLUMN IF NOT EXISTS a text", "ALTER TABLE t DROP COLUMN a", "ALTER TABLE t ALTER COLUMN a DROP NOT NULL",
		"ALTER TABLE t ALTER COLUMN a SET DEFAULT 1", "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
		"GRANT SELECT ON ALL TABLES IN SCHEMA public TO x", "GRANT USAGE ON SCHEMA dr TO x", "DROP INDEX i", "ANALYZE t",
		"COPY t (a) FROM STDIN WITH (FORMAT csv)", "SELECT * FROM t FOR UPDATE",
	} {
		assert.Nil(t, only(t, sql).refusal, sql)
	}
}

func TestASyncIndexLosesNothingButItsWord(t *testing.T) {
	st := only(t, `CREATE UNIQUE INDEX ASYNC IF NOT EXISTS i ON t (a, lower(b)) WHERE a <> 'ASYNC'`)
	assert.Equal(t, `CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a, lower(b)) WHERE a <> 'ASYNC'`, st.sql)
	assert.Equal(t, `CREATE  INDEX IF NOT EXISTS i ON t (a, lower(b)) WHERE a <> 'ASYNC'`, st.withoutUnique())
}

func TestIAMStatementsBecomeCallsWithQuotedArguments(t *testing.T) {
	assert.Equal(t, `SELECT sandbox.iam_grant('reader', 'arn:it''s')`, only(t, `AWS IAM GRANT Reader TO 'arn:it''s'`).sql)
	assert.Equal(t, `SELECT sandbox.iam_revoke('Reader''', 'arn')`, only(t, `AWS IAM REVOKE "Reader'" FROM 'arn'`).sql)
	for _, malformed := range []string{"AWS IAM GRANT r FROM 'arn'", "AWS IAM GRANT r TO arn", "AWS IAM DROP r", "AWS IAM GRANT r TO 'a' 'b'"} {
		if f := only(t, malformed).refusal; assert.NotNil(t, f, malformed) {
			assert.Equal(t, codeSyntax, f.Code)
		}
	}
}

// FuzzSplit looks for input that makes the lexer loop, panic, or lose text that is not blank.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"SELECT $a$;$a$", `E'\`, `"a""`, "/* /* */", "AWS IAM", "CREATE INDEX ASYNC", "GRANT ON SCHEMA public", "$", "((]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		for _, st := range split(sql) {
			assert.NotEmpty(t, st.tokens)
			assert.NotEmpty(t, st.sql)
		}
	})
}
