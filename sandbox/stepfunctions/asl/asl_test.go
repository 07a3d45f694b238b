package asl

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/internal/must"
)

// context is a context object.
const context = `{"Execution":{"Name":"restore-7","Input":{"a":1}},"State":{"Name":"S"}}`

// state is the only state of a machine.
func state(t *testing.T, definition string) *State {
	t.Helper()
	m, problems := Parse(`{"StartAt":"S","States":{"S":` + definition + `}}`)
	require.Empty(t, problems)
	return m.States["S"]
}

func value(t *testing.T, text string) any {
	t.Helper()
	v, err := Decode([]byte(text))
	require.NoError(t, err, text)
	return v
}

func scope(t *testing.T, data string) Scope {
	t.Helper()
	return Scope{value(t, data), value(t, context)}
}

// The first examples are those of the States Language, "Input and output processing" and "Intrinsic functions".
func TestInputsAndOutputsAreProcessedAsPublished(t *testing.T) {
	const numbers = `{"title":"Numbers to add","numbers":{"val1":3,"val2":4}}`
	for name, c := range map[string]struct{ state, input, result, works, output string }{
		"input path": {
			`{"Type":"Pass","InputPath":"$.numbers","ResultPath":"$.sum","End":true}`, numbers, `7`,
			`{"val1":3,"val2":4}`, `{"title":"Numbers to add","numbers":{"val1":3,"val2":4},"sum":7}`,
		},
		"members on the way are made": {
			`{"Type":"Pass","ResultPath":"$.detail.more.sum","End":true}`, numbers, `7`,
			numbers, `{"title":"Numbers to add","numbers":{"val1":3,"val2":4},"detail":{"more":{"sum":7}}}`,
		},
		"an element is replaced": {
			`{"Type":"Pass","ResultPath":"$.list[1]","OutputPath":"$.list","End":true}`, `{"list":[1,2,3]}`, `{}`,
			`{"list":[1,2,3]}`, `[1,{},3]`,
		},
		"no result path": {
			`{"Type":"Pass","ResultPath":null,"OutputPath":"$.numbers","End":true}`, numbers, `7`,
			numbers, `{"val1":3,"val2":4}`,
		},
		"no input, no output": {
			`{"Type":"Pass","InputPath":null,"OutputPath":null,"End":true}`, numbers, `7`, `{}`, `{}`,
		},
		"parameters": {
			`{"Type":"Pass","Parameters":{"flagged":true,"parts":{"first.$":"$.vals[0]","rest":[{"x.$":"$['vals'][2]"}]},
				"weekday":"$.not a path"},"End":true}`, `{"vals":[0,10,20]}`, `1`,
			`{"flagged":true,"parts":{"first":0,"rest":[{"x":20}]},"weekday":"$.not a path"}`, `1`,
		},
		"the context object": {
			`{"Type":"Pass","Parameters":{"IdempotencyToken.$":"$$.Execution.Name"},"OutputPath":"$$.Execution.Input","End":true}`,
			`{}`, `1`, `{"IdempotencyToken":"restore-7"}`, `{"a":1}`,
		},
		"a result selector": {
			`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload.$":"$"},
				"ResultSelector":{"n.$":"$.Payload.count","of.$":"$$.State.Name"},"ResultPath":"$.found","End":true}`,
			`{"a":1}`, `{"Payload":{"count":12345678901234567890.5},"StatusCode":200}`,
			`{"FunctionName":"f","Payload":{"a":1}}`, `{"a":1,"found":{"n":12345678901234567890.5,"of":"S"}}`,
		},
		"format": {
			`{"Type":"Pass","Parameters":{"greeting.$":"States.Format('Welcome to {} {}\\'s playlist.', $.firstName, $.lastName)",
				"braces.$":"States.Format('\\{{}\\} {} {}', 1.50, null, $.list)"},"End":true}`,
			`{"firstName":"John","lastName":"Doe","list":["<a>"]}`, `1`,
			`{"greeting":"Welcome to John Doe's playlist.","braces":"{1.50} null [\"<a>\"]"}`, `1`,
		},
		"other functions": {
			`{"Type":"Pass","Parameters":{"b.$":"States.StringToJson($.escaped)","s.$":"States.JsonToString($.some)",
				"a.$":"States.Array('Foo', 2020, $.some, null, States.Array())","n.$":"States.MathAdd($.n, -1)",
				"m.$":"States.Format('{}', States.MathAdd(1,2))"},"End":true}`,
			`{"escaped":"{\"foo\": \"bar\"}","some":{"zebra":1},"n":111}`, `1`,
			`{"b":{"foo":"bar"},"s":"{\"zebra\":1}","a":["Foo",2020,{"zebra":1},null,[]],"n":110,"m":"3"}`, `1`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, in := state(t, c.state), scope(t, c.input)
			works, err := s.Input(in)
			require.NoError(t, err)
			assert.JSONEq(t, c.works, Encode(works))
			output, err := s.Output(in, value(t, c.result))
			require.NoError(t, err)
			assert.JSONEq(t, c.output, Encode(output))
			assert.Equal(t, scope(t, c.input), in, "what a state is given does not change")
		})
	}
}

