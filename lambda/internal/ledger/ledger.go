// Package ledger keeps transactions in the database: written together with the event that tells of them, found by ID,
// in pages, and in totals.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/breaker"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
	"aurora-dsql-dr/lambda/internal/outbox"
	"aurora-dsql-dr/lambda/internal/projection"
	"aurora-dsql-dr/lambda/internal/rollup"
	"aurora-dsql-dr/lambda/internal/transaction"
)

// Sentinels of what a client asked for in vain.
var (
	// ErrMismatch is an ID that a transaction with other content has.
	ErrMismatch = errors.New("the ID belongs to a transaction with other content")
	// ErrNotFound is an ID that no transaction has.
	ErrNotFound = errors.New("no such transaction")
)

// Database is the endpoints, each with its pool of connections.
type Database = breaker.Group[*pgxpool.Pool]

// Ledger is safe for concurrent use.
type Ledger struct {
	Database *Database
	// Region is where this ledger writes.
	Region string
	// Cipher encrypts and decrypts free text.
	Cipher *fieldcrypt.Cipher
	// Conflicts bounds the repetition of a transaction that lost a conflict.
	Conflicts dsqlconn.Policy
}

const (
	fieldReference = "reference"
	fieldDetails   = "details"
)

const (
	columns = `id, amount::text, coalesce(reference, ''), coalesce(details, ''), created_at, region, status`

	insertTransaction = `INSERT INTO app.transaction (id, amount, reference, details, region, status)
		VALUES ($1, $2::text::numeric, nullif($3, ''), nullif($4, ''), $5, $6) RETURNING created_at`
	selectTransaction = `SELECT ` + columns + ` FROM app.transaction WHERE id = $1`
	selectFirstPage   = `SELECT ` + columns + ` FROM app.transaction ORDER BY created_at DESC, id DESC LIMIT $1`
	selectPage        = `SELECT ` + columns + ` FROM app.transaction WHERE (created_at, id) < ($2, $3)
		ORDER BY created_at DESC, id DESC LIMIT $1`
	touchTransactions = `SELECT count(*) FROM (SELECT 1 FROM app.transaction LIMIT 1) AS one`
	selectKeyset      = `SELECT wrapped FROM app.keyset ORDER BY id DESC LIMIT 1`
)

// uniqueViolation is what an ID that is taken gives (SQLSTATE).
const uniqueViolation = "23505"

// Written is the outcome of Write.
type Written struct {
	Transaction transaction.Transaction
	// EventID is the event that tells of it, empty if the transaction was there before.
	EventID string
	// Retries is how often the database transaction was repeated because it lost a conflict.
	Retries int
}

// row is a transaction as it is stored.
type row struct {
	ID, Amount, Reference, Details string
	CreatedAt                      time.Time
	Region, Status                 string
}

// Write records the order with its event, in one database transaction. An order that was recorded before is answered
// with what was recorded then; another one of the same ID is ErrMismatch, which is found by comparing the contents:
// whoever reads the database learns nothing from it, as they might from a fingerprint of a text that is easily guessed.
//
// After any error but ErrMismatch it may be recorded or not; writing the same order again tells, and is safe.
func (l *Ledger) Write(ctx context.Context, order transaction.Order) (Written, error) {
	sealed, err := l.seal(ctx, order)
	if err != nil {
		return Written{}, err
	}
	eventID, err := uuid.NewV7()
	if err != nil {
		return Written{}, err
	}
	w := Written{
		EventID:     eventID.String(),
		Transaction: transaction.Transaction{Order: order, Region: l.Region, Status: transaction.Completed},
	}
	attempts := 0
	err = l.Database.Do(ctx, breaker.Write, func(ctx context.Context, pool *pgxpool.Pool) error {
		return dsqlconn.Retry(ctx, l.Conflicts, func(ctx context.Context) (err error) {
			attempts++
			w.Transaction.CreatedAt, err = l.insert(ctx, pool, sealed, w)
			return err
		})
	})
	w.Retries = max(0, attempts-1)
	if isTaken(err) {
		return l.repeat(ctx, order, w.Retries)
	}
	if err != nil {
		return Written{Retries: w.Retries}, fmt.Errorf("write transaction %s: %w", order.ID, err)
	}
	return w, nil
}

