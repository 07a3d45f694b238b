package apigateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

const (
	home = "us-east-1"
	echo = "echo"
	// accessLog is the format of the access log in these tests.
	accessLog = `{"route":"$context.routeKey","status":"$context.status","caller":"$context.identity.userArn","error":"$context.error.message","none":"$context.nothing"}`
)

// world is one region with an API of one function, which answers as the test says.
type world struct {
	*Service
	region     *region.Env
	iam        *iam.Service
	logs       *logs.Service
	cloudwatch *cloudwatch.Service
	api        API
	target     string // of routes
	answer     func(ctx context.Context, payload []byte) (any, error)

	certificates *acm.Service
	roots        *x509.CertPool
	mu           sync.Mutex
	records      map[string]string // of public DNS
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldAt(t, 1)
}

func newWorldAt(t *testing.T, speed float64) *world {
	t.Helper()
	const accountID = "123456789012"
	clk := clock.New(speed)
	env := region.New(home, accountID, clk)
	identities := iam.New(accountID, clk)
	keys := kms.New(env, identities)
	queues := sqs.New(env, identities)
	metrics := cloudwatch.New(env, sns.New(env, identities, keys, queues, &sns.Inbox{}))
	lines := logs.New(env, identities, metrics)
	w := &world{records: map[string]string{}, region: env, iam: identities, logs: lines, cloudwatch: metrics}
	role, err := identities.CreateRole(iam.Role{Name: "caller", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
	require.NoError(t, err)
	functions := lambda.New(env, lambda.Deps{IAM: identities, Logs: lines, CloudWatch: metrics, SQS: queues})
	t.Cleanup(functions.Close)
	f, err := functions.CreateFunction(lambda.Function{Name: echo, Role: role.Arn, Timeout: 60, Runtime: "provided.al2023", Handler: "bootstrap", Stub: func(ctx context.Context, payload []byte) ([]byte, error) {
		answer, err := w.answer(ctx, payload)
		if err != nil {
			return nil, err
		}
		return json.Marshal(answer)
	}})
	require.NoError(t, err)
	ca, err := authority.New()
	require.NoError(t, err)
	w.certificates = acm.New(env, acm.Deps{CA: ca, CNAME: func(name string) (string, bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		value, ok := w.records[name]
		return value, ok
	}})
	w.roots = ca.Pool()
	w.Service = New(env, Deps{ACM: w.certificates, CA: ca, Internet: http.DefaultClient, IAM: identities, Lambda: functions, Logs: lines, CloudWatch: metrics})
	t.Cleanup(w.Close)
	w.api, err = w.CreateAPI(API{Name: "api", ProtocolType: "HTTP"})
	require.NoError(t, err)
	_, err = functions.AddPermission(lambda.Permission{StatementID: "api", Action: "lambda:InvokeFunction", Function: echo,
		Principal: servicePrincipal, SourceARN: w.api.ExecutionArn + "/*/*"})
	require.NoError(t, err)
	i, err := w.CreateIntegration(Integration{APIID: w.api.ID, IntegrationType: "AWS_PROXY", PayloadFormatVersion: "2.0",
		IntegrationURI: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + f.ARN + "/invocations"})
	require.NoError(t, err)
	w.target = "integrations/" + i.ID
	group, err := lines.CreateGroup(logs.Group{Name: "access"})
	require.NoError(t, err)
	w.stage(t, Stage{AccessLogSettings: &AccessLogSettings{DestinationArn: group.Arn, Format: accessLog}})
	return w
}

func (w *world) stage(t *testing.T, s Stage) {
	t.Helper()
	s.APIID, s.Name, s.AutoDeploy = w.api.ID, defaultStage, true
	_, err := w.PutStage(s)
	require.NoError(t, err)
}

func (w *world) route(t *testing.T, key, authorization string) Route {
	t.Helper()
	r, err := w.CreateRoute(Route{APIID: w.api.ID, RouteKey: key, Target: w.target, AuthorizationType: authorization})
	require.NoError(t, err)
	return r
}

func (w *world) request(t *testing.T, method, path, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.api.Endpoint+path, strings.NewReader(body))
	require.NoError(t, err)
	return r
}

// reply is a response whose body has been read.
type reply struct {
	StatusCode int
	Header     http.Header
}

func do(t *testing.T, r *http.Request) (reply, string) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { assert.NoError(t, answer.Body.Close()) }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return reply{answer.StatusCode, answer.Header}, string(body)
}

