package stacks

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/route53"
)

// opinion is what an observer says of an endpoint for some minutes.
type opinion string

const (
	fit    opinion = "fit"
	unfit  opinion = "unfit"
	silent opinion = "silent"
)

// judged is whether Route 53 takes the primary region for healthy after these words of the observers, in their order.
func judged(t *testing.T, g *graph.Graph, opinions [3]opinion) bool {
	t.Helper()
	clk := clock.New(1)
	metrics := cloudwatch.New(region.New("us-east-2", graph.Account, clk), nil)
	service := route53.New(route53.Options{Clock: clk, CloudWatch: func(name string) (*cloudwatch.Service, error) {
		assert.Equal(t, "us-east-2", name)
		return metrics, nil
	}})
	defer service.Close()
	ids := map[string]string{}
	for i, place := range places {
		name := "traffic-primary-observed-" + place
		registered, ok := g.Named(alarmTypes[0], name)
		require.True(t, ok)
		var alarm cloudwatch.MetricAlarm
		body, err := json.Marshal(registered.Inputs.Mappable())
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(body, &alarm))
		alarm.Name = name
		_, err = metrics.PutMetricAlarm(alarm)
		require.NoError(t, err)
		for minute := range 3 {
			if opinions[i] == silent {
				break
			}
			at := clk.Now().Truncate(time.Minute).Add(time.Duration(minute-3) * time.Minute)
			value := map[opinion]float64{fit: 0, unfit: 1}[opinions[i]]
			require.NoError(t, metrics.PutMetricData(contract.MetricNamespace,
				cloudwatch.Sample(contract.MetricEndpointUnfit, alarm.Dimensions, value, "Count", at)))
		}
		check, ok := g.Named(healthCheckType, name)
		require.True(t, ok)
		made, err := service.CreateHealthCheck(name, route53.Config{Type: check.Input("type"), AlarmName: name,
			AlarmRegion: check.Input("cloudwatchAlarmRegion"), InsufficientData: check.Input("insufficientDataHealthStatus")})
		require.NoError(t, err)
		ids[name+"-id"] = made.ID
	}
	quorum, ok := g.Named(healthCheckType, "traffic-primary-observed")
	require.True(t, ok)
	threshold := int(quorum.Inputs["childHealthThreshold"].NumberValue())
	config := route53.Config{Type: quorum.Input("type"), HealthThreshold: &threshold}
	for _, child := range quorum.Inputs["childHealthchecks"].ArrayValue() {
		config.Children = append(config.Children, ids[child.StringValue()])
	}
	made, err := service.CreateHealthCheck("quorum", config)
	require.NoError(t, err)
	healthy, err := service.Health(made.ID)
	require.NoError(t, err)
	return healthy
}

// Two unfit words move clients, whatever the third observer says; one never does, and silence is no word.
func TestTwoUnfitWordsMoveAndOneNeverDoes(t *testing.T) {
	g := deployed(t, "dev", routed())
	all := []opinion{fit, unfit, silent}
	for _, first := range all {
		for _, second := range all {
			for _, third := range all {
				opinions := [3]opinion{first, second, third}
				t.Run(fmt.Sprint(opinions), func(t *testing.T) {
					against := 0
					for _, w := range opinions {
						if w == unfit {
							against++
						}
					}
					synctest.Test(t, func(t *testing.T) { assert.Equal(t, against < 2, judged(t, g, opinions)) })
				})
			}
		}
	}
}
