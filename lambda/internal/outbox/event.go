// Package outbox delivers events at least once: an event is a row written in the same transaction as what it tells of,
// and a publisher, of the region or in its absence of the other one, puts it on the bus and marks it sent.
package outbox

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"aurora-dsql-dr/lambda/contract"
)

// Event is a row. The body is the event's detail without what is known only later: the time, which is the row's, and
// where it was published.
type Event struct {
	ID string
	// Region is where the row was written.
	Region string
	// TransactionID is what the event tells of.
	TransactionID string
	Body          string
	// CreatedAt is the database's clock.
	CreatedAt time.Time
}

const insert = `INSERT INTO app.outbox (id, region, transaction_id, body) VALUES ($1::uuid, $2, $3, $4)`

// Queue puts the insertion of an event into a batch, which must run in the transaction that the event tells of.
func Queue(batch *pgx.Batch, detail contract.TransactionCreated) error {
	body, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("event %s: %w", detail.ID, err)
	}
	batch.Queue(insert, detail.ID, detail.Region, detail.TransactionID, string(body))
	return nil
}

// detail is the event's detail as a region publishes it, and as another one puts it on its own bus when it catches up.
func (e Event) detail(publishedIn, caughtUpIn string) (string, error) {
	var detail contract.TransactionCreated
	if err := json.Unmarshal([]byte(e.Body), &detail); err != nil {
		return "", fmt.Errorf("body: %w", err)
	}
	detail.PublishedIn, detail.CaughtUpIn, detail.Time = publishedIn, caughtUpIn, e.CreatedAt.UTC()
	body, err := json.Marshal(detail)
	return string(body), err
}
