package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/sqs"
)

// What AWS refuses when a function is created is refused here, in its words.
func TestFunctionsAWSRefuses(t *testing.T) {
	other := map[string]string{"amd64": "arm64", "arm64": "x86_64"}[runtime.GOARCH]
	number := func(n int) *int { return &n }
	cases := []struct {
		name string
		edit func(*lambda.Function)
		want string
	}{
		{"an unknown runtime", func(f *lambda.Function) { f.Runtime = "go1.x" }, `"go1.x" at 'runtime'`},
		{"several mistakes at once", func(f *lambda.Function) { f.MemorySize, f.Timeout, f.Name = 64, 901, "a b" },
			"3 validation error(s) detected"},
		{"an unknown architecture", func(f *lambda.Function) { f.Architectures = []string{"amd64"} }, `"amd64" at 'architectures'`},
		{"an unknown log format", func(f *lambda.Function) { f.Logging = &lambda.LoggingConfig{LogFormat: "json"} },
			"'loggingConfig.logFormat'"},
		{"reserved variables", func(f *lambda.Function) {
			f.Environment = &lambda.Environment{Variables: map[string]string{"AWS_REGION": "x", "_HANDLER": "y", "FINE": "z"}}
		}, "Reserved keys used in this request: AWS_REGION, _HANDLER"},
		{"misnamed variables", func(f *lambda.Function) {
			f.Environment = &lambda.Environment{Variables: map[string]string{"1ST": "x"}}
		}, "these do not: 1ST"},
		{"too many variables", func(f *lambda.Function) {
			f.Environment = &lambda.Environment{Variables: map[string]string{"BIG": strings.Repeat("x", 4096)}}
		}, "exceeded the 4KB limit"},
		{"a role that does not exist", func(f *lambda.Function) { f.Role = "arn:aws:iam::" + account + ":role/none" },
			"The role defined for the function cannot be assumed by Lambda."},
		{"a role that does not trust Lambda", func(f *lambda.Function) { f.Role = "arn:aws:iam::" + account + ":role/stranger" },
			"The role defined for the function cannot be assumed by Lambda."},
		{"a dead-letter queue the role may not send to", func(f *lambda.Function) {
			f.DeadLetter = &lambda.DeadLetterConfig{TargetARN: "arn:aws:sqs:us-east-1:" + account + ":dead"}
		}, "does not have permissions to call SendMessage on SQS"},
		{"a package that is no zip", func(f *lambda.Function) { f.Code = []byte("bootstrap") }, "Could not unzip uploaded file"},
		{"a reservation that leaves too little", func(f *lambda.Function) { f.ReservedConcurrentExecutions = number(901) },
			"below its minimum value of [100]"},
		{"a package for another machine than this one", func(f *lambda.Function) {
			f.Architectures, f.Code = []string{other}, pack(foreign()[:64], 0o755)
		}, "set architectures to"},
	}
	w := newWorld(t, 1)
	_, err := w.iam.CreateRole(iam.Role{Name: "stranger", AssumeRolePolicy: strings.ReplaceAll(trust, "lambda", "ec2")})
	require.NoError(t, err)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.lambda.CreateFunction(function(c.edit))
			require.ErrorContains(t, err, c.want)
			assert.ErrorAs(t, err, new(*awserr.Error))
		})
	}
	assert.Empty(t, w.lambda.Functions())
}

func TestAFunctionCanBeFoundUntilItIsDeleted(t *testing.T) {
	w := newWorld(t, 1)
	f := w.create(t, func(f *lambda.Function) { f.Stub = echo })
	assert.Equal(t, "arn:aws:lambda:us-east-1:"+account+":function:health-check", f.ARN)
	for _, name := range []string{f.Name, f.ARN, f.ARN + ":$LATEST"} {
		found, err := w.lambda.Function(name)
		require.NoError(t, err)
		assert.Equal(t, f.ARN, found.ARN)
	}
	_, err := w.lambda.CreateFunction(function(nil))
	require.ErrorContains(t, err, "ResourceConflictException")
	_, err = w.lambda.UpdateFunction(function(func(f *lambda.Function) { f.ReservedConcurrentExecutions = new(1000) }))
	require.ErrorContains(t, err, "below its minimum")
	result, _ := w.invoke(t, `{}`)
	assert.JSONEq(t, `{}`, string(result.Payload), "a refused update changes nothing")
	require.NoError(t, w.lambda.DeleteFunction(f.Name))
	_, err = w.lambda.Function(f.Name)
	assert.ErrorIs(t, err, awserr.ErrNotFound)
}

