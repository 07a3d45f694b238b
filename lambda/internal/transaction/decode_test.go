package transaction

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOrdersAreRead(t *testing.T) {
	for body, want := range map[string]Order{
		`{"transaction_id":"test-001","amount":100.50}`: {ID: "test-001", Amount: 10050},
		`{"amount":"100.50"}`:                           {Amount: 10050},
		`{"amount":1e2, "details":"näher 🙂", "reference":"INV 7"}`: {
			Amount:    10000,
			Details:   "näher 🙂",
			Reference: "INV 7",
		},
		`{"amount":1,"transaction_id":null,"details":null,"reference":null}`: {Amount: 100},
		`{"amount":1,"details":""}`:                                         {Amount: 100},
		`{"amount":0.1,"transaction_id":"` + strings.Repeat("x", 64) + `"}`: {Amount: 10, ID: strings.Repeat("x", 64)},
		`{"amount":1,"details":"` + strings.Repeat("ü", MaxDetails) + `"}`: {
			Amount:  100,
			Details: strings.Repeat("ü", MaxDetails),
		},
		`{"transaction_id":"9.a_b:c-D","amount":12345678901.23}`: {ID: "9.a_b:c-D", Amount: 1234567890123},
		`{"transaction_id":"0198c7a2-0000-7000-8000-000000000000","amount":17}`: {
			ID:     "0198c7a2-0000-7000-8000-000000000000",
			Amount: 1700,
		},
	} {
		for _, text := range []string{body, " " + body + "\n"} {
			order, err := DecodeOrder([]byte(text))
			require.NoError(t, err, text)
			assert.Equal(t, want, order)
		}
	}
}

func TestEveryProblemOfAnOrderIsReported(t *testing.T) {
	const notJSON = "want one JSON object in UTF-8"
	for body, want := range map[string][]string{
		``:                                    {notJSON},
		`null`:                                {notJSON},
		`[]`:                                  {notJSON},
		`"x"`:                                 {notJSON},
		`{`:                                   {notJSON},
		`{"amount":1`:                         {notJSON},
		`{"amount":1}{}`:                      {notJSON},
		`{"amount":1}x`:                       {notJSON},
		`{"amount":NaN}`:                      {notJSON},
		`{"amount":Infinity}`:                 {notJSON},
		`{"amount":01}`:                       {notJSON},
		`{amount:1}`:                          {notJSON},
		`{"amount":1,}`:                       {notJSON},
		"{\"amount\":1,\"details\":\"\xff\"}": {notJSON},
		`{1:2}`:                               {notJSON},
		`{}`:                                  {"amount: missing"},
		`{"amount":null}`:                     {"amount: missing"},
		`{"amount":"NaN","transaction_id":"` + strings.Repeat("x", 65) + `","details":7,"colour":"red"}`: {
			"amount: want a decimal number", "transaction_id: want 1 to 64", "details: want a string",
			"colour: unknown: want transaction_id, amount",
		},
		`{"amount":1,"amount":2}`:                {"amount: given twice"},
		`{"Amount":1}`:                           {"Amount: unknown", "amount: missing"},
		`{"amount":{"value":1}}`:                 {"amount: want a decimal number"},
		`{"amount":true}`:                        {"amount: want a decimal number"},
		`{"amount":0.001}`:                       {"amount: want at most two decimals"},
		`{"amount":-5}`:                          {"amount: want 0.01 to 999999999999.99"},
		`{"amount":1,"transaction_id":""}`:       {"transaction_id: want 1 to 64"},
		`{"amount":1,"transaction_id":"../etc"}`: {"transaction_id: want 1 to 64"},
		`{"amount":1,"transaction_id":"a b"}`:    {"transaction_id: want 1 to 64"},
		`{"amount":1,"transaction_id":7}`:        {"transaction_id: want a string"},
		`{"amount":1,"details":"a\u0000b"}`:      {"details: want at most 4096 characters, none of them U+0000"},
		`{"amount":1,"details":"a\ud800b"}`:      {"U+FFFD, which is what text that is not UTF-8 becomes"},
		`{"amount":1,"reference":"a\ufffdb"}`:    {"reference: want at most 128 characters, none of them U+0000 or U+FFFD"},
		`{"amount":1,"operation":"write"}`:       {"operation: unknown"},
		`{"amount":1,"reference":"` + strings.Repeat("x", MaxReference+1) + `"}`: {"reference: want at most 128"},
	} {
		_, err := DecodeOrder([]byte(body))
		var problems Problems
		require.ErrorAs(t, err, &problems, body)
		require.Len(t, problems, len(want), "%s: %v", body, err)
		for _, problem := range want {
			assert.ErrorContains(t, err, problem, body)
		}
	}
}

