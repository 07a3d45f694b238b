package rollup

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// An event's row stays when it is counted: it is how the event is known when it comes again. Nobody but rollers changes
// it.
const (
	openEvents = `UPDATE app.projection SET counted_at = now()
			WHERE event_id IN (SELECT event_id FROM app.projection WHERE counted_at IS NULL`
	agedEvents = ` AND occurred_at <= now() - $2 * interval '1 microsecond' LIMIT $3) RETURNING region, amount::text`

	markOwnEvents   = openEvents + ` AND processed_in = $1` + agedEvents
	markOtherEvents = openEvents + ` AND processed_in <> $1` + agedEvents
	addEvents       = `INSERT INTO app.projection_total AS total (region, counted_in, transactions, amount)
		SELECT region, $1, count(*), sum(amount::numeric)
			FROM unnest($2::text[], $3::text[]) AS marked (region, amount) GROUP BY region
		ON CONFLICT (region, counted_in) DO UPDATE
		SET transactions = total.transactions + excluded.transactions, amount = total.amount + excluded.amount`
)

// events counts a batch of the events that were processed.
func (r Roller) events(ctx context.Context, tx pgx.Tx) (more bool, err error) {
	var regions, amounts []string
	marked, more, err := r.ownFirst(ctx, tx, markOwnEvents, markOtherEvents, func(region, amount string) {
		regions, amounts = append(regions, region), append(amounts, amount)
	})
	if err != nil || marked == 0 {
		return false, err
	}
	_, err = tx.Exec(ctx, addEvents, r.Region, regions, amounts)
	return more, err
}
