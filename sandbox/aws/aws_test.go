package aws

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

// watched is a region with a queue whose depth raises an alarm that reaches a telephone.
func watched(t *testing.T, a *Account, name string) *Region {
	t.Helper()
	r := a.Region(name)
	topic, err := r.SNS.CreateTopic(sns.Topic{Name: "alerts"})
	require.NoError(t, err)
	_, err = r.SNS.Subscribe(sns.Subscription{Topic: topic.Arn, Protocol: "sms", Endpoint: "+15550100"})
	require.NoError(t, err)
	_, err = r.SQS.CreateQueue(sqs.Queue{Name: "dead"})
	require.NoError(t, err)
	threshold := 0.0
	_, err = r.CloudWatch.PutMetricAlarm(cloudwatch.MetricAlarm{
		Name: "dead-letters", Namespace: "AWS/SQS", MetricName: "ApproximateNumberOfMessagesVisible", Dimensions: map[string]string{"QueueName": "dead"},
		Statistic: "Maximum", Period: 60, EvaluationPeriods: 1, ComparisonOperator: "GreaterThanThreshold", Threshold: &threshold,
		TreatMissingData: "notBreaching", AlarmActions: []string{topic.Arn},
	})
	require.NoError(t, err)
	return r
}

func (r *Region) bury(t *testing.T, a *Account) {
	t.Helper()
	_, err := r.SQS.Send(a.IAM.Admin().Principal, r.ARN("sqs", "dead"), "m", nil, nil)
	require.NoError(t, err)
}

func anyMessage(sns.Message) bool { return true }

func TestADeadLetterReachesAPersonWithinAMinute(t *testing.T) {
	for _, speed := range []float64{1, 10} {
		synctest.Test(t, func(t *testing.T) {
			a := NewAccount(Options{Clock: clock.New(speed), Regions: []string{"us-east-1", "us-east-2", "us-west-2"}})
			defer func() { assert.NoError(t, a.Close()) }()
			r := watched(t, a, "us-east-1")
			start := a.Clock.Now()
			r.bury(t, a)
			m, err := a.Inbox.Await(t.Context(), anyMessage)
			require.NoError(t, err)
			assert.Equal(t, `ALARM: "dead-letters" in US East (N. Virginia)`, m.Subject)
			assert.Equal(t, "us-east-1", m.Region)
			assert.LessOrEqual(t, a.Clock.Since(start), time.Minute, "of sandbox time, at speed %v", speed)
		})
	}
}

func TestARegionThatIsDownIsSilentAndTheOthersAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-east-1", "us-east-2"}})
		defer func() { assert.NoError(t, a.Close()) }()
		primary, secondary := watched(t, a, "us-east-1"), watched(t, a, "us-east-2")
		primary.bury(t, a)
		secondary.bury(t, a)
		primary.SetDown(true)
		time.Sleep(5 * time.Minute)
		require.Len(t, a.Inbox.Messages(), 1)
		assert.Equal(t, "us-east-2", a.Inbox.Messages()[0].Region)

		primary.SetDown(false)
		m, err := a.Inbox.Await(t.Context(), func(m sns.Message) bool { return m.Region == "us-east-1" })
		require.NoError(t, err)
		assert.Contains(t, m.Subject, "ALARM")
	})
}

func TestMetricsOfOtherServicesArePublishedEveryMinuteBeforeTheAlarms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-east-1"}})
		defer func() { assert.NoError(t, a.Close()) }()
		var times []time.Time
		a.Region("us-east-1").EveryMinute(func(now time.Time) { times = append(times, now) })
		start := a.Clock.Now()
		time.Sleep(2*time.Minute + time.Second)
		synctest.Wait()
		assert.Equal(t, []time.Time{start.Add(time.Minute), start.Add(2 * time.Minute)}, times)
	})
}

func TestADayInThreeRegionsKeepsTheStoreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-east-1", "us-east-2", "us-west-2"}})
		defer func() { assert.NoError(t, a.Close()) }()
		r := watched(t, a, "us-east-1")
		for range 24 {
			r.bury(t, a)
			time.Sleep(30 * time.Minute)
			require.NoError(t, r.SQS.Purge(r.ARN("sqs", "dead")))
			time.Sleep(30 * time.Minute)
		}
		assert.Len(t, a.Inbox.Messages(), 24, "one page for each time the alarm was raised, none twice")
		assert.Len(t, r.CloudWatch.ListMetrics("AWS/SQS"), 3)
		assert.Len(t, r.CloudWatch.ListMetrics("AWS/SNS"), 3)
	})
}

// A recipient that cannot be served is counted, so that the others can be told.
func TestAFailedNotificationIsPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-east-1"}})
		defer func() { assert.NoError(t, a.Close()) }()
		r := watched(t, a, "us-east-1")
		_, err := r.SNS.Subscribe(sns.Subscription{Topic: r.ARN("sns", "alerts"), Protocol: "sqs", Endpoint: r.ARN("sqs", "nowhere")})
		require.NoError(t, err)
		_, err = r.SNS.Publish(a.IAM.Admin().Principal, sns.Publication{TopicARN: r.ARN("sns", "alerts"), Message: "m"}, nil)
		require.NoError(t, err)
		start := a.Clock.Now()
		time.Sleep(2 * time.Minute)
		for metric, want := range map[string]float64{
			"NumberOfMessagesPublished": 1, "NumberOfNotificationsDelivered": 1, "NumberOfNotificationsFailed": 1,
		} {
			points, err := r.CloudWatch.GetMetricStatistics(
				cloudwatch.Metric{Namespace: "AWS/SNS", Name: metric, Dimensions: map[string]string{"TopicName": "alerts"}},
				start, a.Clock.Now(), time.Minute, "Count")
			require.NoError(t, err)
			require.Len(t, points, 1, metric)
			assert.InDelta(t, want, points[0].Sum, 0, metric)
		}
	})
}

func TestRegions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-west-2", "us-east-1"}})
		defer func() { assert.NoError(t, a.Close()) }()
		assert.Nil(t, a.Region("eu-west-1"))
		var names []string
		for _, r := range a.Regions() {
			names = append(names, r.Name)
		}
		assert.Equal(t, []string{"us-east-1", "us-west-2"}, names)
	})
}
