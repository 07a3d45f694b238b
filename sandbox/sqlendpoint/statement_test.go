package sqlendpoint

import (
	"slices"
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

// FuzzSplit looks for input that makes the lexer or a rule loop, panic, or find nothing in what is something.
func FuzzSplit(f *testing.F) {
	for _, row := range documentedRefusals(f) {
		f.Add(row.sql)
	}
	for _, seed := range slices.Concat(accepted, []string{
		"SELECT $a$;$a$", `E'\`, `"a""`, "/* /* */", "AWS IAM", "CREATE INDEX ASYNC", "GRANT ON SCHEMA public", "$", "((]", `U&"\`, `U&'!' UESCAPE '!'`,
		"CREATE TABLE t (", "CREATE TABLE t (,)", "ALTER TABLE t ADD", "ALTER TABLE t ALTER", "ALTER TABLE", "CREATE DOMAIN", "CREATE DOMAIN d", "COPY (",
		"COPY a.", "SET", "SET LOCAL", "SET x.", "RESET", "CREATE FUNCTION f() AS", "CREATE INDEX ASYNC x ON t (", "CREATE SEQUENCE s CACHE",
		"ALTER ROLE r SET", "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY (CACHE", `E'\u', E'\x', E'\U1234567`, "CREATE TABLE t (a . )",
	}) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		for _, st := range split(sql) {
			assert.NotEmpty(t, st.tokens)
			assert.NotEmpty(t, st.sql)
		}
	})
}
