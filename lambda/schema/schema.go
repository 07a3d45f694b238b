// Package schema declares the database: its migrations, and the roles that may use it. It imports neither Pulumi nor
// AWS.
//
// A migration is a goose file with one idempotent statement, because Aurora DSQL allows one DDL statement a transaction
// and none beside DML: the statement and the record that it ran commit apart, and after a crash between the two the
// statement runs again. Migrations only go up; what one did wrong, a later one puts right.
package schema

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// Names are the PostgreSQL schemas that hold every object declared here: the observers' and the application's.
var Names = []string{"dr", "app"}

// VersionTable is goose's record of the migrations that ran. Everybody may look into its schema, which nobody can
// change (GRANT ON SCHEMA public is refused).
const VersionTable = "public.goose_db_version"

//go:embed migrations/*.sql
var embedded embed.FS

// FS holds the migrations, NNNNN_name.sql, in its root.
func FS() fs.FS {
	migrations, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the directory is embedded above
	}
	return migrations
}

// Hash identifies migrations and roles, in hexadecimal: it changes when, and only when, one of them does.
func Hash() string { return hash(FS(), Roles()) }

func hash(migrations fs.FS, roles []Role) string {
	sum := sha256.New()
	names, err := fs.Glob(migrations, "*.sql") // sorted
	if err != nil {
		panic(err) // only a malformed pattern fails
	}
	for _, name := range names {
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			panic(err) // an embedded file is readable
		}
		fmt.Fprintf(sum, "%q %q\n", name, text)
	}
	for _, role := range roles {
		fmt.Fprintf(sum, "%q %q\n", role.Name, role.Grants)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
