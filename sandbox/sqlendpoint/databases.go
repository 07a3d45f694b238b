package sqlendpoint

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"aurora-dsql-dr/sandbox/postgres"
)

// Databases says which database is behind a cluster, all of one PostgreSQL.
type Databases interface {
	// Of is the database behind the cluster with the ARN.
	Of(ctx context.Context, clusterARN string) (*Database, error)
	// Socket is the path of PostgreSQL's unix socket.
	Socket() string
}

// Pairs gives every pair of clusters a database of its own, which is empty at first and gone when the pair is. Roles
// are PostgreSQL's, so pairs that live at the same time share them, without their privileges and mappings.
type Pairs struct {
	server *postgres.Server
	pairOf func(clusterARN string) string

	mu sync.Mutex
	// conn is at the database that the others are copies of; PostgreSQL copies one that nobody else is connected to.
	conn *pgx.Conn
	open map[string]*Database // by pair
}

// OpenPairs makes the databases of a fresh PostgreSQL. pairOf names the pair that a cluster belongs to, in characters
// of an SQL name.
func OpenPairs(ctx context.Context, server *postgres.Server, pairOf func(clusterARN string) string) (*Pairs, error) {
	conn, err := pgx.Connect(ctx, server.ConnString(postgres.Superuser))
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return &Pairs{
		server: server,
		pairOf: pairOf,
		conn:   conn,
		open:   map[string]*Database{},
	}, nil
}

// Socket is Databases.Socket.
func (p *Pairs) Socket() string { return p.server.Socket() }

// Of is Databases.Of. The first question makes the database.
func (p *Pairs) Of(ctx context.Context, clusterARN string) (*Database, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pair := p.pairOf(clusterARN)
	if d := p.open[pair]; d != nil {
		return d, nil
	}
	ctx = context.WithoutCancel(ctx) // half a database would stay for good
	name := pgx.Identifier{pair}.Sanitize()
	if _, err := p.conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+postgres.Database); err != nil {
		return nil, fmt.Errorf("make a database for the clusters of %s: %w", pair, err)
	}
	d, err := openDatabase(ctx, p.server, pair)
	if err != nil {
		return nil, err
	}
	p.open[pair] = d
	return d, nil
}

// Drop drops a pair's database, if it has one, with the sessions in it, and the roles that no other pair gives
// anything.
func (p *Pairs) Drop(ctx context.Context, pair string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.open[pair]
	if d == nil {
		return nil
	}
	delete(p.open, pair)
	d.Close()
	if _, err := p.conn.Exec(ctx, "DROP DATABASE "+pgx.Identifier{pair}.Sanitize()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop the database of %s: %w", pair, err)
	}
	return p.dropRoles(ctx)
}

func (p *Pairs) dropRoles(ctx context.Context) error {
	rows, err := p.conn.Query(
		ctx,
		`SELECT rolname FROM pg_roles WHERE NOT rolsuper AND rolname <> $1 AND rolname NOT LIKE 'pg\_%'`,
		adminRole,
	)
	if err != nil {
		return fmt.Errorf("list roles: %w", err)
	}
	roles, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list roles: %w", err)
	}
	const dependentObjects = "2BP01"
	for _, role := range roles {
		_, err := p.conn.Exec(ctx, "DROP ROLE "+pgx.Identifier{role}.Sanitize())
		var used *pgconn.PgError
		if err != nil && (!errors.As(err, &used) || used.Code != dependentObjects) {
			return fmt.Errorf("drop role %s: %w", role, err)
		}
	}
	return nil
}

// Close ends the databases' own connections. PostgreSQL goes on.
func (p *Pairs) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.open {
		d.Close()
	}
	_ = p.conn.Close(context.Background()) // nothing is to be told to a server that is stopped next
}
