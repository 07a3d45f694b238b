package api_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"
	"github.com/aws/smithy-go/transport/http/protocol/rpcv2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

// inEveryProtocol runs a test with CloudWatch's SDK client in each protocol that a generation of clients speaks.
func (w *world) inEveryProtocol(t *testing.T, test func(*testing.T, *awscloudwatch.Client)) {
	service := schemas.GraniteServiceVersion20100801
	for name, protocol := range map[string]smithyhttp.ClientProtocol{
		"CBOR": rpcv2.NewCBOR(service), "JSON": awsjson.New10(service), "query": awsquery.New(service),
	} {
		t.Run(name, func(t *testing.T) {
			test(t, awscloudwatch.NewFromConfig(w.admin("us-east-1"), func(o *awscloudwatch.Options) { o.Protocol = protocol }))
		})
	}
}

// requireKind checks an error's code, which clients of the query protocol spell like the name of its shape.
func requireKind(t *testing.T, err error, code, message string) {
	t.Helper()
	var failed smithy.APIError
	require.ErrorAs(t, err, &failed)
	kind := func(code string) string { return strings.TrimSuffix(strings.TrimSuffix(code, "Exception"), "Error") }
	require.Equal(t, kind(code), kind(failed.ErrorCode()), err)
	require.Contains(t, failed.ErrorMessage(), message)
}

var observer = []types.Dimension{{Name: aws.String("ClusterID"), Value: aws.String("c")}, {Name: aws.String("Observer"), Value: aws.String("us-east-1")}}

// measured stores the values 1, 2 and 3 in three minutes of which the last is the one before this, and returns the first.
func (w *world) measured(t *testing.T) time.Time {
	t.Helper()
	first := time.Now().Truncate(time.Minute).Add(-3 * time.Minute)
	for i := range 3 {
		require.NoError(t, w.account.Region("us-east-1").CloudWatch.PutMetricData("Test", cloudwatch.Sample("Age",
			map[string]string{"ClusterID": "c", "Observer": "us-east-1"}, float64(i+1), "Seconds", first.Add(time.Duration(i)*time.Minute))))
	}
	return first.UTC()
}

func TestGetMetricStatistics(t *testing.T) {
	w := newWorld(t, nil)
	first := w.measured(t)
	ask := func(edit func(*awscloudwatch.GetMetricStatisticsInput)) *awscloudwatch.GetMetricStatisticsInput {
		in := &awscloudwatch.GetMetricStatisticsInput{Namespace: aws.String("Test"), MetricName: aws.String("Age"), Dimensions: observer,
			StartTime: &first, EndTime: aws.Time(first.Add(10 * time.Minute)), Period: aws.Int32(60), Statistics: []types.Statistic{types.StatisticAverage}}
		edit(in)
		return in
	}
	w.inEveryProtocol(t, func(t *testing.T, client *awscloudwatch.Client) {
		out, err := client.GetMetricStatistics(t.Context(), ask(func(in *awscloudwatch.GetMetricStatisticsInput) {
			in.Statistics = append(in.Statistics, types.StatisticMaximum)
			in.ExtendedStatistics = []string{"p50"}
		}))
		require.NoError(t, err)
		assert.Equal(t, "Age", *out.Label)
		require.Len(t, out.Datapoints, 3)
		out.Datapoints[0].Timestamp = aws.Time(out.Datapoints[0].Timestamp.UTC())
		assert.Equal(t, types.Datapoint{Timestamp: &first, Average: aws.Float64(1), Maximum: aws.Float64(1), Unit: types.StandardUnitSeconds,
			ExtendedStatistics: map[string]float64{"p50": 1}}, out.Datapoints[0], "what was asked for, nothing else")

		out, err = client.GetMetricStatistics(t.Context(), ask(func(in *awscloudwatch.GetMetricStatisticsInput) { in.Dimensions = observer[:1] }))
		require.NoError(t, err)
		assert.Empty(t, out.Datapoints, "some of its dimensions name another metric")

		for want, edit := range map[string]func(*awscloudwatch.GetMetricStatisticsInput){
			"InvalidParameterCombination": func(in *awscloudwatch.GetMetricStatisticsInput) { in.Statistics = nil },
			"InvalidParameterValue":       func(in *awscloudwatch.GetMetricStatisticsInput) { in.EndTime = in.StartTime },
		} {
			_, err := client.GetMetricStatistics(t.Context(), ask(edit))
			requireKind(t, err, want, "")
		}
		_, err = client.GetMetricStatistics(t.Context(), ask(func(in *awscloudwatch.GetMetricStatisticsInput) {
			in.StartTime = aws.Time(first.Add(-48 * time.Hour))
		}))
		requireKind(t, err, "InvalidParameterCombination", "exceeds the limit of 1440")
		var typed *types.InvalidParameterCombinationException
		require.ErrorAs(t, err, &typed)
	})
}

