// Package asl is the Amazon States Language as far as the sandbox's Step Functions speak it
// (https://states-language.net/spec.html, and the AWS Step Functions Developer Guide where AWS says more): machines of
// the states Task, Pass, Wait, Choice, Succeed and Fail with the query language JSONPath. It reads and checks
// definitions, and evaluates what their states do with data; it runs nothing and knows no clock. What it does not know
// it refuses by name.
//
// Values are JSON as encoding/json reads it with UseNumber, so that numbers stay as they were written.
package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/internal/must"
)

// Machine is a definition that has been read and found sound.
type Machine struct {
	StartAt string
	States  map[string]*State
	// Timeout is how long an execution may last; 0 where the definition does not say.
	Timeout time.Duration
}

// Types of states.
const (
	Task    = "Task"
	Pass    = "Pass"
	Wait    = "Wait"
	Choice  = "Choice"
	Succeed = "Succeed"
	Fail    = "Fail"
)

// State is one state of a machine. Which fields are set depends on its type.
type State struct {
	Name string
	Type string
	// Next is the state that follows; "" where the execution ends, and for a Choice, whose rules say it.
	Next string

	InputPath      Path
	Parameters     *Template // nil for none
	ResultSelector *Template // nil for none
	ResultPath     Path
	OutputPath     Path

	// Result is what a Pass gives, if HasResult.
	Result    any
	HasResult bool

	Retry   []Retrier
	Catch   []Catcher
	Timeout *Seconds // of a Task; nil for none

	Seconds   *Seconds // of a Wait, or Timestamp
	Timestamp *Text

	Choices []Rule
	Default string // "" for none

	Error *Text // of a Fail; nil for none
	Cause *Text
}

// Scope is what a path leads into: the data of a state, or the context object.
type Scope struct{ Data, Context any }

// Failure is the error of a state: its name and what is to be said about it.
type Failure struct{ Name, Cause string }

func (f *Failure) Error() string { return f.Name + ": " + f.Cause }

// Names of errors that Step Functions gives (Developer Guide, "Handling errors in Step Functions workflows").
const (
	All                    = "States.ALL"
	DataLimitExceeded      = "States.DataLimitExceeded"
	IntrinsicFailure       = "States.IntrinsicFailure"
	Permissions            = "States.Permissions"
	ResultPathMatchFailure = "States.ResultPathMatchFailure"
	Runtime                = "States.Runtime"
	TaskFailed             = "States.TaskFailed"
	Timeout                = "States.Timeout"
	reservedPrefix         = "States."
)

// reserved are all names with the prefix that the language and AWS have.
var reserved = []string{
	All, DataLimitExceeded, IntrinsicFailure, Permissions, ResultPathMatchFailure, Runtime, TaskFailed, Timeout,
	"States.BranchFailed", "States.ExceedToleratedFailureThreshold", "States.HeartbeatTimeout", "States.Http.Socket",
	"States.ItemReaderFailed", "States.NoChoiceMatched", "States.ParameterPathFailure", "States.QueryEvaluationError",
	"States.ResultWriterFailed",
}

// in says whether one of the names in a Retrier or Catcher is for a failure. None is for States.Runtime, which always
// ends the execution, and only its own for States.DataLimitExceeded (Developer Guide, "Error names").
func (f *Failure) in(names []string) bool {
	switch {
	case f.Name == Runtime:
		return false
	case slices.Contains(names, f.Name):
		return true
	case f.Name == DataLimitExceeded:
		return false
	default:
		return slices.Contains(names, All) || slices.Contains(names, TaskFailed) && f.Name != Timeout
	}
}

// Decode reads one JSON value.
func Decode(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the value")
	}
	return value, nil
}

// Encode writes a value as JSON, characters as they are.
func Encode(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	must.Have(0, encoder.Encode(value))
	return string(bytes.TrimSuffix(b.Bytes(), []byte{'\n'}))
}
