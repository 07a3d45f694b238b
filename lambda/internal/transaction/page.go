package transaction

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// The number of transactions on a page.
const (
	DefaultLimit = 50
	MaxLimit     = 100
)

// Position is a place in the order of pages, newest first: behind the transaction with this time and ID. The zero value
// is the beginning.
type Position struct {
	CreatedAt time.Time
	ID        string
}

// IsZero tells whether the position is the beginning.
func (p Position) IsZero() bool { return p.ID == "" }

// Cursor is the position as clients see it: opaque to them.
func (p Position) Cursor() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.CreatedAt.UnixMicro(), 10) + "/" + p.ID))
}

// Page is one page of transactions, newest first.
type Page struct {
	Transactions []Transaction
	// Unreadable are those whose place is on the page and that cannot be shown.
	Unreadable []Unreadable
	// Next is where the next page begins, zero on the last one.
	Next Position
}

// Unreadable is a row that is no transaction any more.
type Unreadable struct {
	ID        string
	CreatedAt time.Time
	// Why is for clients.
	Why string
}

// ParsePage reads the parameters of a page; an empty one is the default. The error is Problems.
func ParsePage(limit, cursor string) (int, Position, error) {
	var problems Problems
	count := DefaultLimit
	if limit != "" {
		n, err := strconv.Atoi(limit)
		if err != nil || n < 1 || n > MaxLimit {
			problems.add("limit", "want a whole number from 1 to %d", MaxLimit)
		}
		count = n
	}
	position, ok := parseCursor(cursor)
	if !ok {
		problems.add("cursor", "want the next_cursor of a page, unchanged")
	}
	return count, position, problems.err()
}

func parseCursor(cursor string) (Position, bool) {
	if cursor == "" {
		return Position{}, true
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	micros, id, _ := strings.Cut(string(text), "/")
	at, numberErr := strconv.ParseInt(micros, 10, 64)
	p := Position{CreatedAt: time.UnixMicro(at), ID: id}
	if err != nil || numberErr != nil || at < 0 || at > maxMicros || !ValidID(id) || p.Cursor() != cursor {
		return Position{}, false
	}
	return p, true
}

// maxMicros is the year 9999: later times are none that PostgreSQL and RFC 3339 both know.
var maxMicros = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC).UnixMicro()
