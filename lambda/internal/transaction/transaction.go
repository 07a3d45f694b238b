// Package transaction is what the application records: orders, transactions, amounts, pages, and the reading of
// requests. It knows neither AWS nor SQL.
package transaction

import (
	"regexp"
	"time"

	"github.com/google/uuid"
)

// Completed is the status of every transaction that is recorded.
const Completed = "completed"

// Order is what a client asks to be recorded. Two orders of one ID are the same request if they are equal.
type Order struct {
	ID     string
	Amount Amount
	// Reference and Details are free text; empty means that there is none.
	Reference, Details string
}

// Transaction is a recorded order.
type Transaction struct {
	Order
	// CreatedAt is the database's clock, in microseconds.
	CreatedAt time.Time
	// Region is where it was written.
	Region string
	Status string
}

// idText is an ID: it goes into paths, so it does not begin with a dot.
var idText = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`)

// IDForm says what an ID looks like.
const IDForm = "want 1 to 64 letters, digits and . _ : -, a letter or digit first"

// ValidID tells whether a text can be the ID of a transaction.
func ValidID(id string) bool { return idText.MatchString(id) }

// NewID is a UUIDv7: unique without a shared counter, which two active regions would contend for, and ordered by time.
func NewID() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}
