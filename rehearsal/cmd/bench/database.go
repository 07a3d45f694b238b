package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/dsql"
)

// database is the region's SQL endpoint by plain pgx, as admin.
type database struct{ *pgxpool.Pool }

// connect makes a pool for the region, with a connection for each client.
func (d *deployed) connect(ctx context.Context) (database, error) {
	clusters := d.Account.DSQL.Clusters()
	cluster := clusters[slices.IndexFunc(clusters, func(c dsql.Cluster) bool { return c.Region == d.region })]
	config, err := pgxpool.ParseConfig(fmt.Sprintf("host=%s port=5432 user=admin dbname=postgres sslmode=verify-full "+
		"sslrootcert=%s pool_max_conns=%d",
		cluster.Endpoint, d.CAFile, manyClients))
	if err != nil {
		return database{}, err
	}
	// Only the address dialled changes: name, certificate and token stay the cluster's.
	config.ConnConfig.LookupFunc = func(context.Context, string) ([]string, error) {
		return []string{d.Account.Region(d.region).SQL.Addr()}, nil
	}
	config.BeforeConnect = func(ctx context.Context, c *pgx.ConnConfig) (err error) {
		c.Password, err = sandbox.Token(ctx, cluster, sandbox.AdminUser, d.Account.IAM.Admin())
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	return database{pool}, err
}

// write runs the statements of the transaction service's write: the transaction and its event, in one transaction. An
// event that is not said to be sent is one for the publishers.
func (d database) write(ctx context.Context, event contract.TransactionCreated, sent bool) error {
	body, err := json.Marshal(event)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO app.transaction (id, amount, details, region, status)
			VALUES ($1, $2::text::numeric, $3, $4, $5) RETURNING created_at`,
		event.TransactionID, event.Amount, "text:"+details, event.Region, event.Status)
	batch.Queue(`INSERT INTO app.outbox (id, region, transaction_id, body, sent_at)
			VALUES ($1::uuid, $2, $3, $4, CASE WHEN $5 THEN now() END)`,
		event.ID, event.Region, event.TransactionID, string(body), sent)
	return pgx.BeginFunc(ctx, d, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
}

// read runs the statement of its read.
func (d database) read(ctx context.Context, id string) error {
	rows, err := d.Query(ctx, `
		SELECT id, amount::text, coalesce(reference, ''), coalesce(details, ''), created_at, region, status
		FROM app.transaction WHERE id = $1`, id)
	if err != nil {
		return err
	}
	_, err = pgx.CollectExactlyOneRow(rows, pgx.RowToMap)
	return err
}