func TestGetMetricData(t *testing.T) {
	w := newWorld(t, nil)
	first := w.measured(t)
	age := types.MetricDataQuery{Id: aws.String("age"), MetricStat: &types.MetricStat{Period: aws.Int32(60), Stat: aws.String("Sum"),
		Metric: &types.Metric{Namespace: aws.String("Test"), MetricName: aws.String("Age"), Dimensions: observer}}}
	double := types.MetricDataQuery{Id: aws.String("double"), Expression: aws.String("age * 2"), Label: aws.String("twice")}
	ask := func(queries ...types.MetricDataQuery) *awscloudwatch.GetMetricDataInput {
		return &awscloudwatch.GetMetricDataInput{StartTime: &first, EndTime: aws.Time(first.Add(10 * time.Minute)), MetricDataQueries: queries}
	}
	w.inEveryProtocol(t, func(t *testing.T, client *awscloudwatch.Client) {
		out, err := client.GetMetricData(t.Context(), ask(age, double))
		require.NoError(t, err)
		require.Len(t, out.MetricDataResults, 2)
		assert.Equal(t, "Age", *out.MetricDataResults[0].Label)
		assert.Equal(t, "twice", *out.MetricDataResults[1].Label)
		assert.Equal(t, types.StatusCodeComplete, out.MetricDataResults[1].StatusCode)
		assert.Equal(t, []float64{6, 4, 2}, out.MetricDataResults[1].Values, "the newest first")
		assert.True(t, first.Equal(out.MetricDataResults[1].Timestamps[2]))

		hourly := age
		hourly.Id, hourly.MetricStat = aws.String("hourly"), &types.MetricStat{Period: aws.Int32(3600), Stat: aws.String("SampleCount"), Metric: age.MetricStat.Metric}
		in := ask(age, hourly)
		in.StartTime, in.ScanBy = aws.Time(first.Truncate(time.Hour)), types.ScanByTimestampAscending
		out, err = client.GetMetricData(t.Context(), in)
		require.NoError(t, err, "queries that are independent may differ in their periods")
		assert.Equal(t, []float64{1, 2, 3}, out.MetricDataResults[0].Values)

		in = ask(age, double)
		in.MaxDatapoints = aws.Int32(2)
		values, pages := map[string][]float64{}, 0
		for paginator := awscloudwatch.NewGetMetricDataPaginator(client, in); paginator.HasMorePages(); pages++ {
			page, err := paginator.NextPage(t.Context())
			require.NoError(t, err)
			for _, r := range page.MetricDataResults {
				values[*r.Id] = append(values[*r.Id], r.Values...)
			}
		}
		assert.Equal(t, 3, pages)
		assert.Equal(t, map[string][]float64{"age": {3, 2, 1}, "double": {6, 4, 2}}, values)

		_, err = client.GetMetricData(t.Context(), ask(types.MetricDataQuery{Id: aws.String("x"), Expression: aws.String("nothing * 2")}))
		requireKind(t, err, "ValidationError", `refers to "nothing"`)
		in = ask(age)
		in.NextToken = aws.String("made up")
		_, err = client.GetMetricData(t.Context(), in)
		requireKind(t, err, "InvalidNextToken", "")
	})
}

