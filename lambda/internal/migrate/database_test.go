package migrate

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"regexp"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/postgres"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
)

const endpoint = "abcdefghij0123456789abcdef.dsql.us-east-1.on.aws"

// testDB is an empty DSQL database: a PostgreSQL behind a listener that knows DSQL's own statements.
type testDB struct {
	dialer dsqlconn.Dialer
	super  *pgx.Conn // past the listener, as PostgreSQL's superuser
}

func startDatabase(t *testing.T) testDB {
	t.Helper()
	server := postgrestest.Start(t)
	super, err := pgx.Connect(t.Context(), server.ConnString(postgres.Superuser))
	require.NoError(t, err)
	t.Cleanup(func() { _ = super.Close(context.Background()) })
	db := testDB{super: super}
	db.exec(t,
		"CREATE ROLE admin SUPERUSER LOGIN",
		"CREATE SCHEMA sys",
		"CREATE TABLE sys.iam_pg_role_mappings (pg_role_name text, arn text, UNIQUE (pg_role_name, arn))",
		"CREATE TABLE sys.jobs (job_id text, status text, details text, job_type text, object_name text, start_time timestamptz DEFAULT clock_timestamp())",
		"CREATE PROCEDURE sys.wait_for_job(id text) LANGUAGE sql AS $$ SELECT 1 $$",
	)
	addr, roots := listen(t, server.Socket())
	db.dialer = dsqlconn.Dialer{RootCAs: roots, HostAddr: map[string]string{endpoint: addr}, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		})}
	return db
}

// reset empties the database.
func (d testDB) reset(t *testing.T) {
	t.Helper()
	ctx := context.Background() // the test's has ended
	for _, statement := range []string{
		"DROP EVENT TRIGGER IF EXISTS trap", "DROP FUNCTION IF EXISTS public.trap", "DROP SEQUENCE IF EXISTS public.trapped",
		"DROP SCHEMA IF EXISTS dr CASCADE", "DROP TABLE IF EXISTS public.goose_db_version", "DELETE FROM sys.iam_pg_role_mappings",
		"DROP ROLE IF EXISTS dr_monitor, dr_retired, app",
	} {
		_, err := d.super.Exec(ctx, statement)
		require.NoError(t, err, statement)
	}
}

// migrator migrates the database with the given migrations and the declared roles.
func (d testDB) migrator(migrations fs.FS) *Migrator {
	return &Migrator{
		env:    Environment{Endpoint: endpoint, Region: "us-east-1", HostAddr: d.dialer.HostAddr},
		dialer: d.dialer, migrations: migrations, roles: schema.Roles(),
		retry: dsqlconn.Policy{Attempts: 5, Base: time.Millisecond, Max: 10 * time.Millisecond},
		log:   slog.New(slog.DiscardHandler),
	}
}

func (d testDB) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		_, err := d.super.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// column is a column of text.
func (d testDB) column(t *testing.T, query string, args ...any) []string {
	t.Helper()
	rows, err := d.super.Query(t.Context(), query, args...)
	require.NoError(t, err)
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return values
}

var own = []struct {
	statement *regexp.Regexp
	becomes   string
}{
	{regexp.MustCompile(`^AWS IAM GRANT (\S+) TO ('.*')$`), `INSERT INTO sys.iam_pg_role_mappings VALUES ('$1', $2)`},
	{regexp.MustCompile(`^AWS IAM REVOKE (\S+) FROM ('.*')$`), `DELETE FROM sys.iam_pg_role_mappings WHERE pg_role_name = '$1' AND arn = $2`},
	{regexp.MustCompile(`(?s)^CREATE (UNIQUE )?INDEX ASYNC (.*)$`), `CREATE ${1}INDEX CONCURRENTLY $2`},
}

func listen(t *testing.T, socket string) (string, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{endpoint}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn, config, socket)
		}
	}()
	return listener.Addr().String(), roots
}

func serve(raw net.Conn, config *tls.Config, socket string) {
	defer func() { _ = raw.Close() }()
	if _, err := pgproto3.NewBackend(raw, raw).ReceiveStartupMessage(); err != nil {
		return
	}
	_, _ = raw.Write([]byte{'S'})
	conn := tls.Server(raw, config)
	backend := pgproto3.NewBackend(conn, conn)
	startup, err := backend.ReceiveStartupMessage()
	if err != nil {
		return
	}
	server, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	hello, _ := startup.Encode(nil)
	_, _ = server.Write(hello)
	go func() {
		_, _ = io.Copy(conn, server)
		_ = conn.Close()
	}()
	for {
		message, err := backend.Receive()
		if err != nil {
			return
		}
		if query, ok := message.(*pgproto3.Query); ok {
			for _, rule := range own {
				query.String = rule.statement.ReplaceAllString(query.String, rule.becomes)
			}
		}
		out, err := message.Encode(nil)
		if err != nil {
			return
		}
		_, _ = server.Write(out)
	}
}