func sign(t *testing.T, r *http.Request, c iam.Credentials, service string) {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.Sum256(body)
	require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), sdk.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey,
		SessionToken: c.SessionToken}, r, hex.EncodeToString(sum[:]), service, home, time.Now()))
}

// logged is the last line of the access log.
func (w *world) logged(t *testing.T) map[string]string {
	t.Helper()
	var line map[string]string
	require.Eventually(t, func() bool {
		events, err := w.logs.Events("access", time.Time{})
		return err == nil && len(events) > 0 && json.Unmarshal([]byte(events[len(events)-1].Message), &line) == nil
	}, 10*time.Second, time.Millisecond, "written after the answer")
	return line
}

func TestTheFunctionReceivesPayloadFormat2(t *testing.T) {
	w := newWorld(t)
	w.route(t, "POST /things/{id}", "")
	var got map[string]any
	w.answer = func(_ context.Context, payload []byte) (any, error) {
		return map[string]any{"statusCode": 201}, json.Unmarshal(payload, &got)
	}
	r := w.request(t, http.MethodPost, "/things/a%20b?x=1&x=2&y=3", `{"a":1}`)
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Add("X-Twice", "1")
	r.Header.Add("X-Twice", "2")
	r.Header.Set("Cookie", "c1=1; c2=2")
	answer, _ := do(t, r)
	require.Equal(t, http.StatusCreated, answer.StatusCode)
	assert.Equal(t, "2.0", got["version"])
	assert.Equal(t, "POST /things/{id}", got["routeKey"])
	assert.Equal(t, "/things/a b", got["rawPath"])
	assert.Equal(t, "x=1&x=2&y=3", got["rawQueryString"])
	assert.Equal(t, map[string]any{"x": "1,2", "y": "3"}, got["queryStringParameters"])
	assert.Equal(t, map[string]any{"id": "a b"}, got["pathParameters"])
	assert.Equal(t, []any{"c1=1", "c2=2"}, got["cookies"])
	assert.Equal(t, `{"a":1}`, got["body"])
	assert.Equal(t, false, got["isBase64Encoded"])
	headers := got["headers"].(map[string]any)
	assert.Equal(t, "1,2", headers["x-twice"])
	assert.NotContains(t, headers, "cookie")
	context := got["requestContext"].(map[string]any)
	assert.Equal(t, "$default", context["stage"])
	assert.Equal(t, w.api.ID, context["apiId"])
	assert.Equal(t, answer.Header.Get("Apigw-Requestid"), context["requestId"])
	assert.Equal(t, "POST", context["http"].(map[string]any)["method"])

	r = w.request(t, http.MethodPost, "/things/1", "\xff\x00")
	r.Header.Set("Content-Type", "application/octet-stream")
	do(t, r)
	assert.Equal(t, base64.StdEncoding.EncodeToString([]byte("\xff\x00")), got["body"])
	assert.Equal(t, true, got["isBase64Encoded"])
}

