package provider

import (
	"strings"

	awsgateway "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"

	"aurora-dsql-dr/sandbox/apigateway"
)

var apigatewayKinds = map[string]*kind{
	"aws:apigatewayv2/api:Api": {
		title: "API Gateway v2 API", service: "apigateway",
		args: awsgateway.ApiArgs{}.ElementType(), state: awsgateway.ApiState{}.ElementType(),
		name:     &autoName{limit: 128},
		replaces: []string{"protocolType"},
		computed: []string{"apiKeySelectionExpression", "routeSelectionExpression", "ipAddressType"},
		handlers: over(operations[apigateway.API]{
			id: func(a apigateway.API) string { return a.ID },
			create: func(c *call, a apigateway.API) (apigateway.API, error) {
				return c.ofAccount(c.region.APIGateway.CreateAPI(a))
			},
			read: func(c *call) (apigateway.API, error) { return c.ofAccount(c.region.APIGateway.API(c.id)) },
			update: func(c *call, a apigateway.API) (apigateway.API, error) {
				a.ID = c.id
				return c.ofAccount(c.region.APIGateway.UpdateAPI(a))
			},
			delete: func(c *call) error { return c.region.APIGateway.DeleteAPI(c.id) },
		}),
	},
	"aws:apigatewayv2/integration:Integration": {
		title: "API Gateway v2 Integration", service: "apigateway",
		args: awsgateway.IntegrationArgs{}.ElementType(), state: awsgateway.IntegrationState{}.ElementType(),
		replaces: []string{"apiId", "integrationSubtype", "integrationType"},
		computed: []string{"connectionType", "timeoutMilliseconds"},
		handlers: over(operations[apigateway.Integration]{
			id: func(i apigateway.Integration) string { return i.ID },
			create: func(c *call, i apigateway.Integration) (apigateway.Integration, error) {
				return c.region.APIGateway.CreateIntegration(i)
			},
			read: func(c *call) (apigateway.Integration, error) { return c.region.APIGateway.Integration(c.api(), c.id) },
			update: func(c *call, i apigateway.Integration) (apigateway.Integration, error) {
				i.ID = c.id
				return c.region.APIGateway.UpdateIntegration(i)
			},
			delete: func(c *call) error { return c.region.APIGateway.DeleteIntegration(c.api(), c.id) },
		}),
	},
	"aws:apigatewayv2/route:Route": {
		title: "API Gateway v2 Route", service: "apigateway",
		args: awsgateway.RouteArgs{}.ElementType(), state: awsgateway.RouteState{}.ElementType(),
		replaces: []string{"apiId"},
		computed: []string{"authorizationType"},
		handlers: over(operations[apigateway.Route]{
			id:     func(r apigateway.Route) string { return r.ID },
			create: func(c *call, r apigateway.Route) (apigateway.Route, error) { return c.region.APIGateway.CreateRoute(r) },
			read:   func(c *call) (apigateway.Route, error) { return c.region.APIGateway.Route(c.api(), c.id) },
			update: func(c *call, r apigateway.Route) (apigateway.Route, error) {
				r.ID = c.id
				return c.region.APIGateway.UpdateRoute(r)
			},
			delete: func(c *call) error { return c.region.APIGateway.DeleteRoute(c.api(), c.id) },
		}),
	},
	"aws:apigatewayv2/stage:Stage": {
		title: "API Gateway v2 Stage", service: "apigateway",
		args: awsgateway.StageArgs{}.ElementType(), state: awsgateway.StageState{}.ElementType(),
		name:     &autoName{limit: 128},
		replaces: []string{"apiId", "name"},
		computed: []string{"deploymentId"},
		handlers: over(operations[apigateway.Stage]{
			id:     func(s apigateway.Stage) string { return s.Name },
			create: putStage,
			read: func(c *call) (apigateway.Stage, error) {
				return c.stageOfAccount(c.region.APIGateway.Stage(c.api(), c.id))
			},
			update: putStage,
			delete: func(c *call) error { return c.region.APIGateway.DeleteStage(c.api(), c.id) },
		}),
	},
	"aws:apigatewayv2/authorizer:Authorizer": {
		title: "API Gateway v2 Authorizer", service: "apigateway",
		args: awsgateway.AuthorizerArgs{}.ElementType(), state: awsgateway.AuthorizerState{}.ElementType(),
		name:     &autoName{limit: 128},
		replaces: []string{"apiId"},
		handlers: over(operations[apigateway.Authorizer]{
			id: func(a apigateway.Authorizer) string { return a.ID },
			create: func(c *call, a apigateway.Authorizer) (apigateway.Authorizer, error) {
				return c.region.APIGateway.CreateAuthorizer(a)
			},
			read: func(c *call) (apigateway.Authorizer, error) { return c.region.APIGateway.Authorizer(c.api(), c.id) },
			update: func(c *call, a apigateway.Authorizer) (apigateway.Authorizer, error) {
				a.ID = c.id
				return c.region.APIGateway.UpdateAuthorizer(a)
			},
			delete: func(c *call) error { return c.region.APIGateway.DeleteAuthorizer(c.api(), c.id) },
		}),
	},
	"aws:apigatewayv2/domainName:DomainName": {
		title: "API Gateway v2 Domain Name", service: "apigateway",
		args: awsgateway.DomainNameArgs{}.ElementType(), state: awsgateway.DomainNameState{}.ElementType(),
		replaces: []string{"domainName"},
		computed: []string{
			"domainNameConfiguration.hostedZoneId", "domainNameConfiguration.ipAddressType",
			"domainNameConfiguration.targetDomainName",
		},
		handlers: over(operations[apigateway.DomainName]{
			id: func(d apigateway.DomainName) string { return d.Name },
			create: func(c *call, d apigateway.DomainName) (apigateway.DomainName, error) {
				return c.region.APIGateway.CreateDomainName(d)
			},
			read: func(c *call) (apigateway.DomainName, error) { return c.region.APIGateway.DomainName(c.id) },
			update: func(c *call, d apigateway.DomainName) (apigateway.DomainName, error) {
				return c.region.APIGateway.UpdateDomainName(d)
			},
			delete: func(c *call) error { return c.region.APIGateway.DeleteDomainName(c.id) },
		}),
	},
	"aws:apigatewayv2/apiMapping:ApiMapping": {
		title: "API Gateway v2 API Mapping", service: "apigateway",
		args: awsgateway.ApiMappingArgs{}.ElementType(), state: awsgateway.ApiMappingState{}.ElementType(),
		replaces: []string{"apiId", "domainName"},
		handlers: over(operations[apigateway.Mapping]{
			id: func(m apigateway.Mapping) string { return m.ID },
			create: func(c *call, m apigateway.Mapping) (apigateway.Mapping, error) {
				return c.region.APIGateway.CreateMapping(m)
			},
			read: func(c *call) (apigateway.Mapping, error) { return c.region.APIGateway.Mapping(c.domainName(), c.id) },
			update: func(c *call, m apigateway.Mapping) (apigateway.Mapping, error) {
				m.ID = c.id
				return c.region.APIGateway.UpdateMapping(m)
			},
			delete: func(c *call) error { return c.region.APIGateway.DeleteMapping(c.domainName(), c.id) },
		}),
	},
}

// domainName is the domain name a mapping belongs to.
func (c *call) domainName() string { return text(c.old, "domainName") }

// api is the id of the API a resource belongs to.
func (c *call) api() string { return text(c.old, "apiId") }

func putStage(c *call, s apigateway.Stage) (apigateway.Stage, error) {
	return c.stageOfAccount(c.region.APIGateway.PutStage(s))
}

// ofAccount gives an API the ARN for execute-api as the provider makes it up, of the account that it has found:
// terraform-provider-aws, internal/service/apigatewayv2, apiInvokeARN.
func (c *call) ofAccount(a apigateway.API, err error) (apigateway.API, error) {
	a.ExecutionArn = c.executionARN(a.ExecutionArn)
	return a, err
}

func (c *call) stageOfAccount(s apigateway.Stage, err error) (apigateway.Stage, error) {
	s.ExecutionArn = c.executionARN(s.ExecutionArn)
	return s, err
}

func (c *call) executionARN(arn string) string {
	return strings.Replace(arn, ":"+c.cloud.ID+":", ":"+c.account+":", 1)
}
