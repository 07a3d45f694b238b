// Package postgrestest gives tests a real PostgreSQL.
package postgrestest

import (
	"context"
	"sync"
	"testing"

	"aurora-dsql-dr/sandbox/postgres"
)

// template spares all servers of a test binary but the first the time of initdb.
var template = sync.OnceValues(func() (*postgres.Template, error) { return postgres.NewTemplate(context.Background()) })

// Start gives the test a server of its own and ends it with the test. A server that dies during the test fails it.
func Start(t testing.TB) *postgres.Server {
	t.Helper()
	data, err := template()
	if err != nil {
		t.Fatal(err)
	}
	server, err := postgres.Start(context.Background(), postgres.Options{Template: data})
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
