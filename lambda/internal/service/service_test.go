package service_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

func TestService(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]func(*testing.T, world){
		"direct invocations answer as the recipe's":             directInvocationsAnswer,
		"nothing is written by what is refused":                 nothingIsWrittenByWhatIsRefused,
		"requests that are not routed":                          requestsThatAreNotRouted,
		"pages lead through all transactions":                   pagesLeadThroughAllTransactions,
		"a row that cannot be read hides no other":              anUnreadableRowHidesNoOther,
		"details are stored encrypted":                          detailsAreStoredEncrypted,
		"the newest keyset is taken":                            theNewestKeysetIsTaken,
		"without the key":                                       withoutTheKey,
		"a publisher that cannot be invoked fails no write":     aPublisherThatCannotBeInvoked,
		"conflicts are repeated, counted, and bounded":          conflictsAreRepeated,
		"an unavailable server leaves an order to be repeated":  unavailableServer,
		"an endpoint that does not answer opens the breaker":    anEndpointThatDoesNotAnswer,
		"the peer serves while the breaker is open":             thePeerServes,
		"slow reads keep nobody from writing":                   slowReadsKeepNobodyFromWriting,
		"a commit whose outcome is unknown is safely repeated":  aCommitWhoseOutcomeIsUnknown,
		"a failure that is nobody's fault but ours is returned": aFailureOfOursIsReturned,
		"amounts stay exact to the last digit":                  amountsStayExact,
	} {
		t.Run(name, func(t *testing.T) {
			w.Exec(t, "DELETE FROM app.transaction", "DELETE FROM app.outbox")
			test(t, w)
		})
	}
}

func (w world) rows(t *testing.T) string {
	t.Helper()
	return strings.Join(
		w.Column(t, "SELECT count(*)::text FROM app.transaction UNION ALL SELECT count(*)::text FROM app.outbox"), " ")
}

