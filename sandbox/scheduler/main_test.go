package scheduler

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/must"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
	"aurora-dsql-dr/sandbox/stepfunctions"
)

const (
	account  = "123456789012"
	role     = "arn:aws:iam::" + account + ":role/scheduler"
	function = "arn:aws:lambda:us-east-1:" + account + ":function:f"
	machine  = "arn:aws:states:us-east-1:" + account + ":stateMachine:m"
	queue    = "arn:aws:sqs:us-east-1:" + account + ":dead"
)

// world is Scheduler with a function, a machine and a queue. Its time begins at midnight on 1 January 2000, UTC.
type world struct {
	*Service
	t *testing.T
	// received are the function's payloads with the seconds at which they came.
	received chan received
}

type received struct {
	at      time.Time
	payload string
}

// in runs a test under a clock of its own.
func in(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t)) })
}

func newWorld(t *testing.T) *world {
	t.Helper()
	clk := clock.New(1)
	env, w := region.New("us-east-1", account, clk), &world{t: t, received: make(chan received, 100)}
	access := iam.New(account, clk)
	keys := kms.New(env, access)
	queues := sqs.New(env, access)
	topics := sns.New(env, access, keys, queues, &sns.Inbox{})
	metrics := cloudwatch.New(env, topics)
	functions := lambda.New(env, lambda.Deps{
		IAM:        access,
		Logs:       logs.New(env, access, metrics),
		CloudWatch: metrics,
		SQS:        queues,
		Dir:        t.TempDir(),
	})
	bus := events.New(env, events.Deps{IAM: access, KMS: keys, CloudWatch: metrics, SNS: topics, SQS: queues})
	machines := stepfunctions.New(env, stepfunctions.Deps{
		IAM:        access,
		Lambda:     functions,
		Events:     bus,
		CloudWatch: metrics,
	})
	w.Service = New(env, Deps{
		IAM:           access,
		Lambda:        functions,
		StepFunctions: machines,
		SQS:           queues,
		CloudWatch:    metrics,
	})
	t.Cleanup(func() {
		w.Close()
		machines.Close()
		functions.Close()
		bus.Close()
	})
	for _, service := range []string{"scheduler", "lambda", "states"} {
		_, err := access.CreateRole(iam.Role{Name: service, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
			"Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
		require.NoError(t, err)
	}
	w.allow(`["lambda:InvokeFunction","states:StartExecution","sqs:SendMessage"]`)
	must.Have(functions.CreateFunction(lambda.Function{
		Name:    "f",
		Role:    "arn:aws:iam::" + account + ":role/lambda",
		Runtime: "provided.al2023",
		Handler: "bootstrap",
		Stub: func(_ context.Context, payload []byte) ([]byte, error) {
			w.received <- received{env.Now().UTC(), string(payload)}
			return nil, nil
		},
	}))
	must.Have(machines.CreateMachine(stepfunctions.Machine{
		Name:       "m",
		RoleArn:    "arn:aws:iam::" + account + ":role/states",
		Definition: `{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}`,
	}))
	must.Have(queues.CreateQueue(sqs.Queue{Name: "dead"}))
	return w
}

// allow gives the schedules' role permissions.
func (w *world) allow(actions string) {
	w.t.Helper()
	_, err := w.deps.IAM.PutRolePolicy(iam.RolePolicy{Role: "scheduler", Name: "p", Policy: `{"Version":"2012-10-17",
		"Statement":{"Effect":"Allow","Action":` + actions + `,"Resource":"*"}}`})
	require.NoError(w.t, err)
}

// daily is a schedule of the function's at three o'clock.
func daily(change func(*Schedule)) Schedule {
	c := Schedule{
		Name:               "daily",
		ScheduleExpression: "cron(0 3 * * ? *)",
		FlexibleTimeWindow: &FlexibleTimeWindow{Mode: "OFF"},
		Target:             Target{Arn: function, RoleArn: role, Input: `"now"`},
	}
	if change != nil {
		change(&c)
	}
	return c
}

func (w *world) create(change func(*Schedule)) Schedule {
	w.t.Helper()
	c, err := w.CreateSchedule(daily(change))
	require.NoError(w.t, err)
	return c
}

// times are when the function was invoked up to a time from now, as that zone's clocks show it.
func (w *world) times(within time.Duration, zone *time.Location) (all []string) {
	w.t.Helper()
	time.Sleep(within)
	synctest.Wait()
	for len(w.received) > 0 {
		all = append(all, (<-w.received).at.In(zone).Format("01-02T15:04:05"))
	}
	return all
}

// counted is how often something was counted, for all schedules and by their group alike.
func (w *world) counted(metric, group string) int {
	w.t.Helper()
	sum := func(dimensions map[string]string) (total float64) {
		for _, p := range must.Have(w.deps.CloudWatch.GetMetricStatistics(cloudwatch.Metric{
			Namespace:  "AWS/Scheduler",
			Name:       metric,
			Dimensions: dimensions,
		}, time.Unix(0, 0), w.env.Now().Add(time.Hour), time.Hour, "")) {
			total += p.Sum
		}
		return total
	}
	require.InDelta(w.t, sum(nil), sum(map[string]string{"ScheduleGroup": group}), 0, metric)
	return int(sum(nil))
}