// An AWS service needs the function's policy, an identity its own; the source condition is enforced.
func TestWhoMayInvoke(t *testing.T) {
	const rule = "arn:aws:events:us-east-1:111122223333:rule/every-minute"
	w := newWorld(t, 1)
	f := w.create(t, func(f *lambda.Function) { f.Stub = echo })
	events := func(source string) error {
		return w.lambda.InvokeAsync(context.Background(), f.ARN, []byte(`{}`), "events.amazonaws.com", source)
	}
	require.ErrorIs(t, events(rule), awserr.ErrDenied, "no permission yet")
	p := lambda.Permission{StatementID: "rule", Action: "lambda:InvokeFunction", Function: f.Name,
		Principal: "events.amazonaws.com", SourceARN: rule}
	_, err := w.lambda.AddPermission(p)
	require.NoError(t, err)
	require.NoError(t, events(rule))
	require.ErrorIs(t, events(rule+"-other"), awserr.ErrDenied)
	_, err = w.lambda.AddPermission(p)
	require.ErrorContains(t, err, "ResourceConflictException")
	found, err := w.lambda.Permission(f.ARN, "rule")
	require.NoError(t, err)
	assert.Equal(t, p, found)
	require.NoError(t, w.lambda.RemovePermission(f.Name, "rule"))
	require.ErrorIs(t, events(rule), awserr.ErrDenied)
	require.ErrorIs(t, w.lambda.RemovePermission(f.Name, "rule"), awserr.ErrNotFound)

	role := iam.Session(f.Role, "someone")
	_, err = w.lambda.Invoke(context.Background(), role, f.Name, nil, nil)
	require.ErrorIs(t, err, awserr.ErrDenied)
	w.allow(t, "lambda:InvokeFunction", f.ARN)
	_, err = w.lambda.Invoke(context.Background(), role, f.Name, nil, nil)
	require.NoError(t, err)
}

func TestPayloadsAreChecked(t *testing.T) {
	w := newWorld(t, 1)
	w.create(t, func(f *lambda.Function) { f.Stub = echo })
	invoke := func(payload string) (lambda.Result, error) {
		return w.lambda.Invoke(context.Background(), w.iam.Admin().Principal, "health-check", []byte(payload), nil)
	}
	result, err := invoke("")
	require.NoError(t, err)
	assert.JSONEq(t, `{}`, string(result.Payload))
	_, err = invoke(`{"open":`)
	require.ErrorContains(t, err, "InvalidRequestContentException")
	_, err = invoke("\"\xff\"")
	require.ErrorContains(t, err, "Could not parse request body into json: Invalid UTF-8", "it is not altered")
	_, err = invoke(`"` + strings.Repeat("x", 6<<20) + `"`)
	require.ErrorContains(t, err, "RequestTooLargeException")
}

func TestReservedConcurrencyThrottles(t *testing.T) {
	w := newWorld(t, 1)
	entered, leave := make(chan struct{}), make(chan struct{})
	w.create(t, func(f *lambda.Function) {
		f.ReservedConcurrentExecutions = new(1)
		f.Stub = func(context.Context, []byte) ([]byte, error) {
			entered <- struct{}{}
			<-leave
			return nil, nil
		}
	})
	first := make(chan error, 1)
	go func() {
		_, err := w.lambda.Invoke(context.Background(), w.iam.Admin().Principal, "health-check", nil, nil)
		first <- err
	}()
	<-entered
	_, err := w.lambda.Invoke(context.Background(), w.iam.Admin().Principal, "health-check", nil, nil)
	var throttled *awserr.Error
	require.ErrorAs(t, err, &throttled)
	assert.Equal(t, []any{"TooManyRequestsException", 429}, []any{throttled.Code, throttled.Status})
	close(leave)
	require.NoError(t, <-first)
	assert.Equal(t, 1, w.sum(t, "Throttles"))
	assert.Equal(t, 1, w.sum(t, "Invocations"), "a throttled request is no invocation")
}

func TestStubsFailLikeProcesses(t *testing.T) {
	cases := []struct {
		name, errorType string
		stub            lambda.Stub
	}{
		{"an error", "errorString", func(context.Context, []byte) ([]byte, error) { return nil, errors.New("no") }},
		{"a panic", "Runtime.Panic", func(context.Context, []byte) ([]byte, error) { panic("no") }},
		{"taking too long", "Sandbox.Timedout", func(ctx context.Context, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, nil
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				w.create(t, func(f *lambda.Function) { f.Stub = c.stub })
				result, _ := w.invoke(t, `{}`)
				assert.Contains(t, string(result.Payload), c.errorType)
				assert.Equal(t, lambda.Unhandled, result.FunctionError)
			})
		})
	}
}

