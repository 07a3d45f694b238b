package claims

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

var healthCheckClaims = []Claim{{
	ID:   "route53-check-settings",
	Says: "a health check with a setting of another type, or out of bounds, is refused: InvalidInput",
	Page: "sandbox-aws.md",
	Row:  "settings of another type of check are refused",
	ask:  checksAreRefused,
}, {
	ID:    "route53-check-alarms",
	Says:  "a health check follows no alarm on metric math, M of N, a percentile, a period below a minute, or others",
	Page:  "sandbox-aws.md",
	Row:   "alarms on metric math, M of N, percentiles, periods below a minute, and composite alarms are refused",
	Makes: []*Kind{alarm, alarm, alarm, alarm, alarm, compositeAlarm},
	ask:   alarmsAreNotFollowed,
}}

var healthCheck = &Kind{
	Name:   "health check",
	USD:    2.0 / 30,
	Basis:  "at most $2.00 a month, by the day",
	global: true,
	byID:   true,
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		for p := route53.NewListHealthChecksPaginator(route53.NewFromConfig(config), nil); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, h := range page.HealthChecks {
				if name := aws.ToString(h.CallerReference); strings.HasPrefix(name, prefix) {
					found = append(found, thing{name: name, id: aws.ToString(h.Id)})
				}
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		in := &route53.DeleteHealthCheckInput{HealthCheckId: &t.id}
		_, err := route53.NewFromConfig(config).DeleteHealthCheck(ctx, in)
		return err
	},
}

// check asks for a health check. Each has a reference of its own, since one is the same check again.
func (c *Case) check(ending string, config *types.HealthCheckConfig) error {
	client := route53.NewFromConfig(c.primary())
	_, err := c.make(healthCheck, c.primary(), ending, func(name string) (string, error) {
		in := &route53.CreateHealthCheckInput{CallerReference: &name, HealthCheckConfig: config}
		out, err := client.CreateHealthCheck(c, in)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.HealthCheck.Id), nil
	})
	return err
}

func checksAreRefused(c *Case) error {
	endpoint := func(change func(*types.HealthCheckConfig)) *types.HealthCheckConfig {
		config := &types.HealthCheckConfig{
			Type:                     types.HealthCheckTypeHttps,
			FullyQualifiedDomainName: aws.String("none.example.com"),
		}
		change(config)
		return config
	}
	calculated := func(change func(*types.HealthCheckConfig)) *types.HealthCheckConfig {
		config := &types.HealthCheckConfig{Type: types.HealthCheckTypeCalculated}
		change(config)
		return config
	}
	for i, wrong := range []struct {
		what   string
		config *types.HealthCheckConfig
	}{
		{"CALCULATED without a threshold", calculated(func(*types.HealthCheckConfig) {})},
		{"CALCULATED with a failure threshold", calculated(func(h *types.HealthCheckConfig) {
			h.HealthThreshold, h.FailureThreshold = aws.Int32(0), aws.Int32(3)
		})},
		{"HTTPS with a status for insufficient data", endpoint(func(h *types.HealthCheckConfig) {
			h.InsufficientDataHealthStatus = types.InsufficientDataHealthStatusHealthy
		})},
		{"HTTPS without a name", endpoint(func(h *types.HealthCheckConfig) { h.FullyQualifiedDomainName = nil })},
		{"an interval of 20 seconds", endpoint(func(h *types.HealthCheckConfig) { h.RequestInterval = aws.Int32(20) })},
		{"11 failures", endpoint(func(h *types.HealthCheckConfig) { h.FailureThreshold = aws.Int32(11) })},
		{"two regions", endpoint(func(h *types.HealthCheckConfig) {
			h.Regions = []types.HealthCheckRegion{types.HealthCheckRegionUsEast1, types.HealthCheckRegionUsWest2}
		})},
		{"CLOUDWATCH_METRIC without an alarm", &types.HealthCheckConfig{Type: types.HealthCheckTypeCloudwatchMetric}},
	} {
		err := c.check(fmt.Sprint("h", i), wrong.config)
		c.refused("CreateHealthCheck: "+wrong.what, err, "InvalidInput")
	}
	return nil
}

// onAlarm is a health check on an alarm of the first region.
func (c *Case) onAlarm(name string) *types.HealthCheckConfig {
	return &types.HealthCheckConfig{
		Type:                         types.HealthCheckTypeCloudwatchMetric,
		InsufficientDataHealthStatus: types.InsufficientDataHealthStatusHealthy,
		AlarmIdentifier: &types.AlarmIdentifier{
			Name:   &name,
			Region: types.CloudWatchRegion(c.run.Regions[0]),
		},
	}
}

func alarmsAreNotFollowed(c *Case) error {
	client := cloudwatch.NewFromConfig(c.primary())
	for _, wrong := range []struct {
		ending string
		change func(*cloudwatch.PutMetricAlarmInput)
	}{
		{"m-of-n", func(in *cloudwatch.PutMetricAlarmInput) {
			in.EvaluationPeriods, in.DatapointsToAlarm = aws.Int32(2), aws.Int32(1)
		}},
		{"percentile", func(in *cloudwatch.PutMetricAlarmInput) {
			in.Statistic, in.ExtendedStatistic = "", aws.String("p99")
		}},
		{"ten-seconds", func(in *cloudwatch.PutMetricAlarmInput) { in.Period = aws.Int32(10) }},
		{"math", byMath},
	} {
		name, err := c.alarm(client, wrong.ending, wrong.change)
		if err != nil {
			return err
		}
		err = c.check(wrong.ending, c.onAlarm(name))
		c.refused("CreateHealthCheck on the alarm "+wrong.ending, err, "InvalidInput")
	}
	child, err := c.alarm(client, "below", func(*cloudwatch.PutMetricAlarmInput) {})
	if err != nil {
		return err
	}
	parent, err := c.composite(client, "above", fmt.Sprintf("ALARM(%q)", child))
	if err != nil {
		return err
	}
	c.refused("CreateHealthCheck on a composite alarm", c.check("above", c.onAlarm(parent)), "InvalidInput")
	c.refused("CreateHealthCheck on an alarm that is not there", c.check("none", c.onAlarm(child+"x")), "InvalidInput")
	return nil
}

// byMath makes an alarm one on an expression.
func byMath(in *cloudwatch.PutMetricAlarmInput) {
	in.Metrics = []cwtypes.MetricDataQuery{
		{Id: aws.String("e"), Expression: aws.String("m + 1"), ReturnData: aws.Bool(true)},
		{Id: aws.String("m"), ReturnData: aws.Bool(false), MetricStat: &cwtypes.MetricStat{
			Metric: &cwtypes.Metric{Namespace: in.Namespace, MetricName: in.MetricName},
			Period: in.Period,
			Stat:   aws.String("Sum"),
		}},
	}
	in.Namespace, in.MetricName, in.Statistic, in.Period = nil, nil, "", nil
}