func TestARequestBeyondTheLimitIsRefusedUnread(t *testing.T) {
	_, err := DecodeOrder([]byte(strings.Repeat("{", MaxBody+1)))
	assert.ErrorIs(t, err, ErrTooLarge)
	_, _, err = DecodeEvent([]byte(strings.Repeat(" ", MaxBody+1)))
	assert.ErrorIs(t, err, ErrTooLarge)
}

func TestDirectInvocations(t *testing.T) {
	for body, want := range map[string]struct {
		operation string
		order     Order
	}{
		`{"operation":"write","transaction_id":"test-001","amount":100.50}`: {Write, Order{ID: "test-001", Amount: 10050}},
		`{"operation":"write","amount":1}`:                                  {Write, Order{Amount: 100}},
		`{"operation":"read"}`:                                              {Read, Order{}},
		`{}`:                                                                {Read, Order{}},
		`{"operation":null}`:                                                {Read, Order{}},
	} {
		operation, order, err := DecodeEvent([]byte(body))
		require.NoError(t, err, body)
		assert.Equal(t, want.operation, operation, body)
		assert.Equal(t, want.order, order, body)
	}
	for body, want := range map[string]string{
		`{"operation":"delete"}`:           `operation: want "read" or "write"`,
		`{"operation":""}`:                 `operation: want "read" or "write"`,
		`{"operation":"WRITE","amount":1}`: `operation: want "read" or "write"`,
		`{"operation":7}`:                  `operation: want a string`,
		`{"operation":"write"}`:            `amount: missing`,
		`{"transaction_id":"test-001","amount":1}`: `transaction_id: want none with the operation "read"; ` +
			`"write" records a transaction; amount: want none`,
		`{"operation":"read","transaction_id":"x"}`:   `transaction_id: want none`,
		`{"operation":"write","amount":1,"extra":{}}`: `extra: unknown: want operation, transaction_id`,
		`[1]`: `want one JSON object`,
	} {
		_, _, err := DecodeEvent([]byte(body))
		assert.ErrorContains(t, err, want, body)
	}
}

func TestIDsAreMadeInOrderOfTime(t *testing.T) {
	first, err := NewID()
	require.NoError(t, err)
	second, err := NewID()
	require.NoError(t, err)
	assert.True(t, ValidID(first))
	assert.Less(t, first, second)
	assert.Equal(t, byte('7'), first[14], "a UUIDv7")
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"operation":"write","transaction_id":"test-001","amount":100.50}`, `{"operation":"read"}`, `{}`,
		`{"amount":1e2,"details":"x"}`, `{"amount":"1.005e2"}`,
		`{"amount":1,"amount":2}`, `[[[[`, `{"a":{"b":[1,2,{"c":null}]}}`, "{\"amount\":1,\"details\":\"\\ud800\\u0000\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		check := func(order Order) {
			require.True(t, order.ID == "" || ValidID(order.ID))
			require.True(t, order.Amount >= MinAmount && order.Amount <= MaxAmount)
			require.NotContains(t, order.Details+order.Reference, "\x00")
		}
		if order, err := DecodeOrder(body); err == nil {
			check(order)
		}
		switch operation, order, err := DecodeEvent(body); {
		case err != nil:
		case operation == Write:
			check(order)
		default:
			require.Equal(t, Read, operation)
			require.Equal(t, Order{}, order)
		}
	})
}
