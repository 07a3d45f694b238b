package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/schema"
)

// mapping lets an IAM role connect as a database role (AWS IAM GRANT, view sys.iam_pg_role_mappings).
type mapping struct{ role, arn string }

func (m mapping) String() string { return m.role + " " + m.arn }

// reconcile makes the declared roles with their grants, maps the event's IAM roles to them, and removes every other
// mapping of a role that is ours. It returns the mappings made and removed.
func (m *Migrator) reconcile(
	ctx context.Context, db *sql.DB, event contract.MigrateEvent,
) (granted, revoked []string, err error) {
	granted, revoked = []string{}, []string{}
	var wanted []mapping
	for _, role := range m.roles {
		if err := m.ensureRole(ctx, db, role); err != nil {
			return granted, revoked, err
		}
		for _, arn := range event.Roles[role.Name] {
			wanted = append(wanted, mapping{role.Name, arn})
		}
	}
	present, err := mappings(ctx, db)
	if err != nil {
		return granted, revoked, fmt.Errorf("list role mappings: %s; deploy again", describe(err))
	}
	for _, w := range wanted {
		if slices.Contains(present, w) {
			continue
		}
		if err := m.execute(ctx, db, "AWS IAM GRANT "+identifier(w.role)+" TO "+literal(w.arn), duplicateObject); err != nil {
			return granted, revoked, err
		}
		present, granted = append(present, w), append(granted, w.String())
	}
	for _, p := range present {
		if slices.Contains(wanted, p) || !strings.HasPrefix(p.role, schema.RolePrefix) {
			continue
		}
		if err := m.execute(ctx, db, "AWS IAM REVOKE "+identifier(p.role)+" FROM "+literal(p.arn),
			undefinedObject); err != nil {
			return granted, revoked, err
		}
		revoked = append(revoked, p.String())
	}
	return granted, revoked, nil
}

// ensureRole creates the role if it is missing, and grants what it may do; a grant that fails with one of the SQLSTATEs
// spared is passed over.
func (m *Migrator) ensureRole(ctx context.Context, db *sql.DB, role schema.Role, spared ...string) error {
	found, err := column(ctx, db, "SELECT rolname FROM pg_roles WHERE rolname = $1", role.Name)
	if err != nil {
		return fmt.Errorf("look for role %s: %s; deploy again", role.Name, describe(err))
	}
	if len(found) == 0 {
		if err := m.execute(ctx, db, "CREATE ROLE "+identifier(role.Name)+" WITH LOGIN", duplicateObject); err != nil {
			return err
		}
	}
	for _, grant := range role.Grants {
		if err := m.execute(ctx, db, "GRANT "+grant+" TO "+identifier(role.Name), spared...); err != nil {
			return err
		}
	}
	return nil
}

// execute runs one statement in a transaction of its own, again after a conflict. The SQLSTATEs done mean that another
// run has just done the same.
func (m *Migrator) execute(ctx context.Context, db *sql.DB, statement string, done ...string) error {
	err := dsqlconn.Retry(ctx, m.retry, func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, statement)
		return err
	})
	if err != nil && !hasCode(err, done...) {
		return fmt.Errorf("%s: %s; correct the cause and deploy again, which continues where this run stopped", statement,
			describe(err))
	}
	m.log.InfoContext(ctx, "statement executed", "statement", statement)
	return nil
}

func mappings(ctx context.Context, db *sql.DB) ([]mapping, error) {
	rows, err := db.QueryContext(ctx, "SELECT pg_role_name, arn FROM sys.iam_pg_role_mappings ORDER BY pg_role_name, arn")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var present []mapping
	for rows.Next() {
		var m mapping
		if err := rows.Scan(&m.role, &m.arn); err != nil {
			return nil, err
		}
		present = append(present, m)
	}
	return present, rows.Err()
}
