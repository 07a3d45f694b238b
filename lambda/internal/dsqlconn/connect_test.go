package dsqlconn

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/postgres"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
)

func TestConnectFailuresAreNamedByTheStepThatFailed(t *testing.T) {
	good, trusted := certificate(t, endpoint)
	foreign, foreignCA := certificate(t, "other.dsql.us-east-1.on.aws")
	refused := func(t *testing.T) string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, listener.Close())
		return listener.Addr().String()
	}
	// silent accepts and says nothing until the client gives up: what a black-holed endpoint behind a proxy looks like.
	silent := func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }
	serve := func(handler func(net.Conn)) func(*testing.T) string {
		return func(t *testing.T) string { return listen(t, handler) }
	}
	closeAtStartup := func(session) {}

	for name, tc := range map[string]struct {
		addr   func(*testing.T) string // nil: no HostAddr, so the name is looked up
		dialer Dialer
		want   Reason
		text   string
	}{
		"unresolvable host": {want: ReasonDNS, text: "no such host"},
		"refused":           {addr: refused, want: ReasonConnect, text: "connection refused"},
		"black hole":        {addr: serve(silent), want: ReasonTimeout},
		"hung after the handshake": {
			addr:   serve(overTLS(good, func(s session) { silent(s.conn) })),
			dialer: Dialer{RootCAs: trusted},
			want:   ReasonTimeout,
		},
		"certificate of another host": {
			addr:   serve(overTLS(foreign, closeAtStartup)),
			dialer: Dialer{RootCAs: foreignCA},
			want:   ReasonTLS,
			text:   "certificate is valid for other.dsql.us-east-1.on.aws, not " + endpoint,
		},
		"certificate of an unknown authority": {
			addr:   serve(overTLS(good, closeAtStartup)),
			dialer: Dialer{RootCAs: foreignCA},
			want:   ReasonTLS,
			text:   "unknown authority",
		},
		"server without TLS": {
			addr: serve(func(conn net.Conn) { _, _ = conn.Write([]byte{'N'}); silent(conn) }),
			want: ReasonTLS,
			text: "refused TLS",
		},
		"closed before the handshake": {
			addr: serve(func(conn net.Conn) { _, _ = io.ReadFull(conn, make([]byte, 8)) }),
			want: ReasonConnect,
		},
		"closed during startup": {
			addr:   serve(overTLS(good, closeAtStartup)),
			dialer: Dialer{RootCAs: trusted},
			want:   ReasonConnect,
		},
		"too many connections": {
			addr:   serve(overTLS(good, refuse("53300", "too many connections"))),
			dialer: Dialer{RootCAs: trusted},
			want:   ReasonConnect,
		},
		"role not mapped": {
			addr:   serve(overTLS(good, refuse("28000", "role not granted"))),
			dialer: Dialer{RootCAs: trusted},
			want:   ReasonAuth,
		},
		"wrong password": {
			addr:   serve(overTLS(good, refuse("28P01", "password authentication failed"))),
			dialer: Dialer{RootCAs: trusted},
			want:   ReasonAuth,
		},
		"expired token, as DSQL says it": {
			addr:   serve(overTLS(good, refuse("08006", "unable to accept connection, access denied"))),
			dialer: Dialer{RootCAs: trusted},
			want:   ReasonAuth,
			text:   "access denied",
		},
		"no credentials": {
			dialer: Dialer{Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, errors.New("no role")
			})},
			want: ReasonLocal,
			text: "no role",
		},
	} {
		t.Run(name, func(t *testing.T) {
			deadline := 30 * time.Second // which only a test that wants a timeout meets
			if tc.want == ReasonTimeout {
				deadline = 300 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			host, dialer := endpoint, tc.dialer
			if dialer.Credentials == nil {
				dialer.Credentials = credentials
			}
			if tc.addr == nil {
				host = "abc.dsql.us-east-1.invalid" // RFC 6761: never resolves
			} else {
				dialer.HostAddr = map[string][]string{endpoint: {tc.addr(t)}}
			}
			_, err := dialer.Connect(ctx, host, region, user)
			require.Error(t, err)
			assert.Equal(t, tc.want, Classify(err), "%v", err)
			assert.ErrorContains(t, err, tc.text)
			assert.ErrorContains(t, err, host)
			assert.NotContains(t, err.Error(), "X-Amz-Signature", "the password stays out of messages")
		})
	}
}

func TestADialerWithoutCredentialsSaysSo(t *testing.T) {
	_, err := Dialer{}.Connect(t.Context(), endpoint, region, user)
	assert.ErrorContains(t, err, "no AWS credentials are configured")
	assert.Equal(t, ReasonLocal, Classify(err))
}

