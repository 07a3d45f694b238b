package service_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/schema"
)

// compare times the handler and the statements that it makes by plain pgx. They take their turns twice in an iteration,
// the second time the other way round, so that whatever else the machine does meets both alike. What the handler adds
// is told of the lower quartiles, which that disturbs least. `make bench` bounds it.
func compare(b *testing.B, statements, handler func()) {
	var plain, handled []time.Duration
	timed := func(call func()) time.Duration {
		start := time.Now()
		call()
		return time.Since(start)
	}
	for b.Loop() {
		plain, handled = append(plain, timed(statements)), append(handled, timed(handler))
		handled, plain = append(handled, timed(handler)), append(plain, timed(statements))
	}
	report := func(name string, took []time.Duration) (quartile float64) {
		var sum time.Duration
		for _, d := range took {
			sum += d
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds()), name+"-p50-µs")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), name+"-p99-µs")
		b.ReportMetric(float64(len(took))/sum.Seconds(), name+"/s")
		return took[len(took)/4].Seconds()
	}
	b.ReportMetric(100*(report("handler", handled)/report("pgx", plain)-1), "overhead-%")
	b.ReportMetric(0, "ns/op") // of both together: says nothing
}

func BenchmarkWrite(b *testing.B) {
	w := newWorld(b)
	const details = "forty characters of what the client said"
	pool := w.Pool(b, apptest.East, schema.RoleTransactions, 1)
	body := strings.Repeat("x", 200) // the length of an event
	statements := func() {
		id := uuid.NewString()
		batch := &pgx.Batch{}
		batch.Queue(
			"INSERT INTO app.transaction (id, amount, details, region, status) "+
				"VALUES ($1, $2::text::numeric, $3, $4, $5) RETURNING created_at",
			id, "100.50", details, apptest.East, "completed")
		batch.Queue("INSERT INTO app.outbox (id, region, transaction_id, body) VALUES ($1::uuid, $2, $3, $4)",
			uuid.NewString(), apptest.East, id, body)
		require.NoError(b, pgx.BeginFunc(b.Context(),
			pool, func(tx pgx.Tx) error { return tx.SendBatch(b.Context(), batch).Close() }))
	}
	for name, payload := range map[string]string{
		"plain":     `{"amount":100.50}`,
		"encrypted": `{"amount":100.50,"details":"` + details + `"}`,
	} {
		b.Run(name, func(b *testing.B) {
			f := w.function(b, apptest.East, options{pool: 1})
			event, err := json.Marshal(request("POST", "/transactions", payload))
			require.NoError(b, err)
			f.expect(b, event, 201) // warm
			compare(b, statements, func() { f.expect(b, event, 201) })
		})
	}
}

func BenchmarkRead(b *testing.B) {
	w := newWorld(b)
	f := w.function(b, apptest.East, options{pool: 1})
	pool := w.Pool(b, apptest.East, schema.RoleTransactions, 1)
	for name, details := range map[string]string{
		"plain":     "",
		"encrypted": `,"details":"forty characters of what the client said"`,
	} {
		status, _ := f.do(b, "POST", "/transactions", `{"transaction_id":"`+name+`","amount":100.50`+details+`}`)
		require.Equal(b, 201, status)
		b.Run(name, func(b *testing.B) {
			event, err := json.Marshal(request("GET", "/transactions/"+name, ""))
			require.NoError(b, err)
			f.expect(b, event, 200) // warm
			compare(b, func() {
				var id, amount, reference, details, region, status string
				var at time.Time
				require.NoError(b, pool.QueryRow(b.Context(),
					`SELECT id, amount::text, coalesce(reference, ''), coalesce(details, ''), created_at, region, status
					FROM app.transaction WHERE id = $1`, name).Scan(&id, &amount, &reference, &details, &at, &region, &status))
			}, func() { f.expect(b, event, 200) })
		})
	}
}

// expect answers an event.
func (f *function) expect(b *testing.B, event json.RawMessage, want int) {
	response, err := f.Invoke(context.Background(), event)
	if err != nil {
		b.Fatal(err)
	}
	encoded, err := json.Marshal(response) // as Lambda's runtime does
	if err != nil || !strings.HasPrefix(string(encoded), `{"statusCode":`+map[int]string{200: "200", 201: "201"}[want]) {
		b.Fatal(string(encoded), err)
	}
	f.metrics.Reset()
}
