package components

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
	"aurora-dsql-dr/lambda/contract"
)

// JWT authorizes requests by tokens of an issuer.
type JWT struct {
	// Issuer is the https URL that issues the tokens. Required.
	Issuer string
	// Audiences are who the tokens may be for. Required.
	Audiences []string
}

// Throttle bounds the requests of an API.
type Throttle struct {
	// Rate is requests a second, Burst how many may come at once. Required.
	Rate, Burst int
}

// TransactionServiceArgs configures a TransactionService.
type TransactionServiceArgs struct {
	// Region of the service, with its side of the database. Required.
	Region   Region
	Database *DsqlSide
	// Publisher is run after a commit. Required.
	Publisher *OutboxPublisher
	// KeyARN is the region's replica of the field key. Required.
	KeyARN pulumi.StringOutput
	// EncryptedFields are stored encrypted. Required.
	EncryptedFields []string
	// DatabaseRole is the PostgreSQL role to connect as. Required.
	DatabaseRole string
	// Throttle of the API. Required.
	Throttle Throttle
	// Settings of the function. Required.
	Settings FunctionSettings
	// Fallback is the other side, used while the own endpoint fails. Optional; without it the service answers 503 then.
	Fallback *DsqlSide
	// JWT authorizes requests by token. Optional; defaults to IAM.
	JWT *JWT
	// Open is a route that anybody may ask. Optional.
	Open *OpenRoute
}

// TransactionService is one region's transaction service: a function behind an HTTP API, which can also be invoked
// directly.
type TransactionService struct {
	pulumi.ResourceState

	Region   Region
	Function *GoFunction
	// URL is the API's base, without a path, and APIID the API's id.
	URL   pulumi.StringOutput
	APIID pulumi.IDOutput
	// Stage is the API's only one.
	Stage *apigatewayv2.Stage
	// Open is the route that anybody may ask; nil if there is none.
	Open *OpenRoute
}

// NewTransactionService creates the function and its API.
func NewTransactionService(
	ctx *pulumi.Context, name string, args *TransactionServiceArgs, opts ...pulumi.ResourceOption,
) (*TransactionService, error) {
	s := &TransactionService{}
	if err := part.Open(ctx, "TransactionService", name, s, args.validate(), opts); err != nil {
		return nil, err
	}
	s.Region, s.Open = args.Region, args.Open
	environment := pulumi.StringMap{
		contract.EnvPublisherFunction: args.Publisher.Function.Function.Name,
		contract.EnvKeyARN:            args.KeyARN,
		contract.EnvEncryptedFields:   pulumi.String(strings.Join(args.EncryptedFields, ",")),
	}
	clusters := pulumi.StringArray{args.Database.ARN}
	if args.Fallback != nil {
		environment[contract.EnvPeerEndpoint] = args.Fallback.Endpoint
		clusters = append(clusters, args.Fallback.ARN)
	}
	var err error
	if s.Function, err = (databaseFunction{
		region:         args.Region,
		database:       args.Database,
		function:       "transactions",
		role:           args.DatabaseRole,
		description:    "Writes and reads transactions in " + args.Region.Name,
		timeoutSeconds: 29, // an HTTP API waits no longer than 30 s
		settings:       args.Settings,
		environment:    environment,
		access: pulumi.All(clusters, args.Publisher.Function.Function.Arn, args.KeyARN).ApplyT(func(v []any) (string, error) {
			return transactionPolicy(v[0].([]string), v[1].(string), v[2].(string))
		}).(pulumi.StringOutput),
	}).create(ctx, name, s); err != nil {
		return nil, err
	}
	if err := s.api(ctx, name, args); err != nil {
		return nil, err
	}
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{"functionName": s.Function.Function.Name, "url": s.URL})
}

func (a *TransactionServiceArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"), map[string]bool{
		"Database":        a.Database != nil,
		"Publisher":       a.Publisher != nil,
		"KeyARN":          a.KeyARN.OutputState != nil,
		"EncryptedFields": len(a.EncryptedFields) > 0,
		"DatabaseRole":    a.DatabaseRole != "",
		"Throttle":        a.Throttle.Rate > 0 && a.Throttle.Burst > 0,
		"Open":            a.Open == nil || a.Open.Function != nil && a.Open.Throttle.Rate > 0 && a.Open.Throttle.Burst > 0,
		"JWT":             a.JWT == nil || a.JWT.Issuer != "" && len(a.JWT.Audiences) > 0,
	})
}

