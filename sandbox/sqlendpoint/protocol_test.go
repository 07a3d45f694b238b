package sqlendpoint_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

func TestProtocol(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, v text)")
	fresh := func(t *testing.T) *pgx.Conn {
		conn := admin(t, env)
		must(t, conn, "DELETE FROM t")
		return conn
	}

	t.Run("several statements in one string are one transaction", func(t *testing.T) {
		conn := fresh(t)
		results, err := conn.PgConn().Exec(t.Context(), "INSERT INTO t VALUES (1); SELECT 'a' AS x; /* ; */ INSERT INTO t VALUES (2)").ReadAll()
		require.NoError(t, err)
		require.Len(t, results, 3)
		assert.Equal(t, "INSERT 0 1", results[0].CommandTag.String())
		assert.Equal(t, "x", results[1].FieldDescriptions[0].Name)
		assert.Equal(t, "a", string(results[1].Rows[0][0]))

		_, err = conn.PgConn().Exec(t.Context(), "INSERT INTO t VALUES (3); SELECT 1/0").ReadAll()
		assert.Equal(t, "22012", pgError(t, err).Code)
		_, err = conn.PgConn().Exec(t.Context(), "CREATE TABLE a (id int); CREATE TABLE b (id int)").ReadAll()
		assert.Equal(t, "0A000", pgError(t, err).Code)
		_, err = conn.PgConn().Exec(t.Context(), "BEGIN; INSERT INTO t VALUES (4); COMMIT; INSERT INTO t VALUES (5); SELECT 1/0").ReadAll()
		assert.Equal(t, "22012", pgError(t, err).Code)
		assert.Equal(t, "1 2 4", value[string](t, conn, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM t"))
	})
	t.Run("an empty query", func(t *testing.T) {
		conn := fresh(t)
		for _, mode := range protocols {
			tag, err := conn.Exec(t.Context(), " -- nothing", mode)
			require.NoError(t, err)
			assert.Empty(t, tag.String())
		}
	})
	t.Run("a batch is one transaction", func(t *testing.T) {
		conn := fresh(t)
		batch := &pgx.Batch{}
		batch.Queue("INSERT INTO t VALUES ($1, $2)", 1, "a")
		batch.Queue("INSERT INTO t VALUES ($1, $2)", 2, "b")
		batch.Queue("SELECT count(*) FROM t")
		results := conn.SendBatch(t.Context(), batch)
		for range 2 {
			_, err := results.Exec()
			require.NoError(t, err)
		}
		var count int
		require.NoError(t, results.QueryRow().Scan(&count))
		require.NoError(t, results.Close())
		assert.Equal(t, 2, count)

		batch = &pgx.Batch{}
		batch.Queue("INSERT INTO t VALUES ($1, $2)", 3, "c")
		batch.Queue("INSERT INTO t VALUES ($1, $2)", 1, "again")
		batch.Queue("SELECT 1")
		assert.Equal(t, "23505", pgError(t, conn.SendBatch(t.Context(), batch).Close()).Code)
		assert.Equal(t, 2, value[int](t, conn, "SELECT count(*) FROM t"))
	})
	t.Run("a pipeline goes on behind an error", func(t *testing.T) {
		conn := fresh(t).PgConn()
		pipeline := conn.StartPipeline(t.Context())
		pipeline.SendQueryParams("INSERT INTO t VALUES (1)", nil, nil, nil, nil)
		pipeline.SendQueryParams("TRUNCATE t", nil, nil, nil, nil)
		pipeline.SendQueryParams("INSERT INTO t VALUES (2)", nil, nil, nil, nil)
		require.NoError(t, pipeline.Sync())
		pipeline.SendQueryParams("INSERT INTO t VALUES (3)", nil, nil, nil, nil)
		require.NoError(t, pipeline.Sync())
		var seen []string
		for {
			result, err := pipeline.GetResults()
			if err != nil {
				seen = append(seen, pgError(t, err).Code)
				continue
			}
			if result == nil {
				break
			}
			switch r := result.(type) {
			case *pgconn.ResultReader:
				tag, err := r.Close()
				require.NoError(t, err)
				seen = append(seen, tag.String())
			case *pgconn.PipelineSync:
				seen = append(seen, "sync")
			}
		}
		require.NoError(t, pipeline.Close())
		assert.Equal(t, []string{"INSERT 0 1", "0A000", "sync", "INSERT 0 1", "sync"}, seen)
		results, err := conn.Exec(t.Context(), "SELECT id FROM t").ReadAll()
		require.NoError(t, err)
		require.Len(t, results[0].Rows, 1, "the error took the first insert with it")
		assert.Equal(t, "3", string(results[0].Rows[0][0]))
	})
	t.Run("prepared statements outlive their transaction, portals do not", func(t *testing.T) {
		conn := fresh(t)
		_, err := conn.Prepare(t.Context(), "insert", "INSERT INTO t VALUES ($1, $2) RETURNING id")
		require.NoError(t, err)
		for id := range 3 {
			assert.Equal(t, id, value[int](t, conn, "insert", id, "v"))
		}
		require.NoError(t, conn.Deallocate(t.Context(), "insert"))
		_, err = conn.Exec(t.Context(), "insert", 4, "v")
		require.Error(t, err)
	})
	t.Run("a schema change under a prepared statement is a conflict", func(t *testing.T) {
		conn := fresh(t)
		env.Exec(t, "CREATE TABLE changing (id int)")
		_, err := conn.Prepare(t.Context(), "read", "SELECT * FROM changing")
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), "read")
		require.NoError(t, err)
		env.Exec(t, "ALTER TABLE changing ADD COLUMN more int")
		_, err = conn.PgConn().ExecPrepared(t.Context(), "read", nil, nil, nil).Close()
		assert.ErrorContains(t, err, "(OC001)")
	})
	t.Run("a cancelled statement fails and the connection lives", func(t *testing.T) {
		conn := fresh(t)
		done := make(chan error)
		go func() { _, err := conn.Exec(context.Background(), "SELECT pg_sleep(600)"); done <- err }()
		watch := admin(t, env)
		require.Eventually(t, func() bool {
			return value[int](t, watch, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(600)'") == 1
		}, 20*time.Second, 10*time.Millisecond)
		require.NoError(t, conn.PgConn().CancelRequest(t.Context()))
		assert.Equal(t, "57014", pgError(t, <-done).Code)
		assert.Equal(t, 1, value[int](t, conn, "SELECT 1"))
	})
	t.Run("a large result streams through", func(t *testing.T) {
		conn := fresh(t)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		rows, err := conn.Query(t.Context(), "SELECT repeat('x', 1000) FROM generate_series(1, 100000)")
		require.NoError(t, err)
		count := 0
		for rows.Next() {
			if count++; count == 50_000 {
				runtime.GC()
				runtime.ReadMemStats(&after)
			}
		}
		require.NoError(t, rows.Err())
		assert.Equal(t, 100_000, count)
		assert.Less(t, after.HeapAlloc, before.HeapAlloc+32<<20, "100 MB pass through much less memory")
	})
	t.Run("rows can be fetched in portions", func(t *testing.T) {
		conn := fresh(t)
		must(t, conn, "BEGIN", "DECLARE c CURSOR FOR SELECT generate_series(1, 5)")
		assert.Equal(t, 1, value[int](t, conn, "FETCH 1 FROM c"))
		assert.Equal(t, 2, value[int](t, conn, "FETCH 1 FROM c"))
		must(t, conn, "COMMIT")
	})
	t.Run("copy in and out", func(t *testing.T) {
		conn := fresh(t)
		copyIn := func(from, count int) error {
			_, err := conn.CopyFrom(t.Context(), pgx.Identifier{"t"}, []string{"id", "v"},
				pgx.CopyFromSlice(count, func(i int) ([]any, error) { return []any{from + i, strings.Repeat("v", 100)}, nil }))
			return err
		}
		require.NoError(t, copyIn(0, 3000))
		assert.Equal(t, "54000", pgError(t, copyIn(3000, 3001)).Code)
		assert.Equal(t, "23505", pgError(t, copyIn(2999, 2)).Code)
		_, err := conn.PgConn().CopyFrom(t.Context(), strings.NewReader("not a number\n"), "COPY t FROM STDIN")
		assert.Equal(t, "22P02", pgError(t, err).Code)
		var out strings.Builder
		tag, err := conn.PgConn().CopyTo(t.Context(), &out, "COPY t (id) TO STDOUT")
		require.NoError(t, err)
		assert.Equal(t, "COPY 3000", tag.String())
		assert.Equal(t, 3000, strings.Count(out.String(), "\n"))
	})
}
