// Package routingtest makes an account whose traffic is routed as the stack routes it, without functions behind it.
package routingtest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/apigateway"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
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
	for i, region := range regions[:2] {
		w.Leaf[region] = w.check(t, region+" leaf", route53.Config{
			Type:             route53.HTTPS,
			FQDN:             "leaf.example.net", // nobody there, and nobody asks for a while
			FailureThreshold: 10,
			Disabled:         true,
		})
		w.Quorum[region] = w.quorum(t, region, account.Region(regions[1-i]).CloudWatch)
		leaf := region + "." + Domain
		w.alias(t, route53.RecordSet{Name: leaf, Weight: new(int64), HealthCheckID: w.Leaf[region]}, region, w.endpoint(t, region))
		w.alias(t, route53.RecordSet{Name: Domain, Region: region, HealthCheckID: w.Quorum[region]}, region, route53.Alias{
			Name:   leaf,
			ZoneID: w.zone.ID,
		})
	}
	return w
}

// endpoint is what an alias to a region's API names.
func (w *World) endpoint(t *testing.T, region string) route53.Alias {
	t.Helper()
	service := w.Region(region).APIGateway
	api, err := service.CreateAPI(apigateway.API{Name: "api", ProtocolType: "HTTP"})
	require.NoError(t, err)
	host := api.ID + ".execute-api." + region + ".amazonaws.com"
	zoneID, _, found := service.Target(host)
	require.True(t, found)
	return route53.Alias{Name: host, ZoneID: zoneID}
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

func (w *World) alias(t *testing.T, r route53.RecordSet, region string, to route53.Alias) {
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
	inverted, disabled := !before.Config.Inverted, false
	_, err = w.Route53.UpdateHealthCheck(id, 0, route53.Update{Inverted: &inverted, Disabled: &disabled})
	require.NoError(t, err)
}
