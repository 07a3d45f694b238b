package rollup

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// A transaction's ticket is its outbox row, which is committed with it and not deleted before it is counted. So the
// table of transactions itself is never changed. Publishers change tickets, too: a ticket is old enough when they are
// through with it.
const (
	openTickets = `UPDATE app.outbox SET counted_at = now() WHERE id IN (SELECT id FROM app.outbox
		WHERE counted_at IS NULL AND created_at >= (SELECT until FROM app.transaction_history WHERE id = 1)`
	agedTickets = ` AND created_at <= now() - $2 * interval '1 microsecond'
			ORDER BY counted_at, created_at LIMIT $3) RETURNING region, ''`

	markOwnTickets   = openTickets + ` AND region = $1` + agedTickets
	markOtherTickets = openTickets + ` AND region <> $1` + agedTickets
	addTransactions  = `INSERT INTO app.transaction_total AS total (region, counted_in, transactions)
		SELECT region, $1, count(*) FROM unnest($2::text[]) AS marked (region) GROUP BY region
		ON CONFLICT (region, counted_in) DO UPDATE SET transactions = total.transactions + excluded.transactions`
)

// transactions counts a batch of tickets.
func (r Roller) transactions(ctx context.Context, tx pgx.Tx) (more bool, err error) {
	var regions []string
	marked, more, err := r.ownFirst(ctx, tx, markOwnTickets,
		markOtherTickets, func(region, _ string) { regions = append(regions, region) })
	if err != nil || marked == 0 {
		return false, err
	}
	_, err = tx.Exec(ctx, addTransactions, r.Region, regions)
	return more, err
}