func TestListMetrics(t *testing.T) {
	w := newWorld(t, nil)
	w.measured(t)
	store := w.account.Region("us-east-1").CloudWatch
	for i := range 600 {
		require.NoError(t, store.PutMetricData("Many", cloudwatch.Sample(fmt.Sprintf("m%03d", i), nil, 1, "", time.Time{})))
	}
	w.inEveryProtocol(t, func(t *testing.T, client *awscloudwatch.Client) {
		list := func(in awscloudwatch.ListMetricsInput) (names []string, pages int) {
			for p := awscloudwatch.NewListMetricsPaginator(client, &in); p.HasMorePages(); pages++ {
				out, err := p.NextPage(t.Context())
				require.NoError(t, err)
				for _, m := range out.Metrics {
					names = append(names, *m.MetricName)
				}
			}
			return names, pages
		}
		names, _ := list(awscloudwatch.ListMetricsInput{Dimensions: []types.DimensionFilter{{Name: aws.String("Observer")}}})
		assert.Equal(t, []string{"Age"}, names, "a part of the dimensions is enough")
		names, _ = list(awscloudwatch.ListMetricsInput{Dimensions: []types.DimensionFilter{{Name: aws.String("Observer"), Value: aws.String("other")}}})
		assert.Empty(t, names)
		names, _ = list(awscloudwatch.ListMetricsInput{Namespace: aws.String("Many"), MetricName: aws.String("m007")})
		assert.Equal(t, []string{"m007"}, names)
		names, pages := list(awscloudwatch.ListMetricsInput{Namespace: aws.String("Many")})
		assert.Len(t, names, 600)
		assert.Equal(t, 2, pages)
	})
}

// alarmed puts three metric alarms, one of them by metric math, and a composite alarm over the first two.
func (w *world) alarmed(t *testing.T) {
	t.Helper()
	topic := w.account.Region("us-east-1").ARN("sns", "alerts")
	service := w.account.Region("us-east-1").CloudWatch
	for _, name := range []string{"errors-a", "errors-b"} {
		_, err := service.PutMetricAlarm(cloudwatch.MetricAlarm{Name: name, AlarmDescription: "d", ComparisonOperator: "GreaterThanThreshold",
			Threshold: aws.Float64(0.5), EvaluationPeriods: 3, DatapointsToAlarm: 2, Namespace: "Test", MetricName: "Age", Statistic: "Sum", Period: 60,
			Dimensions: map[string]string{"ClusterID": "c"}, AlarmActions: []string{topic}, TreatMissingData: "ignore"})
		require.NoError(t, err)
	}
	_, err := service.PutMetricAlarm(cloudwatch.MetricAlarm{Name: "quorum", ComparisonOperator: "GreaterThanOrEqualToThreshold",
		Threshold: aws.Float64(1), EvaluationPeriods: 1, MetricQueries: []cloudwatch.MetricQuery{
			{ID: "u1", Metric: &cloudwatch.MetricStat{Namespace: "Test", MetricName: "Age", Period: 60, Stat: "Maximum"}},
			{ID: "votes", Expression: "u1 >= 2", Label: "lost", ReturnData: aws.Bool(true)}}})
	require.NoError(t, err)
	_, err = service.PutCompositeAlarm(cloudwatch.CompositeAlarm{AlarmName: "region-lost", AlarmRule: "ALARM(errors-a) OR ALARM(errors-b)",
		AlarmActions:      []string{topic},
		ActionsSuppressor: &cloudwatch.ActionsSuppressor{Alarm: "quorum", WaitPeriod: 60, ExtensionPeriod: 120}})
	require.NoError(t, err)
}

func alarmNames(out *awscloudwatch.DescribeAlarmsOutput) (names []string) {
	for _, a := range out.CompositeAlarms {
		names = append(names, *a.AlarmName)
	}
	for _, a := range out.MetricAlarms {
		names = append(names, *a.AlarmName)
	}
	return names
}

