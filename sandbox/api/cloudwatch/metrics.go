package cloudwatch

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
)

// Limits of CloudWatch's reading operations (API Reference, GetMetricStatistics, GetMetricData, ListMetrics).
const (
	maxStatistics  = 1440
	maxQueries     = 500
	maxDatapoints  = 100_800
	metricsPerPage = 500
)

func statistics(c *call.Call, in *sdk.GetMetricStatisticsInput) (*sdk.GetMetricStatisticsOutput, error) {
	if err := c.Authorize("cloudwatch:GetMetricStatistics", "*", nil); err != nil {
		return nil, err
	}
	if err := checkStatistics(in); err != nil {
		return nil, err
	}
	metric := cloudwatch.Metric{Namespace: *in.Namespace, Name: *in.MetricName, Dimensions: dimensionMap(in.Dimensions)}
	units := []types.StandardUnit{in.Unit}
	if in.Unit == "" { // one datapoint for each unit there is
		units = in.Unit.Values()
	}
	out := &sdk.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []types.Datapoint{}}
	for _, unit := range units {
		points, err := c.Region.CloudWatch.GetMetricStatistics(metric, *in.StartTime, *in.EndTime,
			time.Duration(*in.Period)*time.Second, string(unit), in.ExtendedStatistics...)
		if err != nil {
			return nil, err
		}
		for _, p := range points {
			out.Datapoints = append(out.Datapoints, datapoint(p, in.Statistics, unit))
		}
	}
	return out, nil
}

// checkStatistics also refuses a request for more datapoints than one answer holds.
func checkStatistics(in *sdk.GetMetricStatisticsInput) error {
	if err := requireMembers(map[string]bool{"Namespace": in.Namespace != nil, "MetricName": in.MetricName != nil,
		"StartTime": in.StartTime != nil, "EndTime": in.EndTime != nil, "Period": in.Period != nil}); err != nil {
		return err
	}
	if len(in.Statistics)+len(in.ExtendedStatistics) == 0 {
		return awserr.Invalid("InvalidParameterCombination",
			"At least one of the parameters Statistics and ExtendedStatistics must be specified.")
	}
	for _, s := range in.Statistics {
		if !slices.Contains(s.Values(), s) {
			return awserr.Invalid("InvalidParameterValue", "The value %s for parameter Statistics is not supported.", s)
		}
	}
	if !in.StartTime.Before(*in.EndTime) {
		return awserr.Invalid("InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime.")
	}
	if *in.Period < 1 {
		return awserr.Invalid("InvalidParameterValue", "The parameter Period must be greater than 0.")
	}
	if n := int64(in.EndTime.Sub(*in.StartTime)/time.Second) / int64(*in.Period); n > maxStatistics {
		return awserr.Invalid("InvalidParameterCombination", "You have requested up to %d datapoints, "+
			"which exceeds the limit of %d. You may reduce the datapoints requested by increasing Period, "+
			"or decreasing the time range.", n, maxStatistics)
	}
	return nil
}

// requireMembers names the first member that is not given.
func requireMembers(given map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !given[name] {
			return awserr.Invalid("MissingParameter", "The parameter %s is required.", name)
		}
	}
	return nil
}

// datapoint has the statistics that were asked for, no others.
func datapoint(p cloudwatch.Datapoint, statistics []types.Statistic, unit types.StandardUnit) types.Datapoint {
	to := types.Datapoint{Timestamp: &p.Timestamp, Unit: unit}
	for _, s := range statistics {
		switch s {
		case types.StatisticAverage:
			to.Average = &p.Average
		case types.StatisticMaximum:
			to.Maximum = &p.Maximum
		case types.StatisticMinimum:
			to.Minimum = &p.Minimum
		case types.StatisticSampleCount:
			to.SampleCount = &p.SampleCount
		case types.StatisticSum:
			to.Sum = &p.Sum
		}
	}
	if len(p.Extended) > 0 {
		to.ExtendedStatistics = p.Extended
	}
	return to
}

func data(c *call.Call, in *sdk.GetMetricDataInput) (*sdk.GetMetricDataOutput, error) {
	if err := c.Authorize("cloudwatch:GetMetricData", "*", nil); err != nil {
		return nil, err
	}
	if err := requireMembers(map[string]bool{"StartTime": in.StartTime != nil, "EndTime": in.EndTime != nil,
		"MetricDataQueries": len(in.MetricDataQueries) > 0}); err != nil {
		return nil, err
	}
	if len(in.MetricDataQueries) > maxQueries {
		return nil, awserr.Invalid("ValidationError",
			"The collection MetricDataQueries must not have a size greater than %d.", maxQueries)
	}
	if !in.StartTime.Before(*in.EndTime) {
		return nil, awserr.Invalid("ValidationError", "The parameter EndTime must be greater than StartTime.")
	}
	size, err := wire.Limit(in.MaxDatapoints, maxDatapoints, maxDatapoints, "maxDatapoints", "ValidationError")
	if err != nil {
		return nil, err
	}
	results, err := metricData(c, in)
	if err != nil {
		return nil, err
	}
	from, ok := wire.Offset(in.NextToken)
	if !ok {
		return nil, awserr.Invalid("InvalidNextToken", "The value for parameter NextToken is invalid.")
	}
	out := &sdk.GetMetricDataOutput{Messages: []types.MessageData{}}
	out.MetricDataResults, out.NextToken = windowOf(results, from, size)
	return out, nil
}

