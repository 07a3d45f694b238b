package transaction

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a request.
const (
	// MaxBody is the longest request, in bytes.
	MaxBody = 64 << 10
	// MaxReference and MaxDetails are the longest texts, in characters.
	MaxReference = 128
	MaxDetails   = 4096
)

// The operations of a direct invocation.
const (
	Read  = "read"
	Write = "write"
)

const (
	memberOperation = "operation"
	memberID        = "transaction_id"
	memberAmount    = "amount"
	memberReference = "reference"
	memberDetails   = "details"
)

var orderMembers = []string{memberID, memberAmount, memberReference, memberDetails}

// DecodeOrder reads an order: {"transaction_id", "amount", "reference", "details"}, of which only the amount is
// required. The error is ErrTooLarge or Problems.
func DecodeOrder(body []byte) (Order, error) {
	m, err := decodeObject(body, orderMembers)
	if err != nil {
		return Order{}, err
	}
	order := m.order()
	return order, m.problems.err()
}

// DecodeEvent reads a direct invocation: an order with the operation write, or {"operation": "read"}, which is the
// default and takes no other member, so that nobody takes a read for a write. The error is ErrTooLarge or Problems.
func DecodeEvent(body []byte) (operation string, order Order, err error) {
	m, err := decodeObject(body, append([]string{memberOperation}, orderMembers...))
	if err != nil {
		return "", Order{}, err
	}
	switch operation = m.text(memberOperation); {
	case operation == Write:
		order = m.order()
	case operation == Read || operation == "" && !m.has(memberOperation):
		operation = Read
		for _, name := range orderMembers {
			if m.has(name) {
				m.problems.add(name, `want none with the operation %q; %q records a transaction`, Read, Write)
			}
		}
	case !m.problems.about(memberOperation):
		m.problems.add(memberOperation, "want %q or %q", Read, Write)
	}
	return operation, order, m.problems.err()
}

// object is the members of a JSON object, and what was found wrong with them.
type object struct {
	members  map[string]json.RawMessage
	problems Problems
}

// decodeObject is strict where encoding/json is lenient: a member that is unknown, of another case, or given twice is a
// problem, since acting on half of a request is worse than refusing it. A member that is null is as good as absent.
func decodeObject(body []byte, known []string) (*object, error) {
	if len(body) > MaxBody {
		return nil, ErrTooLarge
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') || !utf8.Valid(body) {
		return nil, notJSON
	}
	m := &object{members: map[string]json.RawMessage{}}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		name, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || decoder.Decode(&value) != nil {
			return nil, notJSON
		}
		switch {
		case !slices.Contains(known, name):
			m.problems.add(name, "unknown: want %s", strings.Join(known, ", "))
		case seen[name]:
			m.problems.add(name, "given twice")
		case string(value) != "null":
			m.members[name] = value
		}
		seen[name] = true
	}
	if _, err := decoder.Token(); err != nil {
		return nil, notJSON
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, notJSON
	}
	return m, nil
}

var notJSON = Problems{{Detail: "want one JSON object in UTF-8"}}

func (m *object) has(name string) bool { return m.members[name] != nil }

func (p Problems) about(field string) bool {
	return slices.ContainsFunc(p, func(problem Problem) bool { return problem.Field == field })
}

func (m *object) order() Order {
	order := Order{
		ID:        m.text(memberID),
		Amount:    m.amount(),
		Reference: m.limited(memberReference, MaxReference),
		Details:   m.limited(memberDetails, MaxDetails),
	}
	if m.has(memberID) && !m.problems.about(memberID) && !ValidID(order.ID) {
		m.problems.add(memberID, IDForm)
	}
	return order
}

// text is a member that is a string; an absent one is empty.
func (m *object) text(name string) string {
	if !m.has(name) {
		return ""
	}
	var text string
	if json.Unmarshal(m.members[name], &text) != nil {
		m.problems.add(name, "want a string")
	}
	return text
}

// limited is free text. PostgreSQL cannot store the character U+0000. The character U+FFFD stands for bytes that were
// not UTF-8, and for half a surrogate pair: whoever read the request before has put it there, API Gateway or
// encoding/json, and the text is no longer what the client sent.
func (m *object) limited(name string, limit int) string {
	text := m.text(name)
	if utf8.RuneCountInString(text) > limit || strings.ContainsAny(text, "\x00\uFFFD") {
		m.problems.add(name,
			"want at most %d characters, none of them U+0000 or U+FFFD, which is what text that is not UTF-8 becomes", limit)
	}
	return text
}

// amount is a JSON number, or a string of the same form from clients whose numbers are floats. Its text never becomes
// one.
func (m *object) amount() Amount {
	if !m.has(memberAmount) {
		m.problems.add(memberAmount, "missing: want %v to %v", MinAmount, MaxAmount)
		return 0
	}
	text := string(m.members[memberAmount])
	if text[0] == '"' {
		text = m.text(memberAmount)
	}
	amount, err := ParseAmount(text)
	if err != nil {
		m.problems.add(memberAmount, "%v", err)
	}
	return amount
}
