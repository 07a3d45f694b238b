// Package postgrestest gives tests a real PostgreSQL.
package postgrestest

import (
	"context"
	"testing"

	"aurora-dsql-dr/sandbox/postgres"
)

// Start gives the test a server of its own and ends it with the test. A server that dies during the test fails it.
func Start(t testing.TB) *postgres.Server {
	t.Helper()
	server, err := postgres.Start(context.Background(), postgres.Options{})
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
