package cloudwatch

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
)

const (
	account = "123456789012"
	topic   = "arn:aws:sns:us-east-1:123456789012:alerts"
)

// newService is a CloudWatch with the topic alerts, which has one subscriber.
func newService(t *testing.T) *Service {
	t.Helper()
	clk := clock.New(1)
	identities := iam.New(account, clk)
	env := region.New("us-east-1", account, clk)
	topics := sns.New(env, identities, kms.New(env, identities), nil, &sns.Inbox{})
	_, err := topics.CreateTopic(sns.Topic{Name: "alerts"})
	require.NoError(t, err)
	_, err = topics.Subscribe(sns.Subscription{Topic: topic, Protocol: "sms", Endpoint: "+15550100"})
	require.NoError(t, err)
	return New(env, topics)
}

// notices are the subjects of what the subscriber received.
func notices(t *testing.T, s *Service) []string {
	t.Helper()
	var subjects []string
	for _, m := range delivered(s) {
		subjects = append(subjects, m.Subject)
	}
	return subjects
}

func delivered(s *Service) []sns.Message { return s.topics.Inbox().Messages() }

// minute lets a minute pass and evaluates the alarms at its end.
func minute(s *Service) {
	time.Sleep(time.Minute)
	s.Tick(s.env.Now())
}

func sample(t *testing.T, s *Service, name string, value float64) {
	t.Helper()
	require.NoError(t, s.PutMetricData("N", Sample(name, nil, value, "", s.env.Now())))
}

func errorsAlarm() MetricAlarm {
	threshold := 1.0
	return MetricAlarm{
		Name: "errors", AlarmDescription: "The function fails.", Namespace: "N", MetricName: "Errors", Statistic: "Sum", Period: 60,
		EvaluationPeriods: 1, ComparisonOperator: "GreaterThanOrEqualToThreshold", Threshold: &threshold,
		TreatMissingData: "notBreaching", AlarmActions: []string{topic}, OkActions: []string{topic},
	}
}

func put(t *testing.T, s *Service, a MetricAlarm) {
	t.Helper()
	_, err := s.PutMetricAlarm(a)
	require.NoError(t, err)
}

func stateOf(t *testing.T, s *Service, name string) State {
	t.Helper()
	status, err := s.AlarmStatus(name)
	require.NoError(t, err)
	return status.Value
}

func TestAnAlarmActsOnlyOnChangesOfState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		put(t, s, errorsAlarm())
		assert.Equal(t, StateInsufficientData, stateOf(t, s, "errors"), "before the first evaluation")
		assert.Empty(t, notices(t, s))

		minute(s)
		assert.Equal(t, []string{`OK: "errors" in US East (N. Virginia)`}, notices(t, s), "the first OK is a change too")
		minute(s)
		assert.Len(t, notices(t, s), 1)

		for range 3 {
			sample(t, s, "Errors", 2)
			minute(s)
		}
		assert.Equal(t, `ALARM: "errors" in US East (N. Virginia)`, notices(t, s)[1])
		assert.Len(t, notices(t, s), 2, "it stays in ALARM without another word")

		// "CloudWatch alarms might repeatedly re-evaluate the last set of data points": the breaches stay in range.
		for range 3 {
			minute(s)
		}
		assert.Equal(t, StateOK, stateOf(t, s, "errors"))
		assert.Len(t, notices(t, s), 3)
	})
}

