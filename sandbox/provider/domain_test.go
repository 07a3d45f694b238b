package provider

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	apiKind     = "aws:apigatewayv2/api:Api"
	stageKind   = "aws:apigatewayv2/stage:Stage"
	domainKind  = "aws:apigatewayv2/domainName:DomainName"
	mappingKind = "aws:apigatewayv2/apiMapping:ApiMapping"
)

func TestACustomDomainIsDeployed(t *testing.T) {
	w := newWorld(t, Options{})
	zone, _, err := w.Route53.CreateZone("example.com", "one", "")
	require.NoError(t, err)
	i := w.in(primary)
	c := i.mustCreate(certificateKind, "api", certificateOf("api.example.com"))
	domain := object{"domainName": "api.example.com", "domainNameConfiguration": object{
		"certificateArn": c.id, "endpointType": "REGIONAL", "securityPolicy": "TLS_1_2",
	}}
	_, err = i.create(domainKind, "early", domain)
	require.ErrorContains(t, err, "creating API Gateway v2 Domain Name")
	require.ErrorContains(t, err, "is PENDING_VALIDATION")
	w.validate(zone.ID, c)
	i.mustCreate(validationKind, "api", object{"certificateArn": c.id})

	d := i.mustCreate(domainKind, "api", domain)
	assert.Equal(t, "api.example.com", d.id)
	configuration := d.outputs["domainNameConfiguration"].(object)
	assert.Contains(t, configuration["targetDomainName"], ".execute-api.us-east-1.amazonaws.com")
	assert.Equal(t, "Z1UJRXOUMOOFQ8", configuration["hostedZoneId"])
	api := i.mustCreate(apiKind, "api", object{"protocolType": "HTTP"})
	stage := i.mustCreate(stageKind, "api", object{"apiId": api.id, "name": "$default", "autoDeploy": true})
	mapping := object{"apiId": api.id, "domainName": d.id, "stage": "$default"}
	m := i.mustCreate(mappingKind, "api", mapping)

	assert.Equal(t, "DIFF_NONE", i.diff(i.mustRefresh(d), domain).GetChanges().String(), "what AWS fills in is no drift")
	assert.Equal(t, "DIFF_NONE", i.diff(i.mustRefresh(m), mapping).GetChanges().String())
	require.ErrorContains(t, i.delete(stage), "Please remove all API mappings")
	for _, s := range []stateOf{m, d, c} {
		require.NoError(t, i.delete(s))
	}
}
