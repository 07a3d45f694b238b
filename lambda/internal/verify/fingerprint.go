package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/lambda/schema"
)

// The catalog as lines, of the tables that Aurora DSQL has (User Guide, "System tables and commands"). An index is told
// by its key columns: Aurora DSQL has an access method of its own, and a primary key's index holds all columns.
var catalog = []string{
	`SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname = ANY($1)`,
	`SELECT 'relation ' || n.nspname || '.' || c.relname || ' ' || c.relkind::text
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = ANY($1) AND c.relkind <> 'i'`,
	`SELECT 'column ' || n.nspname || '.' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
			|| CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
			|| coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
		LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped`,
	`SELECT 'index ' || n.nspname || '.' || c.relname || ' on ' || t.relname
			|| CASE WHEN i.indisprimary THEN ' primary' WHEN i.indisunique THEN ' unique' ELSE '' END
			|| CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END
			|| ' (' || string_agg(coalesce(a.attname, 'an expression'), ', ' ORDER BY k.position) || ')'
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
		JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position) ON k.position <= i.indnkeyatts
		LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
		WHERE n.nspname = ANY($1) GROUP BY n.nspname, c.relname, t.relname, i.indisprimary, i.indisunique, i.indisvalid`,
	`SELECT 'view ' || schemaname || '.' || viewname || ' ' || definition FROM pg_views WHERE schemaname = ANY($1)`,
}

var (
	qualifier  = regexp.MustCompile(`[a-z_][a-z0-9_]*\.`)
	whitespace = regexp.MustCompile(`\s+`)
)

// fingerprint identifies the schema of a database, in hexadecimal: schemas, relations, columns with types, nullability
// and defaults, primary keys, indexes and views. The order of columns is none of it.
func fingerprint(ctx context.Context, conn *pgx.Conn) (string, error) {
	var lines []string
	for _, query := range catalog {
		rows, err := conn.Query(ctx, query, schema.Names)
		if err != nil {
			return "", err
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return "", err
		}
		lines = append(lines, found...)
	}
	for i, line := range lines {
		if text, ok := strings.CutPrefix(line, "view "); ok {
			lines[i] = "view " + viewText(text)
		}
	}
	slices.Sort(lines) // here, since collations differ
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:]), nil
}

// viewText is a view's definition without what versions of PostgreSQL write differently: white space, and the table
// before a column, which version 16 leaves out where it is clear.
func viewText(definition string) string {
	name, text, _ := strings.Cut(definition, " ")
	return name + " " + whitespace.ReplaceAllString(qualifier.ReplaceAllString(text, ""), "")
}
