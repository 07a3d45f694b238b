package stack

import (
	"maps"
	"net/http"
	"time"

	"aurora-dsql-dr/sandbox"
)

// Zone is the public hosted zone of WithTraffic, and Domain the application's name in it.
const (
	Zone   = "example.com"
	Domain = "pay.example.com"
)

// audience is whom tokens are for, and tokenLife how long they count, by the wall: longer than any rehearsal.
const (
	audience  = "pay"
	tokenLife = 12 * time.Hour
)

// WithTraffic adds a name for the application to a configuration that has it: in a hosted zone that is made in the
// sandbox, as a stack is given one, and for clients that show tokens of the sandbox's OpenID provider.
func WithTraffic(s *sandbox.Sandbox, config map[string]any) (map[string]any, error) {
	zone, _, err := s.Account.Route53.CreateZone(Zone, "traffic", "for the application")
	if err != nil {
		return nil, err
	}
	provider, err := s.OpenID()
	if err != nil {
		return nil, err
	}
	config = maps.Clone(config)
	config["aurora-dsql-dr:traffic"] = map[string]any{"zoneId": zone.ID, "domain": Domain}
	config["aurora-dsql-dr:applicationSettings"] = map[string]any{
		"jwt": map[string]any{"issuer": provider.Issuer, "audience": audience},
	}
	return config, nil
}

// Token is what clients of the application show with WithTraffic.
func Token(s *sandbox.Sandbox) (string, error) {
	provider, err := s.OpenID()
	if err != nil {
		return "", err
	}
	return provider.Token("client", audience, tokenLife)
}

// TokenFor is what clients of the deployed application show; "" if they sign their requests instead.
func TokenFor(s *sandbox.Sandbox, outputs Outputs) (string, error) {
	if outputs.TrafficDomain == "" {
		return "", nil
	}
	return Token(s)
}

// Caller calls the application's API in a region, as somebody who may.
func Caller(s *sandbox.Sandbox, outputs Outputs, region string) (sandbox.Caller, error) {
	token, err := TokenFor(s, outputs)
	return sandbox.Caller{
		Region:      region,
		HTTP:        http.DefaultClient,
		Credentials: s.Account.IAM.Admin(),
		Token:       token,
	}, err
}
