package claims

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// metric is one that CloudWatch lets nobody delete, and forgets by itself.
var metric = &Kind{
	Name:   "custom metric",
	USD:    0.30 / 730,
	Basis:  "$0.30 a month, by the hours with data; it cannot be deleted, and is forgotten after 15 months",
	list:   func(context.Context, aws.Config) ([]thing, error) { return nil, nil },
	remove: func(context.Context, aws.Config, thing) error { return nil },
}

func dataAreRefused(c *Case) error {
	client := cloudwatch.NewFromConfig(c.primary())
	const value, combination = "InvalidParameterValue", "InvalidParameterCombination"
	now := time.Now()
	for _, wrong := range []struct {
		what, code string
		change     func(*cloudwatch.PutMetricDataInput, *types.MetricDatum)
	}{
		{"a namespace of AWS's", value, func(in *cloudwatch.PutMetricDataInput, _ *types.MetricDatum) {
			in.Namespace = aws.String("AWS/Lambda")
		}},
		{"a namespace that begins with a colon", value, func(in *cloudwatch.PutMetricDataInput, _ *types.MetricDatum) {
			in.Namespace = aws.String(":n")
		}},
		{"a name of 256 characters", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.MetricName = aws.String(strings.Repeat("m", 256))
		}},
		{"31 dimensions", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.Dimensions = tooMany()
		}},
		{"NaN", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) { d.Value = aws.Float64(math.NaN()) }},
		{"a number above 2^360", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.Value = aws.Float64(math.Ldexp(1, 361))
		}},
		{"a resolution of 5 seconds", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.StorageResolution = aws.Int32(5)
		}},
		{"a unit of nobody's", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) { d.Unit = "Furlongs" }},
		{"a time three weeks ago", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.Timestamp = aws.Time(now.AddDate(0, 0, -21))
		}},
		{"a time in a day", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.Timestamp = aws.Time(now.AddDate(0, 0, 1))
		}},
		{"151 values", value, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.Value, d.Values = nil, make([]float64, 151)
		}},
		{"no value", combination, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) { d.Value = nil }},
		{"a value and values", combination, func(_ *cloudwatch.PutMetricDataInput, d *types.MetricDatum) {
			d.Values = []float64{1}
		}},
	} {
		in := &cloudwatch.PutMetricDataInput{
			Namespace:  &c.run.ID,
			MetricData: []types.MetricDatum{{MetricName: aws.String("Refused"), Value: aws.Float64(1)}},
		}
		wrong.change(in, &in.MetricData[0])
		_, err := client.PutMetricData(c, in)
		c.refused("PutMetricData with "+wrong.what, err, wrong.code)
	}
	return nil
}

// tooMany are 31 dimensions.
func tooMany() (all []types.Dimension) {
	for i := range 31 {
		all = append(all, types.Dimension{Name: aws.String(fmt.Sprint("d", i)), Value: aws.String("v")})
	}
	return all
}

func aMissingTermIsZero(c *Case) error {
	client := cloudwatch.NewFromConfig(c.primary())
	begin := time.Now().Add(-2 * time.Minute).Truncate(time.Minute)
	namespace, err := c.make(metric, c.primary(), "m", func(name string) (string, error) {
		_, err := client.PutMetricData(c, &cloudwatch.PutMetricDataInput{Namespace: &name, MetricData: []types.MetricDatum{{
			MetricName: aws.String("There"),
			Value:      aws.Float64(2),
			Timestamp:  &begin,
		}}})
		return name, err
	})
	if err != nil {
		return err
	}
	sum := func(id, name string) types.MetricDataQuery {
		return types.MetricDataQuery{Id: &id, ReturnData: aws.Bool(false), MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: &namespace, MetricName: &name},
			Period: aws.Int32(60),
			Stat:   aws.String("Sum"),
		}}
	}
	in := &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(begin.Add(-time.Minute)),
		EndTime:   aws.Time(begin.Add(2 * time.Minute)),
		MetricDataQueries: []types.MetricDataQuery{
			sum("there", "There"), sum("absent", "Absent"), {Id: aws.String("both"), Expression: aws.String("there + absent")},
		},
	}
	var values []float64
	// New metrics are readable after minutes (CloudWatch User Guide, "Publish custom metrics").
	err = c.await("the sum of the two metrics", 15*time.Minute, func() (string, bool, error) {
		out, err := client.GetMetricData(c, in)
		if err != nil || len(out.MetricDataResults) == 0 {
			return "without values", false, err
		}
		values = out.MetricDataResults[0].Values
		return "without values", len(values) > 0, nil
	})
	if err == nil {
		c.is("there + absent, of which one is 2", values, []float64{2})
	}
	return err
}
