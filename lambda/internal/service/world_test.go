package service_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/breaker"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
	"aurora-dsql-dr/lambda/internal/ledger"
	"aurora-dsql-dr/lambda/internal/service"
	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

// world is the database of both regions with a keyset in it.
type world struct {
	apptest.Database
	kms *apptest.KMS
}

func newWorld(t testing.TB) world {
	t.Helper()
	w := world{Database: apptest.Start(t), kms: apptest.NewKMS()}
	wrapper, err := fieldcrypt.NewWrapper(t.Context(), apptest.KeyARN(apptest.East), w.kms)
	require.NoError(t, err)
	wrapped, err := wrapper.NewKeyset(t.Context())
	require.NoError(t, err)
	w.Exec(t, "INSERT INTO app.keyset (id, wrapped) VALUES (1, '"+wrapped+"')")
	return w
}

// fault breaks the endpoint in the east, until the end of the test at most.
func (w world) fault(t *testing.T, fault sqlendpoint.Fault) {
	t.Helper()
	east := w.Endpoints[apptest.East]
	require.NoError(t, east.SetFault(fault))
	east.CloseAll()
	t.Cleanup(func() { require.NoError(t, east.SetFault(sqlendpoint.Fault{})) })
}

// options change a function from the usual.
type options struct {
	role      string
	peer      string
	limit     time.Duration
	fields    []string
	pool      int32
	conflicts dsqlconn.Policy
}

// function is an environment of the transaction service.
type function struct {
	*service.Service
	metrics *bytes.Buffer
	log     *bytes.Buffer

	mu       sync.Mutex
	notified []string
	deaf     bool // the publisher cannot be invoked
}

func (w world) function(t testing.TB, region string, o options) *function {
	t.Helper()
	if o.role == "" {
		o.role = schema.RoleTransactions
	}
	if o.limit == 0 {
		o.limit = 30 * time.Second
	}
	if o.fields == nil {
		o.fields = []string{"details"}
	}
	if o.pool == 0 {
		o.pool = 2
	}
	if o.conflicts.Attempts == 0 {
		o.conflicts = dsqlconn.ShortTransactions
	}
	endpoints := []breaker.Endpoint[*pgxpool.Pool]{{Name: region, Via: w.Pool(t, region, o.role, o.pool)}}
	if o.peer != "" {
		endpoints = append(endpoints, breaker.Endpoint[*pgxpool.Pool]{Name: o.peer, Via: w.Pool(t, o.peer, o.role, o.pool)})
	}
	wrapper, err := fieldcrypt.NewWrapper(t.Context(), apptest.KeyARN(region), w.kms)
	require.NoError(t, err)
	f := &function{metrics: &bytes.Buffer{}, log: &bytes.Buffer{}}
	books := &ledger.Ledger{
		Region:    region,
		Conflicts: o.conflicts,
		Database: breaker.New(breaker.Policy{
			Failure: dsqlconn.Unreachable,
			Ignore:  func(err error) bool { return dsqlconn.Classify(err) == dsqlconn.ReasonLocal },
			Pause:   10 * time.Second,
		}, endpoints...),
	}
	books.Cipher = &fieldcrypt.Cipher{Fields: o.fields, Wrapper: wrapper, Load: books.Keyset}
	f.Service = &service.Service{
		Ledger:       books,
		Region:       region,
		RequestLimit: o.limit,
		Metrics:      f.metrics,
		Log:          slog.New(slog.NewJSONHandler(f.log, nil)),
		Notify:       f.notify,
	}
	return f
}

func (f *function) notify(_ context.Context, eventID string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notified = append(f.notified, eventID)
	if f.deaf {
		return errors.New("throttled")
	}
	return nil
}

// request is an HTTP API's event.
func request(method, path, body string) events.APIGatewayV2HTTPRequest {
	path, query, _ := strings.Cut(path, "?")
	r := events.APIGatewayV2HTTPRequest{
		Version:               "2.0",
		RouteKey:              "$default",
		RawPath:               path,
		RawQueryString:        query,
		Body:                  body,
		QueryStringParameters: map[string]string{},
		Headers:               map[string]string{"content-type": "application/json"},
	}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, found := strings.Cut(pair, "="); found {
			r.QueryStringParameters[name] = value
		}
	}
	r.RequestContext.Stage, r.RequestContext.HTTP.Method, r.RequestContext.HTTP.Path = "$default", method, path
	return r
}

// http sends a request through the handler as Lambda does.
func (f *function) http(t testing.TB, r events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	t.Helper()
	payload, err := json.Marshal(r)
	require.NoError(t, err)
	response, err := f.Invoke(t.Context(), payload)
	if err != nil {
		return events.APIGatewayV2HTTPResponse{}, err
	}
	return response.(events.APIGatewayV2HTTPResponse), nil
}

// do is http for requests that are answered; it gives the status and the decoded body.
func (f *function) do(t testing.TB, method, path, body string) (int, map[string]any) {
	t.Helper()
	response, err := f.http(t, request(method, path, body))
	require.NoError(t, err)
	var decoded map[string]any
	require.NoError(t, json.Unmarshal([]byte(response.Body), &decoded))
	return response.StatusCode, decoded
}

// direct invokes the function directly; it gives the status and the decoded body.
func (f *function) direct(t testing.TB, payload string) (int, map[string]any) {
	t.Helper()
	result, err := f.Invoke(t.Context(), json.RawMessage(payload))
	require.NoError(t, err)
	answer := result.(service.DirectAnswer)
	var decoded map[string]any
	require.NoError(t, json.Unmarshal([]byte(answer.Body), &decoded))
	return answer.StatusCode, decoded
}
