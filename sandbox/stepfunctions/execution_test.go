package stepfunctions

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
)

// in runs a test under a clock of its own.
func in(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t, 1)) })
}

// The events, their order and their predecessors are those that AWS answers GetExecutionHistory with.
func TestAnExecutionGoesFromStateToState(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		e := w.start(states(`"Start":{"Type":"Pass","Result":"found","ResultPath":"$.point","Next":"Restore"},
			"Restore":`+invoke(`"ResultSelector":{"id.$":"$.Payload.point"},"ResultPath":"$.job","TimeoutSeconds":60,"Next":"Wait"`)+`,
			"Wait":{"Type":"Wait","Seconds":30,"Next":"Done?"},
			"Done?":{"Type":"Choice","Choices":[{"Variable":"$.job.id","StringEquals":"found","Next":"Done"}],"Default":"Wait"},
			"Done":{"Type":"Succeed","OutputPath":"$.job"}`), `{"a":1}`)
		assert.Equal(t, Running, e.Status)
		ended := w.end(e)
		assert.Equal(t, Succeeded, ended.Status)
		assert.JSONEq(t, `{"id":"found"}`, ended.Output)
		assert.Equal(t, 30*time.Second, ended.Stop.Sub(ended.Start))
		const point, job = `{"a":1,"point":"found"}`, `{"a":1,"job":{"id":"found"},"point":"found"}`
		story := w.story(e)
		assert.Contains(t, story[6], `"Payload":{"a":1,"point":"found"}`)
		assert.Contains(t, story[6], `"StatusCode":200`)
		story[6] = ""
		assert.Equal(t, []string{
			`0 1<0 ExecutionStarted {"a":1} ` + roleARN,
			`0 2<0 PassStateEntered Start {"a":1}`,
			`0 3<2 PassStateExited Start ` + point,
			`0 4<3 TaskStateEntered Restore ` + point,
			`0 5<4 TaskScheduled {"FunctionName":"step","Payload":` + point + `} 60s`,
			`0 6<5 TaskStarted`,
			``,
			`0 8<7 TaskStateExited Restore ` + job,
			`0 9<8 WaitStateEntered Wait ` + job,
			`30 10<9 WaitStateExited Wait ` + job,
			`30 11<10 ChoiceStateEntered Done? ` + job,
			`30 12<11 ChoiceStateExited Done? ` + job,
			`30 13<12 SucceedStateEntered Done ` + job,
			`30 14<13 SucceedStateExited Done {"id":"found"}`,
			`30 15<14 ExecutionSucceeded {"id":"found"}`,
		}, story)
	})
}

func TestTheContextObjectIsAtHand(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		e := w.end(w.start(states(`"Start":{"Type":"Wait","Seconds":2,"Next":"Look"},
			"Look":{"Type":"Pass","InputPath":"$$","End":true}`), `{"a":1}`))
		at := func(seconds int) string {
			return e.Start.Add(time.Duration(seconds) * time.Second).UTC().Format("2006-01-02T15:04:05.000Z")
		}
		assert.JSONEq(t, `{"Execution":{"Id":"`+e.Arn+`","Input":{"a":1},"Name":"one","RedriveCount":0,"RoleArn":"`+roleARN+`",
			"StartTime":"`+at(0)+`"},"StateMachine":{"Id":"`+machineARN+`","Name":"test"},
			"State":{"Name":"Look","EnteredTime":"`+at(2)+`"}}`, e.Output)
	})
}

func TestDataHasTheTimeThatFunctionsLiveBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 10)
		at := func(seconds int) string {
			return time.Now().Add(time.Duration(seconds) * time.Second).UTC().Format("2006-01-02T15:04:05.000Z")
		}
		started, later := at(0), at(5)
		e := w.end(w.start(states(`"Start":{"Type":"Wait","Seconds":20,"Next":"Later"},
			"Later":{"Type":"Wait","TimestampPath":"$.later","Next":"Look"},
			"Look":{"Type":"Pass","End":true,
				"Parameters":{"started.$":"$$.Execution.StartTime","entered.$":"$$.State.EnteredTime"}}`),
			`{"later":"`+later+`"}`))
		assert.JSONEq(t, `{"started":"`+started+`","entered":"`+later+`"}`, e.Output)
		assert.Equal(t, 50*time.Second, e.Stop.Sub(e.Start))
	})
}

