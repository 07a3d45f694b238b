package wire

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// rest is REST-JSON: an operation's route says what of a request is in its path, query and headers.
type rest struct{}

func (rest) asked(*http.Request, []byte) string { return "" }

func (rest) asks(r *http.Request, _ []byte, o Shape) bool {
	if o.Route == nil {
		return false
	}
	_, matches := o.Route.match(r)
	return matches
}

func (rest) read(r *http.Request, body []byte, o Shape) (any, error) { return o.Route.read(r, body) }

func (rest) write(out *answer, members any, o Shape) {
	out.contentType = "application/json"
	tree, _ := members.(object) // of a struct
	o.Route.write(out, tree, o.Lower)
}

func (rest) refuse(out *answer, failed failure) {
	out.header.Set("X-Amzn-ErrorType", failed.shape)
	out.contentType = "application/json"
	out.body = encodeJSON(failed.tree())
}

// Route is where a REST operation is found and where its members travel. Names are the SDK's field names.
type Route struct {
	Method   string
	Segments []string // of the path; {Name} is the member Name
	Query    string   // tells the operation from another one at the same path

	query    map[string]string // query parameter: member
	header   map[string]string // request header: member
	answerIn map[string]string // response header: member
	body     string            // the member that is the body as it is, of request and response; "" for a JSON body
	status   string            // the member that is the response's status
	code     int               // the response's status, if it is neither a member's nor 200
}

// Binding says where a member travels other than in path and body.
type Binding func(*Route)

// NewRoute is a route like "GET /cluster/{Identifier}". A query, as in "/layers?find=LayerVersion", is a part of it.
func NewRoute(method, path string, bindings ...Binding) *Route {
	path, query, _ := strings.Cut(path, "?")
	t := &Route{Method: method, Segments: strings.Split(path, "/"), Query: query}
	for _, b := range bindings {
		b(t)
	}
	return t
}

// InHeader has members travel in headers of the request and of the response, each by header.
func InHeader(request, response map[string]string) Binding {
	return func(t *Route) {
		t.header = request
		t.answerIn = response
	}
}

// InQuery has members travel in the query, each by parameter.
func InQuery(request map[string]string) Binding { return func(t *Route) { t.query = request } }

// RawBody makes a member the body as it is, of request and response.
func RawBody(member string) Binding { return func(t *Route) { t.body = member } }

// StatusIn makes a member the response's status.
func StatusIn(member string) Binding { return func(t *Route) { t.status = member } }

// Created makes the response's status 201.
func Created() Binding { return func(t *Route) { t.code = http.StatusCreated } }

// match returns the members in the path of a request, if the route is the request's.
func (t *Route) match(r *http.Request) (object, bool) {
	// older clients end some paths with a slash
	segments := strings.Split(strings.TrimSuffix(r.URL.EscapedPath(), "/"), "/")
	if r.Method != t.Method || len(segments) != len(t.Segments) || !t.isTold(r.URL.RawQuery) {
		return nil, false
	}
	members := object{}
	for i, want := range t.Segments {
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

func (t *Route) isTold(query string) bool {
	return t.Query == "" || slices.Contains(strings.Split(query, "&"), t.Query)
}

// named are the members in path, query and headers.
func (t *Route) named(r *http.Request) object {
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
	return members
}

// read adds the members of path, query, headers and body to one tree.
func (t *Route) read(r *http.Request, body []byte) (any, error) {
	members := t.named(r)
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
	maps.Copy(tree, members)
	return tree, nil
}

// place answers with the members that the route has elsewhere than in the body, and leaves the others.
func (t *Route) place(out *answer, members object, lower bool) object {
	take := func(member string) any {
		name := memberName(member, lower)
		defer delete(members, name)
		return members[name]
	}
	for header, member := range t.answerIn {
		if value := take(member); value != nil {
			out.header.Set(header, text(value))
		}
	}
	if t.status != "" {
		status, _ := take(t.status).(int64)
		out.status = int(status)
	}
	if t.code != 0 {
		out.status = t.code
	}
	return members
}

// write answers with the members where the route has them.
func (t *Route) write(out *answer, members object, lower bool) {
	members = t.place(out, members, lower)
	if t.body != "" {
		out.body, _ = members[memberName(t.body, lower)].([]byte)
		return
	}
	out.body = encodeJSON(members)
}