func TestAnAlarmNotificationHasTheDocumentedShape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		a := errorsAlarm()
		a.Dimensions = map[string]string{"FunctionName": "f"}
		put(t, s, a)
		require.NoError(t, s.PutMetricData("N", Sample("Errors", a.Dimensions, 2, "Count", s.env.Now())))
		minute(s)
		require.Len(t, delivered(s), 1)
		assert.Equal(t, sns.KindAlarm, delivered(s)[0].Kind)
		assert.JSONEq(t, `{
			"AlarmName": "errors", "AlarmDescription": "The function fails.", "AWSAccountId": "123456789012",
			"AlarmConfigurationUpdatedTimestamp": "2000-01-01T00:00:00.000+0000",
			"NewStateValue": "ALARM", "OldStateValue": "INSUFFICIENT_DATA", "StateChangeTime": "2000-01-01T00:01:00.000+0000",
			"NewStateReason": "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (01/01/00 00:00:00)] were greater than or equal to the threshold (1.0) (minimum 1 datapoints for OK -> ALARM transition).",
			"Region": "US East (N. Virginia)", "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors",
			"OKActions": ["`+topic+`"], "AlarmActions": ["`+topic+`"], "InsufficientDataActions": [],
			"Trigger": {
				"MetricName": "Errors", "Namespace": "N", "StatisticType": "Statistic", "Statistic": "SUM", "Unit": null,
				"Dimensions": [{"value": "f", "name": "FunctionName"}], "Period": 60, "EvaluationPeriods": 1, "DatapointsToAlarm": 1,
				"ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 1, "TreatMissingData": "notBreaching",
				"EvaluateLowSampleCountPercentile": ""
			}
		}`, delivered(s)[0].Body)
	})
}

func TestAQuorumAlarmByMetricMath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		put(t, s, quorumAlarm())

		minute(s)
		assert.Equal(t, StateOK, stateOf(t, s, "quorum"), "no observer says anything: missing is not breaching")

		for range 2 {
			sample(t, s, "u1", 1)
			minute(s)
		}
		assert.Equal(t, StateOK, stateOf(t, s, "quorum"), "one vote, the others silent")

		sample(t, s, "u1", 1)
		sample(t, s, "u2", 1)
		minute(s)
		assert.Equal(t, StateOK, stateOf(t, s, "quorum"), "two votes, for one period of three")
		sample(t, s, "u1", 1)
		sample(t, s, "u3", 1)
		minute(s)
		assert.Equal(t, StateAlarm, stateOf(t, s, "quorum"), "two votes in two of three periods, one observer silent")

		var n notification
		require.NoError(t, json.Unmarshal([]byte(delivered(s)[0].Body), &n))
		require.Len(t, n.Trigger.Metrics, 4)
		assert.Equal(t, "u1+u2+u3 >= 2", n.Trigger.Metrics[3].Expression)
	})
}

func quorumAlarm() MetricAlarm {
	threshold, yes := 1.0, true
	a := MetricAlarm{
		Name: "quorum", EvaluationPeriods: 3, DatapointsToAlarm: 2, ComparisonOperator: "GreaterThanOrEqualToThreshold",
		Threshold: &threshold, TreatMissingData: "notBreaching", AlarmActions: []string{topic},
	}
	for _, id := range []string{"u1", "u2", "u3"} {
		a.MetricQueries = append(a.MetricQueries, MetricQuery{ID: id, Metric: &MetricStat{Namespace: "N", MetricName: id, Period: 60, Stat: "Maximum"}})
	}
	a.MetricQueries = append(a.MetricQueries, MetricQuery{ID: "votes", Expression: "u1+u2+u3 >= 2", ReturnData: &yes})
	return a
}

func TestASilentMonitorAlarmWaitsForItsFirstSample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		threshold := 1.0
		put(t, s, MetricAlarm{
			Name: "silent", Namespace: "N", MetricName: "Beat", Statistic: "SampleCount", Period: 60, EvaluationPeriods: 3,
			ComparisonOperator: "LessThanThreshold", Threshold: &threshold, TreatMissingData: "breaching", AlarmActions: []string{topic},
		})
		for range 5 {
			sample(t, s, "Beat", 0)
			minute(s)
		}
		assert.Empty(t, notices(t, s), "a first sample, and no alarm")
		silence := 0
		for stateOf(t, s, "silent") != StateAlarm {
			minute(s)
			silence++
		}
		assert.Equal(t, 3+extraDatapoints, silence, "the last sample has to leave the evaluation range")
	})
}