// asyncWorld has a failing stub, a queue for dead letters and one for invocation records; attempts notes when it ran.
func asyncWorld(t *testing.T, config lambda.EventInvokeConfig, edit func(*lambda.Function)) (w *world, attempts *[]time.Duration) {
	w = newWorld(t, 1)
	for _, name := range []string{"dead", "failed"} {
		_, err := w.sqs.CreateQueue(sqs.Queue{Name: name})
		require.NoError(t, err)
	}
	w.allow(t, "sqs:SendMessage", "*")
	attempts = &[]time.Duration{}
	start := w.env.Now()
	w.create(t, func(f *lambda.Function) {
		f.DeadLetter = &lambda.DeadLetterConfig{TargetARN: w.env.ARN("sqs", "dead")}
		f.Stub = func(context.Context, []byte) ([]byte, error) {
			*attempts = append(*attempts, w.env.Clock.Since(start))
			return nil, errors.New("told to fail")
		}
		if edit != nil {
			edit(f)
		}
	})
	config.FunctionName = "health-check"
	config.DestinationConfig = &lambda.DestinationConfig{OnFailure: &lambda.Destination{Destination: w.env.ARN("sqs", "failed")}}
	_, err := w.lambda.PutEventInvokeConfig(config)
	require.NoError(t, err)
	return w, attempts
}

func (w *world) receive(t *testing.T, queue string) []sqs.Message {
	t.Helper()
	messages, err := w.sqs.Receive(context.Background(), w.env.ARN("sqs", queue), 10, -1, 0)
	require.NoError(t, err)
	return messages
}

func (w *world) send(t *testing.T) (requestID string) {
	t.Helper()
	requestID, err := w.lambda.InvokeEvent(w.iam.Admin().Principal, "health-check", []byte(`{"n":1}`), nil)
	require.NoError(t, err)
	return requestID
}

// Two retries, after one and two more minutes; then the event goes to the destination and to the dead-letter queue.
func TestAFailingEventIsRetriedAndGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, attempts := asyncWorld(t, lambda.EventInvokeConfig{}, nil)
		requestID := w.send(t)
		pass(time.Hour)
		assert.Equal(t, []time.Duration{0, time.Minute, 3 * time.Minute}, *attempts)
		records := w.receive(t, "failed")
		require.Len(t, records, 1)
		assert.JSONEq(t, `{"version":"1.0","timestamp":"2000-01-01T00:03:00.000Z",
			"requestContext":{"requestId":"`+requestID+`","functionArn":"arn:aws:lambda:us-east-1:111122223333:function:health-check:$LATEST",
				"condition":"RetriesExhausted","approximateInvokeCount":3},
			"requestPayload":{"n":1},
			"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},
			"responsePayload":{"errorMessage":"told to fail","errorType":"errorString"}}`, records[0].Body)
		letters := w.receive(t, "dead")
		require.Len(t, letters, 1)
		assert.Equal(t, `{"n":1}`, letters[0].Body)
		assert.Equal(t, map[string]string{"RequestID": requestID, "ErrorCode": "200", "ErrorMessage": "told to fail"}, letters[0].Attributes)
		assert.Equal(t, 3, w.sum(t, "Errors"))
	})
}

func TestAProbeIsNotRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, attempts := asyncWorld(t, lambda.EventInvokeConfig{MaximumRetryAttempts: new(0), MaximumEventAgeInSeconds: new(60)}, nil)
		w.send(t)
		pass(time.Hour)
		assert.Len(t, *attempts, 1)
		assert.Len(t, w.receive(t, "failed"), 1)
	})
}

// A throttled event waits for its turn, but no longer than its maximum age.
func TestAThrottledEventExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := make(chan struct{})
		w, _ := asyncWorld(t, lambda.EventInvokeConfig{MaximumEventAgeInSeconds: new(60)}, func(f *lambda.Function) {
			f.ReservedConcurrentExecutions, f.Timeout = new(1), 900
			f.Stub = func(context.Context, []byte) ([]byte, error) {
				<-busy
				return nil, nil
			}
		})
		w.send(t)
		synctest.Wait()
		requestID := w.send(t)
		pass(2 * time.Minute)
		close(busy)
		synctest.Wait()
		records := w.receive(t, "failed")
		require.Len(t, records, 1)
		var got struct {
			Timestamp       string
			RequestContext  struct{ RequestID, Condition string }
			ResponseContext struct{ StatusCode int }
		}
		require.NoError(t, json.Unmarshal([]byte(records[0].Body), &got))
		assert.Equal(t, requestID, got.RequestContext.RequestID)
		assert.Equal(t, "EventAgeExceeded", got.RequestContext.Condition)
		assert.Equal(t, "2000-01-01T00:01:00.000Z", got.Timestamp)
		assert.Equal(t, 429, got.ResponseContext.StatusCode)
		assert.Equal(t, 6, w.sum(t, "Throttles"), "after 0, 1, 3, 7, 15 and 31 seconds")
	})
}