func TestTheFunctionsAnswerBecomesTheResponse(t *testing.T) {
	tests := map[string]struct {
		returned any
		status   int
		kind     string
		body     string
	}{
		"a full answer":              {map[string]any{"statusCode": 202, "headers": map[string]string{"content-type": "a/b"}, "body": "x", "cookies": []string{"a=1", "b=2"}}, 202, "a/b", "x"},
		"a body in base64":           {map[string]any{"statusCode": 200, "body": "eA==", "isBase64Encoded": true}, 200, "text/plain; charset=utf-8", "x"},
		"an object without a status": {map[string]any{"a": 1}, 200, "application/json", `{"a":1}`},
		"a text":                     {"hello", 200, "application/json", `"hello"`},
		"a status that is none":      {map[string]any{"statusCode": "OK"}, 500, "application/json", `{"message":"Internal Server Error"}`},
		"a status out of range":      {map[string]any{"statusCode": 99}, 500, "application/json", `{"message":"Internal Server Error"}`},
		"base64 that is none":        {map[string]any{"statusCode": 200, "body": "%", "isBase64Encoded": true}, 500, "application/json", `{"message":"Internal Server Error"}`},
	}
	w := newWorld(t)
	w.route(t, "GET /", "")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w.answer = func(context.Context, []byte) (any, error) { return test.returned, nil }
			answer, body := do(t, w.request(t, http.MethodGet, "/", ""))
			assert.Equal(t, test.status, answer.StatusCode)
			assert.Equal(t, test.kind, answer.Header.Get("Content-Type"))
			assert.Equal(t, test.body, body)
			if name == "a full answer" {
				assert.Equal(t, []string{"a=1", "b=2"}, answer.Header.Values("Set-Cookie"))
			}
		})
	}
}

func TestRoutes(t *testing.T) {
	w := newWorld(t)
	w.answer = func(_ context.Context, payload []byte) (any, error) {
		var e struct{ RouteKey string }
		err := json.Unmarshal(payload, &e)
		return map[string]any{"statusCode": 200, "body": e.RouteKey}, err
	}
	exact := w.route(t, "GET /things/special", "")
	w.route(t, "GET /things/{id}", "")
	for path, want := range map[string]string{
		"GET /things/1": "GET /things/{id}", "GET /things/special": "GET /things/special", "GET /things/a%2Fb": "GET /things/{id}",
		"GET /things": "", "GET /things/": "", "GET /things/1/2": "", "POST /things/1": "",
	} {
		method, path, _ := strings.Cut(path, " ")
		answer, body := do(t, w.request(t, method, path, ""))
		if want == "" {
			assert.Equal(t, http.StatusNotFound, answer.StatusCode, path)
			want = `{"message":"Not Found"}`
		}
		assert.Equal(t, want, body, path)
	}
	for reason, r := range map[string]Route{
		"route key":               {RouteKey: "ANY /x", Target: w.target},
		"target":                  {RouteKey: "GET /x", Target: "integrations/none"},
		"authorization type":      {RouteKey: "GET /x", Target: w.target, AuthorizationType: "CUSTOM"},
		"needs an authorizer":     {RouteKey: "GET /x", Target: w.target, AuthorizationType: "JWT"},
		"already exists for this": {RouteKey: "GET /things/{id}", Target: w.target},
	} {
		r.APIID = w.api.ID
		_, err := w.CreateRoute(r)
		require.ErrorContains(t, err, reason)
	}
	require.NoError(t, w.DeleteRoute(w.api.ID, exact.ID))
	_, body := do(t, w.request(t, http.MethodGet, "/things/special", ""))
	assert.Equal(t, "GET /things/{id}", body)
	require.NoError(t, w.DeleteStage(w.api.ID, defaultStage))
	answer, _ := do(t, w.request(t, http.MethodGet, "/things/1", ""))
	assert.Equal(t, http.StatusNotFound, answer.StatusCode, "nothing is published")
}

