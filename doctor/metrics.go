package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// metric is one by its name and dimensions.
func metric(namespace, name string, dims map[string]string) types.Metric {
	m := types.Metric{Namespace: &namespace, MetricName: &name}
	for _, key := range sorted(dims) {
		m.Dimensions = append(m.Dimensions, types.Dimension{Name: &key, Value: aws.String(dims[key])})
	}
	return m
}

// newest is the last minute within a window for which a metric has samples, and its statistic; zero if there is none.
func newest(
	ctx context.Context, client *cloudwatch.Client, window time.Duration, stat string, of types.Metric,
) (at time.Time, value float64, err error) {
	now := time.Now()
	out, err := client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(now.Add(-window)),
		EndTime:   aws.Time(now.Add(time.Minute)),
		ScanBy:    types.ScanByTimestampDescending,
		MetricDataQueries: []types.MetricDataQuery{{
			Id:         aws.String("m"),
			MetricStat: &types.MetricStat{Metric: &of, Period: aws.Int32(60), Stat: &stat},
		}},
	})
	if err != nil || len(out.MetricDataResults) == 0 || len(out.MetricDataResults[0].Timestamps) == 0 {
		return at, value, err
	}
	result := out.MetricDataResults[0]
	return result.Timestamps[0], result.Values[0], nil
}