func TestATaskIsTriedAgainAndThenCaught(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.answer = fails(4)
		e := w.start(states(`"Start":`+invoke(`"Retry":[
				{"ErrorEquals":["Lambda.Unknown"],"MaxAttempts":9},
				{"ErrorEquals":["errorString"],"IntervalSeconds":10,"MaxAttempts":2,"BackoffRate":3},
				{"ErrorEquals":["States.ALL"],"MaxAttempts":9}],
			"Catch":[{"ErrorEquals":["States.TaskFailed"],"ResultPath":"$.error","Next":"Clean"}],"End":true`)+`,
			"Clean":{"Type":"Fail","ErrorPath":"$.error.Error","CausePath":"States.Format('after {}', $.a)"}`),
			`{"a":1}`)
		ended := w.end(e)
		assert.Equal(t, Failed, ended.Status)
		assert.Equal(t, "errorString", ended.Error)
		assert.Equal(t, "after 1", ended.Cause)
		assert.Empty(t, ended.Output)
		story := w.story(e)
		cause := func(n int) string { return fmt.Sprintf(`{"errorType":"errorString","errorMessage":"trouble %d"}`, n) }
		const parameters = `{"FunctionName":"step","Payload":{"a":1}}`
		assert.Equal(t, []string{
			`0 2<0 TaskStateEntered Start {"a":1}`,
			`0 3<2 TaskScheduled ` + parameters,
			`0 4<3 TaskStarted`,
			`0 5<4 TaskFailed errorString ` + cause(1),
			`10 6<5 TaskScheduled ` + parameters,
			`10 7<6 TaskStarted`,
			`10 8<7 TaskFailed errorString ` + cause(2),
			`40 9<8 TaskScheduled ` + parameters,
			`40 10<9 TaskStarted`,
			`40 11<10 TaskFailed errorString ` + cause(3),
		}, story[1:11])
		assert.Regexp(t, `^40 12<11 TaskStateExited Start {"a":1,"error":{"Cause":.*,"Error":"errorString"}}$`, story[11])
		assert.Regexp(t, `^40 13<12 FailStateEntered Clean `, story[12])
		assert.Equal(t, `40 14<13 ExecutionFailed errorString after 1`, story[13])
	})
}

func TestARetryMaySucceedAndKnowsItsNumber(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.answer = fails(1)
		e := w.end(w.start(states(`"Start":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{
			"FunctionName.$":"States.Format('step')","Payload":{"retry.$":"$$.State.RetryCount"}},"OutputPath":"$.Payload",
			"Retry":[{"ErrorEquals":["States.ALL"],"JitterStrategy":"FULL"}],"End":true}`), ""))
		assert.Equal(t, Succeeded, e.Status)
		assert.JSONEq(t, `{"retry":1}`, e.Output)
		assert.LessOrEqual(t, e.Stop.Sub(e.Start), time.Second, "the jitter is from nothing to all of the pause")
	})
}

// hang runs until the function's context ends, or is told to go on.
func hang(ctx context.Context, _ int, payload []byte) ([]byte, error) {
	<-ctx.Done()
	return payload, ctx.Err()
}

func TestATaskThatLastsTooLongTimesOut(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.answer = hang
		e := w.start(states(`"Start":`+invoke(`"TimeoutSecondsPath":"$.limit","Retry":[{"ErrorEquals":["States.TaskFailed"]}],
			"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"Late"}],"End":true`)+`,"Late":{"Type":"Succeed"}`), `{"limit":5}`)
		ended := w.end(e)
		assert.JSONEq(t, `{"Cause":"","Error":"States.Timeout"}`, ended.Output)
		assert.Equal(t, []string{`0 4<3 TaskStarted`, `5 5<4 TaskTimedOut States.Timeout`}, w.story(e)[3:5])
	})
}

// A Catcher does not see the end of its execution (Developer Guide, "Handling errors in Step Functions workflows").
func TestNoCatcherRunsWhenAnExecutionTimesOutOrIsStopped(t *testing.T) {
	const caught = `"Retry":[{"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Clean"}],"End":true`
	definition := `{"StartAt":"Start","TimeoutSeconds":60,"States":{"Start":` + invoke(caught) + `,"Clean":{"Type":"Pass","End":true}}}`
	in(t, func(t *testing.T, w *world) {
		w.answer = hang
		e := w.start(definition, "")
		ended := w.end(e)
		assert.Equal(t, TimedOut, ended.Status)
		assert.Equal(t, time.Minute, ended.Stop.Sub(ended.Start))
		assert.Equal(t, []string{`0 4<3 TaskStarted`, `60 5<4 ExecutionTimedOut`}, w.story(e)[3:])
	})
	in(t, func(t *testing.T, w *world) {
		done := make(chan error, 1)
		w.answer = func(ctx context.Context, _ int, _ []byte) ([]byte, error) {
			time.Sleep(time.Minute)
			done <- ctx.Err()
			return nil, errors.New("late")
		}
		e := w.start(definition, "")
		time.Sleep(10 * time.Second)
		stopped, err := w.StopExecution(e.Arn, "Operator", "enough")
		require.NoError(t, err)
		assert.Equal(t, Aborted, stopped.Status)
		require.NoError(t, <-done, "the function runs on")
		synctest.Wait()
		assert.Equal(t, []string{`0 4<3 TaskStarted`, `10 5<0 ExecutionAborted Operator enough`}, w.story(e)[3:])
		again, err := w.StopExecution(e.Arn, "", "")
		require.NoError(t, err)
		assert.Equal(t, stopped, again)
		assert.Equal(t, 1, w.invocations())
	})
}