func TestIAMAuthorization(t *testing.T) {
	w := newWorld(t)
	w.route(t, "POST /things/{id}", authorizeIAM)
	var got struct {
		RequestContext struct {
			Authorizer struct {
				IAM struct{ UserArn, AccessKey string }
			}
		}
	}
	w.answer = func(_ context.Context, payload []byte) (any, error) { return "ok", json.Unmarshal(payload, &got) }
	session, err := w.iam.AssumeRole("lambda.amazonaws.com", "arn:aws:iam::123456789012:role/caller", "s")
	require.NoError(t, err)
	call := func(edit func(r *http.Request)) int {
		t.Helper()
		r := w.request(t, http.MethodPost, "/things/1", "{}")
		edit(r)
		answer, body := do(t, r)
		if answer.StatusCode != http.StatusOK {
			assert.JSONEq(t, `{"message":"Forbidden"}`, body)
		}
		return answer.StatusCode
	}
	assert.Equal(t, http.StatusForbidden, call(func(*http.Request) {}), "not signed")
	assert.Equal(t, http.StatusForbidden, call(func(r *http.Request) { sign(t, r, w.iam.Admin(), "lambda") }), "for another service")
	assert.Equal(t, http.StatusForbidden, call(func(r *http.Request) {
		sign(t, r, w.iam.Admin(), "execute-api")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader("[]")), 2
	}), "another body")
	assert.Equal(t, http.StatusForbidden, call(func(r *http.Request) { sign(t, r, session, "execute-api") }), "without permission")
	assert.Contains(t, w.logged(t)["error"], "execute-api:Invoke")

	_, err = w.iam.PutRolePolicy(iam.RolePolicy{Role: "caller", Name: "invoke", Policy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Action":"execute-api:Invoke","Resource":"` + w.api.ExecutionArn + `/$default/POST/things/*"}}`})
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, call(func(r *http.Request) { sign(t, r, session, "execute-api") }))
	assert.Equal(t, session.Principal.ARN, got.RequestContext.Authorizer.IAM.UserArn)
	require.Eventually(t, func() bool { return w.logged(t)["status"] == "200" }, 10*time.Second, time.Millisecond)
	assert.Equal(t, map[string]string{"route": "POST /things/{id}", "status": "200", "caller": session.Principal.ARN, "error": "-", "none": "-"}, w.logged(t))
}

func TestAStageIsThrottled(t *testing.T) {
	w := newWorld(t)
	w.route(t, "GET /", "")
	w.answer = func(context.Context, []byte) (any, error) { return "ok", nil }
	w.stage(t, Stage{RouteSettings: &RouteSettings{ThrottlingRateLimit: 1, ThrottlingBurstLimit: 3}})
	statuses := map[int]int{}
	for range 10 {
		answer, body := do(t, w.request(t, http.MethodGet, "/", ""))
		statuses[answer.StatusCode]++
		if answer.StatusCode != http.StatusOK {
			assert.JSONEq(t, `{"message":"Too Many Requests"}`, body)
		}
	}
	assert.GreaterOrEqual(t, statuses[http.StatusOK], 3)
	assert.Positive(t, statuses[http.StatusTooManyRequests])
}

// A route's own throttle takes the place of the stage's, and its own metrics come with its settings.
func TestARouteHasAThrottleAndMetricsOfItsOwn(t *testing.T) {
	w := newWorld(t)
	w.answer = func(context.Context, []byte) (any, error) { return "ok", nil }
	own := OwnSettings{RouteKey: "GET /own", DetailedMetrics: true, RouteSettings: RouteSettings{ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 2}}
	stage := Stage{APIID: w.api.ID, Name: defaultStage, AutoDeploy: true, Routes: []OwnSettings{own},
		RouteSettings: &RouteSettings{ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 1}}
	_, err := w.PutStage(stage)
	require.ErrorContains(t, err, "Unable to find Route by key GET /own within the provided RouteSettings")
	w.route(t, "GET /own", "")
	w.route(t, "GET /", "")
	_, err = w.PutStage(stage)
	require.NoError(t, err)
	var statuses []int
	for _, path := range []string{"/own", "/own", "/own", "/", "/"} {
		answer, _ := do(t, w.request(t, http.MethodGet, path, ""))
		statuses = append(statuses, answer.StatusCode)
	}
	assert.Equal(t, []int{200, 200, 429, 200, 429}, statuses)
	dimensions := map[string]string{"ApiId": w.api.ID, "Stage": defaultStage, "Method": "GET", "Resource": "/own"}
	w.counted(t, dimensions, map[string]float64{"Count": 3, "4xx": 1})
}

func TestRequestsAreCounted(t *testing.T) {
	w := newWorld(t)
	w.route(t, "GET /", "")
	w.answer = func(context.Context, []byte) (any, error) { return nil, errors.New("no") }
	do(t, w.request(t, http.MethodGet, "/", ""))
	do(t, w.request(t, http.MethodGet, "/nothing", ""))
	for _, dimensions := range []map[string]string{{"ApiId": w.api.ID}, {"ApiId": w.api.ID, "Stage": defaultStage}} {
		w.counted(t, dimensions, map[string]float64{"Count": 2, "4xx": 1, "5xx": 1})
	}
}

// counted waits for sums of API Gateway's metrics.
func (w *world) counted(t *testing.T, dimensions map[string]string, sums map[string]float64) {
	t.Helper()
	for name, want := range sums {
		assert.Eventually(t, func() bool {
			now := w.env.Now()
			points, err := w.cloudwatch.GetMetricStatistics(cloudwatch.Metric{Namespace: "AWS/ApiGateway", Name: name, Dimensions: dimensions},
				now.Add(-time.Hour), now.Add(time.Hour), 2*time.Hour, "")
			total := 0.0
			for _, p := range points {
				total += p.Sum
			}
			return err == nil && total == want
		}, 10*time.Second, time.Millisecond, name)
	}
}

func TestTheSandboxSaysWhatItDoesNotModel(t *testing.T) {
	w := newWorld(t)
	_, err := w.CreateAPI(API{Name: "x", ProtocolType: "WEBSOCKET"})
	require.ErrorContains(t, err, "models HTTP")
	for reason, i := range map[string]Integration{
		"models AWS_PROXY of functions": {IntegrationType: "HTTP_PROXY", IntegrationURI: "https://example.com", PayloadFormatVersion: "2.0"},
		"models 2.0":                    {IntegrationType: "AWS_PROXY", IntegrationURI: "arn:aws:lambda:us-east-1:123456789012:function:x", PayloadFormatVersion: "1.0"},
		"50 to 30000":                   {IntegrationType: "AWS_PROXY", IntegrationURI: "arn:aws:lambda:us-east-1:123456789012:function:x", PayloadFormatVersion: "2.0", TimeoutMilliseconds: 30001},
	} {
		i.APIID = w.api.ID
		_, err := w.CreateIntegration(i)
		require.ErrorContains(t, err, reason)
	}
	_, err = w.PutStage(Stage{APIID: w.api.ID, Name: "prod", AutoDeploy: true})
	require.ErrorContains(t, err, "models $default")
	_, err = w.PutStage(Stage{APIID: w.api.ID, Name: defaultStage, AutoDeploy: true, AccessLogSettings: &AccessLogSettings{DestinationArn: "arn:aws:logs:us-east-1:123456789012:log-group:none:*"}})
	require.ErrorContains(t, err, "log group does not exist: none")
}

func TestAnAPIEndsWithItsListener(t *testing.T) {
	w := newWorld(t)
	w.api.Description = "changed"
	changed, err := w.UpdateAPI(w.api)
	require.NoError(t, err)
	assert.Equal(t, w.api.Endpoint, changed.Endpoint, "an update keeps the endpoint")
	require.Len(t, w.APIs(), 1)
	require.NoError(t, w.DeleteAPI(w.api.ID))
	_, err = w.API(w.api.ID)
	require.ErrorIs(t, err, awserr.ErrNotFound)
	answer, err := http.DefaultClient.Do(w.request(t, http.MethodGet, "/", ""))
	if err == nil {
		err = answer.Body.Close()
	}
	assert.ErrorContains(t, err, "connect")
}
