package stepfunctions

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/region"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

const (
	account    = "123456789012"
	machineARN = "arn:aws:states:us-east-1:" + account + ":stateMachine:test"
	roleARN    = "arn:aws:iam::" + account + ":role/machine"
)

// world is Step Functions with its surroundings, and one function, "step".
type world struct {
	*Service
	t      *testing.T
	lambda *lambda.Service
	iam    *iam.Service
	sqs    *sqs.Service

	mu      sync.Mutex
	invoked []json.RawMessage
	// answer is what the function does, told which invocation it is from 1; nil has it return its payload.
	answer func(ctx context.Context, n int, payload []byte) ([]byte, error)
}

// newWorld is one whose clock runs so many times as fast as the wall.
func newWorld(t *testing.T, speed float64) *world {
	t.Helper()
	clk := clock.New(speed)
	env := region.New("us-east-1", account, clk)
	w := &world{t: t, iam: iam.New(account, clk)}
	keys := kms.New(env, w.iam)
	w.sqs = sqs.New(env, w.iam)
	topics := sns.New(env, w.iam, keys, w.sqs, &sns.Inbox{})
	metrics := cloudwatch.New(env, topics)
	w.lambda = lambda.New(env, lambda.Deps{
		IAM:        w.iam,
		Logs:       logs.New(env, w.iam, metrics),
		CloudWatch: metrics,
		SQS:        w.sqs,
		Dir:        t.TempDir(),
	})
	bus := events.New(env, events.Deps{IAM: w.iam, KMS: keys, CloudWatch: metrics, SNS: topics, SQS: w.sqs})
	w.Service = New(env, Deps{IAM: w.iam, Lambda: w.lambda, Events: bus, CloudWatch: metrics})
	t.Cleanup(func() {
		w.Close()
		w.lambda.Close()
		bus.Close()
	})
	for role, service := range map[string]string{"machine": "states", "function": "lambda"} {
		_, err := w.iam.CreateRole(iam.Role{Name: role, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":{
			"Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
		require.NoError(t, err)
	}
	_, err := w.iam.PutRolePolicy(iam.RolePolicy{Role: "machine", Name: "invoke", Policy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"` + env.ARN("lambda", "function:step") + `"}}`})
	require.NoError(t, err)
	_, err = w.lambda.CreateFunction(lambda.Function{
		Name:    "step",
		Role:    "arn:aws:iam::" + account + ":role/function",
		Runtime: "provided.al2023",
		Handler: "bootstrap",
		Timeout: 900,
		Stub:    w.run,
	})
	require.NoError(t, err)
	return w
}

// run is the function.
func (w *world) run(ctx context.Context, payload []byte) ([]byte, error) {
	w.mu.Lock()
	w.invoked = append(w.invoked, payload)
	n, answer := len(w.invoked), w.answer
	w.mu.Unlock()
	if answer == nil {
		return payload, nil
	}
	return answer(ctx, n, payload)
}

func (w *world) invocations() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.invoked)
}

// fails answers the first invocations with an error of the function's own.
func fails(times int) func(context.Context, int, []byte) ([]byte, error) {
	return func(_ context.Context, n int, payload []byte) ([]byte, error) {
		if n <= times {
			return nil, fmt.Errorf("trouble %d", n)
		}
		return payload, nil
	}
}

// invoke is a Task on the function, with more fields.
func invoke(more string) string {
	return `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"step","Payload.$":"$"},` +
		more + `}`
}

// states is a definition that starts with the state "Start".
func states(list string) string { return `{"StartAt":"Start","States":{` + list + `}}` }

func (w *world) machine(definition string) Machine {
	w.t.Helper()
	m, err := w.CreateMachine(Machine{Name: "test", Definition: definition, RoleArn: roleARN})
	require.NoError(w.t, err)
	return m
}

// start starts an execution of a new machine.
func (w *world) start(definition, input string) Execution {
	w.t.Helper()
	e, err := w.StartExecution(w.machine(definition).Arn, "one", input)
	require.NoError(w.t, err)
	return e
}

// end waits for the end of an execution, looking every second for a day.
func (w *world) end(e Execution) Execution {
	w.t.Helper()
	for range 24 * 3600 {
		now := w.now(e)
		if now.Status != Running {
			return now
		}
		time.Sleep(time.Second)
	}
	require.Fail(w.t, "the execution does not end")
	return e
}

func (w *world) now(e Execution) Execution {
	w.t.Helper()
	now, err := w.Execution(e.Arn)
	require.NoError(w.t, err)
	return now
}

// story is the history of an execution, a line an event: seconds since the start, number, predecessor, type and details.
func (w *world) story(e Execution) []string {
	w.t.Helper()
	history, err := w.History(e.Arn)
	require.NoError(w.t, err)
	var lines []string
	for _, event := range history {
		line := fmt.Sprintf("%g %d<%d %s", event.Time.Sub(e.Start).Seconds(), event.ID, event.Previous, event.Type)
		d := event.Details
		for _, detail := range []string{d.State, d.Input, d.Parameters, d.Output, d.Error, d.Cause, d.RoleArn} {
			if detail != "" {
				line += " " + detail
			}
		}
		if d.Timeout > 0 {
			line += fmt.Sprintf(" %ds", d.Timeout)
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}
