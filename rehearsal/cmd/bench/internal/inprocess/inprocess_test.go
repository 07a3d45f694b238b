package inprocess

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/cmd/bench/internal/gotest"
)

// figures are of a handler that costs so many percent more than its statements in each benchmark.
func figures(t *testing.T, overhead map[string]float64) *gotest.Figures {
	t.Helper()
	output := "pkg: example.org/service\n"
	for name, percent := range overhead {
		output += fmt.Sprintf("Benchmark%s-2 100 2000 pgx-p50-µs 5000 pgx-p99-µs 400 pgx/s %f handler-p50-µs 6000 "+
			"handler-p99-µs 300 handler/s %f overhead-%%\n",
			name, 20*(100+percent), percent)
	}
	f, err := gotest.Parse([]byte(output))
	require.NoError(t, err)
	return f
}

func TestAHandlerThatCostsTooMuchIsAnErrorBesideTheTable(t *testing.T) {
	f := figures(t, map[string]float64{
		"Write/plain":     12.4,
		"Write/encrypted": 30.4,
		"Read/plain":      -1,
		"Read/encrypted":  30,
	})
	table, bound := Handler(f)
	require.NoError(t, f.Missing())
	assert.EqualError(
		t,
		bound,
		"write with encrypted details: the handler costs 30.4 % more than its statements: want at most 30 %",
	)
	rows := make([]string, len(table.Rows))
	for i, row := range table.Rows {
		rows[i] = strings.Join(row, "|")
	}
	assert.Equal(t, []string{
		"request|p50|p99|requests/s|cost",
		"write by plain pgx|2.00 ms|5.00 ms|400|", "write by the handler|2.25 ms|6.00 ms|300|+12 %",
		"write with encrypted details by plain pgx|2.00 ms|5.00 ms|400|", "write with encrypted details by the " +
			"handler|2.61 ms|6.00 ms|300|+30 %",
		"read by plain pgx|2.00 ms|5.00 ms|400|", "read by the handler|1.98 ms|6.00 ms|300|-1 %",
		"read of encrypted details by plain pgx|2.00 ms|5.00 ms|400|", "read of encrypted details by the handler|2.60 " +
			"ms|6.00 ms|300|+30 %",
	}, rows)
}

func TestABenchmarkThatIsGoneIsMissed(t *testing.T) {
	f := figures(t, nil)
	_, bound := Handler(f)
	assert.NoError(t, bound)
	assert.ErrorContains(t, f.Missing(), "benchmark service.Write/plain has not reported overhead-%")

	f = figures(t, nil)
	Parts(f)
	assert.ErrorContains(t, f.Missing(), "benchmark breaker.Do has not reported ns/op")
}

func TestParts(t *testing.T) {
	f, err := gotest.Parse([]byte("pkg: breaker\nBenchmarkDo-2 100 167.4 ns/op 0 B/op 0 allocs/op\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{"circuit breaker around a call", "167ns", "0 B", "0"}, Parts(f).Rows[1])
}
