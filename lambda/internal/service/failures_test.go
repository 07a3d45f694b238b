package service_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/transaction"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

func aPublisherThatCannotBeInvoked(t *testing.T, w world) {
	f := w.function(t, apptest.East, options{})
	f.deaf = true
	status, _ := f.do(t, "POST", "/transactions", `{"amount":1}`)
	assert.Equal(t, 201, status)
	assert.Contains(t, f.log.String(), "its schedule will find the event")
	assert.Equal(t, f.notified, w.Column(t, "SELECT id::text FROM app.outbox"), "the publisher is told the event's ID")
}

func conflictsAreRepeated(t *testing.T, w world) {
	t.Cleanup(func() { w.Endpoints[apptest.East].InjectConflicts(sqlendpoint.Conflicts{}) })
	f := w.function(t, apptest.East, options{conflicts: dsqlconn.Policy{
		Attempts: 4,
		Base:     time.Millisecond,
		Max:      time.Millisecond,
	}})
	for _, as := range []sqlendpoint.Conflict{sqlendpoint.DataConflict, sqlendpoint.SchemaConflict} {
		f.metrics.Reset()
		w.Endpoints[apptest.East].InjectConflicts(sqlendpoint.Conflicts{Next: 3, As: as})
		status, _ := f.do(t, "POST", "/transactions", `{"amount":1}`)
		assert.Equal(t, 201, status)
		assert.Equal(t, 3.0, f.metric(t, "ConflictRetries"))
	}
	w.Endpoints[apptest.East].InjectConflicts(sqlendpoint.Conflicts{Next: 4})
	response, err := f.http(t, request("POST", "/transactions", `{"amount":1}`))
	require.NoError(t, err)
	assert.Equal(t, 503, response.StatusCode)
	assert.Equal(t, "1", response.Headers["Retry-After"])
	assert.Contains(t, response.Body, "other writers were faster")
	assert.False(t, f.Ledger.Database.Open(), "conflicts do not open the breaker")
	assert.Equal(t, "2 2", w.rows(t))
}

