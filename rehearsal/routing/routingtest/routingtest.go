// Package routingtest makes an account whose traffic is routed as the stack routes it, with a stub in each region.
package routingtest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/apigateway"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/route53"
)

// Domain is the name, in the zone example.com.
const Domain = "pay.example.com"

// regions are the data regions and the witness.
var regions = []string{"us-east-1", "us-east-2", "us-west-2"}

// World is an account with a name for two regions, all of whose health checks say that they are well.
type World struct {
	*aws.Account
	// Leaf and Quorum are the ids of the health checks, by region.
	Leaf, Quorum map[string]string

	zone route53.Zone
	role iam.Role
}

// New makes a world for a test.
func New(t *testing.T) *World {
	t.Helper()
	account := aws.NewAccount(aws.Options{Clock: clock.New(1), Regions: regions})
	t.Cleanup(func() { assert.NoError(t, account.Close()) })
	return In(t, account)
}

// In makes one of an account in the same regions.
func In(t *testing.T, account *aws.Account) *World {
	t.Helper()
	w := &World{Account: account, Leaf: map[string]string{}, Quorum: map[string]string{}}
	var err error
	w.zone, _, err = account.Route53.CreateZone("example.com", "one", "")
	require.NoError(t, err)
	w.role, err = account.IAM.CreateRole(iam.Role{Name: "api", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
	require.NoError(t, err)
	for i, region := range regions[:2] {
		api := w.api(t, region)
		w.Leaf[region] = w.check(t, region+" leaf", route53.Config{
			Type:         route53.HTTPS,
			FQDN:         api.ID + ".execute-api." + region + ".amazonaws.com",
			ResourcePath: "/livez",
		})
		w.Quorum[region] = w.quorum(t, region, account.Region(regions[1-i]).CloudWatch)
		leaf, served := region+"."+Domain, w.serve(t, region, api)
		w.alias(t, region, route53.RecordSet{Name: leaf, Weight: new(int64), HealthCheckID: w.Leaf[region]}, served)
		w.alias(t, region, route53.RecordSet{Name: Domain, Region: region, HealthCheckID: w.Quorum[region]}, route53.Alias{
			Name:   leaf,
			ZoneID: w.zone.ID,
		})
	}
	return w
}

// api is an API of a region that answers 200 to all that the tests ask.
func (w *World) api(t *testing.T, region string) apigateway.API {
	t.Helper()
	r := w.Region(region)
	f, err := r.Lambda.CreateFunction(lambda.Function{
		Name: "api", Role: w.role.Arn, Runtime: "provided.al2023", Handler: "bootstrap",
		Stub: func(context.Context, []byte) ([]byte, error) {
			return []byte(`{"statusCode": 200, "body": "served"}`), nil
		},
	})
	require.NoError(t, err)
	api, err := r.APIGateway.CreateAPI(apigateway.API{Name: "api", ProtocolType: "HTTP"})
	require.NoError(t, err)
	_, err = r.Lambda.AddPermission(lambda.Permission{
		StatementID: "api",
		Action:      "lambda:InvokeFunction",
		Function:    f.Name,
		Principal:   "apigateway.amazonaws.com",
		SourceARN:   api.ExecutionArn + "/*/*",
	})
	require.NoError(t, err)
	integration, err := r.APIGateway.CreateIntegration(apigateway.Integration{
		APIID: api.ID, IntegrationType: "AWS_PROXY", PayloadFormatVersion: "2.0",
		IntegrationURI: "arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/" + f.ARN + "/invocations",
	})
	require.NoError(t, err)
	for _, key := range []string{contract.RouteLivez, "GET /totals", "POST /transactions"} {
		_, err = r.APIGateway.CreateRoute(apigateway.Route{
			APIID: api.ID, RouteKey: key, Target: "integrations/" + integration.ID, AuthorizationType: "NONE"})
		require.NoError(t, err)
	}
	_, err = r.APIGateway.PutStage(apigateway.Stage{APIID: api.ID, Name: "$default", AutoDeploy: true})
	require.NoError(t, err)
	return api
}

// serve has an API answer to the name over TLS, and is what an alias to that leads to.
func (w *World) serve(t *testing.T, region string, api apigateway.API) route53.Alias {
	t.Helper()
	r := w.Region(region)
	c, err := r.ACM.Request(acm.Certificate{
		DomainName: Domain, ValidationMethod: acm.DNS, KeyAlgorithm: "EC_prime256v1"}, "")
	require.NoError(t, err)
	proof, ttl := c.Validations[0], int64(60)
	_, err = w.Route53.ChangeRecordSets(w.zone.ID, "", []route53.Change{{Action: route53.Upsert, Set: route53.RecordSet{
		Name: proof.Name, Type: proof.Type, TTL: &ttl, Values: []string{proof.Value}}}})
	require.NoError(t, err)
	r.ACM.Tick(time.Now())
	d, err := r.APIGateway.CreateDomainName(apigateway.DomainName{Name: Domain, Configuration: apigateway.Configuration{
		CertificateArn: c.Arn, EndpointType: "REGIONAL", SecurityPolicy: "TLS_1_2",
	}})
	require.NoError(t, err)
	_, err = r.APIGateway.CreateMapping(apigateway.Mapping{DomainName: Domain, APIID: api.ID, Stage: "$default"})
	require.NoError(t, err)
	return route53.Alias{Name: d.Configuration.TargetDomainName, ZoneID: d.Configuration.HostedZoneID}
}

// quorum is a check that wants two of three observers not to say that a region's endpoint is unfit.
func (w *World) quorum(t *testing.T, region string, at *cloudwatch.Service) string {
	t.Helper()
	threshold, two := 1.0, 2
	var children []string
	for _, observer := range regions {
		alarm, err := at.PutMetricAlarm(cloudwatch.MetricAlarm{
			Name:               region + " from " + observer,
			Namespace:          contract.MetricNamespace,
			MetricName:         contract.MetricEndpointUnfit,
			Dimensions:         contract.ObserverDimensions("cluster", region, observer),
			Statistic:          "Maximum",
			Period:             60,
			EvaluationPeriods:  2,
			Threshold:          &threshold,
			ComparisonOperator: "GreaterThanOrEqualToThreshold",
		})
		require.NoError(t, err)
		children = append(children, w.check(t, alarm.Name, route53.Config{
			Type:             route53.CloudWatchMetric,
			AlarmRegion:      strings.Split(alarm.Arn, ":")[3],
			AlarmName:        alarm.Name,
			InsufficientData: route53.StatusHealthy,
		}))
	}
	return w.check(t, region+" quorum", route53.Config{
		Type:            route53.Calculated,
		Children:        children,
		HealthThreshold: &two,
	})
}

func (w *World) check(t *testing.T, name string, c route53.Config) string {
	t.Helper()
	made, err := w.Route53.CreateHealthCheck(name, c)
	require.NoError(t, err)
	return made.ID
}

func (w *World) alias(t *testing.T, region string, r route53.RecordSet, to route53.Alias) {
	t.Helper()
	to.EvaluateTargetHealth = true
	r.Type, r.SetIdentifier, r.Alias = "A", region, &to
	w.Put(t, r)
}

// Put makes a record.
func (w *World) Put(t *testing.T, r route53.RecordSet) {
	t.Helper()
	_, err := w.Route53.ChangeRecordSets(w.zone.ID, "", []route53.Change{{Action: route53.Create, Set: r}})
	require.NoError(t, err)
}

// Turn turns a health check over.
func (w *World) Turn(t *testing.T, id string) {
	t.Helper()
	before, err := w.Route53.HealthCheck(id)
	require.NoError(t, err)
	inverted := !before.Config.Inverted
	_, err = w.Route53.UpdateHealthCheck(id, 0, route53.Update{Inverted: &inverted})
	require.NoError(t, err)
}
