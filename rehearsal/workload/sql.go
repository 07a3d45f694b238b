package workload

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
)

// databaseRole is the clients' in the database.
const databaseRole = "rehearsal_client"

// Database is a table of the workload's own behind the SQL endpoints of a cluster pair, for clients with a database
// role and an IAM role that may write and read it and nothing else.
type Database struct {
	*identity
	clusters map[string]dsql.Cluster // by region
	roots    *x509.CertPool
}

// PrepareDatabase makes table and roles. The sandbox must have one cluster in each region that is asked for.
func PrepareDatabase(ctx context.Context, s *sandbox.Sandbox) (*Database, error) {
	d := &Database{clusters: map[string]dsql.Cluster{}, roots: x509.NewCertPool()}
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, err
	}
	d.roots.AppendCertsFromPEM(pem)
	var arns []string
	for _, c := range s.Account.DSQL.Clusters() {
		d.clusters[c.Region] = c
		arns = append(arns, c.ARN)
	}
	if len(arns) == 0 {
		return nil, errors.New("there is no cluster for the workload to write to")
	}
	if d.identity, err = newIdentity(s, "dsql:DbConnect", arns); err != nil {
		return nil, err
	}
	return d, d.administer(ctx,
		"CREATE SCHEMA rehearsal",
		"CREATE TABLE rehearsal.written (id text PRIMARY KEY, written_at timestamptz NOT NULL DEFAULT now())",
		"CREATE ROLE "+databaseRole+" WITH LOGIN",
		"AWS IAM GRANT "+databaseRole+" TO '"+d.role.Arn+"'",
		"GRANT USAGE ON SCHEMA rehearsal TO "+databaseRole,
		"GRANT SELECT, INSERT ON rehearsal.written TO "+databaseRole,
	)
}

// Remove removes what PrepareDatabase has made.
func (d *Database) Remove(ctx context.Context) error {
	return errors.Join(d.administer(ctx,
		"DROP TABLE rehearsal.written",
		"DROP SCHEMA rehearsal",
		"AWS IAM REVOKE "+databaseRole+" FROM '"+d.role.Arn+"'",
		"DROP ROLE "+databaseRole,
	), d.remove())
}

// administer runs one statement a transaction, as Aurora DSQL wants it, repeated when a migration beside it conflicts.
func (d *Database) administer(ctx context.Context, statements ...string) error {
	for region := range d.clusters {
		conn, err := d.connect(ctx, region, sandbox.AdminUser, d.sandbox.Account.IAM.Admin())
		if err != nil {
			return fmt.Errorf("the workload's table: %w", err)
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		for _, statement := range statements {
			if err := retry(ctx, func() error { _, err := conn.Exec(ctx, statement); return err }); err != nil {
				return fmt.Errorf("the workload's table: %s: %w", statement, err)
			}
		}
		return nil // both endpoints show one database
	}
	return nil
}

// Dial is the workload's Dial: the SQL endpoint of a region, for a client in another or the same.
func (d *Database) Dial(client, endpoint string) Endpoint {
	return &sqlEndpoint{database: d, client: client, region: endpoint}
}

// sqlEndpoint keeps one connection and makes a new one, with a new token, after an error.
type sqlEndpoint struct {
	database       *Database
	client, region string
	conn           *pgx.Conn
}

func (e *sqlEndpoint) Write(ctx context.Context, id string) (by string, err error) {
	return e.region, e.do(ctx, func(conn *pgx.Conn) error {
		return insert(ctx, conn, id)
	})
}

func insert(ctx context.Context, conn *pgx.Conn, id string) error {
	_, err := conn.Exec(ctx, "INSERT INTO rehearsal.written (id) VALUES ($1) ON CONFLICT DO NOTHING", id)
	return err
}

func (e *sqlEndpoint) Stored(ctx context.Context) (stored map[string]bool, err error) {
	err = e.do(ctx, func(conn *pgx.Conn) (err error) {
		stored, err = idsIn(ctx, conn)
		return err
	})
	return stored, err
}

// idsIn are all that were written.
func idsIn(ctx context.Context, conn *pgx.Conn) (map[string]bool, error) {
	rows, err := conn.Query(ctx, "SELECT id FROM rehearsal.written")
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	stored := make(map[string]bool, len(ids))
	for _, id := range ids {
		stored[id] = true
	}
	return stored, err
}

// do runs a statement, repeated on a conflict.
func (e *sqlEndpoint) do(ctx context.Context, statement func(*pgx.Conn) error) error {
	if e.conn == nil {
		credentials, err := e.database.credentials(e.client)
		if err != nil {
			return err
		}
		if e.conn, err = e.database.connect(ctx, e.region, databaseRole, credentials); err != nil {
			return err
		}
	}
	err := retry(ctx, func() error { return statement(e.conn) })
	if err != nil {
		e.Close()
	}
	return err
}

// Close ends the connection without waiting for a server that may not answer.
func (e *sqlEndpoint) Close() {
	if e.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_ = e.conn.Close(ctx) // nothing is left to be lost
	e.conn = nil
}

// connect dials the endpoint's loopback address, while SNI, certificate and token keep its name.
func (d *Database) connect(ctx context.Context, region, user string, credentials iam.Credentials) (*pgx.Conn, error) {
	cluster, ok := d.clusters[region]
	if !ok {
		return nil, fmt.Errorf("there is no cluster in %s", region)
	}
	return d.connectTo(ctx, cluster, user, credentials)
}

// connectTo connects to any cluster.
func (d *Database) connectTo(
	ctx context.Context, cluster dsql.Cluster, user string, credentials iam.Credentials,
) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig("host=localhost sslmode=verify-full")
	if err != nil {
		return nil, err
	}
	config.Host = cluster.Endpoint
	config.User = user
	config.Database = "postgres"
	config.Fallbacks = nil
	config.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: cluster.Endpoint, RootCAs: d.roots}
	config.LookupFunc = func(context.Context, string) ([]string, error) {
		return []string{d.sandbox.Account.Region(cluster.Region).SQL.Addr()}, nil
	}
	if config.Password, err = sandbox.Token(ctx, cluster, user, credentials); err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, config)
}

// conflict is SQLSTATE 40001: the whole transaction is to be repeated.
const conflict = "40001"

// retry repeats a transaction of one statement as long as it conflicts.
func retry(ctx context.Context, transaction func() error) error {
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := transaction()
		failed, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || failed.Code != conflict {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}