func unavailableServer(t *testing.T, w world) {
	endpoint := w.Endpoints[apptest.East]
	t.Cleanup(func() { _ = endpoint.SetFault(sqlendpoint.Fault{}) })
	f := w.function(t, apptest.East, options{conflicts: dsqlconn.Policy{
		Attempts: 4,
		Base:     time.Millisecond,
		Max:      time.Millisecond,
	}})
	require.NoError(t, endpoint.SetFault(sqlendpoint.Fault{UnavailablePercent: 100}))
	response, err := f.http(t, request("POST", "/transactions", `{"amount":1}`))
	require.NoError(t, err, "what passes is no failure of the function")
	assert.Equal(t, 503, response.StatusCode)
	assert.Equal(t, "1", response.Headers["Retry-After"])
	var problem struct {
		TransactionID string `json:"transaction_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(response.Body), &problem))
	require.NotEmpty(t, problem.TransactionID, response.Body)
	response, err = f.http(t, request("GET", "/transactions/"+problem.TransactionID, ""))
	require.NoError(t, err)
	assert.Equal(t, 503, response.StatusCode, "nor can it be read")

	require.NoError(t, endpoint.SetFault(sqlendpoint.Fault{}))
	status, _ := f.do(t, "POST", "/transactions", `{"amount":1,"transaction_id":"`+problem.TransactionID+`"}`)
	assert.Equal(t, 200, status, "an attempt had taken effect")
	assert.Equal(t, "1 1", w.rows(t), "the order and its event, once")

	require.NoError(t, endpoint.SetFault(sqlendpoint.Fault{UnavailablePercent: 30}))
	f = w.function(t, apptest.East, options{})
	for range 20 {
		for _, path := range []string{"/transactions/" + problem.TransactionID, "/transactions", "/totals"} {
			status, _ := f.do(t, "GET", path, "")
			assert.Equal(t, 200, status, "a read is repeated, too: %s", path)
		}
	}
}

// metric is a metric of the last request.
func (f *function) metric(t *testing.T, name string) float64 {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(f.metrics.String()), "\n")
	var members struct {
		Region                                           string
		TransactionLatency, BreakerOpen, ConflictRetries []float64
	}
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &members))
	require.Equal(t, f.Region, members.Region)
	return map[string][]float64{
		"TransactionLatency": members.TransactionLatency,
		"BreakerOpen":        members.BreakerOpen,
		"ConflictRetries":    members.ConflictRetries,
	}[name][0]
}

func anEndpointThatDoesNotAnswer(t *testing.T, w world) {
	f := w.function(t, apptest.East, options{limit: 200 * time.Millisecond})
	w.fault(t, sqlendpoint.Fault{BlackHole: true})
	for range 3 {
		status, body := f.do(t, "GET", "/healthz", "")
		assert.Equal(t, 503, status)
		assert.Contains(t, body["detail"], "the database did not answer (timeout)")
	}
	assert.GreaterOrEqual(t, f.metric(t, "TransactionLatency"), 200.0)
	response, err := f.http(t, request("POST", "/transactions", `{"amount":1,"transaction_id":"test-001"}`))
	require.NoError(t, err)
	assert.Equal(t, 503, response.StatusCode)
	assert.Equal(t, "10", response.Headers["Retry-After"])
	assert.Contains(t, response.Body, "the circuit breaker is open")
	assert.Equal(t, 1.0, f.metric(t, "BreakerOpen"))
	assert.Less(t, f.metric(t, "TransactionLatency"), 200.0, "at once")
}

func slowReadsKeepNobodyFromWriting(t *testing.T, w world) {
	f := w.function(t, apptest.East, options{})
	status, _ := f.do(t, "GET", "/healthz", "") // connects
	require.Equal(t, 200, status)
	f.RequestLimit = 300 * time.Millisecond
	require.NoError(t, w.Endpoints[apptest.East].SetFault(sqlendpoint.Fault{Latency: time.Second}))
	for name, read := range map[string]func() (int, map[string]any){
		"a page": func() (int, map[string]any) { return f.do(t, "GET", "/transactions", "") },
		"totals": func() (int, map[string]any) { return f.do(t, "GET", "/totals", "") },
		"count":  func() (int, map[string]any) { return f.direct(t, `{"operation":"read"}`) },
	} {
		status, _ := read()
		assert.Equal(t, 503, status, name)
	}
	status, body := f.do(t, "GET", "/totals", "")
	assert.Equal(t, 503, status)
	assert.Contains(t, body["detail"], "the circuit breaker is open", "readers do not wait for what is slow")
	require.NoError(t, w.Endpoints[apptest.East].SetFault(sqlendpoint.Fault{}))
	f.RequestLimit = 30 * time.Second
	status, _ = f.do(t, "POST", "/transactions", `{"amount":1,"transaction_id":"test-001"}`)
	assert.Equal(t, 201, status)
	status, _ = f.do(t, "POST", "/transactions", `{"amount":1,"transaction_id":"test-001"}`)
	assert.Equal(t, 200, status, "nor from repeating")
	assert.Zero(t, f.metric(t, "BreakerOpen"))
}

func thePeerServes(t *testing.T, w world) {
	f := w.function(t, apptest.East, options{peer: apptest.Ohio})
	w.fault(t, sqlendpoint.Fault{Refuse: true})
	for range 3 {
		status, _ := f.do(t, "GET", "/healthz", "")
		assert.Equal(t, 503, status)
	}
	status, body := f.do(t, "POST", "/transactions", `{"amount":1,"details":"the secret"}`)
	assert.Equal(t, 201, status)
	assert.Equal(t, "us-east-1", body["region"], "where the client wrote, whichever endpoint took it")
	assert.Equal(t, 1.0, f.metric(t, "BreakerOpen"))
}

func aCommitWhoseOutcomeIsUnknown(t *testing.T, w world) {
	f := w.function(t, apptest.East, options{})
	status, _ := f.do(t, "GET", "/healthz", "") // connects
	require.Equal(t, 200, status)
	f.RequestLimit = 300 * time.Millisecond
	require.NoError(t, w.Endpoints[apptest.East].SetFault(sqlendpoint.Fault{CommitStall: true}))
	status, body := f.do(t, "POST", "/transactions", `{"amount":1}`)
	require.NoError(t, w.Endpoints[apptest.East].SetFault(sqlendpoint.Fault{}))
	assert.Equal(t, 503, status)
	id, _ := body["transaction_id"].(string)
	require.True(t, transaction.ValidID(id), "an ID that was made up is told, so that the order can be repeated")
	assert.Contains(t, body["detail"], "send the order again with its transaction_id")

	status, _ = w.function(t, apptest.Ohio, options{}).do(t, "POST", "/transactions",
		`{"amount":1,"transaction_id":"`+id+`"}`)
	assert.Contains(t, []int{200, 201}, status)
	assert.Equal(t, "1 1", w.rows(t), "once, whether it was recorded at first or not")
}

func aFailureOfOursIsReturned(t *testing.T, w world) {
	f := w.function(t, apptest.East, options{role: schema.RoleProcessor}) // may not touch transactions
	for _, payload := range []string{`{"operation":"write","amount":1}`, `{}`} {
		_, err := f.Invoke(t.Context(), json.RawMessage(payload))
		assert.ErrorContains(t, err, "permission denied", "Lambda counts it, and alarms see it")
	}
	_, err := f.http(t, request("GET", "/transactions", ""))
	assert.ErrorContains(t, err, "permission denied")
	assert.False(t, f.Ledger.Database.Open())
}