// api is an HTTP API with every route authorized, throttled and logged.
func (s *TransactionService) api(ctx *pulumi.Context, name string, args *TransactionServiceArgs) error {
	region := args.Region
	api, err := apigatewayv2.NewApi(ctx, name+"-api", &apigatewayv2.ApiArgs{
		ProtocolType: pulumi.String("HTTP"),
		Description:  pulumi.String("Transactions, in " + region.Name),
	}, region.Child(s)...)
	if err != nil {
		return err
	}
	integration, err := apigatewayv2.NewIntegration(ctx, name+"-integration", &apigatewayv2.IntegrationArgs{
		ApiId:                api.ID(),
		IntegrationType:      pulumi.String("AWS_PROXY"),
		IntegrationUri:       s.Function.Function.InvokeArn,
		PayloadFormatVersion: pulumi.String("2.0"),
	}, region.Child(s)...)
	if err != nil {
		return err
	}
	if _, err := lambda.NewPermission(ctx, name+"-permission", &lambda.PermissionArgs{
		Action:    pulumi.String("lambda:InvokeFunction"),
		Function:  s.Function.Function.Name,
		Principal: pulumi.String("apigateway.amazonaws.com"),
		SourceArn: pulumi.Sprintf("%s/*/*", api.ExecutionArn),
	}, region.Child(s)...); err != nil {
		return err
	}
	authorizer, err := s.authorizer(ctx, name, args, api)
	if err != nil {
		return err
	}
	for _, route := range contract.Routes() {
		routeArgs := &apigatewayv2.RouteArgs{
			ApiId:             api.ID(),
			RouteKey:          pulumi.String(route),
			Target:            pulumi.Sprintf("integrations/%s", integration.ID()),
			AuthorizationType: pulumi.String("AWS_IAM"),
		}
		if authorizer != nil {
			routeArgs.AuthorizationType, routeArgs.AuthorizerId = pulumi.String("JWT"), authorizer.ID()
		}
		if _, err := apigatewayv2.NewRoute(ctx, name+"-route-"+routeName(route), routeArgs, region.Child(s)...); err != nil {
			return err
		}
	}
	if err := s.stage(ctx, name, args, api); err != nil {
		return err
	}
	s.URL, s.APIID = api.ApiEndpoint, api.ID()
	return nil
}

func (s *TransactionService) authorizer(
	ctx *pulumi.Context, name string, args *TransactionServiceArgs, api *apigatewayv2.Api,
) (*apigatewayv2.Authorizer, error) {
	if args.JWT == nil {
		return nil, nil
	}
	return apigatewayv2.NewAuthorizer(ctx, name+"-authorizer", &apigatewayv2.AuthorizerArgs{
		ApiId:           api.ID(),
		AuthorizerType:  pulumi.String("JWT"),
		Name:            pulumi.String(name), // API Gateway wants a name, unique in the API
		IdentitySources: pulumi.StringArray{pulumi.String("$request.header.Authorization")},
		JwtConfiguration: apigatewayv2.AuthorizerJwtConfigurationArgs{
			Issuer:    pulumi.String(args.JWT.Issuer),
			Audiences: pulumi.ToStringArray(args.JWT.Audiences),
		},
	}, args.Region.Child(s)...)
}

func (s *TransactionService) stage(
	ctx *pulumi.Context, name string, args *TransactionServiceArgs, api *apigatewayv2.Api,
) error {
	// Every other group would take its place in the account's one resource policy for log deliveries, of 5,120 characters,
	// and leave it there when it is gone; of a group below this prefix the policy is told once for all ("Enable logging
	// from AWS services", CloudWatch Logs User Guide). The API's id makes the name unique, as Pulumi's own suffix would.
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-access-logs", &cloudwatch.LogGroupArgs{
		Name:            pulumi.Sprintf("/aws/vendedlogs/%s-access-logs/%s", name, api.ID()),
		RetentionInDays: pulumi.Int(args.Settings.LogRetentionDays),
	}, args.Region.Child(s)...)
	if err != nil {
		return err
	}
	format, err := accessLogFormat()
	if err != nil {
		return err
	}
	stage := &apigatewayv2.StageArgs{
		ApiId:             api.ID(),
		Name:              pulumi.String("$default"), // the stage without a path prefix
		AutoDeploy:        pulumi.Bool(true),
		AccessLogSettings: apigatewayv2.StageAccessLogSettingsArgs{DestinationArn: logs.Arn, Format: pulumi.String(format)},
		DefaultRouteSettings: apigatewayv2.StageDefaultRouteSettingsArgs{
			ThrottlingRateLimit:  pulumi.Float64(args.Throttle.Rate),
			ThrottlingBurstLimit: pulumi.Int(args.Throttle.Burst),
		},
	}
	opts := args.Region.Child(s)
	if args.Open != nil {
		route, err := args.Open.create(ctx, name, s, args.Region, api)
		if err != nil {
			return err
		}
		// "Unable to find Route by key … within the provided RouteSettings" is what a stage hears that is before its route.
		stage.RouteSettings = apigatewayv2.StageRouteSettingArray{args.Open.settings()}
		opts = append(opts, pulumi.DependsOn([]pulumi.Resource{route}))
	}
	s.Stage, err = apigatewayv2.NewStage(ctx, name+"-stage", stage, opts...)
	return err
}

// accessLogFormat is one JSON line a request: who asked what, and how it ended. No bodies, no tokens.
func accessLogFormat() (string, error) {
	body, err := json.Marshal(map[string]string{
		"requestId": "$context.requestId",
		"time":      "$context.requestTime",
		"ip":        "$context.identity.sourceIp",
		"caller":    "$context.identity.userArn",
		"route":     "$context.routeKey",
		"status":    "$context.status",
		"latency":   "$context.responseLatency",
		"error":     "$context.error.message",
	})
	return string(body), err
}

// routeName turns "GET /transactions/{id}" into "get-transactions-id".
func routeName(route string) string {
	return strings.Trim(strings.NewReplacer(" /", "-", "/", "-", "{", "", "}", "").Replace(strings.ToLower(route)), "-")
}

func transactionPolicy(clusterARNs []string, publisherARN, keyARN string) (string, error) {
	return policy.Document(
		connect(clusterARNs...),
		policy.Allow("RunPublisher", "lambda:InvokeFunction").On(publisherARN),
		policy.Allow("UnwrapKeyset", "kms:Decrypt").On(keyARN),
	)
}
