package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/schema"
)

// NotGranted is a restored database that does not let the verifier in, or lets it not read something. Lambda names an
// error by its type: contract.ErrorNotGranted.
type NotGranted struct{ Err error }

func (e NotGranted) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e NotGranted) Unwrap() error { return e.Err }

// database is a connection to a restored cluster, or to the source.
type database struct {
	conn     *pgx.Conn
	host     string
	restored bool
}

func (v Verifier) connect(ctx context.Context, host string, restored bool) (database, error) {
	d := database{host: host, restored: restored}
	region, err := dsqlconn.Region(host)
	if err != nil {
		return d, err
	}
	d.conn, err = v.Dialer.Connect(ctx, host, region, v.Role)
	return d, d.failure("connect", err)
}

// close gives up the connection; nothing depends on it any more.
func (d database) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = d.conn.Close(ctx)
}

// failure is what the state machine is told of an error.
func (d database) failure(what string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %s: %w", d.host, what, err)
	if d.restored && dsqlconn.Classify(err) == dsqlconn.ReasonAuth {
		return NotGranted{err}
	}
	return err
}

// version is that of the newest migration that the database names, 0 if none.
func (d database) version(ctx context.Context) (version int64, err error) {
	err = d.conn.QueryRow(ctx,
		"SELECT coalesce(max(version_id), 0) FROM "+schema.VersionTable+" WHERE is_applied").Scan(&version)
	return version, d.failure("read the schema's version", err)
}

// newestMarker is when the newest marker was written; nil without any.
func (d database) newestMarker(ctx context.Context) (at *time.Time, err error) {
	err = d.conn.QueryRow(ctx, "SELECT max(written_at) FROM dr.marker").Scan(&at)
	if at != nil {
		*at = at.UTC()
	}
	return at, d.failure("read the newest marker", err)
}

// tables are those of our schemas, by their names with them.
func (d database) tables(ctx context.Context) (names []string, err error) {
	const query = `SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = ANY($1) AND c.relkind = 'r' ORDER BY 1`
	rows, err := d.conn.Query(ctx, query, schema.Names)
	if err == nil {
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	return names, d.failure("list tables", err)
}

// count counts rows of a table, up to contract.CountLimit.
func (d database) count(ctx context.Context, table string) (rows int64, err error) {
	err = d.conn.QueryRow(ctx, "SELECT count(*) FROM (SELECT 1 FROM "+table+" LIMIT $1) AS counted",
		contract.CountLimit).Scan(&rows)
	return rows, d.failure("count "+table, err)
}

// The transactions up to a time are counted along the index of pages, in steps that each take seconds: a transaction of
// Aurora DSQL lives five minutes (User Guide, "Cluster quotas and database limits").
const (
	selectStep = `SELECT created_at, id FROM app.transaction
		WHERE created_at >= $1 AND (created_at, id) > ($1, $2) AND created_at <= $3 ORDER BY created_at, id OFFSET $4 LIMIT 1`
	countRest = `SELECT count(*) FROM app.transaction
		WHERE created_at >= $1 AND (created_at, id) > ($1, $2) AND created_at <= $3`
)

// countTransactions counts those up to a time, step rows at a time.
func (d database) countTransactions(ctx context.Context, until time.Time, step int64) (rows int64, err error) {
	last, id := time.Unix(0, 0), ""
	for {
		err := d.conn.QueryRow(ctx, selectStep, last, id, until, step-1).Scan(&last, &id)
		if errors.Is(err, pgx.ErrNoRows) {
			break
		}
		if err != nil {
			return 0, d.failure("count "+transactions, err)
		}
		rows += step
	}
	var rest int64
	err = d.conn.QueryRow(ctx, countRest, last, id, until).Scan(&rest)
	return rows + rest, d.failure("count "+transactions, err)
}
