// Package sqlendpointtest gives tests a database behind two regional endpoints, over a real PostgreSQL.
package sqlendpointtest

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/postgres"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

// The regions of the pair.
const (
	Primary   = "us-east-1"
	Secondary = "us-east-2"
)

// AdminARN is a principal that signs as admin in the helper's own connections.
const AdminARN = "arn:aws:iam::123456789012:role/admin"

// Options change what Start makes. The zero value is the usual.
type Options struct {
	// Clock ages transactions and connections; nil runs as the wall does.
	Clock *clock.Clock
	// Now is the wall clock that tokens are checked by; nil means time.Now.
	Now func() time.Time
	// Allowed is the IAM policy; nil allows everything.
	Allowed func(principalARN, action, clusterARN string) bool
	// Reach is the endpoints' network.
	Reach func(ctx context.Context, from string) error
	// Homes are the regions that IAM roles are used in, by ARN; others are outside AWS.
	Homes map[string]string
	// OnConnect is the endpoints' hook.
	OnConnect func(clusterARN string) time.Duration
}

// Env is one database, PostgreSQL's own and fresh, behind two endpoints that each serve one cluster. Everything ends
// with the test.
type Env struct {
	// Hosts are the endpoints' host names by region.
	Hosts map[string]string
	// ClusterARNs are the clusters' ARNs by region.
	ClusterARNs map[string]string
	// Endpoints are for faults and conflicts, by region.
	Endpoints map[string]*sqlendpoint.Endpoint
	// HostAddr is the value of DSQL_HOSTADDR that leads the hosts to the endpoints: host=ip:port,host=ip:port.
	HostAddr string
	// CAFile is the certificate authority, for SSL_CERT_FILE.
	CAFile string
	// CA is the same for tls.Config.RootCAs.
	CA *x509.CertPool
	// Database is what the endpoints share, and Server the PostgreSQL behind it.
	Database *sqlendpoint.Database
	Server   *postgres.Server

	homes map[string]string

	mu   sync.Mutex
	keys map[string]sqlendpoint.Credential
}

// Start gives the test a database of its own behind two healthy endpoints.
func Start(t testing.TB) *Env { return StartWith(t, Options{}) }

// StartWith is Start with other than the usual options.
func StartWith(t testing.TB, o Options) *Env {
	t.Helper()
	server := postgrestest.Start(t)
	database, err := sqlendpoint.OpenDatabase(context.Background(), server)
	must(t, err)
	t.Cleanup(database.Close)
	ca, err := authority.New()
	must(t, err)
	e := &Env{
		Hosts:       map[string]string{},
		ClusterARNs: map[string]string{},
		Endpoints:   map[string]*sqlendpoint.Endpoint{},
		CAFile: filepath.Join(
			t.TempDir(),
			"ca.pem",
		),
		CA:       ca.Pool(),
		Database: database,
		Server:   server,
		homes:    o.Homes,
		keys:     map[string]sqlendpoint.Credential{},
	}
	must(t, os.WriteFile(e.CAFile, ca.PEM(), 0o600))
	var addresses []string
	for _, region := range []string{Primary, Secondary} {
		endpoint, err := sqlendpoint.New(sqlendpoint.Options{
			Region:      region,
			Database:    database,
			CA:          ca,
			Credentials: e.credential,
			Allowed:     o.Allowed,
			OnConnect:   o.OnConnect,
			Reach:       o.Reach,
			Clock:       o.Clock,
			Now:         o.Now,
		})
		must(t, err)
		t.Cleanup(func() { must(t, endpoint.Close()) })
		id := strings.ToLower(rand.Text())
		host := id + ".dsql." + region + ".on.aws"
		arn := "arn:aws:dsql:" + region + ":123456789012:cluster/" + id
		endpoint.AddCluster(host, arn)
		e.Hosts[region], e.ClusterARNs[region], e.Endpoints[region] = host, arn, endpoint
		for _, address := range endpoint.Addrs() {
			addresses = append(addresses, host+"="+address)
		}
	}
	e.HostAddr = strings.Join(addresses, ",")
	return e
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (e *Env) credential(accessKeyID string) (sqlendpoint.Credential, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, ok := e.keys[accessKeyID]
	return c, ok
}

// Credentials makes temporary credentials of an IAM role, known to both endpoints.
func (e *Env) Credentials(roleARN string) aws.Credentials {
	c := sqlendpoint.Credential{
		SecretAccessKey: rand.Text(),
		SessionToken:    rand.Text(),
		PrincipalARN:    roleARN,
		Region:          e.homes[roleARN],
	}
	id := "ASIA" + rand.Text()[:16]
	e.mu.Lock()
	defer e.mu.Unlock()
	e.keys[id] = c
	return aws.Credentials{AccessKeyID: id, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
}

// Provider is Credentials in the form that the SDK's clients take.
func (e *Env) Provider(roleARN string) aws.CredentialsProvider {
	c := e.Credentials(roleARN)
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
}

// Token signs a token for a host at a time; action is DbConnect or DbConnectAdmin.
func Token(t testing.TB, c aws.Credentials, region, host, action string, at time.Time) string {
	t.Helper()
	token, err := sqlendpoint.Token(context.Background(), c, host, region, action, at)
	must(t, err)
	return token
}

// Config is a connection to a region's endpoint as a database user with credentials of an IAM role.
func (e *Env) Config(t testing.TB, region, user, roleARN string) *pgx.ConnConfig {
	t.Helper()
	host := e.Hosts[region]
	cfg, err := pgx.ParseConfig("host=localhost sslmode=verify-full")
	must(t, err)
	cfg.Host, cfg.User, cfg.Database, cfg.Fallbacks = host, user, "postgres", nil
	cfg.Password = Token(t, e.Credentials(roleARN), region, host, sqlendpoint.ActionOf(user), time.Now())
	cfg.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: e.CA}
	cfg.LookupFunc = func(context.Context, string) ([]string, error) { return []string{e.Endpoints[region].Addr()}, nil }
	return cfg
}

// Connect connects as Config says, until the end of the test.
func (e *Env) Connect(t testing.TB, region, user, roleARN string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.ConnectConfig(context.Background(), e.Config(t, region, user, roleARN))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) }) // a test may have closed or killed it
	return conn
}

// Exec runs statements as admin in the primary region, each in a transaction of its own.
func (e *Env) Exec(t testing.TB, statements ...string) {
	t.Helper()
	conn, err := pgx.ConnectConfig(context.Background(), e.Config(t, Primary, "admin", AdminARN))
	must(t, err)
	defer conn.Close(context.Background())
	for _, sql := range statements {
		if _, err := conn.Exec(context.Background(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// AddRole makes a database role that principals with the IAM role may connect as.
func (e *Env) AddRole(t testing.TB, role, roleARN string) {
	t.Helper()
	e.Exec(t, "CREATE ROLE "+role+" WITH LOGIN", "AWS IAM GRANT "+role+" TO '"+roleARN+"'")
}
