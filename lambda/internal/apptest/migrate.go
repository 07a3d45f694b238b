package apptest

import (
	"fmt"
	"io/fs"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

// Migrate gives a database the schema with its version, and the roles with their grants, each mapped to the principal.
func Migrate(t testing.TB, env *sqlendpointtest.Env, principal string, roles []schema.Role) {
	t.Helper()
	files, err := fs.Glob(schema.FS(), "*.sql")
	require.NoError(t, err)
	statements := []string{"CREATE TABLE " + schema.VersionTable + ` (id integer PRIMARY KEY, version_id bigint NOT NULL,
		is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now())`}
	for i, file := range files {
		text, err := fs.ReadFile(schema.FS(), file)
		require.NoError(t, err)
		version, err := goose.NumericComponent(file)
		require.NoError(t, err)
		statements = append(statements, string(text),
			fmt.Sprintf("INSERT INTO %s VALUES (%d, %d, true)", schema.VersionTable, i+1, version))
	}
	for _, role := range roles {
		statements = append(statements, "CREATE ROLE "+role.Name+" WITH LOGIN",
			"AWS IAM GRANT "+role.Name+" TO '"+principal+"'")
		for _, grant := range role.Grants {
			statements = append(statements, "GRANT "+grant+" TO "+role.Name)
		}
	}
	env.Exec(t, statements...)
}