func TestDescribeAlarms(t *testing.T) {
	w := newWorld(t, nil)
	w.alarmed(t)
	both := []types.AlarmType{types.AlarmTypeCompositeAlarm, types.AlarmTypeMetricAlarm}
	cases := map[string]struct {
		in   awscloudwatch.DescribeAlarmsInput
		want []string
	}{
		"metric alarms only, by default": {want: []string{"errors-a", "errors-b", "quorum"}},
		"both types":                     {awscloudwatch.DescribeAlarmsInput{AlarmTypes: both}, []string{"region-lost", "errors-a", "errors-b", "quorum"}},
		"composite alarms":               {awscloudwatch.DescribeAlarmsInput{AlarmTypes: both[:1]}, []string{"region-lost"}},
		"by name":                        {awscloudwatch.DescribeAlarmsInput{AlarmNames: []string{"quorum", "none"}}, []string{"quorum"}},
		"by prefix":                      {awscloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String("err")}, []string{"errors-a", "errors-b"}},
		"by state":                       {awscloudwatch.DescribeAlarmsInput{StateValue: types.StateValueAlarm, AlarmTypes: both}, nil},
		"by action": {awscloudwatch.DescribeAlarmsInput{ActionPrefix: aws.String("arn:aws:sns:"), AlarmTypes: both},
			[]string{"region-lost", "errors-a", "errors-b"}},
	}
	w.inEveryProtocol(t, func(t *testing.T, client *awscloudwatch.Client) {
		for name, c := range cases {
			out, err := client.DescribeAlarms(t.Context(), &c.in)
			require.NoError(t, err, name)
			assert.Equal(t, c.want, alarmNames(out), name)
		}
		var names []string
		pages := 0
		for p := awscloudwatch.NewDescribeAlarmsPaginator(client, &awscloudwatch.DescribeAlarmsInput{MaxRecords: aws.Int32(1)}); p.HasMorePages(); pages++ {
			out, err := p.NextPage(t.Context())
			require.NoError(t, err)
			names = append(names, alarmNames(out)...)
		}
		assert.Equal(t, []string{"errors-a", "errors-b", "quorum"}, names)
		assert.Equal(t, 3, pages)

		for in, want := range map[*awscloudwatch.DescribeAlarmsInput]string{
			{NextToken: aws.String("made up")}:                                   "InvalidNextToken",
			{MaxRecords: aws.Int32(101)}:                                         "ValidationError",
			{StateValue: "BROKEN"}:                                               "ValidationError",
			{AlarmNames: []string{"quorum"}, AlarmNamePrefix: aws.String("quo")}: "ValidationError",
			{ChildrenOfAlarmName: aws.String("region-lost")}:                     "NotImplemented",
		} {
			_, err := client.DescribeAlarms(t.Context(), in)
			requireKind(t, err, want, "")
		}
	})
}

