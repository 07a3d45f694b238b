package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

// statements records what a connection is asked to do.
type statements struct {
	sql  []string
	args [][]any
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	s.sql, s.args = append(s.sql, q.SQL), append(s.args, q.Args)
	return ctx
}

func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// words are the first words of the statements.
func (s *statements) words() []string {
	var words []string
	for _, sql := range s.sql {
		words = append(words, strings.ToUpper(strings.Fields(sql)[0]))
	}
	return words
}

// traced is an observer's session whose statements are recorded.
func (d database) traced(t *testing.T, name string) (*observer, *statements) {
	t.Helper()
	log := &statements{}
	config := d.Config(t, sqlendpointtest.Secondary, schema.RoleMonitor, roleARN)
	config.Tracer, config.DefaultQueryExecMode = log, pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	settings := d.routed(t, name, ohio).settings
	settings.Conflicts = dsqlconn.Policy{Attempts: 1}
	return &observer{Session: NewSession(conn, ohio, settings)}, log
}

// plan is a node of EXPLAIN's answer.
type plan struct {
	Type    string  `json:"Node Type"`
	Loops   float64 `json:"Actual Loops"`
	Rows    float64 `json:"Actual Rows"`
	Dropped float64 `json:"Rows Removed by Filter"`
	Plans   []plan  `json:"Plans"`
}

// read is how many rows were taken from tables and indexes.
func (p plan) read() float64 {
	sum := 0.0
	for _, child := range p.Plans {
		sum += child.read()
	}
	if strings.Contains(p.Type, "Scan") {
		sum += p.Loops * (p.Rows + p.Dropped)
	}
	return sum
}

// rows explains and forgets every statement that was recorded and returns how many rows each read, by its text.
func (s *statements) rows(t *testing.T, conn *pgx.Conn) map[string]float64 {
	t.Helper()
	read := map[string]float64{}
	for i, word := range s.words() {
		if word == "BEGIN" || word == "COMMIT" || word == "ROLLBACK" {
			continue
		}
		sql := s.sql[i]
		tx, err := conn.Begin(t.Context())
		require.NoError(t, err)
		var answer []byte
		require.NoError(t, tx.QueryRow(t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) "+sql, s.args[i]...).Scan(&answer), sql)
		require.NoError(t, tx.Rollback(t.Context()))
		var plans []struct{ Plan plan }
		require.NoError(t, json.Unmarshal(answer, &plans))
		read[strings.Join(strings.Fields(sql), " ")] = plans[0].Plan.read()
	}
	s.sql, s.args = nil, nil
	return read
}

// rowsAtMost is what any statement may read: versions of rows that are not yet cleared away count too.
const rowsAtMost = 40

// The table of markers has a row for every observer and endpoint; a probe reads those it knows, by their key, whatever
// else has got into it.
func TestMarkersOfStrangersAreNotRead(t *testing.T) {
	d := newDatabase(t)
	admin := d.Connect(t, sqlendpointtest.Primary, dsqlconn.Admin, sqlendpointtest.AdminARN)
	one, log := d.traced(t, "one")
	for from := 1; from < 15_000; from += 1000 { // a transaction changes 3,000 rows at most
		d.Exec(t, fmt.Sprintf(`
			INSERT INTO dr.marker (observer, endpoint, state)
			SELECT 'stranger-' || n, e, '{}' FROM unnest(ARRAY['%s', '%s']) e, generate_series(%d, %d) n`, east, ohio, from,
			from+999))
	}
	for range 2 { // the second time there is one to read
		log.sql, log.args = nil, nil
		_, err := one.Mark(t.Context(), Word{At: epoch, States: states(well, well)})
		require.NoError(t, err)
	}
	for sql, rows := range log.rows(t, admin) {
		assert.LessOrEqual(t, rows, float64(rowsAtMost), sql)
	}
	visit, err := one.Mark(t.Context(), Word{At: epoch, States: states(well, well)})
	require.NoError(t, err)
	assert.LessOrEqual(t, len(visit.Snapshot.Markers), 1, "its own") // not Len, which would print them all
}

// A probe's transaction costs the same after years: the table of incidents keeps a row for every outage there ever was,
// that of markers one for every observer and endpoint.
func TestAProbeCostsTheSameAfterYearsOfIncidents(t *testing.T) {
	d := newDatabase(t)
	admin := d.Connect(t, sqlendpointtest.Primary, dsqlconn.Admin, sqlendpointtest.AdminARN)
	one, log := d.traced(t, "one")
	two := d.session(t, "two", ohio)

	outages := 0
	for _, upTo := range []int{10, 30_000} {
		t.Run(fmt.Sprint(upTo, " outages"), func(t *testing.T) {
			for ; outages < upTo; outages += min(2000, upTo) { // a transaction changes 3,000 rows at most
				d.Exec(t, fmt.Sprintf(`
					INSERT INTO dr.incident (endpoint, number, opened_by, reason, closed_at, notice_sent_at)
					SELECT e, n + coalesce((SELECT max(number) FROM dr.incident WHERE endpoint = e), 0), 'one', 'timeout', now(), now()
					FROM unnest(ARRAY['%s', '%s']) e, generate_series(1, %d) n`, east, ohio, min(2000, upTo)/2))
			}
			read := func(s map[string]float64) {
				t.Helper()
				require.NotEmpty(t, s)
				for sql, rows := range s {
					assert.LessOrEqual(t, rows, float64(rowsAtMost), "%s", sql)
				}
			}
			for range 30 {
				_, err := one.Mark(t.Context(), Word{At: epoch, States: states(well, well)})
				require.NoError(t, err)
			}
			log.sql, log.args = nil, nil
			_, err := one.Mark(t.Context(), Word{At: epoch, States: states(well, well)})
			require.NoError(t, err)
			assert.Equal(t, []string{"BEGIN", "SELECT", "SELECT", "INSERT", "COMMIT"}, log.words())
			read(log.rows(t, admin))

			require.Empty(t, two.share(t, lost))
			require.Equal(t, []string{"opened aaa"}, one.share(t, lost))
			read(log.rows(t, admin))
			require.NoError(t, one.Sent(t.Context(), one.held[0]))
			require.NoError(t, one.Release(t.Context(), one.held[0]))
			read(log.rows(t, admin))
			require.Equal(t, []string{"reminder aaa"}, one.share(t, lost))
			read(log.rows(t, admin))
			require.Empty(t, two.share(t, well))
			require.Equal(t, []string{"resolved aaa"}, one.share(t, well))
			one.sent(t)
			read(log.rows(t, admin))
		})
	}
	var markers int
	require.NoError(t, admin.QueryRow(t.Context(), `SELECT count(*) FROM dr.marker`).Scan(&markers))
	assert.Equal(t, 2, markers, "one for every observer and endpoint, however often it is written")
}