func TestAHighResolutionAlarmIsEvaluatedEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		fast := errorsAlarm()
		fast.Name, fast.Period = "fast", 10
		put(t, s, fast)
		put(t, s, errorsAlarm())
		d := Sample("Errors", nil, 1, "", s.env.Now())
		d.StorageResolution = 1
		require.NoError(t, s.PutMetricData("N", d))
		time.Sleep(Resolution)
		s.Tick(s.env.Now())
		assert.Equal(t, StateAlarm, stateOf(t, s, "fast"))
		assert.Equal(t, StateInsufficientData, stateOf(t, s, "errors"), "a standard alarm waits for the minute")
	})
}

func TestFiveMinutePeriodsSlideByTheMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		a := errorsAlarm()
		a.Period = 300
		threshold := 3.0
		a.Threshold = &threshold
		put(t, s, a)
		for range 3 {
			sample(t, s, "Errors", 1)
			minute(s)
		}
		assert.Equal(t, StateAlarm, stateOf(t, s, "errors"), "three errors within the last five minutes")
	})
}

func TestDisabledActionsChangeStateInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		a, off := errorsAlarm(), false
		a.ActionsEnabled = &off
		put(t, s, a)
		sample(t, s, "Errors", 1)
		minute(s)
		assert.Equal(t, StateAlarm, stateOf(t, s, "errors"))
		assert.Empty(t, notices(t, s))
	})
}

func TestAReplacedAlarmKeepsItsState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		put(t, s, errorsAlarm())
		sample(t, s, "Errors", 1)
		minute(s)
		a := errorsAlarm()
		a.AlarmDescription = "Now with a runbook."
		put(t, s, a)
		assert.Equal(t, StateAlarm, stateOf(t, s, "errors"))
	})
}

func TestACompositeFollowsItsChildrenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		a := errorsAlarm()
		a.AlarmActions, a.OkActions = nil, nil
		put(t, s, a)
		_, err := s.PutCompositeAlarm(CompositeAlarm{AlarmName: "page", AlarmRule: `ALARM("errors")`, AlarmActions: []string{topic}})
		require.NoError(t, err)
		_, err = s.PutCompositeAlarm(CompositeAlarm{AlarmName: "a-parent", AlarmRule: "ALARM(page)"})
		require.NoError(t, err)
		minute(s)
		assert.Equal(t, StateOK, stateOf(t, s, "page"))
		sample(t, s, "Errors", 1)
		minute(s)
		assert.Equal(t, StateAlarm, stateOf(t, s, "page"))
		assert.Equal(t, StateAlarm, stateOf(t, s, "a-parent"), "a composite of a composite, in the same evaluation")

		require.Len(t, delivered(s), 1)
		assert.JSONEq(t, `{
			"AlarmName": "page", "AlarmDescription": null, "AWSAccountId": "123456789012", "NewStateValue": "ALARM", "OldStateValue": "OK",
			"NewStateReason": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors transitioned to ALARM at Saturday 01 January, 2000 00:02:00 UTC",
			"StateChangeTime": "2000-01-01T00:02:00.000+0000", "Region": "US East (N. Virginia)",
			"AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:page",
			"OKActions": [], "AlarmActions": ["`+topic+`"], "InsufficientDataActions": [], "AlarmRule": "ALARM(\"errors\")",
			"TriggeringChildren": [{"Arn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors", "State": {"Value": "ALARM", "Timestamp": "2000-01-01T00:02:00.000+0000"}}]
		}`, delivered(s)[0].Body)
	})
}

func TestAnAlarmInUseByACompositeIsNotDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		put(t, s, errorsAlarm())
		_, err := s.PutCompositeAlarm(CompositeAlarm{AlarmName: "page", AlarmRule: "ALARM(errors)"})
		require.NoError(t, err)
		require.ErrorContains(t, s.DeleteAlarms("errors"), "Cannot delete errors as there are composite alarm(s) depending on it.")
		require.NoError(t, s.DeleteAlarms("page"))
		require.NoError(t, s.DeleteAlarms("errors"))
		assert.Empty(t, s.MetricAlarms())
		assert.NotEmpty(t, s.History("errors"), "the history outlives the alarm")
	})
}

func TestACompositeNeedsItsChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := newService(t).PutCompositeAlarm(CompositeAlarm{AlarmName: "page", AlarmRule: "ALARM(nowhere)"})
		assert.ErrorContains(t, err, "the alarm nowhere does not exist")
	})
}

func TestARefusedAlarmListsEveryProblem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := newService(t).PutMetricAlarm(MetricAlarm{
			Name: "bad", ComparisonOperator: "AtLeast", EvaluationPeriods: 2, DatapointsToAlarm: 3, TreatMissingData: "good",
			Namespace: "N", MetricName: "M", Statistic: "Sum", Period: 45,
			AlarmActions: []string{"arn:aws:sns:us-east-2:123456789012:alerts", "arn:aws:ec2:us-east-1:123456789012:stop"},
		})
		for _, problem := range []string{
			`comparisonOperator "AtLeast"`, "threshold is missing", "datapointsToAlarm 3", `treatMissingData "good"`, "Period 45",
			"Invalid region us-east-2 specified. Only us-east-1 is supported", "the sandbox models SNS topics only",
		} {
			assert.ErrorContains(t, err, problem)
		}
	})
}

func TestInARegionThatIsDownNothingIsEvaluated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		put(t, s, errorsAlarm())
		s.env.SetDown(true)
		minute(s)
		assert.Equal(t, StateInsufficientData, stateOf(t, s, "errors"))
		require.ErrorContains(t, s.PutMetricData("N", Sample("Errors", nil, 1, "", s.env.Now())), "region us-east-1 is unavailable")
		s.env.SetDown(false)
		minute(s)
		assert.Equal(t, StateOK, stateOf(t, s, "errors"))
	})
}

func TestANotificationThatTheTopicRefusesIsInTheHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		_, err := s.topics.PutTopicPolicy(sns.TopicPolicy{Arn: topic, Policy: `{"Version":"2012-10-17","Statement":{
			"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"` + topic + `"}}`})
		require.NoError(t, err)
		put(t, s, errorsAlarm())
		sample(t, s, "Errors", 1)
		minute(s)
		assert.Empty(t, notices(t, s))
		history := s.History("errors")
		last := history[len(history)-1]
		assert.Equal(t, HistoryAction, last.Type)
		assert.Contains(t, last.Summary, "Failed to execute action "+topic)
		assert.Contains(t, last.Summary, "no resource-based policy allows the sns:Publish action")
	})
}

func TestSetAlarmStateLastsUntilTheNextEvaluation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		put(t, s, errorsAlarm())
		minute(s)
		require.NoError(t, s.SetAlarmState("errors", StateAlarm, "rehearsal"))
		assert.Len(t, notices(t, s), 2, "its actions run")
		minute(s)
		assert.Equal(t, StateOK, stateOf(t, s, "errors"))
		assert.ErrorContains(t, s.SetAlarmState("nowhere", StateAlarm, ""), "does not exist")
	})
}

func TestALongAlarmNameStillFitsASubject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		a := errorsAlarm()
		a.Name = strings.Repeat("long", 30)
		put(t, s, a)
		minute(s)
		require.Len(t, notices(t, s), 1)
		assert.Len(t, notices(t, s)[0], 99)
		assert.True(t, strings.HasSuffix(notices(t, s)[0], `..." in US East (N. Virginia)`))
	})
}

func TestADashboardMustBeAJSONObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		_, err := s.PutDashboard(Dashboard{DashboardName: "d", DashboardBody: "[]"})
		require.ErrorContains(t, err, "not a JSON object")
		d, err := s.PutDashboard(Dashboard{DashboardName: "d", DashboardBody: `{"widgets":[]}`})
		require.NoError(t, err)
		assert.Equal(t, []Dashboard{d}, s.Dashboards())
		require.NoError(t, s.DeleteDashboard("d"))
		_, err = s.Dashboard("d")
		assert.ErrorContains(t, err, "does not exist")
	})
}
