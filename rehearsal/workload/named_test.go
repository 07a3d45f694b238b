package workload

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/apigateway"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
	"aurora-dsql-dr/sandbox/route53"
)

const host = "pay.example.com"

// named is a name behind which each region has an API that takes every order.
type named struct {
	*sandbox.Sandbox
	t    *testing.T
	zone string
	role iam.Role
}

func newNamed(t *testing.T, speed float64) named {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{Speed: speed, Template: postgrestest.Template(t)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	zone, _, err := s.Account.Route53.CreateZone("example.com", "one", "")
	require.NoError(t, err)
	role, err := s.Account.IAM.CreateRole(iam.Role{Name: "api", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
	require.NoError(t, err)
	n := named{s, t, zone.ID, role}
	for _, region := range []string{east, west} {
		n.serve(region)
	}
	return n
}

// serve makes the region's API, which answers to the name.
func (n named) serve(region string) {
	n.t.Helper()
	r := n.Account.Region(region)
	f, err := r.Lambda.CreateFunction(lambda.Function{
		Name: "api", Role: n.role.Arn, Runtime: "provided.al2023", Handler: "bootstrap",
		Stub: func(context.Context, []byte) ([]byte, error) { return []byte(`{"statusCode": 201}`), nil },
	})
	require.NoError(n.t, err)
	api, err := r.APIGateway.CreateAPI(apigateway.API{Name: "api", ProtocolType: "HTTP"})
	require.NoError(n.t, err)
	_, err = r.Lambda.AddPermission(lambda.Permission{StatementID: "api", Action: "lambda:InvokeFunction", Function: f.Name,
		Principal: "apigateway.amazonaws.com", SourceARN: api.ExecutionArn + "/*/*"})
	require.NoError(n.t, err)
	integration, err := r.APIGateway.CreateIntegration(apigateway.Integration{
		APIID: api.ID, IntegrationType: "AWS_PROXY", PayloadFormatVersion: "2.0",
		IntegrationURI: "arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/" + f.ARN + "/invocations",
	})
	require.NoError(n.t, err)
	_, err = r.APIGateway.CreateRoute(apigateway.Route{APIID: api.ID, RouteKey: "POST " + transactions,
		Target: "integrations/" + integration.ID, AuthorizationType: "NONE"})
	require.NoError(n.t, err)
	stage, err := r.APIGateway.PutStage(apigateway.Stage{APIID: api.ID, Name: "$default", AutoDeploy: true})
	require.NoError(n.t, err)
	_, err = r.APIGateway.CreateDomainName(apigateway.DomainName{Name: host, Configuration: apigateway.Configuration{
		CertificateArn: n.certificate(region), EndpointType: "REGIONAL", SecurityPolicy: "TLS_1_2",
	}})
	require.NoError(n.t, err)
	_, err = r.APIGateway.CreateMapping(apigateway.Mapping{DomainName: host, APIID: api.ID, Stage: stage.Name})
	require.NoError(n.t, err)
}

func (n named) certificate(region string) string {
	n.t.Helper()
	service := n.Account.Region(region).ACM
	c, err := service.Request(acm.Certificate{DomainName: host, ValidationMethod: acm.DNS, KeyAlgorithm: "EC_prime256v1"}, "")
	require.NoError(n.t, err)
	n.put(c.Validations[0].Name, c.Validations[0].Type, c.Validations[0].Value)
	require.Eventually(n.t, func() bool {
		found, err := service.Certificate(c.Arn)
		return err == nil && found.Status == acm.Issued
	}, time.Minute, 10*time.Millisecond)
	return c.Arn
}

func (n named) put(name, kind, value string) {
	n.t.Helper()
	ttl := int64(60)
	_, err := n.Account.Route53.ChangeRecordSets(n.zone, "", []route53.Change{{Action: route53.Upsert, Set: route53.RecordSet{
		Name: name, Type: kind, TTL: &ttl, Values: []string{value},
	}}})
	require.NoError(n.t, err)
}

// lead has the name lead to a region from now on.
func (n named) lead(region string) {
	n.t.Helper()
	at, _ := n.Account.Region(region).APIGateway.Front()
	n.put(host, "A", at.Addr().String())
}

// Clients follow the name as HTTP clients do: with new connections, once the answer that they know is out of date.
func TestClientsOfANameMoveWithNewConnections(t *testing.T) {
	n := newNamed(t, 30)
	application, err := PrepareApplication(n.Sandbox, map[string]string{east: "", west: ""}, "a token")
	require.NoError(t, err)
	_, err = PrepareNamed(n.Sandbox, application, "")
	require.ErrorContains(t, err, `deploy it with "traffic"`)
	clients, err := PrepareNamed(n.Sandbox, application, host)
	require.NoError(t, err)
	write := func(e Endpoint) string {
		t.Helper()
		by, err := e.Write(t.Context(), "an order")
		require.NoError(t, err)
		return by
	}
	once := func() string {
		e := clients.Dial(east, host)
		defer e.Close()
		return write(e)
	}
	n.lead(east)
	begun := n.Clock.Now()
	kept := clients.Dial(east, host)
	defer kept.Close()
	assert.Equal(t, east, write(kept))
	n.lead(west)
	moved := once()
	require.Eventually(t, func() bool {
		assert.Equal(t, east, write(kept), "its connection goes on")
		moved = once()
		return moved == west
	}, time.Minute, 50*time.Millisecond)
	assert.GreaterOrEqual(t, n.Clock.Since(begun), time.Minute, "the answer's TTL")

	n.Account.Region(east).SetDown(true)
	impatient, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = kept.Write(impatient, "an order")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = kept.Stored(t.Context())
	assert.ErrorContains(t, err, "rows are looked for in each region")
}
