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

// latencies reports the median and the 99th percentile, beside the mean that the framework reports.
func latencies(b *testing.B, call func()) {
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		call()
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// Each pair is the handler in process, and the statements it makes by plain pgx, on one connection through one endpoint.
// What the handler adds is the difference.

func BenchmarkWrite(b *testing.B) {
	w := newWorld(b)
	const details = "forty characters of what the client said"
	b.Run("statements", func(b *testing.B) {
		pool := w.Pool(b, apptest.East, schema.RoleTransactions, 1)
		body := strings.Repeat("x", 200) // the length of an event
		latencies(b, func() {
			id := uuid.NewString()
			batch := &pgx.Batch{}
			batch.Queue("INSERT INTO app.transaction (id, amount, details, region, status) VALUES ($1, $2::text::numeric, $3, $4, $5) RETURNING created_at",
				id, "100.50", details, apptest.East, "completed")
			batch.Queue("INSERT INTO app.outbox (id, region, transaction_id, body) VALUES ($1::uuid, $2, $3, $4)", uuid.NewString(), apptest.East, id, body)
			require.NoError(b, pgx.BeginFunc(b.Context(), pool, func(tx pgx.Tx) error { return tx.SendBatch(b.Context(), batch).Close() }))
		})
	})
	for name, payload := range map[string]string{"handler, plain": `{"amount":100.50}`, "handler, encrypted": `{"amount":100.50,"details":"` + details + `"}`} {
		b.Run(name, func(b *testing.B) {
			f := w.function(b, apptest.East, options{pool: 1})
			event, err := json.Marshal(request("POST", "/transactions", payload))
			require.NoError(b, err)
			f.expect(b, event, 201)
			latencies(b, func() { f.expect(b, event, 201) })
		})
	}
}

func BenchmarkRead(b *testing.B) {
	w := newWorld(b)
	f := w.function(b, apptest.East, options{pool: 1})
	for id, details := range map[string]string{"plain": "", "encrypted": `,"details":"forty characters of what the client said"`} {
		status, _ := f.do(b, "POST", "/transactions", `{"transaction_id":"`+id+`","amount":100.50`+details+`}`)
		require.Equal(b, 201, status)
	}
	b.Run("statements", func(b *testing.B) {
		pool := w.Pool(b, apptest.East, schema.RoleTransactions, 1)
		latencies(b, func() {
			var id, amount, reference, details, region, status string
			var at time.Time
			require.NoError(b, pool.QueryRow(b.Context(), `SELECT id, amount::text, coalesce(reference, ''), coalesce(details, ''), created_at, region, status
				FROM app.transaction WHERE id = $1`, "plain").Scan(&id, &amount, &reference, &details, &at, &region, &status))
		})
	})
	for _, id := range []string{"plain", "encrypted"} {
		b.Run("handler, "+id, func(b *testing.B) {
			event, err := json.Marshal(request("GET", "/transactions/"+id, ""))
			require.NoError(b, err)
			latencies(b, func() { f.expect(b, event, 200) })
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
