package sqlendpoint_test

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sqlendpoint"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

// short is long enough to be sure that something hangs, and short enough to wait for.
const short = 300 * time.Millisecond

// shortly ends after short.
func shortly(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), short)
	t.Cleanup(cancel)
	return ctx
}

func TestFaults(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, "CREATE TABLE t (id int PRIMARY KEY)")
	endpoint := env.Endpoints[sqlendpointtest.Primary]
	connect := func(ctx context.Context) error {
		conn, err := pgx.ConnectConfig(ctx, env.Config(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN))
		if err == nil {
			err = conn.Close(context.Background())
		}
		return err
	}
	set := func(t *testing.T, f sqlendpoint.Fault) {
		require.NoError(t, endpoint.SetFault(f))
		assert.Equal(t, f, endpoint.Fault())
		t.Cleanup(func() {
			require.NoError(t, endpoint.SetFault(sqlendpoint.Fault{}))
			assert.NoError(t, connect(context.Background()), "healed") // the test's own context has ended
		})
	}

	t.Run("refused connections", func(t *testing.T) {
		live, before := admin(t, env), endpoint.Addr()
		set(t, sqlendpoint.Fault{Refuse: true})
		assert.ErrorIs(t, connect(t.Context()), syscall.ECONNREFUSED)
		assert.Equal(t, 1, value[int](t, live, "SELECT 1"), "live connections stay")
		endpoint.CloseAll()
		assert.Error(t, live.Ping(t.Context()), "unless they are closed as well")
		assert.Equal(t, before, endpoint.Addr())
	})
	t.Run("the other region goes on", func(t *testing.T) {
		set(t, sqlendpoint.Fault{Refuse: true, BlackHole: true})
		other := env.Connect(t, sqlendpointtest.Secondary, "admin", sqlendpointtest.AdminARN)
		must(t, other, "INSERT INTO t VALUES (1)", "DELETE FROM t")
	})
	t.Run("a black hole", func(t *testing.T) {
		live := admin(t, env)
		set(t, sqlendpoint.Fault{BlackHole: true})
		assert.ErrorIs(t, connect(shortly(t)), context.DeadlineExceeded)
		_, err := live.Exec(shortly(t), "SELECT 1")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
	t.Run("a silent address of two", func(t *testing.T) {
		live := admin(t, env)
		set(t, sqlendpoint.Fault{SilentAddress: true})
		assert.ErrorIs(t, connect(shortly(t)), context.DeadlineExceeded)
		_, err := live.Exec(shortly(t), "SELECT 1")
		assert.ErrorIs(t, err, context.DeadlineExceeded, "on live connections either")
		cfg := env.Config(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN)
		cfg.LookupFunc = func(context.Context, string) ([]string, error) { return endpoint.Addrs()[1:], nil }
		conn, err := pgx.ConnectConfig(t.Context(), cfg)
		require.NoError(t, err)
		must(t, conn, "SELECT 1")
		require.NoError(t, conn.Close(t.Context()))
	})
	t.Run("a percentage of transactions", func(t *testing.T) {
		live := admin(t, env)
		set(t, sqlendpoint.Fault{UnavailablePercent: 30})
		failed := 0
		for key := range 100 {
			if _, err := live.Exec(t.Context(), "INSERT INTO t VALUES ($1)", 1000+key); err != nil {
				assert.Equal(t, "XX000", pgError(t, err).Code)
				assert.Equal(t, "server unavailable", pgError(t, err).Message)
				failed++
			}
		}
		assert.Equal(t, 30, failed, "on one connection, which lives")
		require.NoError(t, endpoint.SetFault(sqlendpoint.Fault{}))
		assert.Equal(t, 85, value[int](t, live, "SELECT count(*) FROM t WHERE id >= 1000"), "half of those that failed took effect")
	})
	t.Run("slowness", func(t *testing.T) {
		live := admin(t, env)
		set(t, sqlendpoint.Fault{Latency: short})
		began := time.Now()
		assert.NoError(t, connect(t.Context()))
		assert.GreaterOrEqual(t, time.Since(began), short)
		began = time.Now()
		must(t, live, "SELECT 1")
		assert.GreaterOrEqual(t, time.Since(began), short)
	})
	t.Run("a percentage of new connections", func(t *testing.T) {
		set(t, sqlendpoint.Fault{FailPercent: 30})
		failed := 0
		for range 100 {
			if err := connect(t.Context()); err != nil {
				assert.Equal(t, "08006", pgError(t, err).Code)
				failed++
			}
		}
		assert.Equal(t, 30, failed)
	})
	t.Run("a stalled commit", func(t *testing.T) {
		live := admin(t, env)
		set(t, sqlendpoint.Fault{CommitStall: true})
		must(t, live, "BEGIN", "SELECT * FROM t", "COMMIT")
		key := 0
		for _, mode := range protocols {
			key++
			_, err := admin(t, env).Exec(shortly(t), fmt.Sprintf("INSERT INTO t VALUES (%d)", key), mode)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		}
		must(t, live, "BEGIN", "INSERT INTO t VALUES (0)")
		done := make(chan error)
		go func() { _, err := live.Exec(context.Background(), "COMMIT"); done <- err }()
		select {
		case err := <-done:
			assert.Fail(t, "the commit did not stall", "%v", err)
		case <-time.After(short):
		}
		require.NoError(t, endpoint.SetFault(sqlendpoint.Fault{}))
		assert.NoError(t, <-done, "it goes on when the fault ends")
		assert.Equal(t, 1, value[int](t, live, "SELECT count(*) FROM t WHERE id = 0"))
	})
}

func TestAWakingClusterTakesItsTime(t *testing.T) {
	env := sqlendpointtest.StartWith(t, sqlendpointtest.Options{OnConnect: func(string) time.Duration { return short }})
	began := time.Now()
	admin(t, env)
	assert.GreaterOrEqual(t, time.Since(began), short)
}

func TestAClientThatHangsUpLeavesNothing(t *testing.T) {
	env := sqlendpointtest.Start(t)
	env.Exec(t, "CREATE TABLE t (id int PRIMARY KEY)")
	watch := admin(t, env)
	backends := func() int {
		return value[int](t, watch, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leaver'")
	}
	leaver := func() *pgx.Conn {
		cfg := env.Config(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN)
		cfg.RuntimeParams["application_name"] = "leaver"
		conn, err := pgx.ConnectConfig(t.Context(), cfg)
		require.NoError(t, err)
		return conn
	}
	for name, leave := range map[string]func(*pgx.Conn){
		"within a transaction": func(c *pgx.Conn) {
			must(t, c, "BEGIN", "INSERT INTO t VALUES (1)")
			require.NoError(t, c.PgConn().Conn().Close())
		},
		"within a statement": func(c *pgx.Conn) {
			_, err := c.Exec(shortly(t), "SELECT pg_sleep(600)")
			require.ErrorIs(t, err, context.DeadlineExceeded)
		},
		"while its commit stalls": func(c *pgx.Conn) {
			require.NoError(t, env.Endpoints[sqlendpointtest.Primary].SetFault(sqlendpoint.Fault{CommitStall: true}))
			_, err := c.Exec(shortly(t), "INSERT INTO t VALUES (1)")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.NoError(t, c.PgConn().Conn().Close(), "pgx itself hangs up 15 seconds later only")
		},
		"within a large result": func(c *pgx.Conn) {
			rows, err := c.Query(t.Context(), "SELECT repeat('x', 1000) FROM generate_series(1, 1000000)")
			require.NoError(t, err)
			require.True(t, rows.Next())
			require.NoError(t, c.PgConn().Conn().Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			conn := leaver()
			require.Equal(t, 1, backends())
			leave(conn)
			assert.Eventually(t, func() bool { return backends() == 0 }, 20*time.Second, 10*time.Millisecond)
			require.NoError(t, env.Endpoints[sqlendpointtest.Primary].SetFault(sqlendpoint.Fault{}))
			assert.Zero(t, value[int](t, watch, "SELECT count(*) FROM t"))
		})
	}
}

func TestClosingAnEndpointLeavesNoGoroutine(t *testing.T) {
	env := sqlendpointtest.Start(t)
	for range 3 {
		admin(t, env)
	}
	sleeper := admin(t, env)
	started, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		close(started)
		_, err := sleeper.Exec(context.Background(), "SELECT pg_sleep(600)")
		assert.Error(t, err)
	}()
	<-started
	endpoint := env.Endpoints[sqlendpointtest.Primary]
	require.NoError(t, endpoint.SetFault(sqlendpoint.Fault{CommitStall: true}))
	require.NoError(t, endpoint.Close())
	stacks := make([]byte, 1<<20)
	assert.NotContains(t, string(stacks[:runtime.Stack(stacks, true)]), "sqlendpoint.(*session)")
	<-ended
	_, err := pgx.ConnectConfig(t.Context(), env.Config(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN))
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.NoError(t, endpoint.SetFault(sqlendpoint.Fault{}), "a closed endpoint stays closed")
	_, err = pgx.ConnectConfig(t.Context(), env.Config(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN))
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestACutNetworkIsABlackHoleForClientsOfThatRegionOnly(t *testing.T) {
	cut := region.New(sqlendpointtest.Primary, "123456789012", clock.New(1))
	const near, far = "arn:aws:iam::123456789012:role/near", "arn:aws:iam::123456789012:role/far"
	env := sqlendpointtest.StartWith(t, sqlendpointtest.Options{Reach: cut.Reach, Homes: map[string]string{near: "us-east-1", far: "us-east-2"}})
	live := env.Connect(t, sqlendpointtest.Primary, "admin", far)

	cut.SetCutOff("us-east-2", true)
	must(t, env.Connect(t, sqlendpointtest.Primary, "admin", near), "SELECT 1")
	_, err := pgx.ConnectConfig(shortly(t), env.Config(t, sqlendpointtest.Primary, "admin", far))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	answered := make(chan error)
	go func() { answered <- live.Ping(t.Context()) }()
	select {
	case err := <-answered:
		assert.Fail(t, "a live connection crossed the cut", "%v", err)
	case <-time.After(short):
	}
	cut.SetCutOff("us-east-2", false)
	require.NoError(t, <-answered)
}
