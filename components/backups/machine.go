package backups

import (
	"encoding/json"
	"time"

	"aurora-dsql-dr/lambda/contract"
)

// Names of the machine's states that others look for.
const (
	stateVerify  = "Verify"
	stateCleanUp = "CleanUp"
	stateReport  = "Report"
)

// Pauses of the machine, and how long it may run: a restore of many terabytes takes hours. Leftovers of executions that
// ran longer are the sweep's.
const (
	pollInterval = 15 * time.Second
	machineLimit = 5 * time.Hour
)

// Functions that a machine calls, by their ARNs.
type calls struct{ test, verify, grant string }

// state is one of the Amazon States Language (https://states-language.net/spec.html), as far as the machine uses it.
type state struct {
	Type       string
	Resource   string         `json:",omitempty"`
	Parameters map[string]any `json:",omitempty"`
	OutputPath string         `json:",omitempty"`
	Retry      []retrier      `json:",omitempty"`
	Catch      []catcher      `json:",omitempty"`
	Seconds    int            `json:",omitempty"`
	Choices    []choice       `json:",omitempty"`
	Default    string         `json:",omitempty"`
	Error      string         `json:",omitempty"`
	Cause      string         `json:",omitempty"`
	Next       string         `json:",omitempty"`
	// TimeoutSeconds ends a task that Lambda lost.
	TimeoutSeconds int `json:",omitempty"`
}

type retrier struct {
	ErrorEquals     []string
	IntervalSeconds int
	MaxAttempts     int
	BackoffRate     float64
	MaxDelaySeconds int `json:",omitempty"`
}

type catcher struct {
	ErrorEquals []string
	ResultPath  string
	Next        string
}

type choice struct {
	Variable      string
	StringEquals  string `json:",omitempty"`
	BooleanEquals *bool  `json:",omitempty"`
	IsPresent     *bool  `json:",omitempty"`
	Next          string
}

// definition is the machine of a restore test. Its data is a contract.RestoreTest, which every task gets and answers
// with.
func definition(c calls) (string, error) {
	yes := true
	states := map[string]state{
		"Begin": {
			Type: "Pass",
			Parameters: map[string]any{
				"machine.$":   "$$.StateMachine.Id",
				"execution.$": "$$.Execution.Name",
				"started.$":   "$$.Execution.StartTime",
				"pair.$":      "$.pair",
				"gone":        false,
			},
			Next: "Find",
		},
		"Find":  step(c.test, contract.StepFind, "Start"),
		"Start": step(c.test, contract.StepStart, "Wait"),
		"Wait":  {Type: "Wait", Seconds: int(pollInterval.Seconds()), Next: "Poll"},
		"Poll":  step(c.test, contract.StepPoll, "Restored?"),
		"Restored?": {
			Type: "Choice",
			Choices: []choice{
				{Variable: "$.jobState", StringEquals: contract.RestoreCompleted, Next: stateVerify},
				{Variable: "$.jobState", StringEquals: contract.RestoreFailed, Next: stateCleanUp},
				{Variable: "$.jobState", StringEquals: contract.RestoreAborted, Next: stateCleanUp},
			},
			Default: "Wait",
		},
		stateVerify:     verify(c),
		"Grant":         step(c.grant, "", "VerifyGranted"),
		"VerifyGranted": patient(step(c.verify, "", stateCleanUp)),
		stateCleanUp:    cleanUp(c),
		"Gone?": {
			Type:    "Choice",
			Choices: []choice{{Variable: "$.gone", BooleanEquals: &yes, Next: stateReport}},
			Default: "Later",
		},
		"Later":     {Type: "Wait", Seconds: int(pollInterval.Seconds()), Next: stateCleanUp},
		stateReport: report(c),
		"Passed?": {
			Type:    "Choice",
			Choices: []choice{{Variable: "$.result", StringEquals: contract.RestoreTestPassed, Next: "Passed"}},
			Default: "Failed",
		},
		"Passed": {Type: "Succeed"},
		"Failed": {
			Type:  "Fail",
			Error: "RestoreTestFailed",
			Cause: "The evidence is in the log of the restoretest function, and was sent to the topic.",
		},
	}
	body, err := json.Marshal(map[string]any{
		"Comment":        "Restores the newest recovery point that has a twin, verifies it and deletes what it restored.",
		"StartAt":        "Begin",
		"TimeoutSeconds": int(machineLimit.Seconds()),
		"States":         states,
	})
	return string(body), err
}

// unavailable are the errors of a function that could not be run, which has done nothing or what it can do again. They
// are tried again for ten minutes ("Handle transient Lambda service exceptions", Step Functions Developer Guide). There
// is no jitter: it spares nobody where one execution runs, and might end the tries within five.
var unavailable = retrier{
	ErrorEquals: []string{
		"Lambda.AWSLambdaException", "Lambda.ClientExecutionTimeoutException", "Lambda.SdkClientException",
		"Lambda.ServiceException", "Lambda.TooManyRequestsException", "Lambda.Unknown", "States.Timeout",
	},
	IntervalSeconds: 5,
	MaxAttempts:     13,
	BackoffRate:     2,
	MaxDelaySeconds: 60,
}

// step is a task whose failure leads to the clean-up.
func step(function, name, next string) state {
	payload := map[string]any{"test.$": "$"}
	if name != "" {
		payload["step"] = name
	}
	return state{
		Type:           "Task",
		Resource:       "arn:aws:states:::lambda:invoke",
		Parameters:     map[string]any{"FunctionName": function, "Payload": payload},
		OutputPath:     "$.Payload",
		Retry:          []retrier{unavailable},
		Catch:          []catcher{{ErrorEquals: []string{"States.ALL"}, ResultPath: "$.failure", Next: stateCleanUp}},
		TimeoutSeconds: functionTimeout + 10,
		Next:           next,
	}
}

// patient tries again for a minute while the verifier is not let in: what IAM was told is on its way.
func patient(s state) state {
	notGranted := retrier{
		ErrorEquals:     []string{contract.ErrorNotGranted},
		IntervalSeconds: 10,
		MaxAttempts:     6,
		BackoffRate:     1,
	}
	s.Retry = append([]retrier{notGranted}, s.Retry...)
	return s
}

// verify has the verifier let in if the restore did not bring its mapping.
func verify(c calls) state {
	s := patient(step(c.verify, "", stateCleanUp))
	grant := catcher{ErrorEquals: []string{contract.ErrorNotGranted}, ResultPath: "$.refused", Next: "Grant"}
	s.Catch = append([]catcher{grant}, s.Catch...)
	return s
}

// cleanUp reports what it could not delete: the sweep goes on from there.
func cleanUp(c calls) state {
	s := step(c.test, contract.StepCleanUp, "Gone?")
	s.Catch[0].Next = stateReport
	return s
}

// report fails the execution if it fails: there is nobody left to tell.
func report(c calls) state {
	s := step(c.test, contract.StepReport, "Passed?")
	s.Catch = nil
	return s
}
