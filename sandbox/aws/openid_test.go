package aws

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/apigateway"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/openid"
)

// An API trusts somebody else's OpenID provider, whose documents it fetches by name over TLS.
func TestTokensOfAnOpenIDProviderOnTheInternetCount(t *testing.T) {
	a := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-east-2"}})
	t.Cleanup(func() { assert.NoError(t, a.Close()) })
	provider, err := openid.Listen(a.ca, "login.example.com")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, provider.Close()) })
	url := protected(t, a, provider.Issuer)

	status := func(audience string, life time.Duration) int {
		token, err := provider.Token("somebody", audience, life)
		require.NoError(t, err)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	a.Host("login.example.com", provider.Address)
	assert.Equal(t, http.StatusOK, status("pay", time.Minute))
	assert.Equal(t, http.StatusUnauthorized, status("others", time.Minute))
	assert.Equal(t, http.StatusUnauthorized, status("pay", -time.Minute))
}

// protected is the URL of an API that wants a token of an issuer.
func protected(t *testing.T, a *Account, issuer string) string {
	t.Helper()
	r := a.Region("us-east-2")
	role, err := a.IAM.CreateRole(iam.Role{Name: "api", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
	require.NoError(t, err)
	f, err := r.Lambda.CreateFunction(lambda.Function{
		Name: "api", Role: role.Arn, Timeout: 5, Runtime: "provided.al2023", Handler: "bootstrap",
		Stub: func(context.Context, []byte) ([]byte, error) { return json.Marshal("ok") },
	})
	require.NoError(t, err)
	api, err := r.APIGateway.CreateAPI(apigateway.API{Name: "api", ProtocolType: "HTTP"})
	require.NoError(t, err)
	_, err = r.Lambda.AddPermission(lambda.Permission{StatementID: "api", Action: "lambda:InvokeFunction",
		Function: f.Name, Principal: "apigateway.amazonaws.com", SourceARN: api.ExecutionArn + "/*/*"})
	require.NoError(t, err)
	integration, err := r.APIGateway.CreateIntegration(apigateway.Integration{
		APIID: api.ID, IntegrationType: "AWS_PROXY", PayloadFormatVersion: "2.0",
		IntegrationURI: "arn:aws:apigateway:us-east-2:lambda:path/2015-03-31/functions/" + f.ARN + "/invocations",
	})
	require.NoError(t, err)
	authorizer, err := r.APIGateway.CreateAuthorizer(apigateway.Authorizer{
		APIID: api.ID, Name: "users", AuthorizerType: "JWT", IdentitySources: []string{"$request.header.Authorization"},
		JWTConfiguration: &apigateway.JWTConfiguration{Issuer: issuer, Audiences: []string{"pay"}},
	})
	require.NoError(t, err)
	_, err = r.APIGateway.CreateRoute(apigateway.Route{
		APIID: api.ID, RouteKey: "GET /", Target: "integrations/" + integration.ID,
		AuthorizationType: "JWT", AuthorizerID: authorizer.ID,
	})
	require.NoError(t, err)
	_, err = r.APIGateway.PutStage(apigateway.Stage{APIID: api.ID, Name: "$default", AutoDeploy: true})
	require.NoError(t, err)
	return api.Endpoint + "/"
}
