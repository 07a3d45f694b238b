package workload

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/dsql"
)

// atOnce is how many rows are deleted in a transaction: Aurora DSQL changes 3,000 at most.
const atOnce = 1000

// DeleteRows deletes, as an administrator who is mistaken, all that was written through any endpoint until now. It
// returns the ids.
func (d *Database) DeleteRows(ctx context.Context, region string) (deleted []string, err error) {
	conn, err := d.connect(ctx, region, sandbox.AdminUser, d.sandbox.Account.IAM.Admin())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var until time.Time
	if err := conn.QueryRow(ctx, "SELECT now()").Scan(&until); err != nil {
		return nil, err
	}
	for {
		var ids []string
		if err := retry(ctx, func() (err error) {
			ids, err = deleteSome(ctx, conn, until)
			return err
		}); err != nil || len(ids) == 0 {
			return deleted, err
		}
		deleted = append(deleted, ids...)
	}
}

func deleteSome(ctx context.Context, conn *pgx.Conn, until time.Time) ([]string, error) {
	rows, err := conn.Query(ctx, `DELETE FROM rehearsal.written WHERE id IN
		(SELECT id FROM rehearsal.written WHERE written_at <= $1 LIMIT $2) RETURNING id`, until, atOnce)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// TakeBack writes again what was deleted, as far as another cluster has it, and returns the ids that it has not.
func (d *Database) TakeBack(ctx context.Context, from dsql.Cluster, deleted []string) (missing []string, err error) {
	admin := d.sandbox.Account.IAM.Admin()
	source, err := d.connectTo(ctx, from, sandbox.AdminUser, admin)
	if err != nil {
		return nil, fmt.Errorf("the restored cluster %s: %w", from.Endpoint, err)
	}
	defer func() { _ = source.Close(context.WithoutCancel(ctx)) }()
	kept, err := idsIn(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("the restored cluster %s: %w", from.Endpoint, err)
	}
	conn, err := d.connect(ctx, from.Region, sandbox.AdminUser, admin)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, id := range deleted {
		if !kept[id] {
			missing = append(missing, id)
			continue
		}
		if err := retry(ctx, func() error { return insert(ctx, conn, id) }); err != nil {
			return missing, err
		}
	}
	return missing, nil
}
