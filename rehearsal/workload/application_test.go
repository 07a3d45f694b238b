package workload

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/apigateway"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
)

// api is the application's API as its document describes it: orders, and pages of one transaction.
type api struct {
	mu   sync.Mutex
	rows []string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !strings.Contains(r.Header.Get("Authorization"), "/"+east+"/execute-api/") {
		http.Error(w, "unsigned", http.StatusForbidden)
		return
	}
	switch {
	case r.Method == http.MethodPost:
		var order struct {
			ID     string `json:"transaction_id"`
			Amount string `json:"amount"`
		}
		if err := json.NewDecoder(r.Body).Decode(&order); err != nil || order.Amount != "1.00" || order.ID == "refused" {
			http.Error(w, "no such order", http.StatusConflict)
			return
		}
		a.rows = append(a.rows, order.ID)
		w.WriteHeader(http.StatusCreated)
	case len(a.rows) == 0:
		fmt.Fprint(w, `{"transactions":[]}`)
	default:
		at := 0
		_, _ = fmt.Sscan(r.URL.Query().Get("cursor"), &at) // the first page has none
		page := map[string]any{"transactions": []map[string]string{{"transaction_id": a.rows[at]}}}
		if at+1 < len(a.rows) {
			page["next_cursor"] = fmt.Sprint(at + 1)
		}
		_ = json.NewEncoder(w).Encode(page)
	}
}

func TestTheApplicationIsAskedThroughItsAPIs(t *testing.T) {
	server := httptest.NewServer(&api{})
	t.Cleanup(server.Close)
	s := &sandbox.Sandbox{Clock: clock.New(1)}
	s.Account = aws.NewAccount(aws.Options{Clock: s.Clock, Regions: []string{east}})
	t.Cleanup(func() { assert.NoError(t, s.Account.Close()) })
	gateway, err := s.Account.Region(east).APIGateway.CreateAPI(apigateway.API{Name: "transactions", ProtocolType: "HTTP"})
	require.NoError(t, err)

	_, err = PrepareApplication(s, nil, "")
	require.ErrorContains(t, err, "application: enabled")
	application, err := PrepareApplication(s, map[string]string{east: server.URL}, "")
	require.NoError(t, err)
	client, err := application.identity.credentials(east)
	require.NoError(t, err)
	require.NoError(
		t,
		s.Account.IAM.Authorize(
			client.Principal,
			"execute-api:Invoke",
			gateway.ExecutionArn+"/$default/POST/transactions",
			nil,
		),
	)
	assert.Error(t, s.Account.IAM.Authorize(client.Principal, "dsql:DbConnect", "*", nil), "and nothing else")

	endpoint := application.Dial(east, east)
	t.Cleanup(endpoint.Close)
	stored, err := endpoint.Stored(t.Context())
	require.NoError(t, err)
	assert.Empty(t, stored)
	for _, id := range []string{"a", "b", "c"} {
		by, err := endpoint.Write(t.Context(), id)
		require.NoError(t, err)
		assert.Equal(t, east, by)
	}
	_, err = endpoint.Write(t.Context(), "refused")
	require.ErrorContains(t, err, "409: no such order")
	stored, err = endpoint.Stored(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{"a": true, "b": true, "c": true}, stored, "of all pages")

	require.NoError(t, application.Remove(t.Context()))
	again, err := PrepareApplication(s, map[string]string{east: server.URL}, "")
	require.NoError(t, err, "another workload may follow")
	require.NoError(t, again.Remove(t.Context()))
}
