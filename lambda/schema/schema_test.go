package schema

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// idempotent is how a statement begins that may run twice on DSQL, and over which an earlier revision goes on: nothing is
// dropped. An index is ASYNC there or refused.
var idempotent = regexp.MustCompile(
	`^(CREATE (SCHEMA|TABLE|(UNIQUE )?INDEX ASYNC|SEQUENCE) IF NOT EXISTS|CREATE OR REPLACE (VIEW|FUNCTION)|` +
		`ALTER TABLE (IF EXISTS )?\S+ ADD COLUMN IF NOT EXISTS|REVOKE|COMMENT ON) `)

func TestEveryMigrationIsOneIdempotentStatement(t *testing.T) {
	names, err := fs.Glob(FS(), "*")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			assert.Regexp(t, `^\d{5}_[a-z0-9_]+\.sql$`, name)
			text, err := fs.ReadFile(FS(), name)
			require.NoError(t, err)
			_, up, found := strings.Cut(string(text), "-- +goose Up\n")
			require.True(t, found, "has a goose Up section")
			assert.NotContains(t, up, "+goose Down", "migrations only go up")
			assert.Equal(t, 1, strings.Count(up, ";"), "one statement: DSQL allows one DDL statement a transaction")
			assert.True(t, strings.HasSuffix(up, ";\n"))
			assert.Regexp(t, idempotent, up)
		})
	}
}

func TestRolesAreOursAndPlain(t *testing.T) {
	for _, role := range Roles() {
		assert.Regexp(t, `^`+RolePrefix+`[a-z0-9_]{1,50}$`, role.Name)
		for _, grant := range role.Grants {
			if grant == "SELECT ON "+VersionTable {
				continue
			}
			assert.Regexp(t, `^[A-Z, ]+ ON (SCHEMA )?(`+strings.Join(Names, "|")+`)(\.[a-z_]+)?$`, grant,
				"one object of our schemas a grant")
			assert.NotContains(t, grant, "ALL", "privileges are named")
		}
	}
}

func TestTheHashChangesWithAnythingThatTheDatabaseMustLearn(t *testing.T) {
	files := func(pairs ...string) fs.FS {
		m := fstest.MapFS{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
		}
		return m
	}
	role := func(name string, grants ...string) []Role { return []Role{{Name: name, Grants: grants}} }
	hashes := map[string]string{}
	for change, h := range map[string]string{
		"nothing":           hash(files("1.sql", "a", "2.sql", "b"), role("r", "x", "y")),
		"text":              hash(files("1.sql", "a", "2.sql", "c"), role("r", "x", "y")),
		"file name":         hash(files("1.sql", "a", "3.sql", "b"), role("r", "x", "y")),
		"file added":        hash(files("1.sql", "a", "2.sql", "b", "3.sql", ""), role("r", "x", "y")),
		"text moved":        hash(files("1.sql", "ab", "2.sql", ""), role("r", "x", "y")),
		"role name":         hash(files("1.sql", "a", "2.sql", "b"), role("s", "x", "y")),
		"grant":             hash(files("1.sql", "a", "2.sql", "b"), role("r", "x", "z")),
		"grants run joined": hash(files("1.sql", "a", "2.sql", "b"), role("r", "xy")),
		"no role":           hash(files("1.sql", "a", "2.sql", "b"), nil),
	} {
		assert.NotContains(t, hashes, h, "%s and %s hash alike", change, hashes[h])
		hashes[h] = change
	}
	first := Hash()
	assert.Len(t, first, 64)
	assert.Equal(t, first, Hash())
}
