package sqlendpoint

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/sandbox/postgres"
)

// Copy is the data of a pair of clusters as it was at one moment, with its roles and what they were granted. IAM
// mappings are a cluster's own and no part of it: whether AWS restores them is not documented, so a restored cluster
// has none here.
type Copy struct {
	postgres.Dump
	roles  []copiedRole
	owners []string // statements that give back what is not admin's
}

type copiedRole struct {
	Name     string
	Login    bool
	MemberOf []string
}

// Copy copies the data behind a cluster. Nobody who is connected notices.
func (p *Pairs) Copy(ctx context.Context, clusterARN string) (*Copy, error) {
	d, err := p.Of(ctx, clusterARN)
	if err != nil {
		return nil, err
	}
	c := &Copy{}
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, d.pool, options, func(tx pgx.Tx) error { return p.copy(ctx, tx, d.name, c) })
	if err != nil {
		return nil, fmt.Errorf("copy the data of %s: %w", clusterARN, err)
	}
	return c, nil
}

func (p *Pairs) copy(ctx context.Context, tx pgx.Tx, database string, c *Copy) (err error) {
	var snapshot string
	if err = tx.QueryRow(ctx, "SELECT pg_export_snapshot()").Scan(&snapshot); err != nil {
		return err
	}
	if c.roles, err = readRoles(ctx, tx); err != nil {
		return err
	}
	if c.owners, err = readOwners(ctx, tx); err != nil {
		return err
	}
	c.Dump, err = p.server.Dump(ctx, database, snapshot, "sys", "sandbox", "pg_catalog")
	return err
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// readRoles are the roles that clients have made.
func readRoles(ctx context.Context, q querier) ([]copiedRole, error) {
	rows, err := q.Query(ctx, `
		SELECT r.rolname, r.rolcanlogin, array(
			SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
			WHERE m.member = r.oid ORDER BY 1)
		FROM pg_roles r
		WHERE NOT r.rolsuper AND r.rolname <> $1 AND r.rolname NOT LIKE 'pg\_%' ORDER BY 1`, adminRole)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[copiedRole])
}

// readOwners are statements that give every object to its owner, where that is not admin.
func readOwners(ctx context.Context, q querier) ([]string, error) {
	rows, err := q.Query(ctx, `
		WITH mine AS (
			SELECT oid, nspname, nspowner FROM pg_namespace
			WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('information_schema', 'sys', 'sandbox')
		), owned (kind, object, owner) AS (
			SELECT 'SCHEMA', format('%I', nspname), nspowner FROM mine WHERE nspname <> 'public'
			UNION ALL
			SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
			       format('%I.%I', n.nspname, c.relname), c.relowner
			FROM pg_class c JOIN mine n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'p', 'v', 'S') AND NOT EXISTS (
				SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
				AND c.relkind = 'S')
			UNION ALL
			SELECT 'ROUTINE', f.oid::regprocedure::text, f.proowner
			FROM pg_proc f JOIN mine n ON n.oid = f.pronamespace
			UNION ALL
			SELECT 'DOMAIN', format('%I.%I', n.nspname, t.typname), t.typowner
			FROM pg_type t JOIN mine n ON n.oid = t.typnamespace WHERE t.typtype = 'd'
		)
		SELECT format('ALTER %s %s OWNER TO %I', kind, object, r.rolname)
		FROM owned JOIN pg_roles r ON r.oid = owner
		WHERE NOT r.rolsuper AND r.rolname <> $1 ORDER BY 1`, adminRole)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// grant and own tell what of a dump is granted, and what is the sandbox's own.
var (
	grant = regexp.MustCompile(`^\d+; \d+ \d+ (DEFAULT )?ACL `)
	own   = regexp.MustCompile(`^\d+; \d+ \d+ EVENT TRIGGER `)
)

// Fill makes the database of a pair of clusters that has none yet, with the data of a copy. What a client has written
// into its schema, which may run while rows come back, runs as admin and never as the superuser; owners and grants are
// set afterwards. What fails leaves no database.
func (p *Pairs) Fill(ctx context.Context, clusterARN string, c *Copy) error {
	d, err := p.Of(ctx, clusterARN)
	if err != nil {
		return err
	}
	if err := p.fill(ctx, d, c); err != nil {
		return errors.Join(fmt.Errorf("fill the clusters of %s: %w", d.name, err),
			p.Drop(context.WithoutCancel(ctx), d.name))
	}
	return nil
}

func (p *Pairs) fill(ctx context.Context, d *Database, c *Copy) error {
	all, err := p.server.Contents(ctx, c.Dump)
	if err != nil {
		return err
	}
	objects := slices.DeleteFunc(slices.Clone(all), func(e string) bool {
		return own.MatchString(e) || grant.MatchString(e)
	})
	grants := slices.DeleteFunc(all, func(e string) bool { return !grant.MatchString(e) })
	if err := d.lend(ctx, func() error {
		return p.server.Restore(ctx, c.Dump, objects, adminRole, d.name, "--no-owner", "--no-acl")
	}); err != nil {
		return err
	}
	p.mu.Lock() // a role that nobody was granted anything yet goes with the next pair
	defer p.mu.Unlock()
	if err := makeRoles(ctx, d, c.roles); err != nil {
		return err
	}
	for _, statement := range c.owners {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return p.server.Restore(ctx, c.Dump, grants, postgres.Superuser, d.name)
}

// lend lets admin do what a restore does and no client may, in a database that no client reaches yet.
func (d *Database) lend(ctx context.Context, do func() error) error {
	const setConfig = "EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean)"
	if _, err := d.pool.Exec(ctx, "GRANT "+setConfig+" TO "+adminRole); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err // the database is dropped
	}
	_, err := d.pool.Exec(ctx, "REVOKE "+setConfig+" FROM "+adminRole)
	return err
}

// makeRoles makes the roles that are not there any more. Those that are belong to other pairs as well and stay as they
// are.
func makeRoles(ctx context.Context, d *Database, roles []copiedRole) error {
	there, err := readRoles(ctx, d.pool)
	if err != nil {
		return err
	}
	missing := slices.DeleteFunc(slices.Clone(roles), func(r copiedRole) bool {
		return slices.ContainsFunc(there, func(t copiedRole) bool { return t.Name == r.Name })
	})
	var statements []string
	for _, r := range missing {
		login := " NOLOGIN"
		if r.Login {
			login = " LOGIN"
		}
		statements = append(statements, "CREATE ROLE "+quoted(r.Name)+login)
	}
	for _, r := range missing {
		for _, group := range r.MemberOf {
			statements = append(statements, "GRANT "+quoted(group)+" TO "+quoted(r.Name))
		}
	}
	for _, statement := range statements {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
