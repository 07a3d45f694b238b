package components

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OpenRoute is a route to a function of its own that is authorized by nobody, throttled by itself, and measured apart.
type OpenRoute struct {
	// Key is method and path, as API Gateway writes them. Required.
	Key string
	// Function answers. Required.
	Function *GoFunction
	// Throttle of the route, beside that of the API. Required.
	Throttle Throttle
}

// create adds the route to an API, whose name begins the names of its parts. The function may be invoked by this route
// of the API alone.
func (o *OpenRoute) create(
	ctx *pulumi.Context, name string, parent pulumi.Resource, region Region, api *apigatewayv2.Api,
) (*apigatewayv2.Route, error) {
	suffix := routeName(o.Key)
	integration, err := apigatewayv2.NewIntegration(ctx, name+"-integration-"+suffix, &apigatewayv2.IntegrationArgs{
		ApiId:                api.ID(),
		IntegrationType:      pulumi.String("AWS_PROXY"),
		IntegrationUri:       o.Function.Function.InvokeArn,
		PayloadFormatVersion: pulumi.String("2.0"),
	}, region.Child(parent)...)
	if err != nil {
		return nil, err
	}
	permission, err := lambda.NewPermission(ctx, name+"-permission-"+suffix, &lambda.PermissionArgs{
		Action:    pulumi.String("lambda:InvokeFunction"),
		Function:  o.Function.Function.Name,
		Principal: pulumi.String("apigateway.amazonaws.com"),
		SourceArn: pulumi.Sprintf("%s/*/%s", api.ExecutionArn, strings.Replace(o.Key, " ", "", 1)), // GET/livez
	}, region.Child(parent)...)
	if err != nil {
		return nil, err
	}
	return apigatewayv2.NewRoute(ctx, name+"-route-"+suffix, &apigatewayv2.RouteArgs{
		ApiId:             api.ID(),
		RouteKey:          pulumi.String(o.Key),
		Target:            pulumi.Sprintf("integrations/%s", integration.ID()),
		AuthorizationType: pulumi.String("NONE"),
	}, region.Child(parent, pulumi.DependsOn([]pulumi.Resource{permission}))...)
}

// Dimensions are those of what API Gateway publishes of the route in a service's API.
func (o *OpenRoute) Dimensions(s *TransactionService) pulumi.StringMap {
	method, path, _ := strings.Cut(o.Key, " ")
	return pulumi.StringMap{
		"ApiId":    s.APIID.ToStringOutput(),
		"Stage":    s.Stage.Name,
		"Method":   pulumi.String(method),
		"Resource": pulumi.String(path),
	}
}

// settings are those of the route in the API's stage.
func (o *OpenRoute) settings() apigatewayv2.StageRouteSettingArgs {
	return apigatewayv2.StageRouteSettingArgs{
		RouteKey:               pulumi.String(o.Key),
		DetailedMetricsEnabled: pulumi.Bool(true),
		ThrottlingRateLimit:    pulumi.Float64(o.Throttle.Rate),
		ThrottlingBurstLimit:   pulumi.Int(o.Throttle.Burst),
	}
}