func TestAStoppedFunctionGivesItsEventsUpAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, attempts := asyncWorld(t, lambda.EventInvokeConfig{}, func(f *lambda.Function) { f.ReservedConcurrentExecutions = new(0) })
		w.send(t)
		synctest.Wait()
		assert.Empty(t, *attempts)
		assert.Len(t, w.receive(t, "dead"), 1)
	})
}

func TestADestinationThatCannotBeReachedIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := asyncWorld(t, lambda.EventInvokeConfig{MaximumRetryAttempts: new(0)}, nil)
		for _, p := range w.iam.RolePolicies("monitor") {
			require.NoError(t, w.iam.DeleteRolePolicy("monitor", p.Name))
		}
		w.send(t)
		synctest.Wait()
		assert.Equal(t, 1, w.sum(t, "DestinationDeliveryFailures"))
		assert.Equal(t, 1, w.sum(t, "DeadLetterErrors"))
		assert.Equal(t, 1, w.sum(t, "AsyncEventsDropped"))
	})
}

// In a region that is down nothing runs; what was queued runs when it is back.
func TestALostRegionRunsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		w, _ := asyncWorld(t, lambda.EventInvokeConfig{MaximumRetryAttempts: new(1)}, func(f *lambda.Function) {
			f.Stub = func(context.Context, []byte) ([]byte, error) {
				if runs++; runs == 1 {
					return nil, errors.New("told to fail")
				}
				return []byte(`{}`), nil
			}
		})
		w.send(t)
		synctest.Wait()
		w.env.SetDown(true)
		_, err := w.lambda.Invoke(context.Background(), w.iam.Admin().Principal, "health-check", nil, nil)
		require.ErrorIs(t, err, awserr.ErrUnavailable)
		pass(10 * time.Minute)
		assert.Equal(t, 1, runs)
		w.env.SetDown(false)
		pass(10 * time.Minute)
		assert.Equal(t, 2, runs)
		assert.Empty(t, w.receive(t, "failed"))
	})
}

func TestEventInvokeConfigIsChecked(t *testing.T) {
	w := newWorld(t, 1)
	w.create(t, func(f *lambda.Function) { f.Stub = echo })
	_, err := w.lambda.EventInvokeConfig("health-check")
	require.ErrorIs(t, err, awserr.ErrNotFound)
	cases := map[string]lambda.EventInvokeConfig{
		"'maximumRetryAttempts'":                             {MaximumRetryAttempts: new(3)},
		"'maximumEventAgeInSeconds'":                         {MaximumEventAgeInSeconds: new(59)},
		"does not have permissions to call SendMessage on q": {DestinationConfig: &lambda.DestinationConfig{OnFailure: &lambda.Destination{Destination: "q"}}},
	}
	for want, config := range cases {
		config.FunctionName = "health-check"
		_, err := w.lambda.PutEventInvokeConfig(config)
		require.ErrorContains(t, err, want)
	}
	_, err = w.lambda.PutEventInvokeConfig(lambda.EventInvokeConfig{FunctionName: "health-check"})
	require.NoError(t, err)
	require.NoError(t, w.lambda.DeleteEventInvokeConfig("health-check"))
	require.ErrorIs(t, w.lambda.DeleteEventInvokeConfig("health-check"), awserr.ErrNotFound)
}

// pass lets time go by inside a bubble, and everything happen that is due until then.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func echo(_ context.Context, payload []byte) ([]byte, error) { return payload, nil }

func TestAPackageStaysInItsDirectory(t *testing.T) {
	w := newWorld(t, 1)
	_, err := w.lambda.CreateFunction(function(func(f *lambda.Function) { f.Code = packAs("../bootstrap", program[:64], 0o755) }))
	require.ErrorContains(t, err, `entry "../bootstrap"`)
	assert.Empty(t, w.lambda.Functions())
}