func TestWhatIsNotInTheDataFailsTheState(t *testing.T) {
	const task = `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true`
	for name, c := range map[string]struct{ state, input, name, cause string }{
		"input path": {
			`{"Type":"Pass","InputPath":"$.a.b","End":true}`, `{"a":[]}`, Runtime,
			`Invalid path '$.a.b' : No results for path.`,
		},
		"output path": {
			`{"Type":"Pass","OutputPath":"$[1]","End":true}`, `[0]`, Runtime, `Invalid path '$[1]' : No results for path.`,
		},
		"parameters": {
			`{` + task + `,"Parameters":{"FunctionName":"f","Payload":{"x.$":"$.a"}}}`, `{"b":1}`, Runtime,
			`The JSONPath '$.a' specified for the field 'x.$' could not be found in the input '{"b":1}'`,
		},
		"result path": {
			`{"Type":"Pass","ResultPath":"$.a","End":true}`, `[1]`, ResultPathMatchFailure,
			`Unable to apply ReferencePath $.a to input [1]`,
		},
		"function": {
			`{"Type":"Pass","Parameters":{"x.$":"States.StringToJson($.a)"},"End":true}`, `{"a":"{"}`, IntrinsicFailure,
			`The function 'States.StringToJson($.a)' had the following error: unexpected EOF`,
		},
		"places": {
			`{"Type":"Pass","Parameters":{"x.$":"States.Format('{}{}', $.a)"},"End":true}`, `{"a":"{"}`, IntrinsicFailure,
			`The function 'States.Format('{}{}', $.a)' had the following error: 1 places have no argument and 0 arguments no place`,
		},
		"sum": {
			`{"Type":"Pass","Parameters":{"x.$":"States.MathAdd($.a, 2147483648)"},"End":true}`, `{"a":1}`, IntrinsicFailure,
			`The function 'States.MathAdd($.a, 2147483648)' had the following error: 2147483648 is no integer from ` +
				`-2147483648 to 2147483647`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, in := state(t, c.state), scope(t, c.input)
			_, err := s.Input(in)
			if err == nil {
				_, err = s.Output(in, nil)
			}
			assert.Equal(t, &Failure{c.name, c.cause}, err)
		})
	}
}

func TestErrorNamesOfRetriersAndCatchersAreMatched(t *testing.T) {
	for name, c := range map[string]struct {
		failure string
		names   []string
		want    bool
	}{
		"itself":                              {"Lambda.TooManyRequestsException", []string{"A", "Lambda.TooManyRequestsException"}, true},
		"another":                             {"Lambda.Unknown", []string{"Lambda.unknown"}, false},
		"all":                                 {"Lambda.Unknown", []string{All}, true},
		"a time-out is among all":             {Timeout, []string{All}, true},
		"a task's":                            {"errorString", []string{TaskFailed}, true},
		"a time-out is no task's":             {Timeout, []string{TaskFailed}, false},
		"a runtime error is nobody's":         {Runtime, []string{All}, false},
		"not even by its name":                {Runtime, []string{Runtime}, false},
		"a data limit is not among all":       {DataLimitExceeded, []string{All}, false},
		"but known by its name":               {DataLimitExceeded, []string{DataLimitExceeded}, true},
		"a result path's failure is a task's": {ResultPathMatchFailure, []string{TaskFailed}, true},
	} {
		assert.Equal(t, c.want, (&Failure{Name: c.failure}).in(c.names), name)
	}
}