func TestACancelledCallerSaysNothingAboutTheDatabase(t *testing.T) {
	accepted := make(chan struct{})
	addr := listen(t, func(conn net.Conn) {
		close(accepted)
		_, _ = io.Copy(io.Discard, conn)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-accepted
		cancel()
	}()
	_, err := Dialer{
		Credentials: credentials,
		HostAddr:    map[string][]string{endpoint: {addr}},
	}.Connect(ctx, endpoint, region, user)
	assert.Equal(t, ReasonLocal, Classify(err), "%v", err)
}

// realPostgres is a PostgreSQL behind a TLS listener that lets everybody in and shows what it was told.
type realPostgres struct {
	Dialer
	startups  chan *pgproto3.StartupMessage
	passwords chan string
}

func startReal(t *testing.T) realPostgres {
	t.Helper()
	server := postgrestest.Start(t)
	cert, roots := certificate(t, endpoint)
	const connections = 10 // of one test
	r := realPostgres{
		startups:  make(chan *pgproto3.StartupMessage, connections),
		passwords: make(chan string, connections),
	}
	addr := listen(t, overTLS(cert, forward(server.Socket(), func(startup *pgproto3.StartupMessage, password string) {
		r.startups <- startup
		r.passwords <- password
	})))
	r.Dialer = Dialer{Credentials: credentials, RootCAs: roots, HostAddr: map[string][]string{endpoint: {addr}}}
	return r
}

func (r realPostgres) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := r.Connect(t.Context(), endpoint, region, postgres.Superuser)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func TestAConnectionCarriesTheTokenAndOnlyTheAddressChanges(t *testing.T) {
	t.Setenv("PGHOST", "elsewhere.invalid")
	t.Setenv("PGUSER", "somebody")
	t.Setenv("PGOPTIONS", "-c statement_timeout=1")
	database := startReal(t)
	conn := database.connect(t)
	assert.Equal(t, map[string]string{"user": "postgres", "database": "postgres", "application_name": "aurora-dsql-dr"},
		(<-database.startups).Parameters, "nothing of the environment reaches the server")
	assert.Contains(t, <-database.passwords, endpoint+"/?Action=DbConnect&")
	var answer int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT $1::int + 1", 41).Scan(&answer))
	assert.Equal(t, 42, answer)
	var kept int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_prepared_statements").Scan(&kept))
	assert.Zero(t, kept, "a migration would invalidate a statement that the server keeps")
}

func TestStatementFailuresAreNamed(t *testing.T) {
	database := startReal(t)
	for name, tc := range map[string]struct {
		prepare   []string
		statement string
		deadline  time.Duration
		want      Reason
	}{
		"a statement that is wrong": {statement: "SELECT nothing FROM nowhere", want: ReasonQuery},
		"a statement past the server's limit": {
			prepare:   []string{"SET statement_timeout = '10ms'"},
			statement: "SELECT pg_sleep(10)",
			want:      ReasonTimeout,
		},
		"a statement past the caller's deadline": {
			statement: "SELECT pg_sleep(10)",
			deadline:  20 * time.Millisecond,
			want:      ReasonTimeout,
		},
		"a connection lost under a statement": {
			statement: "SELECT pg_terminate_backend(pg_backend_pid())",
			want:      ReasonQuery,
		},
		"a privilege the role lacks is a refusal, though the token was good": {
			prepare:   []string{"CREATE ROLE nobody", "SET ROLE nobody"},
			statement: "CREATE TABLE public.t (id int)",
			want:      ReasonAuth,
		},
	} {
		t.Run(name, func(t *testing.T) {
			conn := database.connect(t)
			require.NoError(t, exec(t.Context(), conn, tc.prepare...))
			ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(tc.deadline, time.Minute))
			defer cancel()
			err := exec(ctx, conn, tc.statement)
			require.Error(t, err)
			assert.Equal(t, tc.want, Classify(err), "%v", err)
		})
	}
	t.Run("two writers of one row", func(t *testing.T) {
		first, second := database.connect(t), database.connect(t)
		require.NoError(t, exec(t.Context(), first, "CREATE TABLE counter AS SELECT 1 AS n"))
		require.NoError(t, exec(t.Context(), second, "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT * FROM counter"))
		require.NoError(t, exec(t.Context(), first, "UPDATE counter SET n = n + 1"))
		err := exec(t.Context(), second, "UPDATE counter SET n = n + 1")
		assert.Equal(t, ReasonConflict, Classify(err), "%v", err)
		assert.True(t, IsConflict(err))
	})
}
