package migrate

import (
	"context"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3/database"

	"aurora-dsql-dr/lambda/schema"
)

// CREATE INDEX ASYNC returns at once and builds in the background (Aurora DSQL User Guide, "Asynchronous indexes"):
// sys.jobs shows the job, sys.wait_for_job waits for it, and an index that could not be built stays, INVALID.
const (
	selectBuilding = `SELECT job_id FROM sys.jobs
		WHERE job_type = 'INDEX_BUILD' AND status IN ('submitted', 'processing')
			AND split_part(object_name, '.', 1) = ANY($1)`
	selectInvalid = `SELECT n.nspname || '.' || c.relname FROM pg_index i
		JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = ANY($1) AND NOT i.indisvalid ORDER BY n.nspname, c.relname`
	selectLastBuild = `SELECT status || ': ' || coalesce(details, '') FROM sys.jobs
		WHERE job_type = 'INDEX_BUILD' AND object_name = $1 ORDER BY start_time DESC LIMIT 1`
)

// indexError is an index that is not usable.
type indexError struct{ error }

func (e *indexError) Unwrap() error { return e.error }

// awaitIndexes returns when every index of our schemas is built. The error names the indexes that are not.
func awaitIndexes(ctx context.Context, db database.DBTxConn) error {
	jobs, err := column(ctx, db, selectBuilding, schema.Names)
	if err != nil {
		return fmt.Errorf("list index builds: %w", err)
	}
	for _, job := range jobs {
		if _, err := db.ExecContext(ctx, "CALL sys.wait_for_job("+literal(job)+")"); err != nil {
			return fmt.Errorf("wait for index build %s, which goes on in the database: %w", job, err)
		}
	}
	invalid, err := column(ctx, db, selectInvalid, schema.Names)
	if err != nil {
		return fmt.Errorf("list invalid indexes: %w", err)
	}
	var problems []error
	for _, name := range invalid {
		outcome, err := column(ctx, db, selectLastBuild, name)
		if err != nil {
			return fmt.Errorf("outcome of the build of index %s: %w", name, err)
		}
		problems = append(problems,
			fmt.Errorf("index %s is INVALID, its build ended with %q; remove what stands in its way, "+
				"DROP INDEX %s as admin, and deploy again, which builds it anew", name, outcome, name))
	}
	if len(problems) > 0 {
		return &indexError{errors.Join(problems...)}
	}
	return nil
}

// column reads a column of text.
func column(ctx context.Context, db database.DBTxConn, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var values []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}
