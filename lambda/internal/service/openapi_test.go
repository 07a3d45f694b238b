package service_test

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

// document is docs/openapi.yaml, and what of it was seen.
type document struct {
	*openapi3.T
	router routers.Router
	seen   map[string]bool
}

func openDocument(t *testing.T) *document {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../../../docs/openapi.yaml")
	require.NoError(t, err)
	doc.Servers = nil // requests of the tests have no host
	router, err := legacy.NewRouter(doc)
	require.NoError(t, err)
	return &document{T: doc, router: router, seen: map[string]bool{}}
}

// call sends the request and holds the response against the document; a request that is answered with success is held
// against it too.
func (d *document) call(
	t *testing.T, f *function, r events.APIGatewayV2HTTPRequest, want int,
) events.APIGatewayV2HTTPResponse {
	t.Helper()
	method, name := r.RequestContext.HTTP.Method, r.RequestContext.HTTP.Method+" "+r.RawPath
	response, err := f.http(t, r)
	require.NoError(t, err, name)
	require.Equal(t, want, response.StatusCode, "%s: %s", name, response.Body)
	assert.Equal(t, "no-store", response.Headers["Cache-Control"], "%s: no cache on the way keeps it", name)

	path := strings.TrimSuffix(r.RawPath+"?"+r.RawQueryString, "?")
	req, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(r.Body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	route, params, err := d.router.FindRoute(req)
	require.NoError(t, err, name)
	input := &openapi3filter.RequestValidationInput{
		Request:    req,
		PathParams: params,
		Route:      route,
		Options:    &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if want < http.StatusBadRequest {
		require.NoError(t, openapi3filter.ValidateRequest(t.Context(), input), name)
	}
	headers := http.Header{}
	for key, value := range response.Headers {
		headers.Set(key, value)
	}
	require.NoError(t, openapi3filter.ValidateResponse(t.Context(), (&openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 response.StatusCode,
		Header:                 headers,
		Options:                &openapi3filter.Options{IncludeResponseStatus: true},
	}).SetBodyBytes([]byte(response.Body))), "%s: %s", name, response.Body)
	d.seen[route.Operation.OperationID+" "+strconv.Itoa(want)] = true
	return response
}

// unseen are the documented answers of the function that no test has seen.
func (d *document) unseen() []string {
	var unseen []string
	for _, item := range d.Paths.Map() {
		for _, operation := range item.Operations() {
			for status, response := range operation.Responses.Map() {
				answer := operation.OperationID + " " + status
				if !strings.HasSuffix(response.Ref, "/Gateway") && !d.seen[answer] {
					unseen = append(unseen, answer)
				}
			}
		}
	}
	return unseen
}

func TestTheHandlerKeepsTheDocument(t *testing.T) {
	w, d := newWorld(t), openDocument(t)
	east, ohio := w.function(t, apptest.East, options{}), w.function(t, apptest.Ohio, options{})
	const order = `{"transaction_id":"test-001","amount":100.50,"details":"the secret","reference":"INV 7"}`

	d.call(t, east, request("GET", "/totals", ""), 200)
	d.call(t, east, request("GET", "/transactions", ""), 200)
	created := d.call(t, east, request("POST", "/transactions", order), 201)
	assert.Equal(t, "/transactions/test-001", created.Headers["Location"])
	repeated := d.call(t, ohio, request("POST", "/transactions", order), 200)
	assert.JSONEq(t, created.Body, repeated.Body, "the first answer, also in the other region")
	read := d.call(t, ohio, request("GET", "/transactions/test-001", ""), 200)
	assert.JSONEq(t, created.Body, read.Body)
	assert.Contains(t, read.Body, `"amount":"100.50","reference":"INV 7","details":"the secret"`)
	assert.Contains(t, read.Body, `"region":"us-east-1","status":"completed"`)
	d.call(t, ohio, request("POST", "/transactions", `{"amount":"0.01"}`), 201)
	d.call(t, ohio, request("POST", "/transactions", `{"amount":"1.5e3","transaction_id":"a:b"}`), 201)
	d.call(t, ohio, request("GET", "/transactions/a%3Ab", ""), 200)
	d.call(t, east, request("GET", "/transactions?limit=1", ""), 200)
	d.call(t, east, request("GET", "/healthz", ""), 200)
	w.Exec(t,
		"INSERT INTO app.projection (event_id, region, amount, occurred_at, processed_in) "+
			"VALUES (gen_random_uuid(), 'us-east-1', 100.50, now(), 'us-east-2')")
	totals := d.call(t, ohio, request("GET", "/totals", ""), 200)
	assert.JSONEq(t, `{"region":"us-east-2","totals":[{"region":"us-east-1","transactions":1,"amount":"100.50"}]}`,
		totals.Body)

	d.call(t, east, request("POST", "/transactions", `{"amount":0.001}`), 400)
	d.call(t, east, request("POST", "/transactions", `{"amount":`), 400)
	d.call(t, east, request("GET", "/transactions?limit=0&cursor=x", ""), 400)
	d.call(t, east, request("GET", "/transactions/-", ""), 400)
	d.call(t, east, request("GET", "/transactions/nobody", ""), 404)
	d.call(t, east, request("POST", "/transactions", `{"transaction_id":"test-001","amount":100.51}`), 409)
	d.call(t, east, request("POST", "/transactions", strings.Repeat(" ", 65537)), 413)

	w.fault(t, sqlendpoint.Fault{Refuse: true})
	for _, path := range []string{"/transactions", "/transactions/test-001", "/totals", "/healthz"} {
		response := d.call(t, east, request("GET", path, ""), 503)
		assert.NotEmpty(t, response.Headers["Retry-After"], path)
	}
	d.call(t, east, request("POST", "/transactions", order), 503)
	assert.Empty(t, d.unseen(), "documented, and not tested")
}

func TestTheDocumentHasTheRoutesThatAreDeployed(t *testing.T) {
	d := openDocument(t)
	var documented []string
	for path, item := range d.Paths.Map() {
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			documented = append(documented, method+" "+path)
		}
	}
	assert.ElementsMatch(t, contract.Routes(), documented)
}
