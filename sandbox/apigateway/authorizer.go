package apigateway

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/sigv4"
)

// Authorizer admits who brings a token of an issuer.
type Authorizer struct {
	APIID            string            `json:"apiId"`
	Name             string            `json:"name"`
	AuthorizerType   string            `json:"authorizerType"`  // JWT
	IdentitySources  []string          `json:"identitySources"` // where the token is: $request.header.Authorization
	JWTConfiguration *JWTConfiguration `json:"jwtConfiguration"`

	ID string `json:"-"`
}

// JWTConfiguration says whose tokens count, and whom they must be for.
type JWTConfiguration struct {
	Issuer    string   `json:"issuer"` // https, or http on loopback
	Audiences []string `json:"audiences"`
}

type authorizer struct {
	Authorizer
	keys *keySet
}

// CreateAuthorizer adds an authorizer to an API. The issuer's keys are fetched with the first token.
func (s *Service) CreateAuthorizer(a Authorizer) (Authorizer, error) {
	a.ID = newID(6)
	return s.putAuthorizer(a)
}

func (s *Service) putAuthorizer(a Authorizer) (Authorizer, error) {
	if err := a.check(); err != nil {
		return Authorizer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	owner, err := s.find(a.APIID)
	if err != nil {
		return Authorizer{}, err
	}
	owner.authorizers[a.ID] = &authorizer{
		Authorizer: a,
		keys: &keySet{
			issuer:   a.JWTConfiguration.Issuer,
			internet: s.deps.Internet,
			clock:    s.env.Clock,
		},
	}
	return a, nil
}

func (a Authorizer) check() error {
	if a.AuthorizerType != "JWT" || !slices.Equal(a.IdentitySources, []string{"$request.header.Authorization"}) {
		return badRequest(
			"authorizer %q of type %s, identity sources %v: the sandbox models JWT in $request.header.Authorization",
			a.Name,
			a.AuthorizerType,
			a.IdentitySources,
		)
	}
	if a.Name == "" || a.JWTConfiguration == nil || len(a.JWTConfiguration.Audiences) == 0 {
		return badRequest("authorizer %q: a name, an issuer and at least one audience are required", a.Name)
	}
	u, err := url.Parse(a.JWTConfiguration.Issuer)
	if err != nil || u.Host == "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !net.ParseIP(u.Hostname()).IsLoopback()) {
		return badRequest(
			"Invalid issuer: %q. Issuer must be a valid HTTPS URL, or here http on a loopback address",
			a.JWTConfiguration.Issuer,
		)
	}
	return nil
}

// Authorizer finds an authorizer of an API.
func (s *Service) Authorizer(apiID, id string) (Authorizer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner, err := s.find(apiID)
	if err != nil {
		return Authorizer{}, err
	}
	a, ok := owner.authorizers[id]
	if !ok {
		return Authorizer{}, notFound("Authorizer", id)
	}
	return a.Authorizer, nil
}

// UpdateAuthorizer replaces an authorizer.
func (s *Service) UpdateAuthorizer(a Authorizer) (Authorizer, error) {
	if _, err := s.Authorizer(a.APIID, a.ID); err != nil {
		return Authorizer{}, err
	}
	return s.putAuthorizer(a)
}

// DeleteAuthorizer removes an authorizer from an API.
func (s *Service) DeleteAuthorizer(apiID, id string) error {
	if _, err := s.Authorizer(apiID, id); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.apis[apiID].authorizers, id)
	return nil
}

// authorize asks the route's authorization; nil lets the request pass.
func (s *Service) authorize(q *request) *answer {
	switch q.route.AuthorizationType {
	case authorizeIAM:
		return s.authorizeIAM(q)
	case authorizeJWT:
		return s.authorizeJWT(q)
	default:
		return nil
	}
}

// authorizeIAM wants a signature for execute-api whose owner's policies allow execute-api:Invoke on the request's
// stage, method and path ("Control access to HTTP APIs with IAM authorization", API Gateway Developer Guide).
func (s *Service) authorizeIAM(q *request) *answer {
	forbidden := func(cause error) *answer {
		a := refuse(http.StatusForbidden, "Forbidden", cause)
		return &a
	}
	signed, err := sigv4.Verify(s.deps.IAM, q.Request, q.body, s.written)
	if err != nil {
		return forbidden(err)
	}
	if signed.Service != "execute-api" || signed.Region != s.env.Name {
		return forbidden(
			fmt.Errorf(
				"Credential should be scoped to execute-api in %s, not to %s in %s",
				s.env.Name,
				signed.Service,
				signed.Region,
			),
		)
	}
	caller := signed.Credentials
	q.caller = caller.Principal
	conditions := iam.Context{"aws:SecureTransport": "true", "aws:RequestedRegion": s.env.Name}
	if err := s.deps.IAM.Authorize(
		caller.Principal,
		"execute-api:Invoke",
		q.stage.ExecutionArn+"/"+q.Method+q.URL.Path,
		conditions,
	); err != nil {
		return forbidden(err)
	}
	q.authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		IAM: &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{
			AccessKey: caller.AccessKeyID,
			AccountID: s.env.Account,
			CallerID:  caller.Principal.ARN,
			UserARN:   caller.Principal.ARN,
			UserID:    caller.Principal.ARN,
		},
	}
	return nil
}

// authorizeJWT wants a token of the authorizer's issuer and audience and, if the route has scopes, one of them.
func (s *Service) authorizeJWT(q *request) *answer {
	token := strings.TrimPrefix(q.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		return unauthorized("Bearer", errors.New("the request has no token"))
	}
	claims, err := q.issuer.verify(q.Context(), token)
	if err != nil {
		return unauthorized(
			fmt.Sprintf(
				"Bearer scope=%q error=%q error_description=%q",
				strings.Join(q.route.AuthorizationScopes, " "),
				"invalid_token",
				err,
			),
			err,
		)
	}
	scopes := claims.scopes()
	if wanted := q.route.AuthorizationScopes; len(wanted) > 0 &&
		!slices.ContainsFunc(wanted, func(scope string) bool { return slices.Contains(scopes, scope) }) {
		a := refuse(http.StatusForbidden, "Forbidden", fmt.Errorf("the token has none of the scopes %v", wanted))
		return &a
	}
	q.authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{
			Claims: claims.texts(),
			Scopes: q.route.AuthorizationScopes,
		},
	}
	return nil
}

func unauthorized(challenge string, cause error) *answer {
	a := refuse(http.StatusUnauthorized, "Unauthorized", cause)
	a.header.Set("Www-Authenticate", challenge)
	return &a
}

// written is a time that a caller in a region has read from its clock; only the region's own functions are known here.
func (s *Service) written(region string, t time.Time) time.Time {
	if region == s.env.Name {
		return s.env.Written(t)
	}
	return t
}
