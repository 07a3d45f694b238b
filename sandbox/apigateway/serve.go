package apigateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
)

// maxBody is the largest request, in bytes ("Quotas for configuring and running an HTTP API").
const maxBody = 10 << 20

// bodyTime is how long a request's body may take. AWS does not publish it; it is the longest that an integration may.
const bodyTime = 30 * time.Second

// servicePrincipal is whom API Gateway runs functions as.
const servicePrincipal = "apigateway.amazonaws.com"

// request is one request on its way through an API.
type request struct {
	*http.Request
	// api, stage and route are as they were when the request came; empty for what does not exist.
	api        API
	stage      Stage
	route      Route
	issuer     *authorizer // of the route's tokens, nil without JWT
	parameters map[string]string
	body       []byte
	id         string
	begun      time.Time     // sandbox time
	integrated time.Duration // how long the integration took; 0 if it was not asked
	authorizer *events.APIGatewayV2HTTPRequestContextAuthorizerDescription
	caller     iam.Principal
}

// answer is what the client receives. Cause says in the access log why it is not the function's answer.
type answer struct {
	status int
	header http.Header
	body   []byte
	cause  error
}

// refuse is an answer of API Gateway's own.
func refuse(status int, message string, cause error) answer {
	return answer{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   []byte(`{"message":"` + message + `"}`),
		cause:  cause,
	}
}

func unavailable(cause error) answer {
	return refuse(http.StatusServiceUnavailable, "Service Unavailable", cause)
}

// serve answers one request of an API and logs it. A region that is lost does not answer: clients wait for as long as
// they are patient.
func (s *Service) serve(id string, w http.ResponseWriter, r *http.Request) {
	q := &request{Request: r, id: newID(16), begun: s.env.Now()}
	a := s.answer(q, w, id)
	if s.env.Down() {
		hang(r)
		return
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Apigw-Requestid", q.id)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that has gone needs no answer
	s.log(q, a)
	s.measure(q, a)
}

// hang keeps a client waiting until it has gone.
func hang(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client has gone
	<-r.Context().Done()
}

// answer takes a request through its API: route, throttle, authorization, function.
func (s *Service) answer(q *request, w http.ResponseWriter, id string) answer {
	if err := s.env.Available("apigateway"); err != nil {
		return unavailable(err)
	}
	if refused := s.read(q, w); refused != nil {
		return *refused
	}
	integration, refused := s.admit(q, id)
	if refused != nil {
		return *refused
	}
	if refused := s.authorize(q); refused != nil {
		return *refused
	}
	return s.invoke(q, integration)
}

// read takes the body of a request, in the time that there is for it. A connection whose request is not read to its end
// is closed after the answer.
func (s *Service) read(q *request, w http.ResponseWriter) *answer {
	connection := http.NewResponseController(w)
	if err := connection.SetReadDeadline(time.Now().Add(s.env.Clock.Wall(bodyTime))); err != nil {
		panic(err) // the server's connections have deadlines
	}
	var err error
	q.body, err = io.ReadAll(http.MaxBytesReader(w, q.Body, maxBody))
	tooLarge := (*http.MaxBytesError)(nil)
	var a answer
	switch {
	case err == nil:
		_ = connection.SetReadDeadline(time.Time{}) // a connection that is gone by now is found out when it is answered
		return nil
	case errors.As(err, &tooLarge):
		a = refuse(http.StatusRequestEntityTooLarge, "Request Entity Too Large", err)
	default: // it has not come in time, or the client has gone
		a = refuse(http.StatusRequestTimeout, "Request Timeout", fmt.Errorf("the request's body did not arrive: %w", err))
	}
	a.header.Set("Connection", "close")
	return &a
}

// admit finds the route of a request and asks the stage's throttle.
func (s *Service) admit(q *request, id string) (Integration, *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	none := refuse(http.StatusNotFound, "Not Found", errors.New("no route of the API matches"))
	found, err := s.find(id)
	if err != nil || found.stage == nil {
		return Integration{}, &none
	}
	q.api, q.stage = found.API, found.stage.Stage
	matched, parameters := found.match(q.Method, q.URL)
	if matched == nil {
		return Integration{}, &none
	}
	q.route, q.parameters = matched.Route, parameters
	if issuer := found.authorizers[matched.AuthorizerID]; issuer != nil {
		q.issuer = issuer
	}
	if !found.stage.take(matched.RouteKey) {
		throttled := refuse(http.StatusTooManyRequests, "Too Many Requests", errors.New("the throttle is exceeded"))
		return Integration{}, &throttled
	}
	return found.integrations[strings.TrimPrefix(matched.Target, "integrations/")], nil
}

// invoke runs the function and waits for its answer, no longer than the integration's timeout and the region's power
// last.
func (s *Service) invoke(q *request, i Integration) answer {
	ctx, cancel := context.WithTimeout(
		q.Context(),
		s.env.Clock.Wall(time.Duration(i.TimeoutMilliseconds)*time.Millisecond),
	)
	defer cancel()
	defer context.AfterFunc(s.env.Power(), cancel)()
	_, path, _ := strings.Cut(q.route.RouteKey, " ")
	source := iam.Context{
		"aws:SourceArn":       q.stage.ExecutionArn + "/" + q.Method + path,
		"aws:SourceAccount":   s.env.Account,
		"aws:SecureTransport": "true",
	}
	asked := s.env.Now()
	result, err := s.deps.Lambda.Invoke(ctx, iam.ServicePrincipal(servicePrincipal), i.function(), s.event(q), source)
	q.integrated = s.env.Clock.Since(asked)
	lost, throttled := s.env.Available("apigateway"), (*awserr.Error)(nil)
	switch {
	case lost != nil: // what the function did then, nobody hears
		return unavailable(lost)
	case ctx.Err() != nil:
		return unavailable(fmt.Errorf("the integration did not answer: %w", ctx.Err()))
	case errors.Is(err, awserr.ErrUnavailable), errors.As(err, &throttled) && throttled.Code == "TooManyRequestsException":
		return unavailable(err)
	case err != nil:
		return refuse(http.StatusInternalServerError, "Internal Server Error", err)
	case result.FunctionError != "":
		return refuse(
			http.StatusInternalServerError,
			"Internal Server Error",
			fmt.Errorf("the function failed: %s", result.Payload),
		)
	}
	a, err := answerOf(result.Payload)
	if err != nil {
		return refuse(
			http.StatusInternalServerError,
			"Internal Server Error",
			fmt.Errorf("the function's answer is malformed: %w", err),
		)
	}
	return a
}
