package aws

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/route53"
)

// An alarm in one region moves DNS while another is lost, the one of the API included.
func TestHealthIsPublishedInTheRegionOfTheAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-east-1", "us-east-2"}})
		defer func() { assert.NoError(t, a.Close()) }()
		zero := 0.0
		east2 := a.Region("us-east-2").CloudWatch
		_, err := east2.PutMetricAlarm(cloudwatch.MetricAlarm{Name: "down", ComparisonOperator: "GreaterThanThreshold",
			Threshold: &zero, EvaluationPeriods: 1, Namespace: "App", MetricName: "Down", Statistic: "Maximum", Period: 60})
		require.NoError(t, err)
		hc, err := a.Route53.CreateHealthCheck("one", route53.Config{Type: route53.CloudWatchMetric, AlarmRegion: "us-east-2",
			AlarmName: "down", InsufficientData: route53.StatusHealthy})
		require.NoError(t, err)
		status := func() (values []float64) {
			points, err := a.Region("us-east-1").CloudWatch.GetMetricStatistics(
				cloudwatch.Metric{Namespace: "AWS/Route53", Name: "HealthCheckStatus", Dimensions: map[string]string{"HealthCheckId": hc.ID}},
				a.Clock.Now().Add(-time.Hour), a.Clock.Now(), time.Minute, "None")
			require.NoError(t, err)
			for _, p := range points {
				values = append(values, p.Sum)
			}
			return values
		}
		time.Sleep(61 * time.Second)
		assert.Equal(t, []float64{1}, status())

		a.Region("us-east-1").SetDown(true)
		require.NoError(t, east2.PutMetricData("App", cloudwatch.Sample("Down", nil, 1, "Count", a.Clock.Now())))
		time.Sleep(70 * time.Second)
		healthy, err := a.Route53.Health(hc.ID)
		require.NoError(t, err)
		assert.False(t, healthy, "health checks go on while the API's region is lost")
		assert.Equal(t, []float64{1}, status(), "their metrics are lost with it")
		_, err = a.Route53.CreateHealthCheck("two", route53.Config{Type: route53.CloudWatchMetric, AlarmRegion: "eu-west-1", AlarmName: "down"})
		assert.ErrorContains(t, err, `the account does not use the region "eu-west-1"`)
	})
}
