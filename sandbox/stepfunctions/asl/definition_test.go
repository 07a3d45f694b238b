package asl

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refused are definitions with everything that is wrong with each. Words that AWS publishes or answers with are AWS's.
var refused = []struct {
	intent, definition string
	want               []string
}{
	{"nothing", ` `, []string{`SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object`}},
	{"no JSON", `not`, []string{`INVALID_JSON_DESCRIPTION: invalid character 'o' in literal null (expecting 'u')`}},
	{"more than one", `{}{}`, []string{`INVALID_JSON_DESCRIPTION: there is more after the value`}},
	{"no object", `[1]`, []string{`SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object`}},
	{"empty", `{}`, []string{`SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /`}},
	{"no start, no states", `{"States":{}}`, []string{
		`SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt] at /`,
		`SCHEMA_VALIDATION_FAILED: Value is empty: want one state or more at /States`,
		`MISSING_TRANSITION_TARGET: Missing 'StartAt' target:  at /StartAt`,
	}},
	{"a machine's fields", `{"StartAt":1,"States":[],"QueryLanguage":"JSONata","Version":"2","TimeoutSeconds":0,"X":1,"Comment":{}}`,
		[]string{
			`SCHEMA_VALIDATION_FAILED: Value is not a string at /Comment`,
			`SCHEMA_VALIDATION_FAILED: 'JSONata' is not modelled by the sandbox: want JSONPath at /QueryLanguage`,
			`SCHEMA_VALIDATION_FAILED: Value is not '1.0' at /Version`,
			`SCHEMA_VALIDATION_FAILED: Value is not a string at /StartAt`,
			`SCHEMA_VALIDATION_FAILED: Value is not an integer from 1 to 99999999 at /TimeoutSeconds`,
			`SCHEMA_VALIDATION_FAILED: Value is not an object at /States`,
			`SCHEMA_VALIDATION_FAILED: Field is not supported at /X`,
		}},
	{"targets that are missing", `{"StartAt":"None","States":{
		"A":{"Type":"Pass","Next":"B"},"C":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"D"}],"Default":"E"}}}`,
		[]string{
			`MISSING_TRANSITION_TARGET: Missing 'StartAt' target: None at /StartAt`,
			`MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next`,
			`MISSING_TRANSITION_TARGET: Missing 'Next' target: D at /States/C/Choices[0]/Next`,
			`MISSING_TRANSITION_TARGET: Missing 'Default' target: E at /States/C/Default`,
			`MISSING_TRANSITION_TARGET: State "A" is not reachable. at /States/A`,
			`MISSING_TRANSITION_TARGET: State "C" is not reachable. at /States/C`,
			`MISSING_END_STATE: No state ends the execution: want End, Succeed or Fail at /States`,
		}},
	{"types", `{"StartAt":"M","States":{"M":{"Type":"Map","End":true},"N":{},"O":1,"` + strings.Repeat("x", 81) + `":{"Type":"Fail"}}}`,
		[]string{
			`SCHEMA_VALIDATION_FAILED: 'Map' is not modelled by the sandbox: want Choice, Fail, Pass, Succeed, Task, Wait at /States/M/Type`,
			`SCHEMA_VALIDATION_FAILED: These fields are required: [Type] at /States/N`,
			`SCHEMA_VALIDATION_FAILED: Value is not an object at /States/O`,
			`INVALID_STATE_NAME: The name has 81 characters: want 1 to 80 at /States/` + strings.Repeat("x", 81),
		}},
	{"transitions", `{"StartAt":"A","States":{"A":{"Type":"Pass"},"B":{"Type":"Pass","End":true,"Next":"A"},
		"C":{"Type":"Wait","Seconds":1,"End":"x","Next":""},"D":{"Type":"Succeed","End":true},"E":{"Type":"Choice","Choices":[],"Next":"A"}}}`,
		[]string{
			`SCHEMA_VALIDATION_FAILED: Exactly one of these fields is required: [Next, End] at /States/A`,
			`SCHEMA_VALIDATION_FAILED: Exactly one of these fields is required: [Next, End] at /States/B`,
			`SCHEMA_VALIDATION_FAILED: Value is not the name of a state at /States/C/Next`,
			`SCHEMA_VALIDATION_FAILED: Value is not a boolean at /States/C/End`,
			`SCHEMA_VALIDATION_FAILED: Field is not supported at /States/D/End`,
			`SCHEMA_VALIDATION_FAILED: Value is empty: want one rule or more at /States/E/Choices`,
			`SCHEMA_VALIDATION_FAILED: Field is not supported at /States/E/Next`,
		}},
	{"a task", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f",
		"TimeoutSeconds":0,"TimeoutSecondsPath":"$.t","HeartbeatSeconds":1,"Assign":{},"Credentials":{},"Result":1,"InputPath":1,
		"ResultPath":"$$.x","OutputPath":"$..x","ResultSelector":1,"End":true,"QueryLanguage":"JSONata"}}}`, []string{
		`SCHEMA_VALIDATION_FAILED: 'JSONata' is not modelled by the sandbox: want JSONPath at /States/T/QueryLanguage`,
		`SCHEMA_VALIDATION_FAILED: Value is not a string or null at /States/T/InputPath`,
		`SCHEMA_VALIDATION_FAILED: '$..x' is no Reference Path: the sandbox models $.name, $['name'] and [0] at /States/T/OutputPath`,
		`SCHEMA_VALIDATION_FAILED: These fields are required: [Parameters] at /States/T`,
		`SCHEMA_VALIDATION_FAILED: 'arn:aws:lambda:us-east-1:123456789012:function:f' is not modelled by the sandbox: want ` +
			`arn:aws:states:::lambda:invoke at /States/T/Resource`,
		`SCHEMA_VALIDATION_FAILED: Value is not an object at /States/T/ResultSelector`,
		`SCHEMA_VALIDATION_FAILED: Value is not a Reference Path: $$.x leads into the context object at /States/T/ResultPath`,
		`SCHEMA_VALIDATION_FAILED: Only one of these fields may be given: [TimeoutSeconds, TimeoutSecondsPath] at /States/T`,
		`SCHEMA_VALIDATION_FAILED: Field is not modelled by the sandbox at /States/T/Assign`,
		`SCHEMA_VALIDATION_FAILED: Field is not modelled by the sandbox at /States/T/Credentials`,
		`SCHEMA_VALIDATION_FAILED: Field is not modelled by the sandbox at /States/T/HeartbeatSeconds`,
		`SCHEMA_VALIDATION_FAILED: Field is not supported at /States/T/Result`,
	}},
	{"an invocation", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,
		"Parameters":{"Function":"f","Qualifier.$":"$.q","Payload":{"a.$":1,"b.$":"x","c":[{"d.$":"States.UUID()","e.$":"$[-1]"}],
			"a":2}}}}}`, []string{
		`SCHEMA_VALIDATION_FAILED: The field 'FunctionName' is required but was missing at /States/T/Parameters`,
		`SCHEMA_VALIDATION_FAILED: The field 'Function' is not supported by Step Functions at /States/T/Parameters/Function`,
		`SCHEMA_VALIDATION_FAILED: The field 'Qualifier.$' is not modelled by the sandbox at /States/T/Parameters/Qualifier.$`,
		`SCHEMA_VALIDATION_FAILED: The field 'a' is there twice at /States/T/Parameters/Payload/a.$`,
		`SCHEMA_VALIDATION_FAILED: The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call: ` +
			`it is no string at /States/T/Parameters/Payload/a.$`,
		`SCHEMA_VALIDATION_FAILED: The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call: ` +
			`'x' is no intrinsic function that the sandbox models: want States.Array, States.Format, States.JsonToString, ` +
			`States.MathAdd, States.StringToJson at /States/T/Parameters/Payload/b.$`,
		`SCHEMA_VALIDATION_FAILED: The value for the field 'd.$' must be a valid JSONPath or a valid intrinsic function call: ` +
			`'States.UUID' is no intrinsic function that the sandbox models: want States.Array, States.Format, ` +
			`States.JsonToString, States.MathAdd, States.StringToJson at /States/T/Parameters/Payload/c[0]/d.$`,
		`SCHEMA_VALIDATION_FAILED: The value for the field 'e.$' must be a valid JSONPath or a valid intrinsic function call: ` +
			`'$[-1]' is no Reference Path: the sandbox models $.name, $['name'] and [0] at /States/T/Parameters/Payload/c[0]/e.$`,
	}},
	{"retriers and catchers", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
		"Parameters":{"FunctionName":"f"},"End":true,
		"Retry":[{"ErrorEquals":[],"IntervalSeconds":0,"MaxAttempts":-1,"BackoffRate":0.9,"MaxDelaySeconds":31622401,
			"JitterStrategy":"HALF"},{},{"ErrorEquals":["States.ALL","E"]},{"ErrorEquals":["States.Timeouts",1],"X":1}],
		"Catch":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["E"],"Next":"T"},1]}}}`, []string{
		`SCHEMA_VALIDATION_FAILED: Value is empty: want one error name or more at /States/T/Retry[0]/ErrorEquals`,
		`SCHEMA_VALIDATION_FAILED: Value is not an integer from 1 to 99999999 at /States/T/Retry[0]/IntervalSeconds`,
		`SCHEMA_VALIDATION_FAILED: Value is not an integer from 0 to 99999999 at /States/T/Retry[0]/MaxAttempts`,
		`SCHEMA_VALIDATION_FAILED: Value is not a number of 1.0 or more at /States/T/Retry[0]/BackoffRate`,
		`SCHEMA_VALIDATION_FAILED: Value is not an integer from 1 to 31622400 at /States/T/Retry[0]/MaxDelaySeconds`,
		`SCHEMA_VALIDATION_FAILED: Value is not one of [FULL, NONE] at /States/T/Retry[0]/JitterStrategy`,
		`SCHEMA_VALIDATION_FAILED: These fields are required: [ErrorEquals] at /States/T/Retry[1]`,
		`SCHEMA_VALIDATION_FAILED: States.ALL must be the only name, and in the last of the list at /States/T/Retry[2]/ErrorEquals`,
		`SCHEMA_VALIDATION_FAILED: States.Timeouts is no error name: names with this prefix are ` + strings.Join(reserved, ", ") +
			` at /States/T/Retry[3]/ErrorEquals`,
		`SCHEMA_VALIDATION_FAILED: Value is not an array of strings at /States/T/Retry[3]/ErrorEquals`,
		`SCHEMA_VALIDATION_FAILED: Field is not supported at /States/T/Retry[3]/X`,
		`SCHEMA_VALIDATION_FAILED: These fields are required: [Next] at /States/T/Catch[0]`,
		`SCHEMA_VALIDATION_FAILED: States.ALL must be the only name, and in the last of the list at /States/T/Catch[0]/ErrorEquals`,
		`SCHEMA_VALIDATION_FAILED: Value is not an object at /States/T/Catch[2]`,
	}},
	{"waits and failures", `{"StartAt":"W","States":{"W":{"Type":"Wait","End":true},
		"X":{"Type":"Wait","Seconds":100000000,"Timestamp":"tomorrow","End":true},
		"Y":{"Type":"Wait","SecondsPath":"States.MathAdd(1,2)","End":true},
		"Z":{"Type":"Fail","Error":"a","ErrorPath":"$.e","Cause":1,"CausePath":1,"InputPath":"$"}}}`, []string{
		`SCHEMA_VALIDATION_FAILED: One of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath] at /States/W`,
		`SCHEMA_VALIDATION_FAILED: Only one of these fields may be given: [Seconds, Timestamp] at /States/X`,
		`SCHEMA_VALIDATION_FAILED: Value is not an integer from 0 to 99999999 at /States/X/Seconds`,
		`SCHEMA_VALIDATION_FAILED: Value is not a timestamp such as 2026-03-14T01:59:00Z at /States/X/Timestamp`,
		`SCHEMA_VALIDATION_FAILED: 'States.MathAdd(1,2)' is no Reference Path: the sandbox models $.name, $['name'] and [0] ` +
			`at /States/Y/SecondsPath`,
		`SCHEMA_VALIDATION_FAILED: Only one of these fields may be given: [Error, ErrorPath] at /States/Z`,
		`SCHEMA_VALIDATION_FAILED: Only one of these fields may be given: [Cause, CausePath] at /States/Z`,
		`SCHEMA_VALIDATION_FAILED: Value is not a string at /States/Z/CausePath`,
		`SCHEMA_VALIDATION_FAILED: Value is not a string at /States/Z/Cause`,
		`SCHEMA_VALIDATION_FAILED: Field is not supported at /States/Z/InputPath`,
	}},
	{"rules", `{"StartAt":"C","States":{"S":{"Type":"Succeed"},"C":{"Type":"Choice","Choices":[
		{"Variable":"$.a","StringEquals":1,"Next":"S"},{"Variable":"$.a","BooleanLessThan":true,"Next":"S"},
		{"IsNull":"x","Next":"S"},{"Variable":"$.a"},{"And":[],"Next":"S"},{"Not":{"Variable":"$.a","IsNull":true,"Next":"S"},"Next":"S"},
		{"Variable":"$.a","StringMatches":"\\a","NumericLessThanPath":"$..a","Next":"S"},3]}}}`, []string{
		`SCHEMA_VALIDATION_FAILED: StringEquals: its value is no String at /States/C/Choices[0]/StringEquals`,
		`SCHEMA_VALIDATION_FAILED: BooleanLessThan: it is no comparison operator: want ` + strings.Join(operators(), ", ") +
			` at /States/C/Choices[1]/BooleanLessThan`,
		`SCHEMA_VALIDATION_FAILED: These fields are required: [Variable] at /States/C/Choices[2]`,
		`SCHEMA_VALIDATION_FAILED: IsNull: want true or false at /States/C/Choices[2]/IsNull`,
		`SCHEMA_VALIDATION_FAILED: These fields are required: [Next] at /States/C/Choices[3]`,
		`SCHEMA_VALIDATION_FAILED: A rule has 0 of the operators, And, Or and Not: want one at /States/C/Choices[3]`,
		`SCHEMA_VALIDATION_FAILED: Value is empty: want one rule or more at /States/C/Choices[4]/And`,
		`SCHEMA_VALIDATION_FAILED: Field is not supported at /States/C/Choices[5]/Not[0]/Next`,
		`SCHEMA_VALIDATION_FAILED: NumericLessThanPath: '$..a' is no Reference Path: the sandbox models $.name, $['name'] and [0] ` +
			`at /States/C/Choices[6]/NumericLessThanPath`,
		`SCHEMA_VALIDATION_FAILED: StringMatches: its value "\\a" has a backslash that escapes neither * nor itself ` +
			`at /States/C/Choices[6]/StringMatches`,
		`SCHEMA_VALIDATION_FAILED: A rule has 2 of the operators, And, Or and Not: want one at /States/C/Choices[6]`,
		`SCHEMA_VALIDATION_FAILED: Value is not an object at /States/C/Choices[7]`,
	}},
}

func TestADefinitionIsRefusedWithEveryProblem(t *testing.T) {
	for _, c := range refused {
		t.Run(c.intent, func(t *testing.T) {
			m, problems := Parse(c.definition)
			assert.Nil(t, m)
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestIntrinsicFunctionsAreRefusedAsTheyAreMisspelled(t *testing.T) {
	deep := strings.Repeat("States.Array(", 11) + strings.Repeat(")", 11)
	for call, want := range map[string]string{
		`States.Format`:               `expected "(", found ""`,
		`States.Format(`:              `the call has no end`,
		`States.Format('a'`:           `expected ")", found ""`,
		`States.Format('a',)`:         `a comma has no argument after it`,
		`States.Format('a') x`:        `there is "x" after the call`,
		`States.Format('a)`:           `cannot read "'a)"`,
		`States.Format(a)`:            `"a" is no argument: want a path, 'text', a number, true, false, null or a call`,
		`States.Format($.a[*])`:       `'$.a[*]' is no Reference Path`,
		`States.MathAdd(1)`:           `States.MathAdd has 1 arguments: want 2 to 2`,
		deep:                          `calls are more than 10 deep in one another`,
		strings.Repeat("x", 10_001):   `it has 10001 characters: want at most 10000`,
		`States.Array(States.Hash())`: `'States.Hash' is no intrinsic function that the sandbox models`,
	} {
		_, err := parseCall(call)
		assert.ErrorContains(t, err, want, call)
	}
}

