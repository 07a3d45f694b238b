package sqlendpoint

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/postgres/postgrestest"
)

func TestEveryPairOfClustersHasADatabaseOfItsOwnThatGoesWithIt(t *testing.T) {
	pairOf := map[string]string{"a1": "first", "a2": "first", "b1": "second"}
	pairs, err := OpenPairs(t.Context(), postgrestest.Start(t), func(arn string) string { return pairOf[arn] })
	require.NoError(t, err)
	t.Cleanup(pairs.Close)
	of := func(arn string) *Database {
		d, err := pairs.Of(t.Context(), arn)
		require.NoError(t, err)
		return d
	}
	tables := func(d *Database) (n int) {
		require.NoError(t, d.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&n))
		return n
	}
	roles := func(d *Database) (n int) {
		require.NoError(t, d.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_roles WHERE rolname IN ('monitor', 'shared')").Scan(&n))
		return n
	}
	a := of("a1")
	for _, statement := range []string{
		"CREATE TABLE public.data (id int)", "CREATE ROLE monitor LOGIN", "CREATE ROLE shared LOGIN", "GRANT SELECT ON public.data TO monitor, shared",
		"SELECT sandbox.iam_grant('shared', 'arn:aws:iam::123456789012:role/x')",
	} {
		_, err := a.pool.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	assert.Same(t, a, of("a2"), "both sides of a pair show the same")
	b := of("b1")
	assert.Zero(t, tables(b), "a new pair is empty while the old one lives")
	mapped, err := b.mapped(t.Context(), "shared", "arn:aws:iam::123456789012:role/x")
	require.NoError(t, err)
	assert.False(t, mapped, "it has its own mappings")
	_, err = b.pool.Exec(t.Context(), "CREATE TABLE public.other (id int); GRANT SELECT ON public.other TO shared")
	require.NoError(t, err)

	require.NoError(t, pairs.Drop(t.Context(), "first"))
	require.NoError(t, pairs.Drop(t.Context(), "first"), "once more changes nothing")
	assert.Equal(t, 1, tables(b))
	assert.Equal(t, 1, roles(b), "a role goes unless another pair gives it something")
	assert.Zero(t, tables(of("a1")), "what was deleted does not come back")
}