func isTaken(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == uniqueViolation
}

// insert takes three round trips: begin, both rows, commit.
func (l *Ledger) insert(
	ctx context.Context, pool *pgxpool.Pool, sealed row, w Written,
) (createdAt time.Time, err error) {
	batch := &pgx.Batch{}
	batch.Queue(insertTransaction, sealed.ID, sealed.Amount, sealed.Reference, sealed.Details, l.Region,
		transaction.Completed)
	order := w.Transaction.Order
	if err := outbox.Queue(batch, contract.TransactionCreated{
		Schema:        contract.EventSchema,
		ID:            w.EventID,
		Region:        l.Region,
		TransactionID: order.ID,
		Amount:        order.Amount.String(),
		AmountNumber:  order.Amount.Number(),
		Status:        transaction.Completed,
	}); err != nil {
		return createdAt, err
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		results := tx.SendBatch(ctx, batch)
		if err := results.QueryRow().Scan(&createdAt); err != nil {
			_ = results.Close() // it gives the same error again
			return err
		}
		return results.Close()
	})
	return createdAt, err
}

// repeat answers an order whose ID is taken.
func (l *Ledger) repeat(ctx context.Context, order transaction.Order, retries int) (Written, error) {
	found, err := l.find(ctx, breaker.Write, order.ID)
	if err != nil {
		return Written{Retries: retries}, err
	}
	if found.Order != order {
		return Written{Retries: retries}, ErrMismatch
	}
	return Written{Transaction: found, Retries: retries}, nil
}

// Find returns the transaction with the ID, or ErrNotFound.
func (l *Ledger) Find(ctx context.Context, id string) (transaction.Transaction, error) {
	return l.find(ctx, breaker.Read, id)
}

func (l *Ledger) find(ctx context.Context, kind breaker.Kind, id string) (transaction.Transaction, error) {
	rows, err := query[row](ctx, l, kind, pgx.RowToStructByPos[row], selectTransaction, id)
	if err != nil {
		return transaction.Transaction{}, fmt.Errorf("read transaction %s: %w", id, err)
	}
	if len(rows) == 0 {
		return transaction.Transaction{}, ErrNotFound
	}
	return l.open(ctx, rows[0])
}

// Page returns at most limit transactions behind a position, newest first. One that cannot be read does not hide the
// others.
func (l *Ledger) Page(ctx context.Context, limit int, after transaction.Position) (transaction.Page, error) {
	sql, args := selectFirstPage, []any{limit + 1} // one more tells whether there is a next page
	if !after.IsZero() {
		sql, args = selectPage, append(args, after.CreatedAt, after.ID)
	}
	rows, err := query[row](ctx, l, breaker.Read, pgx.RowToStructByPos[row], sql, args...)
	if err != nil {
		return transaction.Page{}, fmt.Errorf("read transactions: %w", err)
	}
	var page transaction.Page
	for _, r := range rows[:min(limit, len(rows))] {
		t, err := l.open(ctx, r)
		why, unreadable := fieldcrypt.Unreadable(err)
		switch {
		case err == nil:
			page.Transactions = append(page.Transactions, t)
		case unreadable:
			page.Unreadable = append(page.Unreadable, transaction.Unreadable{ID: r.ID, CreatedAt: r.CreatedAt.UTC(), Why: why})
		default:
			return transaction.Page{}, err
		}
	}
	if len(rows) > limit {
		last := rows[limit-1]
		page.Next = transaction.Position{CreatedAt: last.CreatedAt, ID: last.ID}
	}
	return page, nil
}