func TestAMachineMayLast(t *testing.T) {
	m, problems := Parse(`{"Comment":"c","Version":"1.0","QueryLanguage":"JSONPath","StartAt":"S","TimeoutSeconds":90,
		"States":{"S":{"Type":"Succeed","Comment":"the end"}}}`)
	require.Empty(t, problems)
	assert.Equal(t, 90*time.Second, m.Timeout)
	assert.Equal(t, "S", m.StartAt)
}

// FuzzDefinitions: whatever is a machine can be used with whatever data, and fails in words.
func FuzzDefinitions(f *testing.F) {
	for _, c := range refused {
		f.Add(c.definition, `{"a":1}`)
	}
	f.Add(`{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{
		"FunctionName.$":"States.Format('\\{{}', $.a)"},"ResultPath":"$.a[0]","TimeoutSecondsPath":"$.t","Next":"C",
		"Retry":[{"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.b","Next":"F"}]},
		"C":{"Type":"Choice","Choices":[{"And":[{"Variable":"$.n","NumericLessThanPath":"$$.n"}],"Next":"W"}],"Default":"F"},
		"W":{"Type":"Wait","TimestampPath":"$.a","Next":"F"},"F":{"Type":"Fail","CausePath":"States.JsonToString($)"}}}`,
		`{"a":["x"],"n":1e400,"t":-1}`)
	f.Fuzz(func(t *testing.T, definition, data string) {
		m, problems := Parse(definition)
		require.Equal(t, m == nil, len(problems) > 0, "%v", problems)
		input, err := Decode([]byte(data))
		if m == nil || err != nil {
			return
		}
		in := Scope{input, map[string]any{}}
		for _, s := range m.States {
			use(s, in)
		}
	})
}

// use does with a state what an execution may do.
func use(s *State, in Scope) {
	_, _ = s.Input(in)
	_, _ = s.Output(in, in.Data)
	_, _, _ = s.Caught(&Failure{"E", fmt.Sprint(in.Data)}, in.Data)
	if s.Timeout != nil {
		_, _ = s.Timeout.Of(in)
	}
	switch s.Type {
	case Wait:
		_, _ = s.Until(time.Time{}, in)
	case Choice:
		_, _ = s.Chosen(in)
	case Fail:
		for _, text := range []*Text{s.Error, s.Cause} {
			if text != nil {
				_, _ = text.Of(in)
			}
		}
	}
}
