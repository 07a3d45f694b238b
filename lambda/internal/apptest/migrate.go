package apptest

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

// Migrate gives a database the schema, and the roles with their grants, each mapped to the principal.
func Migrate(t testing.TB, env *sqlendpointtest.Env, principal string, roles []schema.Role) {
	t.Helper()
	files, err := fs.Glob(schema.FS(), "*.sql")
	require.NoError(t, err)
	var statements []string
	for _, file := range files {
		text, err := fs.ReadFile(schema.FS(), file)
		require.NoError(t, err)
		statements = append(statements, string(text))
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
