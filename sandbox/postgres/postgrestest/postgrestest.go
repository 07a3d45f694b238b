// Package postgrestest gives tests a real PostgreSQL.
package postgrestest

import (
	"context"
	"os"
	"sync"
	"testing"

	"aurora-dsql-dr/sandbox/postgres"
)

// template spares all servers of a test binary but the first the time of initdb.
var template = sync.OnceValues(func() (*postgres.Template, error) { return postgres.NewTemplate(context.Background()) })

// Template is what every server of the test binary may start from.
func Template(t testing.TB) *postgres.Template {
	t.Helper()
	data, err := template()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Start gives the test a server of its own and ends it with the test. A server that dies during the test fails it.
func Start(t testing.TB) *postgres.Server {
	t.Helper()
	server, err := postgres.Start(context.Background(), postgres.Options{Template: Template(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Err(); err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// ReachableDir is an empty directory that the server's user can reach too, which t.TempDir is not when root runs the
// tests. It is removed with the test.
func ReachableDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "reachable-") //nolint:usetesting // as the comment says
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // as the comment says
		t.Fatal(err)
	}
	return dir
}
