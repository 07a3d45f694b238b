package sqlendpoint_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/sqlendpoint"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

// Each endpoint counts its own clients' transactions: those that only read, those that wrote and how long their commits
// took, and those that met a conflict. What failed otherwise is none, and what was told once is not told again.
func TestUsageIsCountedByEndpoint(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, "CREATE TABLE used (id int PRIMARY KEY)")
	primary, secondary := env.Endpoints[sqlendpointtest.Primary], env.Endpoints[sqlendpointtest.Secondary]
	primary.Usage()
	secondary.Usage()

	conn := env.Connect(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN)
	must(t, conn, "SELECT 1", "INSERT INTO used VALUES (1)", "BEGIN", "INSERT INTO used VALUES (2)", "SELECT 1", "COMMIT", "BEGIN", "SELECT 1", "ROLLBACK")
	_, err := conn.Exec(t.Context(), "SELECT nothing")
	require.Error(t, err)
	primary.InjectConflicts(sqlendpoint.Conflicts{Next: 1})
	_, err = conn.Exec(t.Context(), "INSERT INTO used VALUES (3)")
	conflict(t, err, sqlendpoint.DataConflict)

	used := primary.Usage()
	require.Len(t, used, 1)
	for _, u := range used {
		assert.Equal(t, []int{4, 1, 1}, []int{u.Transactions, u.ReadOnly, u.Conflicts})
		assert.Len(t, u.Commits, 2)
		assert.Positive(t, u.MedianCommit())
	}
	assert.Empty(t, primary.Usage())
	assert.Empty(t, secondary.Usage())
}

func TestTheMedianOfCommits(t *testing.T) {
	assert.Zero(t, sqlendpoint.Usage{}.MedianCommit())
	assert.Equal(t, 2*time.Millisecond, sqlendpoint.Usage{Commits: []time.Duration{9 * time.Millisecond, time.Millisecond, 2 * time.Millisecond}}.MedianCommit())
}
