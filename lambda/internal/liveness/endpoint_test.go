package liveness

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

const (
	roleARN = "arn:aws:iam::123456789012:role/livez"
	region  = sqlendpointtest.Primary
)

// world is the database, and the endpoint of its primary region as the function looks at it.
type world struct {
	*sqlendpointtest.Env
	endpoint *Endpoint
}

func newWorld(t *testing.T) world {
	t.Helper()
	w := world{Env: sqlendpointtest.Start(t)}
	apptest.Migrate(t, w.Env, roleARN, schema.Roles())
	w.endpoint = w.fresh(t)
	return w
}

// fresh is what a new environment has.
func (w world) fresh(t *testing.T) *Endpoint {
	t.Helper()
	addresses, err := dsqlconn.ParseHostAddr(w.HostAddr)
	require.NoError(t, err)
	e := &Endpoint{
		Dialer: dsqlconn.Dialer{Credentials: w.Provider(roleARN), HostAddr: addresses, RootCAs: w.CA},
		Host:   w.Hosts[region],
		Region: region,
		Role:   schema.RoleLivez,
		Hold:   8 * time.Minute,
	}
	t.Cleanup(func() { e.close(context.Background()) })
	return e
}

func (e *Endpoint) within(t *testing.T, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return e.Look(ctx)
}

// queries is how many the endpoint has been asked since the last call; each is a transaction.
func (w world) queries() int { return w.Endpoints[region].Usage()[w.ClusterARNs[region]].Transactions }

func TestEndpoint(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]func(*testing.T, world){
		"what the database says of it":               testVerdicts,
		"looks share a connection, which is renewed": testConnection,
		"one that does not answer is not served":     testUnanswered,
		"a thousand requests cost one query":         testCost,
		"the role can write nothing":                 testRole,
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, w.Endpoints[region].SetFault(sqlendpoint.Fault{}))
			w.Exec(t, `DELETE FROM dr.incident`, `DELETE FROM dr.withdrawal`)
			w.endpoint = w.fresh(t)
			test(t, w)
		})
	}
}

func testVerdicts(t *testing.T, w world) {
	const (
		withdrawal = `INSERT INTO dr.withdrawal (endpoint, reason, withdrawn_by, since, until, ended_at, ended_how) VALUES
			('$', 'x', 'x', now() - interval '1 hour', `
		incidents = `INSERT INTO dr.incident (endpoint, number, opened_by, reason, closed_at) VALUES ('$', `
	)
	for _, tt := range []struct {
		intent, row string
		want        error
	}{
		{"Nothing is known against it.", ``, nil},
		{"It is withdrawn.", withdrawal + `now() + interval '1 hour', NULL, NULL)`, ErrWithdrawn},
		{"That expired a moment ago.", withdrawal + `now() - interval '7 minutes', NULL, NULL)`, ErrWithdrawn},
		{"It expired.", withdrawal + `now() - interval '9 minutes', NULL, NULL)`, nil},
		{"It was returned a moment ago.",
			withdrawal + `now() + interval '1 hour', now() - interval '7 minutes', 'returned')`, ErrWithdrawn},
		{"It was returned.", withdrawal + `now() + interval '1 hour', now() - interval '9 minutes', 'returned')`, nil},
		{"It lapsed: there is no hold.", withdrawal + `now() + interval '1 hour', now(), 'lapsed')`, nil},
		{"It is lost.", incidents + `1, 'x', 'x', NULL)`, ErrLost},
		{"It was a moment ago.", incidents + `1, 'x', 'x', now() - interval '7 minutes')`, ErrLost},
		{"It was long ago.", incidents + `1, 'x', 'x', now() - interval '9 minutes')`, nil},
		{"The latest incident counts.", incidents + `1, 'x', 'x', now()), ('$', 2, 'x', 'x', now() - interval '9 minutes')`,
			nil},
	} {
		w.Exec(t, `DELETE FROM dr.incident`, `DELETE FROM dr.withdrawal`)
		if tt.row != "" {
			w.Exec(t, strings.ReplaceAll(tt.row, "$", w.Hosts[sqlendpointtest.Secondary]))
			require.NoError(t, w.endpoint.within(t, time.Minute), "%s Of the other endpoint.", tt.intent)
			w.Exec(t, strings.ReplaceAll(tt.row, "$", w.Hosts[region]))
		}
		assert.ErrorIs(t, w.endpoint.within(t, time.Minute), tt.want, tt.intent)
	}
}

func testConnection(t *testing.T, w world) {
	require.NoError(t, w.endpoint.within(t, time.Minute))
	kept := w.endpoint.conn
	w.queries()
	for range 5 {
		require.NoError(t, w.endpoint.within(t, time.Minute))
	}
	assert.Same(t, kept, w.endpoint.conn)
	assert.Equal(t, 5, w.queries(), "one a look, and no ping")

	w.endpoint.since = time.Now().Add(-lifetime)
	require.NoError(t, w.endpoint.within(t, time.Minute))
	assert.NotSame(t, kept, w.endpoint.conn, "before the server cuts it")
	assert.True(t, kept.IsClosed())

	kept = w.endpoint.conn
	require.NoError(t, kept.Close(t.Context()))
	require.NoError(t, w.endpoint.within(t, time.Minute), "one that died is replaced in the same look")
	assert.NotSame(t, kept, w.endpoint.conn)
}

func testUnanswered(t *testing.T, w world) {
	require.NoError(t, w.endpoint.within(t, time.Minute))
	require.NoError(t, w.Endpoints[region].SetFault(sqlendpoint.Fault{BlackHole: true}))
	start := time.Now()
	assert.ErrorIs(t, w.endpoint.within(t, 500*time.Millisecond), context.DeadlineExceeded)
	assert.Less(t, time.Since(start), 5*time.Second)
	require.NoError(t, w.Endpoints[region].SetFault(sqlendpoint.Fault{Refuse: true}))
	assert.Equal(t, dsqlconn.ReasonConnect, dsqlconn.Classify(w.endpoint.within(t, time.Minute)))
	require.NoError(t, w.Endpoints[region].SetFault(sqlendpoint.Fault{}))
	assert.NoError(t, w.endpoint.within(t, time.Minute), "and found again")
}

func testCost(t *testing.T, w world) {
	require.NoError(t, w.endpoint.within(t, time.Minute)) // connects
	watch := Watch{
		Look:     w.endpoint.Look,
		Interval: time.Hour,
		Limit:    time.Minute,
		Log:      slog.New(slog.DiscardHandler),
	}
	w.queries()
	for range 1000 {
		response, err := watch.Handle(t.Context(), events.APIGatewayV2HTTPRequest{})
		require.NoError(t, err)
		require.Equal(t, 200, response.StatusCode)
	}
	assert.Equal(t, 1, w.queries())
}

func testRole(t *testing.T, w world) {
	require.NoError(t, w.endpoint.within(t, time.Minute))
	for _, statement := range []string{
		`UPDATE dr.withdrawal SET until = now()`, `DELETE FROM dr.incident`, `SELECT * FROM dr.marker`,
		`SELECT * FROM app.transaction`,
	} {
		_, err := w.endpoint.conn.Exec(t.Context(), statement)
		assert.ErrorContains(t, err, "42501", statement)
	}
}
