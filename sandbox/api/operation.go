package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
)

// Call is one authenticated request.
type Call struct {
	context.Context
	Region    string
	Account   string
	Caller    iam.Principal
	RequestID string
	// Skew is how far the caller's clock is ahead of the services'.
	Skew time.Duration
	// Conditions are the request's condition keys: aws:SecureTransport, aws:RequestedRegion.
	Conditions iam.Context

	services  *aws.Region
	host      string          // the server's, as the caller knows it
	owner     iam.Credentials // of the account, for URLs that the sandbox signs itself
	authorize func(action, resource string, conditions iam.Context, policy *iam.Policy) error
}

// Authorize asks the caller's identity policies; more are condition keys of the operation's own. It is for services
// without resource policies; the others decide for themselves.
func (c *Call) Authorize(action, resource string, more iam.Context) error {
	return c.authorize(action, resource, more, nil)
}

// AuthorizeResource asks the policy document of the resource as well, for services whose operation does not do so itself.
func (c *Call) AuthorizeResource(action, resource, document string, more iam.Context) error {
	policy := &iam.Policy{} // says nothing
	if document != "" {
		var err error
		if policy, err = iam.ParseResourcePolicy(document); err != nil {
			return err
		}
	}
	return c.authorize(action, resource, more, policy)
}

// operation is one entry of a service's table.
type operation struct {
	name   string
	route  *route
	input  func() any
	handle func(*Call, any) (any, error)
}

// on makes an operation of its handler. In and Out are the SDK's structs of the operation, which say what the request
// and the answer look like on the wire.
func on[In, Out any](name string, handle func(*Call, *In) (*Out, error)) operation {
	return operation{name: name, input: func() any { return new(In) },
		handle: func(c *Call, in any) (any, error) { return handle(c, in.(*In)) }}
}

// at gives an operation its REST-JSON route, "GET /cluster/{Identifier}", and optionally where members travel other than
// in path and body. Names are the SDK's field names.
func (o operation) at(method, path string, bindings ...binding) operation {
	o.route = &route{method: method, segments: strings.Split(path, "/")}
	for _, b := range bindings {
		b(o.route)
	}
	return o
}

// route is where a REST-JSON operation is found and where its members travel.
type route struct {
	method      string
	segments    []string          // of the path; {Name} is the member Name
	query       map[string]string // query parameter: member
	header      map[string]string // request header: member
	answerIn    map[string]string // response header: member
	body        string            // the member that is the body as it is, of request and response; "" for a JSON body
	statusField string            // the member that is the response's status
}

type binding func(*route)

func inHeader(request, response map[string]string) binding {
	return func(r *route) { r.header, r.answerIn = request, response }
}

func inQuery(request map[string]string) binding { return func(r *route) { r.query = request } }

func rawBody(member string) binding { return func(r *route) { r.body = member } }

func statusIn(member string) binding { return func(r *route) { r.statusField = member } }

// match returns the members in the path of a request, if the route is the request's.
func (t *route) match(r *http.Request) (object, bool) {
	segments := strings.Split(strings.TrimSuffix(r.URL.EscapedPath(), "/"), "/") // older clients end some paths with a slash
	if r.Method != t.method || len(segments) != len(t.segments) {
		return nil, false
	}
	members := object{}
	for i, want := range t.segments {
		name, isMember := strings.CutPrefix(want, "{")
		if !isMember {
			if segments[i] != want {
				return nil, false
			}
			continue
		}
		value, err := url.PathUnescape(segments[i])
		if err != nil || value == "" {
			return nil, false
		}
		members[strings.TrimSuffix(name, "}")] = value
	}
	return members, true
}

// read adds the members of path, query, headers and body to one tree.
func (t *route) read(r *http.Request, body []byte) (any, error) {
	members, _ := t.match(r)
	query := r.URL.Query()
	for parameter, member := range t.query {
		if query.Has(parameter) {
			members[member] = query.Get(parameter)
		}
	}
	for header, member := range t.header {
		if value := r.Header.Get(header); value != "" {
			members[member] = value
		}
	}
	if t.body != "" {
		members[t.body] = body
		return members, nil
	}
	inBody, err := decodeJSON(body)
	if err != nil {
		return nil, err
	}
	tree, ok := inBody.(object)
	if !ok {
		return nil, fmt.Errorf("the body must be an object, not %T", inBody)
	}
	for name, value := range members {
		tree[name] = value
	}
	return tree, nil
}

// write answers with the members where the route has them.
func (t *route) write(w http.ResponseWriter, answer any, lower bool, requestID string) {
	out := reflect.ValueOf(answer).Elem()
	for header, member := range t.answerIn {
		if value := out.FieldByName(member); !value.IsNil() {
			w.Header().Set(header, value.Elem().String())
			value.SetZero()
		}
	}
	status := http.StatusOK
	if t.statusField != "" {
		status = int(out.FieldByName(t.statusField).Int())
		out.FieldByName(t.statusField).SetZero()
	}
	w.Header().Set("X-Amzn-RequestId", requestID)
	if t.body != "" {
		write(w, status, "application/json", out.FieldByName(t.body).Bytes(), requestID)
		return
	}
	write(w, status, "application/json", encodeJSON(unbind(answer, lower)), requestID)
}

// service is one AWS service's table of operations.
type service struct {
	name       string            // ARN namespace, and region.Env's name of the service
	lower      bool              // JSON member names begin in lower case
	flattened  map[string]string // of the query protocol
	operations []operation
}

// in is the protocol as the service speaks it.
func (s service) in(p protocol) protocol {
	if _, isQuery := p.(queryProtocol); isQuery {
		return queryProtocol{s.flattened}
	}
	return p
}

// find returns the operation a request asks for, or what is to be said about its absence.
func (s service) find(p protocol, r *http.Request, body []byte) (operation, error) {
	name := p.operation(r, body)
	i := slices.IndexFunc(s.operations, func(o operation) bool {
		if _, isREST := p.(restProtocol); isREST && o.route != nil {
			_, matches := o.route.match(r)
			return matches
		}
		return o.name == name
	})
	if i >= 0 {
		return s.operations[i], nil
	}
	if name == "" {
		name = r.Method + " " + r.URL.EscapedPath()
	}
	modelled := make([]string, len(s.operations))
	for i, o := range s.operations {
		modelled[i] = o.name
	}
	return operation{}, notImplemented("%s: operation %s is not modelled by the sandbox; modelled are %s",
		s.name, name, strings.Join(modelled, ", "))
}

// notImplemented has a status that SDKs do not retry.
func notImplemented(format string, args ...any) *awserr.Error {
	return &awserr.Error{Code: "NotImplemented", Message: fmt.Sprintf(format, args...), Status: http.StatusNotImplemented}
}
