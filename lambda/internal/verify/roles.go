package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/lambda/schema"
)

// selectMissing are the wanted privileges that roles do not have. Of an object that is not there nothing is wanted: the
// schema's hash tells.
const selectMissing = `SELECT w.role || ' may not ' || w.privilege || ' ' || w.object
	FROM unnest($1::text[], $2::text[], $3::text[]) AS w (role, privilege, object)
	WHERE CASE
		WHEN w.privilege = 'USAGE' THEN to_regnamespace(w.object) IS NOT NULL
			AND NOT has_schema_privilege(w.role, w.object, w.privilege)
		ELSE to_regclass(w.object) IS NOT NULL AND NOT has_table_privilege(w.role, to_regclass(w.object), w.privilege)
	END ORDER BY 1`

// roles compares roles and grants with those that package schema declares. Who is mapped to them is not compared: the
// view of mappings is for admin. Roles and grants have no version: an older database may lack what came since.
func (l *look) roles(ctx context.Context) error {
	present, err := l.column(ctx, "SELECT rolname FROM pg_roles WHERE rolname LIKE $1", schema.RolePrefix+"%")
	if err != nil {
		return l.restored.failure("list roles", err)
	}
	var lacks, roles, privileges, objects []string
	for _, role := range schema.Roles() {
		if !slices.Contains(present, role.Name) {
			lacks = append(lacks, "there is no role "+role.Name)
			continue
		}
		for _, grant := range role.Grants {
			names, object := parseGrant(grant)
			for _, name := range names {
				roles, privileges, objects = append(roles, role.Name), append(privileges, name), append(objects, object)
			}
		}
	}
	missing, err := l.column(ctx, selectMissing, roles, privileges, objects)
	if err != nil {
		return l.restored.failure("read grants", err)
	}
	lacks = append(lacks, missing...)
	if len(lacks) == 0 {
		return nil
	}
	text := fmt.Sprintf("roles or grants are missing, which the bootstrap makes: %s", strings.Join(lacks, ", "))
	if l.found.SchemaVersion < l.found.ProgramVersion {
		l.note("%s; the restored schema is older, too", text)
	} else {
		l.finding("%s", text)
	}
	return nil
}

// parseGrant splits "SELECT, INSERT ON app.outbox" and "USAGE ON SCHEMA app".
func parseGrant(grant string) (privileges []string, object string) {
	names, object, _ := strings.Cut(grant, " ON ")
	return strings.Split(names, ", "), strings.TrimPrefix(object, "SCHEMA ")
}

func (l *look) column(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := l.restored.conn.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
