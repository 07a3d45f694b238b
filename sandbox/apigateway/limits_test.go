package apigateway

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPIGatewayRefusesWhatIsTooLong(t *testing.T) {
	w := newWorld(t)
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprint("key", i)] = "v"
	}
	for want, a := range map[string]API{
		"at 'description' failed":          {Description: strings.Repeat("d", 1025)},
		"'51 members' at 'tags' failed":    {Tags: many},
		"at 'tags.key' failed":             {Tags: map[string]string{strings.Repeat("k", 129): "v"}},
		"at 'tags.k' failed":               {Tags: map[string]string{"k": strings.Repeat("v", 257)}},
		"aws:k' at 'tags.key' failed":      {Tags: map[string]string{"aws:k": "v"}},
		"'aws:' at 'tags.key' failed":      {Tags: map[string]string{"aws:": "v"}},
		"BadRequestException: name \"\": ": {},
	} {
		if want[0] != 'B' {
			a.Name = "api"
		}
		a.ProtocolType = "HTTP"
		_, err := w.CreateAPI(a)
		require.ErrorContains(t, err, "BadRequestException: ", want)
		require.ErrorContains(t, err, want)
	}
	stage := Stage{APIID: w.api.ID, Name: defaultStage, AutoDeploy: true, Tags: many}
	_, err := w.PutStage(stage)
	require.ErrorContains(t, err, "BadRequestException: 1 validation error detected: Value '51 members' at 'tags' failed")
	stage.Tags, stage.AccessLogSettings = nil, &AccessLogSettings{Format: strings.Repeat("f", 1025)}
	_, err = w.PutStage(stage)
	require.ErrorContains(t, err, "at 'accessLogSettings.format' failed")
}

func TestAPIGatewayHoldsToItsQuotas(t *testing.T) {
	w := newWorld(t)
	w.region.SetLimit(RouteQuota, 1)
	first := w.route(t, "GET /first", authorizeNobody)
	_, err := w.CreateRoute(Route{APIID: w.api.ID, RouteKey: "GET /second", Target: first.Target})
	require.ErrorContains(t, err, "TooManyRequestsException")
	w.region.SetLimit(DomainQuota, 0)
	domain := domainWith(w.certificateFor(t, true, host))
	_, err = w.CreateDomainName(domain)
	require.ErrorContains(t, err, "TooManyRequestsException")
	w.region.SetLimit(DomainQuota, 1)
	_, err = w.CreateDomainName(domain)
	require.NoError(t, err)
}