// The members of an alarm are those of the API, each where clients look for it.
func TestTheShapeOfAlarms(t *testing.T) {
	w := newWorld(t, nil)
	w.alarmed(t)
	region := w.account.Region("us-east-1")
	topic := region.ARN("sns", "alerts")
	w.inEveryProtocol(t, func(t *testing.T, client *awscloudwatch.Client) {
		out, err := client.DescribeAlarms(t.Context(), &awscloudwatch.DescribeAlarmsInput{
			AlarmTypes: []types.AlarmType{types.AlarmTypeCompositeAlarm, types.AlarmTypeMetricAlarm}})
		require.NoError(t, err)
		plain, byMath, composite := out.MetricAlarms[0], out.MetricAlarms[2], out.CompositeAlarms[0]
		for _, at := range []**time.Time{&plain.StateUpdatedTimestamp, &plain.StateTransitionedTimestamp, &plain.AlarmConfigurationUpdatedTimestamp} {
			assert.WithinDuration(t, time.Now(), **at, time.Minute)
			*at = nil
		}
		plain.StateReason = nil
		assert.Equal(t, types.MetricAlarm{AlarmName: aws.String("errors-a"), AlarmArn: aws.String(region.ARN("cloudwatch", "alarm:errors-a")),
			AlarmDescription: aws.String("d"), ActionsEnabled: aws.Bool(true), AlarmActions: []string{topic}, OKActions: []string{},
			InsufficientDataActions: []string{}, ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold, Threshold: aws.Float64(0.5),
			EvaluationPeriods: aws.Int32(3), DatapointsToAlarm: aws.Int32(2), TreatMissingData: aws.String("ignore"), Namespace: aws.String("Test"),
			MetricName: aws.String("Age"), Statistic: types.StatisticSum, Period: aws.Int32(60), Dimensions: observer[:1],
			StateValue: types.StateValueInsufficientData}, plain)
		require.Len(t, byMath.Metrics, 2)
		assert.Equal(t, "u1 >= 2", *byMath.Metrics[1].Expression)
		assert.True(t, *byMath.Metrics[1].ReturnData)
		assert.Equal(t, "Age", *byMath.Metrics[0].MetricStat.Metric.MetricName)
		assert.Equal(t, "ALARM(errors-a) OR ALARM(errors-b)", *composite.AlarmRule)
		assert.Equal(t, types.StateValueInsufficientData, composite.StateValue)
		assert.Equal(t, "quorum", *composite.ActionsSuppressor)
		assert.EqualValues(t, 60, *composite.ActionsSuppressorWaitPeriod)
		assert.EqualValues(t, 120, *composite.ActionsSuppressorExtensionPeriod)
		assert.Empty(t, composite.ActionsSuppressedBy, "nothing has happened yet")
	})
}

func TestSetAlarmStateAndItsHistory(t *testing.T) {
	w := newWorld(t, nil)
	w.alarmed(t)
	state := types.StateValueInsufficientData
	w.inEveryProtocol(t, func(t *testing.T, client *awscloudwatch.Client) {
		before := state
		state = map[types.StateValue]types.StateValue{types.StateValueAlarm: types.StateValueOk}[before]
		if state == "" {
			state = types.StateValueAlarm
		}
		_, err := client.SetAlarmState(t.Context(), &awscloudwatch.SetAlarmStateInput{AlarmName: aws.String("errors-b"), StateValue: state, StateReason: aws.String("a test")})
		require.NoError(t, err)
		out, err := client.DescribeAlarms(t.Context(), &awscloudwatch.DescribeAlarmsInput{StateValue: state})
		require.NoError(t, err)
		assert.Contains(t, alarmNames(out), "errors-b")

		history, err := client.DescribeAlarmHistory(t.Context(), &awscloudwatch.DescribeAlarmHistoryInput{AlarmName: aws.String("errors-b"),
			HistoryItemType: types.HistoryItemTypeStateUpdate, StartDate: aws.Time(time.Now().Add(-time.Minute)), EndDate: aws.Time(time.Now().Add(time.Minute))})
		require.NoError(t, err)
		latest := history.AlarmHistoryItems[0]
		assert.Equal(t, types.AlarmTypeMetricAlarm, latest.AlarmType)
		assert.Equal(t, fmt.Sprintf("Alarm updated from %s to %s", before, state), *latest.HistorySummary)
		assert.JSONEq(t, fmt.Sprintf(`{"version":"1.0","type":"Update","oldState":{"stateValue":%q},"newState":{"stateValue":%q,"stateReason":"a test"}}`,
			before, state), *latest.HistoryData)

		var items []types.AlarmHistoryItem
		for p := awscloudwatch.NewDescribeAlarmHistoryPaginator(client, &awscloudwatch.DescribeAlarmHistoryInput{MaxRecords: aws.Int32(2), ScanBy: types.ScanByTimestampAscending,
			AlarmTypes: []types.AlarmType{types.AlarmTypeCompositeAlarm, types.AlarmTypeMetricAlarm}}); p.HasMorePages(); {
			page, err := p.NextPage(t.Context())
			require.NoError(t, err)
			assert.LessOrEqual(t, len(page.AlarmHistoryItems), 2)
			items = append(items, page.AlarmHistoryItems...)
		}
		assert.True(t, slices.IsSortedFunc(items, func(a, b types.AlarmHistoryItem) int { return a.Timestamp.Compare(*b.Timestamp) }), "the oldest first")
		assert.True(t, slices.ContainsFunc(items, func(i types.AlarmHistoryItem) bool { return i.AlarmType == types.AlarmTypeCompositeAlarm }))

		_, err = client.SetAlarmState(t.Context(), &awscloudwatch.SetAlarmStateInput{AlarmName: aws.String("none"), StateValue: state, StateReason: aws.String("r")})
		var missing *types.ResourceNotFound
		require.ErrorAs(t, err, &missing)
		_, err = client.SetAlarmState(t.Context(), &awscloudwatch.SetAlarmStateInput{AlarmName: aws.String("errors-b"), StateValue: "BROKEN", StateReason: aws.String("r")})
		requireKind(t, err, "ValidationError", "Member must satisfy enum value set")
	})
}

