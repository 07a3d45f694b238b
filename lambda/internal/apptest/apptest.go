// Package apptest gives tests of the application its database behind two regional endpoints, and the KMS key of its
// fields.
package apptest

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

// The regions of the pair.
const (
	East = sqlendpointtest.Primary
	Ohio = sqlendpointtest.Secondary
)

const principal = "arn:aws:iam::123456789012:role/application"

// Database is a real PostgreSQL with the schema, its roles and grants, behind two endpoints with Aurora DSQL's rules.
type Database struct{ *sqlendpointtest.Env }

// Start gives the test a database of its own.
func Start(t testing.TB) Database {
	t.Helper()
	d := Database{sqlendpointtest.Start(t)}
	roles := slices.DeleteFunc(schema.Roles(), func(r schema.Role) bool { return !r.Optional })
	Migrate(t, d.Env, principal, roles)
	return d
}

// Dialer connects as the functions do.
func (d Database) Dialer(t testing.TB) dsqlconn.Dialer {
	t.Helper()
	addresses, err := dsqlconn.ParseHostAddr(d.HostAddr)
	require.NoError(t, err)
	return dsqlconn.Dialer{Credentials: d.Provider(principal), HostAddr: addresses, RootCAs: d.CA}
}

// Pool is a function's pool of connections to a region's endpoint.
func (d Database) Pool(t testing.TB, region, role string, size int32) *pgxpool.Pool {
	t.Helper()
	pool, err := d.Dialer(t).Pool(t.Context(), d.Hosts[region], region, role, size)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// Column is a column of text, read as admin.
func (d Database) Column(t testing.TB, sql string, args ...any) []string {
	t.Helper()
	conn := d.Connect(t, East, dsqlconn.Admin, sqlendpointtest.AdminARN)
	rows, err := conn.Query(t.Context(), sql, args...)
	require.NoError(t, err)
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	return values
}