func TestAnExecutionLastsAYearAtMost(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		e := w.start(states(`"Start":{"Type":"Wait","Seconds":99999999,"End":true}`), "")
		time.Sleep(longest)
		synctest.Wait()
		assert.Equal(t, TimedOut, w.now(e).Status)
	})
}

// The causes are AWS's words; the account's are in their places.
func TestFailuresOfLambdaHaveTheirNames(t *testing.T) {
	for name, c := range map[string]struct {
		parameters   string
		prepare      func(w *world)
		error, cause string
	}{
		"an error of the function's": {"", func(w *world) { w.answer = fails(1) }, "errorString",
			`^{"errorType":"errorString","errorMessage":"trouble 1"}$`},
		"no type": {"", func(w *world) {
			require.NoError(w.t, w.lambda.SetFailing("step", "crashing"))
		}, "Runtime.ExitError", `"errorMessage":"RequestId: .* Error: Runtime exited with error: exit status 2"`},
		"no function": {`{"FunctionName":"none"}`, nil, "Lambda.ResourceNotFoundException", `^Function not found: arn:aws:lambda:us-east-1:123456789012:function:none ` +
			`\(Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: [0-9a-f-]{36}; Proxy: null\)$`},
		"another region": {`{"FunctionName":"arn:aws:lambda:us-east-2:123456789012:function:step"}`, nil,
			"Lambda.ResourceNotFoundException", `^Functions from 'us-east-2' are not reachable in this region \('us-east-1'\)`},
		"no permission": {"", func(w *world) { require.NoError(w.t, w.iam.DeleteRolePolicy("machine", "invoke")) },
			"Lambda.AWSLambdaException", `^User: arn:aws:sts::123456789012:assumed-role/machine/one is not authorized to perform: ` +
				`lambda:InvokeFunction on resource: .*Status Code: 403; Error Code: AccessDeniedException;`},
		"no role": {"", func(w *world) {
			require.NoError(w.t, w.iam.DeleteRolePolicy("machine", "invoke"))
			require.NoError(w.t, w.iam.DeleteRole("machine"))
		}, "States.Permissions", `The role with name machine cannot be found`},
		"Lambda is down": {"", func(w *world) { w.env.SetBroken("lambda", true) }, "Lambda.AWSLambdaException",
			`^service lambda in us-east-1 is unavailable \(Service: AWSLambda; Status Code: 503; Error Code: ServiceUnavailable;`},
		"no name": {`{"FunctionName":1}`, nil, "States.Runtime",
			`^An error occurred while executing the state 'Start' \(entered at the event id #2\). The field 'FunctionName' is not`},
		"too much": {"", func(w *world) {
			w.answer = func(context.Context, int, []byte) ([]byte, error) {
				return []byte(`"` + strings.Repeat("x", maxData) + `"`), nil
			}
		}, "States.DataLimitExceeded", `^The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes`},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T, w *world) {
				definition := states(`"Start":` + invoke(`"End":true`))
				if c.parameters != "" {
					definition = strings.Replace(definition, `{"FunctionName":"step","Payload.$":"$"}`, c.parameters, 1)
				}
				m := w.machine(definition)
				if c.prepare != nil {
					c.prepare(w)
				}
				e, err := w.StartExecution(m.Arn, "one", "")
				require.NoError(t, err)
				ended := w.end(e)
				assert.Equal(t, Failed, ended.Status)
				assert.Equal(t, c.error, ended.Error)
				assert.Regexp(t, c.cause, ended.Cause)
			})
		})
	}
}

