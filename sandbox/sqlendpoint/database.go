package sqlendpoint

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"aurora-dsql-dr/sandbox/postgres"
)

// adminRole is the role every cluster is born with.
const adminRole = "admin"

//go:embed schema.sql
var schema string

//go:embed private.sql
var private string

// Database is the one database behind the regional endpoints of a pair of clusters: one of PostgreSQL's that has been
// given the role admin and the schema sys, and whose clients reach neither its superuser nor its host.
type Database struct {
	socket string
	name   string
	pool   *pgxpool.Pool
}

// OpenDatabase makes a fresh PostgreSQL a database of Aurora DSQL.
func OpenDatabase(ctx context.Context, server *postgres.Server) (*Database, error) {
	return openDatabase(ctx, server, postgres.Database)
}

func openDatabase(ctx context.Context, server *postgres.Server, name string) (*Database, error) {
	config, err := pgxpool.ParseConfig(server.ConnString(postgres.Superuser))
	if err != nil {
		return nil, fmt.Errorf("connection to PostgreSQL: %w", err)
	}
	config.ConnConfig.Database = name
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.ConnConfig.RuntimeParams["search_path"] = "pg_catalog" // the superuser runs nothing that a client has made
	config.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if err := prepare(ctx, pool); err != nil {
		pool.Close()
		return nil, fmt.Errorf("prepare PostgreSQL: %w", err)
	}
	return &Database{socket: server.Socket(), name: name, pool: pool}, nil
}

// Of is the database itself, behind every cluster. It makes it Databases.
func (d *Database) Of(context.Context, string) (*Database, error) { return d, nil }

// Socket is the path of PostgreSQL's unix socket.
func (d *Database) Socket() string { return d.socket }

// prepare adds what Aurora DSQL has and takes away what it does not have.
func prepare(ctx context.Context, pool *pgxpool.Pool) error {
	for _, sql := range []string{schema, private} {
		if _, err := pool.Exec(ctx, sql); err != nil {
			return err
		}
	}
	_, err := pool.Exec(ctx, "SELECT sandbox.withhold($1)", withheld)
	return err
}

// Close ends the database's own connections. PostgreSQL goes on.
func (d *Database) Close() { d.pool.Close() }

// mapped tells whether AWS IAM GRANT lets the principal connect as the role.
func (d *Database) mapped(ctx context.Context, role, principal string) (bool, error) {
	var one int
	const query = "SELECT 1 FROM sys.iam_pg_role_mappings WHERE pg_role_name = $1 AND arn = $2"
	err := d.pool.QueryRow(ctx, query, role, principal).Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("role mapping of %s: %w", role, err)
	}
	return true, nil
}