// metricData computes the queries. Those without an expression among them are independent of one another and may differ
// in their periods.
func metricData(c *call.Call, in *sdk.GetMetricDataInput) ([]types.MetricDataResult, error) {
	queries := make([]cloudwatch.MetricQuery, len(in.MetricDataQueries))
	for i, q := range in.MetricDataQueries {
		queries[i] = metricQuery(q)
	}
	sets := [][]cloudwatch.MetricQuery{queries}
	if !slices.ContainsFunc(queries, func(q cloudwatch.MetricQuery) bool { return q.Expression != "" }) {
		sets = slices.Collect(slices.Chunk(queries, 1))
	}
	results := []types.MetricDataResult{}
	for _, set := range sets {
		computed, err := c.Region.CloudWatch.GetMetricData(set, *in.StartTime, *in.EndTime)
		if known := (*awserr.Error)(nil); err != nil && !errors.As(err, &known) {
			err = awserr.Invalid("ValidationError", "The value for parameter MetricDataQueries is not valid: %v", err)
		}
		if err != nil {
			return nil, err
		}
		for _, r := range computed {
			results = append(results, metricResult(r, in.ScanBy))
		}
	}
	return results, nil
}

// metricResult is newest first unless the request says otherwise.
func metricResult(r cloudwatch.MetricResult, order types.ScanBy) types.MetricDataResult {
	to := types.MetricDataResult{
		Id:         &r.ID,
		Label:      &r.Label,
		StatusCode: types.StatusCodeComplete,
		Timestamps: []time.Time{},
		Values:     []float64{},
	}
	for i, at := range r.Timestamps {
		to.Timestamps, to.Values = append(to.Timestamps, at), append(to.Values, r.Values[i])
	}
	if order != types.ScanByTimestampAscending {
		slices.Reverse(to.Timestamps)
		slices.Reverse(to.Values)
	}
	return to
}

// windowOf cuts size datapoints out of all results, of which the first from were on earlier pages. A result that goes
// on is PartialData; one without data is on the first page.
func windowOf(results []types.MetricDataResult, from, size int) (window []types.MetricDataResult, next *string) {
	window = []types.MetricDataResult{}
	passed := 0
	for _, r := range results {
		all := len(r.Values)
		first, last := min(max(from-passed, 0), all), min(max(from+size-passed, 0), all)
		passed += all
		if first == last && (all > 0 || from > 0) {
			continue
		}
		if last < all {
			r.StatusCode = types.StatusCodePartialData
		}
		r.Timestamps, r.Values = r.Timestamps[first:last], r.Values[first:last]
		window = append(window, r)
	}
	if from+size < passed {
		next = wire.TokenOf(from + size)
	}
	return window, next
}

func metricQuery(q types.MetricDataQuery) cloudwatch.MetricQuery {
	to := cloudwatch.MetricQuery{
		ID:         aws.ToString(q.Id),
		Expression: aws.ToString(q.Expression),
		Label:      aws.ToString(q.Label),
		Period:     int(aws.ToInt32(q.Period)),
		ReturnData: q.ReturnData,
	}
	if s := q.MetricStat; s != nil {
		to.Metric = &cloudwatch.MetricStat{
			Period: int(aws.ToInt32(s.Period)),
			Stat:   aws.ToString(s.Stat),
			Unit:   string(s.Unit),
		}
		if m := s.Metric; m != nil {
			to.Metric.Namespace, to.Metric.MetricName = aws.ToString(m.Namespace), aws.ToString(m.MetricName)
			to.Metric.Dimensions = dimensionMap(m.Dimensions)
		}
	}
	return to
}

func listMetrics(c *call.Call, in *sdk.ListMetricsInput) (*sdk.ListMetricsOutput, error) {
	if err := c.Authorize("cloudwatch:ListMetrics", "*", nil); err != nil {
		return nil, err
	}
	metrics := []types.Metric{}
	for _, m := range c.Region.CloudWatch.ListMetrics(aws.ToString(in.Namespace)) {
		if in.MetricName != nil && m.Name != *in.MetricName || !hasDimensions(m.Dimensions, in.Dimensions) {
			continue
		}
		metrics = append(metrics, types.Metric{
			Namespace:  &m.Namespace,
			MetricName: &m.Name,
			Dimensions: dimensionList(m.Dimensions),
		})
	}
	metrics, next, ok := wire.Page(metrics, in.NextToken, metricsPerPage)
	if !ok {
		return nil, awserr.Invalid("InvalidParameterValue", "Invalid nextToken")
	}
	return &sdk.ListMetricsOutput{Metrics: metrics, NextToken: next}, nil
}

// hasDimensions reports whether a metric has all of these dimensions, and perhaps others.
func hasDimensions(dimensions map[string]string, wanted []types.DimensionFilter) bool {
	return !slices.ContainsFunc(wanted, func(f types.DimensionFilter) bool {
		value, ok := dimensions[aws.ToString(f.Name)]
		return !ok || f.Value != nil && value != *f.Value
	})
}

func dimensionList(dimensions map[string]string) []types.Dimension {
	list := []types.Dimension{}
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		list = append(list, types.Dimension{Name: aws.String(name), Value: aws.String(dimensions[name])})
	}
	return list
}
