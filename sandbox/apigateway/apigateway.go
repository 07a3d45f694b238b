// Package apigateway is the sandbox's API Gateway: HTTP APIs whose routes run functions. Each API listens on a loopback
// port of its own, so that its endpoint is a URL without a path, as on AWS, and every HTTP client can join, resolve and
// sign paths as it does there.
package apigateway

import (
	"context"
	"crypto/rand"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/constraint"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/region"
)

// Lengths of texts (API Gateway V2 API Reference), in characters.
const (
	maxDescription = 1024
	maxLogFormat   = 1024
)

// Deps are the services API Gateway relies on, of the same region but for IAM, who certifies its own host names, and
// how documents of issuers of tokens are fetched.
type Deps struct {
	ACM        *acm.Service
	CA         *authority.CA
	Internet   *http.Client
	IAM        *iam.Service
	Lambda     *lambda.Service
	Logs       *logs.Service
	CloudWatch *cloudwatch.Service
}

// Service is the API Gateway of one region. Create it with New and end it with Close; it is safe for concurrent use.
type Service struct {
	env  *region.Env
	deps Deps

	mu      sync.Mutex
	apis    map[string]*api    // by id
	domains map[string]*domain // by name
	front   *front             // nil until there is something to serve
}

// API is an HTTP API. The second group is given by API Gateway.
type API struct {
	Name         string            `json:"name"`
	ProtocolType string            `json:"protocolType"` // HTTP
	Description  string            `json:"description,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`

	ID           string `json:"-"`
	Endpoint     string `json:"apiEndpoint"`
	Arn          string `json:"arn"`
	ExecutionArn string `json:"executionArn"`
	// APIKeySelection and RouteSelection are what HTTP APIs cannot choose.
	APIKeySelection string `json:"apiKeySelectionExpression"`
	RouteSelection  string `json:"routeSelectionExpression"`
	IPAddressType   string `json:"ipAddressType"`
}

// api is an API with what belongs to it and the server it listens with.
type api struct {
	API
	server       *http.Server
	integrations map[string]Integration
	routes       map[string]*route
	authorizers  map[string]*authorizer
	stage        *stage // nil until there is one
}

// New returns the API Gateway of a region without APIs.
func New(env *region.Env, deps Deps) *Service {
	return &Service{env: env, deps: deps, apis: map[string]*api{}, domains: map[string]*domain{}}
}

// Close ends every listener.
func (s *Service) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apis {
		_ = a.server.Close() // nothing is left to serve
	}
	if s.front != nil {
		_ = s.front.server.Close()
	}
}

// CreateAPI creates an HTTP API and begins to listen. Without a stage it answers 404.
func (s *Service) CreateAPI(a API) (API, error) {
	if err := checkAPI(a); err != nil {
		return API{}, err
	}
	if err := s.serveTLS(); err != nil {
		return API{}, err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return API{}, awserr.Unavailable("HTTP API %s cannot listen: %v", a.Name, err)
	}
	a.ID = newID(10)
	a.Endpoint = "http://" + listener.Addr().String()
	a.Arn = "arn:" + region.Partition + ":apigateway:" + s.env.Name + "::/apis/" + a.ID
	a.ExecutionArn = s.env.ARN("execute-api", a.ID)
	a.APIKeySelection = "$request.header.x-api-key"
	a.RouteSelection = "$request.method $request.path"
	a.IPAddressType = "ipv4"
	created := &api{
		API:          a,
		integrations: map[string]Integration{},
		routes:       map[string]*route{},
		authorizers:  map[string]*authorizer{},
	}
	created.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: edge.Handler("HTTP API "+a.Name,
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(a.ID, w, r) }))}
	s.deps.IAM.LinkRole(iam.APIGateway)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apis[a.ID] = created
	go func() { _ = created.server.Serve(listener) }() // returns when the API is deleted
	return a, nil
}

func checkAPI(a API) error {
	if a.Name == "" || len(a.Name) > 128 {
		return badRequest("name %q: want 1 to 128 characters", a.Name)
	}
	if a.ProtocolType != "HTTP" {
		return badRequest("protocol type %q: the sandbox models HTTP", a.ProtocolType)
	}
	var c constraint.Check
	c.Length("description", a.Description, 0, maxDescription)
	c.Tags(a.Tags)
	return c.Err("BadRequestException")
}

// API finds an API by its id.
func (s *Service) API(id string) (API, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(id)
	if err != nil {
		return API{}, err
	}
	return a.API, nil
}

// APIs lists the APIs by id.
func (s *Service) APIs() []API {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []API
	for _, id := range slices.Sorted(maps.Keys(s.apis)) {
		list = append(list, s.apis[id].API)
	}
	return list
}

// UpdateAPI replaces name, description and tags of an API.
func (s *Service) UpdateAPI(a API) (API, error) {
	if err := checkAPI(a); err != nil {
		return API{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.find(a.ID)
	if err != nil {
		return API{}, err
	}
	old.Name, old.Description, old.Tags = a.Name, a.Description, a.Tags
	return old.API, nil
}

// DeleteAPI deletes an API with all that belongs to it and ends its listener.
func (s *Service) DeleteAPI(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(id)
	if err != nil {
		return err
	}
	if s.mapped(id) {
		return badRequest("Deleting API %s failed. Please remove all API mappings for the API from your custom domain "+
			"names.", id)
	}
	delete(s.apis, id)
	return a.server.Close()
}

// find finds an API. The caller holds the lock.
func (s *Service) find(id string) (*api, error) {
	a, ok := s.apis[id]
	if !ok {
		return nil, notFound("API", id)
	}
	return a, nil
}

func badRequest(format string, args ...any) error {
	return awserr.Invalid("BadRequestException", format, args...)
}

func notFound(what, id string) error {
	return awserr.NotFound(http.StatusNotFound, "NotFoundException", "Invalid %s identifier specified %s", what, id)
}

// newID is an identifier of lower-case letters and digits, as API Gateway's are.
func newID(length int) string { return strings.ToLower(rand.Text()[:length]) }