func TestAStateThatCannotReadItsDataFailsTheExecution(t *testing.T) {
	for list, want := range map[string]string{
		`"Start":{"Type":"Pass","InputPath":"$.x","End":true}`: `States.Runtime: An error occurred while executing the state ` +
			`'Start' (entered at the event id #2). Invalid path '$.x' : No results for path.`,
		`"Start":{"Type":"Wait","SecondsPath":"$.x","End":true}`: `States.Runtime: An error occurred while executing the state ` +
			`'Start' (entered at the event id #2). The JSONPath '$.x' specified for the field 'SecondsPath' could not be found in ` +
			`the input '{}'`,
		`"Start":` + invoke(`"ResultPath":"$.x.y[0]","Retry":[{"ErrorEquals":["States.Runtime"]}],"End":true`): `States.` +
			`ResultPathMatchFailure: An error occurred while executing the state 'Start' (entered at the event id #2). Unable to ` +
			`apply ReferencePath $.x.y[0] to input {}`,
		`"Start":{"Type":"Fail","Error":"E","CausePath":"$.x"}`: `States.Runtime: An error occurred while executing the state ` +
			`'Start' (entered at the event id #2). The JSONPath '$.x' specified for the field 'CausePath' could not be found in ` +
			`the input '{}'`,
		`"Start":{"Type":"Fail"}`: `: `,
		`"Start":{"Type":"Choice","Choices":[{"Variable":"$.x","IsNull":true,"Next":"Start"}],"Default":"End"},
			"End":{"Type":"Succeed"}`: `States.Runtime: An error occurred while executing the state 'Start' (entered at the event ` +
			`id #2). Invalid path '$.x': The choice state's condition path references an invalid value.`,
	} {
		in(t, func(t *testing.T, w *world) {
			e := w.end(w.start(states(list), ""))
			assert.Equal(t, Failed, e.Status)
			assert.Equal(t, want, e.Error+": "+e.Cause)
		})
	}
}

func TestDataThatGrowTooLargeFailTheExecution(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		e := w.start(states(`"Start":{"Type":"Pass","Parameters":{"once.$":"$","twice.$":"$"},"End":true}`),
			`"`+strings.Repeat("x", maxData/2)+`"`)
		ended := w.end(e)
		assert.Equal(t, "States.DataLimitExceeded", ended.Error)
		assert.Contains(t, ended.Cause, "The state/task 'Start' returned a result with a size exceeding the maximum number")
	})
}

func TestAHistoryHas25000EventsAtMost(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		e := w.start(states(`"Start":{"Type":"Pass","Next":"Again"},"Again":{"Type":"Choice","Choices":[
			{"Variable":"$","IsNull":true,"Next":"End"}],"Default":"Start"},"End":{"Type":"Succeed"}`), "")
		ended := w.end(e)
		assert.Equal(t, "States.Runtime", ended.Error)
		assert.Equal(t, "The execution reached the maximum number of history events (25000).", ended.Cause)
		assert.Len(t, w.story(e), 25_000)
	})
}

func TestInALostRegionExecutionsStandStill(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.answer = fails(0)
		e := w.start(states(`"Start":{"Type":"Wait","Seconds":60,"Next":"Call"},
			"Call":`+invoke(`"Next":"More"`)+`,"More":{"Type":"Wait","Seconds":60,"End":true}`), "")
		time.Sleep(30 * time.Second)
		w.env.SetDown(true)
		_, err := w.StartExecution(machineARN, "two", "")
		require.ErrorIs(t, err, awserr.ErrUnavailable)
		time.Sleep(time.Hour)
		assert.Equal(t, Running, w.now(e).Status)
		assert.Len(t, w.story(e), 2)
		w.env.SetDown(false)
		ended := w.end(e)
		assert.Equal(t, Succeeded, ended.Status)
		assert.WithinDuration(t, e.Start.Add(time.Hour+90*time.Second), ended.Stop, 2*lookAgain)
	})
	in(t, func(t *testing.T, w *world) {
		w.answer = hang
		e := w.start(`{"StartAt":"Start","TimeoutSeconds":60,"States":{"Start":`+invoke(`"Catch":[{"ErrorEquals":["States.ALL"],
			"ResultPath":"$.why","Next":"Clean"}],"End":true`)+`,"Clean":{"Type":"Wait","Seconds":10,"End":true}}}`, "")
		time.Sleep(10 * time.Second)
		w.env.SetDown(true)
		time.Sleep(20 * time.Second)
		w.env.SetDown(false)
		ended := w.end(e)
		assert.Equal(t, Succeeded, ended.Status)
		assert.Contains(t, ended.Output, `"Error":"Lambda.ServiceException"`, "the function went with its region")
		assert.Regexp(t, `^3[01] 5<4 TaskFailed`, w.story(e)[4], "and nothing happened until it was back")

		two, err := w.StartExecution(machineARN, "two", "")
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		w.env.SetDown(true)
		time.Sleep(time.Hour)
		assert.Equal(t, Running, w.now(two).Status)
		w.env.SetDown(false)
		time.Sleep(2 * lookAgain)
		assert.Equal(t, TimedOut, w.now(two).Status)
	})
}
