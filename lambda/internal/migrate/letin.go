package migrate

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/schema"
)

// SQLSTATEs of what a database of an earlier revision does not have.
const (
	undefinedTable  = "42P01"
	undefinedSchema = "3F000"
)

// LetIn lets an IAM role connect as a role of package schema, which it makes with its grants if need be, and touches
// nothing else: neither migrations nor anybody else's mapping. It is for a restored database, whose mappings a restore
// may not have brought, and which may be older than the program: what is not there is not granted.
func LetIn(
	ctx context.Context, dialer dsqlconn.Dialer, endpoint string, role schema.Role, arn string, log *slog.Logger,
) error {
	region, err := dsqlconn.Region(endpoint)
	if err != nil {
		return err
	}
	m := &Migrator{
		env:      Environment{Endpoint: endpoint, Region: region},
		dialer:   dialer,
		retry:    conflicts,
		patience: propagation,
		log:      log,
	}
	return m.letIn(ctx, role, mapping{role.Name, arn})
}

func (m *Migrator) letIn(ctx context.Context, role schema.Role, wanted mapping) error {
	db, err := m.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := m.ensureRole(ctx, db, role, undefinedTable, undefinedSchema); err != nil {
		return err
	}
	present, err := mappings(ctx, db)
	if err != nil {
		return fmt.Errorf("list role mappings: %s", describe(err))
	}
	if slices.Contains(present, wanted) {
		return nil
	}
	return m.execute(ctx, db, "AWS IAM GRANT "+identifier(wanted.role)+" TO "+literal(wanted.arn), duplicateObject)
}
