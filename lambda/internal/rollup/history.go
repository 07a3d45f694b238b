package rollup

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// settledFor is longer than a transaction of DSQL lives, 5 minutes (Aurora DSQL User Guide, "Cluster quotas and
// database limits"): no transaction can still commit that began longer ago, and so none with such a time. It is shorter
// than any outbox row lives.
const settledFor = time.Hour

// The history is what was written before rollers began: its outbox rows may be deleted. It is counted along the index
// of pages, and changes no more, so that counting it in steps is exact.
const (
	beginHistory = `INSERT INTO app.transaction_history (id, until, counted_to, counted_to_id, transactions)
		VALUES (1, now() - $1 * interval '1 microsecond', to_timestamp(0), '', 0) ON CONFLICT (id) DO NOTHING`
	selectHistory = `SELECT until, counted_to, counted_to_id FROM app.transaction_history WHERE id = 1`
	// selectStep is the last transaction of a full step.
	selectStep = `SELECT created_at, id FROM app.transaction_position
		WHERE created_at >= $1 AND (created_at, id) > ($1, $2) AND created_at < $3 ORDER BY created_at, id OFFSET $4 LIMIT 1`
	countRest = `SELECT count(*) FROM app.transaction_position
			WHERE created_at >= $1 AND (created_at, id) > ($1, $2) AND created_at < $3`
	updateHistory = `UPDATE app.transaction_history SET counted_to = $1, counted_to_id = $2,
			transactions = transactions + $3 WHERE id = 1`
)

// history counts one step of the history. Two rollers that count the same step change the same row: one of them loses.
func (r Roller) history(ctx context.Context, tx pgx.Tx) (more bool, err error) {
	if _, err := tx.Exec(ctx, beginHistory, settledFor.Microseconds()); err != nil {
		return false, err
	}
	var until, to time.Time
	var id string
	if err := tx.QueryRow(ctx, selectHistory).Scan(&until, &to, &id); err != nil || !to.Before(until) {
		return false, err
	}
	counted := int64(historySize)
	var next time.Time
	var nextID string
	err = tx.QueryRow(ctx, selectStep, to, id, until, historySize-1).Scan(&next, &nextID)
	if errors.Is(err, pgx.ErrNoRows) {
		next, nextID = until, ""
		err = tx.QueryRow(ctx, countRest, to, id, until).Scan(&counted)
	}
	if err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, updateHistory, next, nextID, counted)
	return next.Before(until), err
}
