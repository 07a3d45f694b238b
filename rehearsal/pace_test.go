package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/sns"
)

// watch is three observers in this process that every minute say in both data regions whether the primary endpoint is
// reachable, with a quorum alarm over what they say: the stack's shape without its processes.
type watch struct {
	account *aws.Account

	mu      sync.Mutex
	lost    bool
	runs    []time.Time
	happens []string
}

const logGroup = "observer"

func newWatch(t *testing.T, speed float64) *watch {
	t.Helper()
	w := &watch{account: aws.NewAccount(aws.Options{
		Clock:   clock.New(speed),
		Regions: []string{"us-east-1", "us-east-2", "us-west-2"},
	})}
	t.Cleanup(func() { assert.NoError(t, w.account.Close()) })
	role, err := w.account.IAM.CreateRole(iam.Role{
		Name: "observer",
		AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	})
	require.NoError(t, err)
	_, err = w.account.IAM.PutRolePolicy(iam.RolePolicy{
		Role: role.Name,
		Name: "logs",
		Policy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}`,
	})
	require.NoError(t, err)
	for _, r := range w.account.Regions() {
		w.observer(t, r, role)
	}
	w.alarm(t, w.account.Region("us-east-2"))
	return w
}

func (w *watch) observer(t *testing.T, r *aws.Region, role iam.Role) {
	t.Helper()
	_, err := r.Logs.CreateGroup(logs.Group{Name: logGroup, RetentionInDays: 1})
	require.NoError(t, err)
	f, err := r.Lambda.CreateFunction(lambda.Function{
		Name:    "observer",
		Role:    role.Arn,
		Runtime: "provided.al2023",
		Handler: "bootstrap",
		Logging: &lambda.LoggingConfig{LogFormat: "JSON", LogGroup: logGroup},
		Stub:    func(context.Context, []byte) ([]byte, error) { return []byte("{}"), w.observe(r) },
	})
	require.NoError(t, err)
	rule, err := r.Events.PutRule(events.Rule{Name: "every-minute", ScheduleExpression: "rate(1 minute)"})
	require.NoError(t, err)
	_, err = r.Events.PutTarget(events.Target{Rule: rule.Name, TargetID: "f", Arn: f.ARN})
	require.NoError(t, err)
	_, err = r.Lambda.AddPermission(lambda.Permission{
		StatementID: "rule",
		Action:      "lambda:InvokeFunction",
		Function:    f.Name,
		Principal:   "events.amazonaws.com",
		SourceARN:   rule.Arn,
	})
	require.NoError(t, err)
}

func (w *watch) observe(r *aws.Region) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Name == "us-west-2" {
		w.runs = append(w.runs, r.Now())
	}
	value := 0.0
	if w.lost {
		value = 1
	}
	datum := cloudwatch.Datum{
		MetricName: contract.MetricEndpointUnreachable,
		Values:     []float64{value},
		Timestamp:  r.Now(),
		Dimensions: contract.ObserverDimensions("c", "us-east-1", r.Name),
	}
	for _, region := range []string{"us-east-1", "us-east-2"} {
		if err := w.account.Region(region).CloudWatch.PutMetricData(contract.MetricNamespace, datum); err != nil {
			return err
		}
	}
	return nil
}

func (w *watch) alarm(t *testing.T, r *aws.Region) {
	t.Helper()
	topic, err := r.SNS.CreateTopic(sns.Topic{Name: "alerts"})
	require.NoError(t, err)
	_, err = r.SNS.Subscribe(sns.Subscription{Topic: topic.Arn, Protocol: "email", Endpoint: "oncall@example.com"})
	require.NoError(t, err)
	var queries []cloudwatch.MetricQuery
	for i, observer := range []string{"us-east-1", "us-east-2", "us-west-2"} {
		queries = append(queries, cloudwatch.MetricQuery{
			ID: fmt.Sprintf("u%d", i+1),
			Metric: &cloudwatch.MetricStat{
				Namespace:  contract.MetricNamespace,
				MetricName: contract.MetricEndpointUnreachable,
				Stat:       "Maximum",
				Period:     60,
				Dimensions: contract.ObserverDimensions("c", "us-east-1", observer),
			},
		})
	}
	yes, threshold := true, 2.0
	queries = append(queries, cloudwatch.MetricQuery{ID: "votes", Expression: "u1+u2+u3", ReturnData: &yes})
	_, err = r.CloudWatch.PutMetricAlarm(cloudwatch.MetricAlarm{
		Name:               "lost",
		MetricQueries:      queries,
		Threshold:          &threshold,
		EvaluationPeriods:  3,
		DatapointsToAlarm:  2,
		ComparisonOperator: "GreaterThanOrEqualToThreshold",
		TreatMissingData:   "notBreaching",
		AlarmActions:       []string{topic.Arn},
		OkActions:          []string{topic.Arn},
	})
	require.NoError(t, err)
}

// outage is a short scenario: lost for four minutes, and what was said about it, in order, with the minute.
func (w *watch) outage(t *testing.T) []string {
	t.Helper()
	clk := w.account.Clock
	start := clk.Now()
	for _, step := range []struct {
		wait time.Duration
		lost bool
	}{{5*time.Minute + 30*time.Second, true}, {4 * time.Minute, false}, {6 * time.Minute, false}} {
		require.NoError(t, clk.Sleep(t.Context(), step.wait))
		w.mu.Lock()
		w.lost = step.lost
		w.mu.Unlock()
	}
	for _, item := range w.account.Region("us-east-2").CloudWatch.History("lost") {
		w.happens = append(
			w.happens,
			fmt.Sprintf("%s: %s %s→%s", item.Timestamp.Sub(start).Truncate(time.Minute), item.Type, item.Old, item.New),
		)
	}
	for _, m := range w.account.Inbox.Messages() {
		if m.Kind == sns.KindAlarm {
			w.happens = append(w.happens, fmt.Sprintf("%s: %s", m.Time.Sub(start).Truncate(time.Minute), m.Subject))
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.runs {
		w.happens = append(w.happens, fmt.Sprintf("%s: run", at.Sub(start)))
	}
	return w.happens
}

// What happens, and in which order, is the same whatever the clock's speed.
func TestAFastClockKeepsCauseAndEffect(t *testing.T) {
	orders := map[float64][]string{}
	for _, speed := range []float64{1, 10} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			orders[speed] = newWatch(t, speed).outage(t)
			assert.Equal(t, time.Duration(float64(15*time.Minute+30*time.Second)/speed), time.Since(begun))
		})
	}
	assert.Equal(t, orders[1], orders[10])
	assert.Contains(t, fmt.Sprint(orders[1]), "OK→ALARM")
	assert.Contains(t, fmt.Sprint(orders[1]), "ALARM→OK")
}

// A day of sandbox time with three observers neither drifts nor grows without bound: the second half of the day adds
// what the minutes' metrics and the day's logs take, and nothing else. `make bench` prints the numbers.
func TestADayNeitherDriftsNorGrows(t *testing.T) {
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	var before, noon, after float64
	var runs []time.Time
	begun := time.Now()
	synctest.Test(t, func(t *testing.T) {
		before = heap()
		w := newWatch(t, 10)
		start := w.account.Clock.Now()
		require.NoError(t, w.account.Clock.Sleep(t.Context(), 12*time.Hour))
		noon = heap()
		require.NoError(t, w.account.Clock.Sleep(t.Context(), 12*time.Hour+time.Second))
		after = heap()
		w.mu.Lock()
		defer w.mu.Unlock()
		runs = w.runs
		for i, at := range runs {
			require.Equal(t, start.Add(time.Duration(i+1)*time.Minute), at)
		}
		for _, r := range w.account.Regions() {
			assert.LessOrEqual(t, len(r.CloudWatch.History("")), 10)
		}
	})
	assert.Len(t, runs, 24*60, "none was lost, none came late")
	numbers, err := json.Marshal(map[string]float64{
		"startMiB":    before,
		"noonMiB":     noon,
		"endMiB":      after,
		"wallSeconds": time.Since(begun).Seconds(),
	})
	require.NoError(t, err)
	t.Logf("a day of sandbox time: %s", numbers)
	assert.Less(t, after-noon, 2*(noon-before)+8, "MiB in the second half of the day, against the first")
}