func directInvocationsAnswer(t *testing.T, w world) {
	east, ohio := w.function(t, apptest.East, options{}), w.function(t, apptest.Ohio, options{})
	status, body := east.direct(t, `{"operation":"write","transaction_id":"test-001","amount":100.50}`)
	assert.Equal(t, 200, status)
	assert.Equal(t, map[string]any{
		"message":        "Transaction recorded",
		"transaction_id": "test-001",
		"region":         "us-east-1",
	}, body)

	status, body = ohio.direct(t, `{"operation":"read"}`)
	assert.Equal(t, 200, status)
	assert.Equal(t, map[string]any{
		"message":           "Transactions counted",
		"transaction_count": 1.0,
		"region":            "us-east-2",
	}, body)
	_, body = ohio.direct(t, `{}`)
	assert.Equal(t, 1.0, body["transaction_count"], "an absent operation is a read")

	status, body = ohio.direct(t, `{"operation":"write","transaction_id":"test-001","amount":"100.5"}`)
	assert.Equal(t, 200, status)
	assert.Equal(t, "Transaction was recorded before", body["message"])
	status, _ = ohio.direct(t, `{"operation":"write","transaction_id":"test-001","amount":100.49}`)
	assert.Equal(t, 409, status)

	_, body = ohio.direct(t, `{"operation":"write","amount":1}`)
	id, _ := body["transaction_id"].(string)
	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-`, id)
	assert.Equal(t, "2 2", w.rows(t))
	assert.Len(t, ohio.notified, 1, "only a new transaction has an event")

	status, body = east.direct(t, `{"operation":"write","amount":"NaN","transaction_id":"a b"}`)
	assert.Equal(t, 400, status)
	assert.Len(t, body["problems"], 2, "all problems at once")
	w.fault(t, sqlendpoint.Fault{Refuse: true})
	for _, payload := range []string{`{}`, `{"operation":"write","transaction_id":"test-001","amount":100.50}`} {
		status, body = east.direct(t, payload)
		assert.Equal(t, 503, status)
		assert.Contains(t, body["detail"], "the database did not answer")
	}
	assert.Equal(t, "test-001", body["transaction_id"], "what to repeat it by")
}

func nothingIsWrittenByWhatIsRefused(t *testing.T, w world) {
	f := w.function(t, apptest.East, options{})
	status, _ := f.do(t, "POST", "/transactions", `{"transaction_id":"taken","amount":1}`)
	require.Equal(t, 201, status)
	for body, want := range map[string]int{
		`{"amount":`:                       400,
		`{}`:                               400,
		`{"amount":NaN}`:                   400,
		`{"amount":"NaN"}`:                 400,
		`{"amount":"Infinity"}`:            400,
		`{"amount":1.001}`:                 400,
		`{"amount":0}`:                     400,
		`{"amount":1e12}`:                  400,
		`{"amount":1,"operation":"write"}`: 400,
		`{"amount":1,"transaction_id":"` + strings.Repeat("x", 65) + `"}`: 400,
		`{"amount":1,"details":"\u0000"}`:                                 400,
		`{"amount":1,"details":"` + "\xff" + `"}`:                         400,
		`{"amount":1,"details":"\ufffd"}`:                                 400,
		`{"amount":1}{"amount":2}`:                                        400,
		`{"transaction_id":"taken","amount":2}`:                           409,
		`{"transaction_id":"taken","amount":1,"details":"more"}`:          409,
		`{"amount":1,"details":"` + strings.Repeat("x", 65536) + `"}`:     413,
	} {
		status, problem := f.do(t, "POST", "/transactions", body)
		assert.Equal(t, want, status, body[:min(len(body), 60)])
		assert.NotEmpty(t, problem["detail"])
	}
	for payload, want := range map[string]int{
		`{"operation":"write","amount":1,"details":"\ufffd"}`: 400,
		`{"operation":"delete"}`:                              400,
		`[]`:                                                  400,
		`"write"`:                                             400,
		`{"operation":"write"}`:                               400,
		strings.Repeat(" ", 65537) + "{}":                     413,
	} {
		status, _ := f.direct(t, payload)
		assert.Equal(t, want, status, payload[:min(len(payload), 60)])
	}
	assert.Equal(t, "1 1", w.rows(t))
	assert.Len(t, f.notified, 1)
}

func requestsThatAreNotRouted(t *testing.T, w world) {
	f := w.function(t, apptest.East, options{})
	for _, path := range []string{"/", "", "/other", "/transactions/", "/transactions/a/b", "/healthz/x",
		"//transactions"} {
		status, _ := f.do(t, "GET", path, "")
		want := 404
		if path == "/transactions/" {
			want = 400 // an ID that is none
		}
		assert.Equal(t, want, status, path)
	}
	for call, allow := range map[string]string{
		"DELETE /transactions": "GET, POST",
		"PUT /transactions/a":  "GET",
		"POST /healthz":        "GET",
		"HEAD /totals":         "GET",
	} {
		method, path, _ := strings.Cut(call, " ")
		response, err := f.http(t, request(method, path, ""))
		require.NoError(t, err)
		assert.Equal(t, 405, response.StatusCode, call)
		assert.Equal(t, allow, response.Headers["Allow"], call)
	}

	staged := request("POST", "/live/transactions", base64.StdEncoding.EncodeToString([]byte(`{"amount":1}`)))
	staged.RequestContext.Stage, staged.IsBase64Encoded = "live", true
	response, err := f.http(t, staged)
	require.NoError(t, err)
	assert.Equal(t, 201, response.StatusCode,
		"a named stage is part of the path, and API Gateway encodes what it takes for binary")
	staged.Body = "!"
	response, err = f.http(t, staged)
	require.NoError(t, err)
	assert.Equal(t, 400, response.StatusCode)
}

func pagesLeadThroughAllTransactions(t *testing.T, w world) {
	f := w.function(t, apptest.East, options{})
	var want []string
	for i := range 7 {
		id := fmt.Sprintf("t-%d", i)
		status, _ := f.do(t, "POST", "/transactions", `{"amount":1,"transaction_id":"`+id+`"}`)
		require.Equal(t, 201, status)
		want = append([]string{id}, want...)
	}
	// one time for three
	w.Exec(t, "UPDATE app.transaction SET created_at = '2026-01-01 00:00:00.123456+00' WHERE id IN ('t-0', 't-1', 't-2')")
	var got []string
	path := "/transactions?limit=2"
	for range 4 {
		status, body := f.do(t, "GET", path, "")
		require.Equal(t, 200, status)
		for _, item := range body["transactions"].([]any) {
			got = append(got, item.(map[string]any)["transaction_id"].(string))
		}
		cursor, _ := body["next_cursor"].(string)
		path = "/transactions?limit=2&cursor=" + cursor
	}
	assert.Equal(t, want, got, "each once, the newest first")
	assert.Equal(t, "/transactions?limit=2&cursor=", path, "the last page leads nowhere")
}

func anUnreadableRowHidesNoOther(t *testing.T, w world) {
	f := w.function(t, apptest.East, options{})
	for _, id := range []string{"changed", "fine", "moved", "strange"} {
		status, _ := f.do(t, "POST", "/transactions", `{"amount":1,"details":"the secret","transaction_id":"`+id+`"}`)
		require.Equal(t, 201, status)
	}
	w.Exec(t, "UPDATE app.transaction SET details = 'the secret' WHERE id = 'changed'")
	w.Exec(t,
		"UPDATE app.transaction SET details = (SELECT details FROM app.transaction WHERE id = 'fine') WHERE id = 'moved'")
	w.Exec(t, "UPDATE app.transaction SET details = 'aead:AQAAAAEAAA' WHERE id = 'strange'")
	shown := map[string]string{}
	path := "/transactions?limit=2"
	for range 2 {
		status, body := f.do(t, "GET", path, "")
		require.Equal(t, 200, status, body)
		for _, list := range []string{"transactions", "unreadable"} {
			items, _ := body[list].([]any)
			for _, item := range items {
				item := item.(map[string]any)
				detail, _ := item["detail"].(string)
				shown[item["transaction_id"].(string)] = detail
				assert.NotEmpty(t, item["created_at"])
			}
		}
		cursor, _ := body["next_cursor"].(string)
		path = "/transactions?limit=2&cursor=" + cursor
	}
	assert.Equal(t, map[string]string{
		"fine":    "",
		"changed": "the stored text is neither plain nor encrypted",
		"moved":   "the stored text cannot be decrypted, it was changed outside of the application",
		"strange": "key 1, which a stored field was encrypted with, is not in the keyset",
	}, shown)
	assert.Contains(t, f.log.String(), `"transaction":"moved"`)
	assert.Contains(t, f.metrics.String(), `"TransactionsUnreadable":`)
}

func detailsAreStoredEncrypted(t *testing.T, w world) {
	f := w.function(t, apptest.East, options{})
	const order = `{"transaction_id":"test-001","amount":1,"details":"the secret","reference":"INV 7"}`
	status, _ := f.do(t, "POST", "/transactions", order)
	require.Equal(t, 201, status)
	stored := w.Column(t, "SELECT details || ' ' || reference FROM app.transaction UNION ALL SELECT body FROM app.outbox")
	assert.Regexp(t, `^aead:\S+ text:INV 7$`, stored[0])
	assert.NotContains(t, strings.Join(stored, " "), "secret")

	all := w.function(t, apptest.Ohio, options{fields: []string{"details", "reference"}})
	status, _ = all.do(t, "POST", "/transactions", order)
	assert.Equal(t, 200, status, "the same order, though another list of fields is encrypted by now")
	status, _ = all.do(t, "POST", "/transactions", strings.Replace(order, "test-001", "test-002", 1))
	require.Equal(t, 201, status)
	assert.Equal(t, []string{"aead:"}, w.Column(t,
		"SELECT substr(reference, 1, 5) FROM app.transaction WHERE id = 'test-002'"))
	_, body := f.do(t, "GET", "/transactions/test-002", "")
	assert.Equal(t, "INV 7", body["reference"])
}

func theNewestKeysetIsTaken(t *testing.T, w world) {
	w.Exec(t, "INSERT INTO app.keyset (id, wrapped) VALUES (2, 'rotated')")
	t.Cleanup(func() { w.Exec(t, "DELETE FROM app.keyset WHERE id = 2") })
	keyset, err := w.function(t, apptest.East, options{}).Ledger.Keyset(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "rotated", keyset)
}

func withoutTheKey(t *testing.T, w world) {
	status, _ := w.function(t, apptest.East, options{}).do(t, "POST", "/transactions",
		`{"transaction_id":"sealed","amount":1,"details":"the secret"}`)
	require.Equal(t, 201, status)
	f := w.function(t, apptest.East, options{})
	w.kms.Disabled.Store(true)
	t.Cleanup(func() { w.kms.Disabled.Store(false) })

	status, body := f.do(t, "POST", "/transactions", `{"transaction_id":"open","amount":1,"details":"the secret"}`)
	assert.Equal(t, 503, status)
	assert.Contains(t, body["detail"], "the key that encrypts fields cannot be used (DisabledException)")
	assert.NotContains(t, body["detail"], "arn:")
	assert.Equal(t, "1 1", w.rows(t), "never in plain text")
	status, _ = f.do(t, "GET", "/transactions/sealed", "")
	assert.Equal(t, 503, status)
	assert.Contains(t, f.log.String(), apptest.KeyARN(apptest.East), "the log names the key")

	status, _ = f.do(t, "POST", "/transactions", `{"amount":1}`)
	assert.Equal(t, 201, status, "what needs no key goes on")
	assert.False(t, f.Ledger.Database.Open(), "the database has done nothing wrong")
}

func amountsStayExact(t *testing.T, w world) {
	f := w.function(t, apptest.East, options{})
	for _, amount := range []string{"0.01", "0.10", "100.50", "90071992547.41", "999999999999.99"} {
		_, body := f.do(t, "POST", "/transactions", `{"amount":`+amount+`}`)
		assert.Equal(t, amount, body["amount"])
	}
	assert.Equal(t, []string{"1090071992648.01"}, w.Column(t, "SELECT sum(amount)::text FROM app.transaction"))
}
