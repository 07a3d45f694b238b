package rollup_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/rollup"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

// node is a node of a plan that was executed.
type node struct {
	Type    string  `json:"Node Type"`
	Table   string  `json:"Relation Name"`
	Rows    float64 `json:"Actual Rows"`
	Removed float64 `json:"Rows Removed by Filter"`
	Loops   float64 `json:"Actual Loops"`
	Plans   []node  `json:"Plans"`
}

// read adds up the rows that a plan has read of each table.
func (n node) read(tables map[string]float64) {
	if n.Table != "" {
		tables[n.Table] += (n.Rows + n.Removed) * n.Loops
	}
	for _, child := range n.Plans {
		child.read(tables)
	}
}

// What is read does not depend on how much was counted: this is why ten million rows cost what ten thousand do.
func TestTotalsReadOnlyWhatIsNotCounted(t *testing.T) {
	const counted, open = 24_000, 30
	w, b := newWorld(t), &books{}
	require.NoError(t, w.rollers[apptest.East].Run(t.Context())) // begins the history
	for i := range counted / 2000 {
		w.Exec(t,
			fmt.Sprintf(`INSERT INTO app.transaction (id, amount, region, status)
				SELECT 'old-%d-' || n, 1, 'us-east-1', 'completed' FROM generate_series(1, 2000) AS n`, i),
			`INSERT INTO app.outbox (id, region, transaction_id, body, sent_at, counted_at)
				SELECT gen_random_uuid(), 'us-east-1', 'x', '{}', now(), now() FROM generate_series(1, 2000)`,
			`INSERT INTO app.projection (event_id, region, amount, occurred_at, processed_in, counted_at)
				SELECT gen_random_uuid(), 'us-east-1', 1, now(), 'us-east-2', now() FROM generate_series(1, 2000)`,
		)
	}
	w.Exec(t,
		fmt.Sprintf(
			"INSERT INTO app.transaction_total (region, counted_in, transactions) VALUES ('us-east-1', 'us-east-2', %d)",
			counted))
	for i := range open {
		require.NoError(t, w.write(t.Context(), b, apptest.East, fmt.Sprintf("new-%d", i), 100))
	}
	w.Exec(t, "ANALYZE app.transaction", "ANALYZE app.outbox", "ANALYZE app.projection")

	admin := w.Connect(t, apptest.East, dsqlconn.Admin, sqlendpointtest.AdminARN)
	for name, sql := range map[string]string{"count": rollup.SelectCount, "totals": rollup.SelectTotals} {
		var text string
		require.NoError(t, admin.QueryRow(t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) "+sql).Scan(&text))
		var plans []struct{ Plan node }
		require.NoError(t, json.Unmarshal([]byte(text), &plans))
		tables := map[string]float64{}
		plans[0].Plan.read(tables)
		for table, rows := range tables {
			assert.LessOrEqual(t, rows, float64(open), "%s reads %s:\n%s", name, table, text)
		}
		assert.NotEmpty(t, tables)
	}
	count, err := w.ledgers[apptest.East].Count(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, counted+open, count)
}
