package apigateway

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Route sends the requests of a method and path to an integration.
type Route struct {
	APIID               string   `json:"apiId"`
	RouteKey            string   `json:"routeKey"`                    // "GET /transactions/{id}"
	Target              string   `json:"target,omitempty"`            // integrations/<id>
	AuthorizationType   string   `json:"authorizationType,omitempty"` // NONE by default, AWS_IAM or JWT
	AuthorizerID        string   `json:"authorizerId,omitempty"`
	AuthorizationScopes []string `json:"authorizationScopes,omitempty"`

	ID string `json:"-"`
}

// Authorization types of a route.
const (
	authorizeNobody = "NONE"
	authorizeIAM    = "AWS_IAM"
	authorizeJWT    = "JWT"
)

type route struct {
	Route
	method   string
	segments []string // of the path; {name} is a parameter
}

// CreateRoute adds a route to an API.
func (s *Service) CreateRoute(r Route) (Route, error) {
	r.ID = newID(7)
	return s.putRoute(r)
}

func (s *Service) putRoute(r Route) (Route, error) {
	if r.AuthorizationType == "" {
		r.AuthorizationType = authorizeNobody
	}
	parsed, err := parseRoute(r)
	if err != nil {
		return Route{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(r.APIID)
	if err != nil {
		return Route{}, err
	}
	if err := a.checkRoute(r); err != nil {
		return Route{}, err
	}
	most := s.env.Limit(RouteQuota)
	if _, known := a.routes[r.ID]; !known && len(a.routes) >= most {
		return Route{}, tooMany("routes of API "+r.APIID, most)
	}
	a.routes[r.ID] = parsed
	return r, nil
}

// parseRoute reads the route key. API Gateway also knows $default, ANY and {name+}.
func parseRoute(r Route) (*route, error) {
	method, path, ok := strings.Cut(r.RouteKey, " ")
	methods := []string{
		http.MethodGet,
		http.MethodPost,
		http.MethodPut,
		http.MethodPatch,
		http.MethodDelete,
		http.MethodHead,
		http.MethodOptions,
	}
	if !ok || !slices.Contains(methods, method) || !strings.HasPrefix(path, "/") || strings.Contains(path, "+}") {
		return nil, badRequest("route key %q: the sandbox models a method and a path such as GET /things/{id}", r.RouteKey)
	}
	return &route{Route: r, method: method, segments: strings.Split(path, "/")}, nil
}

func (a *api) checkRoute(r Route) error {
	_, integrated := a.integrations[strings.TrimPrefix(r.Target, "integrations/")]
	_, authorized := a.authorizers[r.AuthorizerID]
	switch {
	case !integrated:
		return badRequest("target %q: want integrations/<id> of an integration of the API", r.Target)
	case !slices.Contains([]string{authorizeNobody, authorizeIAM, authorizeJWT}, r.AuthorizationType):
		return badRequest("authorization type %q: the sandbox models NONE, AWS_IAM and JWT", r.AuthorizationType)
	case (r.AuthorizationType == authorizeJWT) != authorized:
		return badRequest(
			"authorizer %q with authorization type %s: JWT, and no other, needs an authorizer of the API",
			r.AuthorizerID,
			r.AuthorizationType,
		)
	}
	for _, other := range a.routes {
		if other.RouteKey == r.RouteKey && other.ID != r.ID {
			return badRequest("Route with key %s already exists for this API", r.RouteKey)
		}
	}
	return nil
}

func (a *api) hasRoute(key string) bool {
	for _, r := range a.routes {
		if r.RouteKey == key {
			return true
		}
	}
	return false
}

// Route finds a route of an API.
func (s *Service) Route(apiID, id string) (Route, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(apiID)
	if err != nil {
		return Route{}, err
	}
	r, ok := a.routes[id]
	if !ok {
		return Route{}, notFound("Route", id)
	}
	return r.Route, nil
}

// UpdateRoute replaces a route.
func (s *Service) UpdateRoute(r Route) (Route, error) {
	if _, err := s.Route(r.APIID, r.ID); err != nil {
		return Route{}, err
	}
	return s.putRoute(r)
}

// DeleteRoute removes a route from an API.
func (s *Service) DeleteRoute(apiID, id string) error {
	if _, err := s.Route(apiID, id); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.apis[apiID].routes, id)
	return nil
}

// match finds the route of a request and the parameters in its path. A route without parameters is preferred.
func (a *api) match(method string, path *url.URL) (found *route, parameters map[string]string) {
	for _, r := range a.routes {
		values, ok := r.match(method, path)
		if ok && (found == nil || len(values) < len(parameters)) {
			found, parameters = r, values
		}
	}
	return found, parameters
}

func (r *route) match(method string, path *url.URL) (parameters map[string]string, ok bool) {
	segments := strings.Split(path.EscapedPath(), "/")
	if method != r.method || len(segments) != len(r.segments) {
		return nil, false
	}
	parameters = map[string]string{}
	for i, want := range r.segments {
		got, err := url.PathUnescape(segments[i])
		name, isParameter := strings.CutPrefix(want, "{")
		switch {
		case err != nil, !isParameter && got != want, isParameter && got == "":
			return nil, false
		case isParameter:
			parameters[strings.TrimSuffix(name, "}")] = got
		}
	}
	return parameters, true
}