// The first two are examples of the Developer Guide, "Retrying after an error".
func TestPausesBeforeRetries(t *testing.T) {
	seconds := func(retrier string, random float64) (list []float64) {
		s := state(t, `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},
			"Retry":[`+retrier+`],"End":true}`)
		r := s.Retry[s.Retrier(&Failure{Name: "E"})]
		for retry := range r.MaxAttempts {
			list = append(list, r.Pause(retry+1, random).Seconds())
		}
		return list
	}
	assert.Equal(t, []float64{3, 4.5}, seconds(`{"ErrorEquals":["E"],"IntervalSeconds":3,"MaxAttempts":2,"BackoffRate":1.5}`, 1))
	assert.Equal(t, []float64{3, 5, 5},
		seconds(`{"ErrorEquals":["E"],"IntervalSeconds":3,"MaxAttempts":3,"BackoffRate":2,"MaxDelaySeconds":5}`, 1))
	assert.Equal(t, []float64{1, 2, 4}, seconds(`{"ErrorEquals":["States.ALL"]}`, 1), "by default")
	assert.Equal(t, []float64{1, 2, 4}, seconds(`{"ErrorEquals":["E"],"JitterStrategy":"NONE"}`, 0.5))
	assert.Equal(t, []float64{0.5, 1, 2}, seconds(`{"ErrorEquals":["E"],"JitterStrategy":"FULL"}`, 0.5))
	assert.Empty(t, seconds(`{"ErrorEquals":["E"],"MaxAttempts":0}`, 1))
	long := seconds(`{"ErrorEquals":["E"],"IntervalSeconds":99999999,"MaxAttempts":2000,"BackoffRate":1e300}`, 1)
	assert.InDelta(t, 31_622_400, long[1999], 0)
}

func TestTheFirstCatcherOfAFailureCatchesIt(t *testing.T) {
	m, problems := Parse(`{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
		"Parameters":{"FunctionName":"f"},"End":true,"Catch":[
			{"ErrorEquals":["States.Timeout"],"Next":"Late"},
			{"ErrorEquals":["States.ALL"],"ResultPath":"$.error","Next":"Clean"}]},
		"Late":{"Type":"Fail"},"Clean":{"Type":"Succeed"}}}`)
	require.Empty(t, problems)
	s := m.States["S"]
	next, output, err := s.Caught(&Failure{Timeout, ""}, value(t, `{"a":1}`))
	require.NoError(t, err)
	assert.Equal(t, "Late", next)
	assert.JSONEq(t, `{"Error":"States.Timeout","Cause":""}`, Encode(output), "in place of the input")
	next, output, err = s.Caught(&Failure{"E", "why"}, value(t, `{"a":1}`))
	require.NoError(t, err)
	assert.Equal(t, "Clean", next)
	assert.JSONEq(t, `{"a":1,"error":{"Error":"E","Cause":"why"}}`, Encode(output), "in the input")
	_, _, err = s.Caught(&Failure{"E", "why"}, value(t, `1`))
	assert.ErrorContains(t, err, ResultPathMatchFailure)
	next, _, err = s.Caught(&Failure{Runtime, "why"}, value(t, `{}`))
	require.NoError(t, err)
	assert.Empty(t, next)
}

func TestAWaitEndsWhenItSays(t *testing.T) {
	begun := must.Have(time.Parse(time.RFC3339, "2026-03-14T01:59:00Z"))
	until := func(fields, input string) (time.Time, error) {
		return state(t, `{"Type":"Wait",`+fields+`,"End":true}`).Until(begun, scope(t, input))
	}
	for name, c := range map[string]struct {
		fields, input string
		want          time.Duration
	}{
		"seconds":        {`"Seconds":10`, `{}`, 10 * time.Second},
		"none":           {`"Seconds":0`, `{}`, 0},
		"seconds path":   {`"SecondsPath":"$.s"`, `{"s":90}`, 90 * time.Second},
		"timestamp":      {`"Timestamp":"2026-03-14T02:59:00+00:30"`, `{}`, 30 * time.Minute},
		"timestamp path": {`"TimestampPath":"$.at"`, `{"at":"2026-03-14T01:59:00.25Z"}`, 250 * time.Millisecond},
		"past":           {`"TimestampPath":"$.at"`, `{"at":"2026-03-14T01:58:59Z"}`, -time.Second},
	} {
		at, err := until(c.fields, c.input)
		require.NoError(t, err, name)
		assert.Equal(t, c.want, at.Sub(begun), name)
	}
	for fields, want := range map[string]string{
		`"SecondsPath":"$.s"`: `The SecondsPath parameter does not reference an integer from 0 to 99999999: $.s == "1"`,
		`"TimestampPath":"$.at"`: `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time ` +
			`format string: $.at == 2026-03-14T01:59:00`,
		`"TimestampPath":"$.s2"`: `The JSONPath '$.s2' specified for the field 'TimestampPath' could not be found`,
	} {
		_, err := until(fields, `{"s":"1","at":"2026-03-14T01:59:00"}`)
		assert.ErrorContains(t, err, want)
	}
}