// A role reads only what its policies let it read.
func TestReadingNeedsPermissions(t *testing.T) {
	w := newWorld(t, nil)
	w.alarmed(t)
	client := awscloudwatch.NewFromConfig(w.function(t, "us-east-1"))
	_, err := client.DescribeAlarms(t.Context(), nil)
	requireCode(t, err, "AccessDeniedException", "cloudwatch:DescribeAlarms on resource: "+w.account.Region("us-east-1").ARN("cloudwatch", "alarm:*"))
	w.allow(t, "cloudwatch:DescribeAlarms", "*", "")
	_, err = client.DescribeAlarms(t.Context(), nil)
	require.NoError(t, err)
	_, err = client.ListMetrics(t.Context(), nil)
	requireCode(t, err, "AccessDeniedException", "cloudwatch:ListMetrics")
}

// What no float64 of a metric may be is refused in every protocol, and a page that shows the metric goes on.
func TestNumbersThatAreNoMetricsAreRefusedInEveryProtocol(t *testing.T) {
	w := newWorld(t, nil)
	w.inEveryProtocol(t, func(t *testing.T, client *awscloudwatch.Client) {
		for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
			_, err := client.PutMetricData(t.Context(), &awscloudwatch.PutMetricDataInput{Namespace: aws.String("N"),
				MetricData: []types.MetricDatum{{MetricName: aws.String("m"), Value: &value}}})
			requireKind(t, err, "InvalidParameterValue", "for parameter MetricData.member.1.Value is invalid")
		}
		twice := types.Dimension{Name: aws.String("d"), Value: aws.String("v")}
		_, err := client.PutMetricData(t.Context(), &awscloudwatch.PutMetricDataInput{Namespace: aws.String("N"),
			MetricData: []types.MetricDatum{{MetricName: aws.String("m"), Value: aws.Float64(1), Dimensions: []types.Dimension{twice, twice}}}})
		requireKind(t, err, "InvalidParameterValue", "it is there twice")
	})
	assert.Empty(t, w.account.Region("us-east-1").CloudWatch.ListMetrics(""))
}

func TestDataOfAllTimesIsAnsweredAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.measured(t)
	w.inEveryProtocol(t, func(t *testing.T, client *awscloudwatch.Client) {
		out, err := client.GetMetricData(t.Context(), &awscloudwatch.GetMetricDataInput{StartTime: aws.Time(time.Unix(0, 0)), EndTime: aws.Time(time.Unix(1<<37, 0)),
			MetricDataQueries: []types.MetricDataQuery{{Id: aws.String("m"), MetricStat: &types.MetricStat{Period: aws.Int32(60), Stat: aws.String("Sum"),
				Metric: &types.Metric{Namespace: aws.String("Test"), MetricName: aws.String("Age"), Dimensions: observer}}}}})
		require.NoError(t, err)
		require.Len(t, out.MetricDataResults, 1)
		assert.Len(t, out.MetricDataResults[0].Values, 3)
	})
}