// Count is the number of transactions.
func (l *Ledger) Count(ctx context.Context) (int64, error) {
	return l.number(ctx, breaker.Read, "count transactions", rollup.SelectCount)
}

// Totals are the sums of the events that were processed, per region.
func (l *Ledger) Totals(ctx context.Context) (totals []projection.Total, err error) {
	err = l.read(ctx, breaker.Read, func(ctx context.Context, pool *pgxpool.Pool) error {
		totals, err = projection.Totals(ctx, pool)
		return err
	})
	return totals, err
}

// Ping reads the table of transactions, at most one row: it tells whether the endpoint answers.
func (l *Ledger) Ping(ctx context.Context) error {
	_, err := l.number(ctx, breaker.Write, "read the database", touchTransactions)
	return err
}

func (l *Ledger) number(ctx context.Context, kind breaker.Kind, what, sql string) (int64, error) {
	numbers, err := query[int64](ctx, l, kind, pgx.RowTo[int64], sql)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return numbers[0], nil
}

// Keyset is the newest wrapped keyset, "" if there is none.
func (l *Ledger) Keyset(ctx context.Context) (string, error) {
	wrapped, err := query[string](ctx, l, breaker.Write, pgx.RowTo[string], selectKeyset)
	if err != nil {
		return "", fmt.Errorf("read the keyset: %w", err)
	}
	if len(wrapped) == 0 {
		return "", nil
	}
	return wrapped[0], nil
}

// read reads through the first endpoint that is not given up. A read alone never loses a conflict, but the server may
// be unavailable for a moment.
func (l *Ledger) read(ctx context.Context, kind breaker.Kind, fn func(context.Context, *pgxpool.Pool) error) error {
	return l.Database.Do(ctx, kind, func(ctx context.Context, pool *pgxpool.Pool) error {
		return dsqlconn.Retry(ctx, l.Conflicts, func(ctx context.Context) error { return fn(ctx, pool) })
	})
}

// query reads rows.
func query[T any](
	ctx context.Context, l *Ledger, kind breaker.Kind, scan pgx.RowToFunc[T], sql string, args ...any,
) (values []T, err error) {
	err = l.read(ctx, kind, func(ctx context.Context, pool *pgxpool.Pool) error {
		rows, err := pool.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		values, err = pgx.CollectRows(rows, scan)
		return err
	})
	return values, err
}

// seal is the order as it is stored. Keys are looked for before the database transaction begins.
func (l *Ledger) seal(ctx context.Context, order transaction.Order) (row, error) {
	reference, err := l.Cipher.Seal(ctx, order.ID, fieldReference, order.Reference)
	if err != nil {
		return row{}, err
	}
	details, err := l.Cipher.Seal(ctx, order.ID, fieldDetails, order.Details)
	if err != nil {
		return row{}, err
	}
	return row{
		ID:        order.ID,
		Amount:    order.Amount.String(),
		Reference: reference,
		Details:   details,
	}, nil
}

// open is the reverse of seal.
func (l *Ledger) open(ctx context.Context, r row) (transaction.Transaction, error) {
	reference, err := l.Cipher.Open(ctx, r.ID, fieldReference, r.Reference)
	if err != nil {
		return transaction.Transaction{}, err
	}
	details, err := l.Cipher.Open(ctx, r.ID, fieldDetails, r.Details)
	if err != nil {
		return transaction.Transaction{}, err
	}
	amount, err := transaction.ParseAmount(r.Amount)
	if err != nil {
		return transaction.Transaction{}, fmt.Errorf("amount %q of transaction %s: %w", r.Amount, r.ID, err)
	}
	return transaction.Transaction{
		Order: transaction.Order{
			ID:        r.ID,
			Amount:    amount,
			Reference: reference,
			Details:   details,
		},
		CreatedAt: r.CreatedAt.UTC(),
		Region:    r.Region,
		Status:    r.Status,
	}, nil
}
