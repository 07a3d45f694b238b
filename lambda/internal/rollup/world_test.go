package rollup_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/breaker"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
	"aurora-dsql-dr/lambda/internal/ledger"
	"aurora-dsql-dr/lambda/internal/outbox"
	"aurora-dsql-dr/lambda/internal/projection"
	"aurora-dsql-dr/lambda/internal/rollup"
	"aurora-dsql-dr/lambda/internal/transaction"
	"aurora-dsql-dr/lambda/schema"
)

// contended is for tests in which everybody wants the same rows.
var contended = dsqlconn.Policy{Attempts: 100, Base: 2 * time.Millisecond, Max: 50 * time.Millisecond}

var regions = []string{apptest.East, apptest.Ohio}

// world is the application's tables, and who works on them, by region.
type world struct {
	apptest.Database
	clients    map[string]*pgxpool.Pool
	ledgers    map[string]*ledger.Ledger
	stores     map[string]*outbox.Store
	processors map[string]projection.Processor
	rollers    map[string]rollup.Roller
}

func newWorld(t testing.TB) *world {
	w := &world{
		Database:   apptest.Start(t),
		clients:    map[string]*pgxpool.Pool{},
		ledgers:    map[string]*ledger.Ledger{},
		stores:     map[string]*outbox.Store{},
		processors: map[string]projection.Processor{},
		rollers:    map[string]rollup.Roller{},
	}
	policy := breaker.Policy{Failure: dsqlconn.Unreachable, Ignore: func(error) bool { return false }, Pause: time.Second}
	for _, region := range regions {
		w.clients[region] = w.Pool(t, region, schema.RoleTransactions, 8)
		w.ledgers[region] = &ledger.Ledger{
			Database:  breaker.New(policy, breaker.Endpoint[*pgxpool.Pool]{Name: region, Via: w.clients[region]}),
			Region:    region,
			Cipher:    &fieldcrypt.Cipher{},
			Conflicts: contended,
		}
		publishers := w.Pool(t, region, schema.RolePublisher, 4)
		w.stores[region] = &outbox.Store{Database: publishers, Region: region, Lease: time.Millisecond, Conflicts: contended}
		w.processors[region] = projection.Processor{
			Database:    w.Pool(t, region, schema.RoleProcessor, 4),
			Region:      region,
			Conflicts:   contended,
			RecordDelay: func(time.Duration) error { return nil },
		}
		w.rollers[region] = rollup.Roller{Database: publishers, Region: region, Conflicts: contended}
	}
	return w
}

// books are what was told to clients: begun before a request, done after its answer.
type books struct{ begun, done, eventsBegun, eventsDone, hundredths atomic.Int64 }

// write commits a transaction, and has its event processed.
func (w *world) write(ctx context.Context, b *books, region, id string, amount transaction.Amount) error {
	b.begun.Add(1)
	written, err := w.ledgers[region].Write(ctx, transaction.Order{ID: id, Amount: amount})
	if err != nil {
		return err
	}
	b.done.Add(1)
	return w.process(ctx, b, region, written.EventID, amount)
}

// writeLate commits long after its transaction began.
func (w *world) writeLate(ctx context.Context, b *books, region, id string, amount transaction.Amount) error {
	event := contract.TransactionCreated{
		Schema:        1,
		ID:            newID(),
		Region:        region,
		TransactionID: id,
		Amount:        amount.String(),
	}
	b.begun.Add(1)
	err := pgx.BeginFunc(ctx, w.clients[region], func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(
			"INSERT INTO app.transaction (id, amount, region, status) VALUES ($1, $2::text::numeric, $3, 'completed')", id,
			event.Amount, region)
		if err := outbox.Queue(batch, event); err != nil {
			return err
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		time.Sleep(rand.N(400 * time.Millisecond))
		return nil
	})
	if err != nil {
		return err
	}
	b.done.Add(1)
	return w.process(ctx, b, region, event.ID, amount)
}

// process has an event come up to three times, in any region.
func (w *world) process(ctx context.Context, b *books, region, id string, amount transaction.Amount) error {
	detail, err := json.Marshal(contract.TransactionCreated{
		Schema: 1,
		ID:     id,
		Region: region,
		Time:   time.Now(),
		Amount: amount.String(),
	})
	if err != nil {
		return err
	}
	envelope := events.EventBridgeEvent{
		ID:         id,
		Source:     contract.EventSource,
		DetailType: contract.EventTransactionCreated,
		Detail:     detail,
	}
	b.eventsBegun.Add(1)
	for range 1 + rand.IntN(3) {
		if err := w.processors[regions[rand.IntN(2)]].Process(ctx, envelope); err != nil {
			return err
		}
	}
	b.eventsDone.Add(1)
	b.hundredths.Add(int64(amount))
	return nil
}

func newID() string {
	id, err := transaction.NewID()
	if err != nil {
		panic(err) // there is always randomness
	}
	return id
}

// total is the number of events and their sum, as clients see them.
func (w *world) total(ctx context.Context, region string) (events int64, amount string, err error) {
	totals, err := w.ledgers[region].Totals(ctx)
	if err != nil {
		return 0, "", err
	}
	var sum int64
	for _, t := range totals {
		events += t.Transactions
		var whole, hundredths int64
		if _, err := fmt.Sscanf(t.Amount, "%d.%d", &whole, &hundredths); err != nil {
			return 0, "", err
		}
		sum += whole*100 + hundredths
	}
	return events, transaction.Amount(sum).String(), nil
}

// settle rolls up until nothing is left to count.
func (w *world) settle(t *testing.T) {
	t.Helper()
	const open = `SELECT ((SELECT count(*) FROM app.projection WHERE counted_at IS NULL)
		+ (SELECT count(*) FROM app.outbox, app.transaction_history AS h
			WHERE counted_at IS NULL AND outbox.created_at >= h.until)
		+ (SELECT count(*) FROM app.transaction_history WHERE counted_to < until))::text`
	for w.Column(t, open)[0] != "0" {
		require.NoError(t, w.rollers[apptest.East].Run(t.Context()))
	}
}
