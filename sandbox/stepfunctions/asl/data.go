package asl

import (
	"encoding/json"
	"fmt"
	"time"
)

// Input is what a state works on: its input, filtered by InputPath and then replaced by Parameters.
func (s *State) Input(scope Scope) (any, error) {
	input, err := s.filter(s.InputPath, scope)
	if err != nil || s.Parameters == nil {
		return input, err
	}
	return s.Parameters.Evaluate(Scope{input, scope.Context})
}

// Output is what a state hands on: of its result what ResultSelector selects, put into the state's input by ResultPath,
// filtered by OutputPath. Scope has the state's input.
func (s *State) Output(scope Scope, result any) (any, error) {
	if s.ResultSelector != nil {
		var err error
		if result, err = s.ResultSelector.Evaluate(Scope{result, scope.Context}); err != nil {
			return nil, err
		}
	}
	output, failure := s.ResultPath.set(scope.Data, result)
	if failure != nil {
		return nil, failure
	}
	return s.Handed(Scope{output, scope.Context})
}

// Handed is what OutputPath leaves of the data.
func (s *State) Handed(scope Scope) (any, error) { return s.filter(s.OutputPath, scope) }

func (s *State) filter(p Path, scope Scope) (any, error) {
	value, ok := p.Get(scope)
	if !ok {
		return nil, &Failure{Runtime, fmt.Sprintf("Invalid path '%s' : No results for path.", p.text)}
	}
	return value, nil
}

// Seconds is a number of seconds, given or found by a path.
type Seconds struct {
	given int
	path  *sourced
}

// Text is a text, given or made of a state's data by a path or an intrinsic function.
type Text struct {
	given string
	made  *sourced
}

// sourced is an expression with the field that has it.
type sourced struct {
	field, text string
	expression  expression
}

// Of is the number of seconds for a state's data.
func (s *Seconds) Of(scope Scope) (time.Duration, error) {
	seconds := int64(s.given)
	if s.path != nil {
		value, err := s.path.of(scope)
		if err != nil {
			return 0, err
		}
		number, _ := value.(json.Number)
		if seconds, err = number.Int64(); err != nil || seconds < 0 || seconds > maxSeconds {
			return 0, &Failure{Runtime, fmt.Sprintf("The %s parameter does not reference an integer from 0 to %d: %s == %s",
				s.path.field, maxSeconds, s.path.text, Encode(value))}
		}
	}
	return time.Duration(seconds) * time.Second, nil
}

// Of is the text for a state's data.
func (t *Text) Of(scope Scope) (string, error) {
	if t.made == nil {
		return t.given, nil
	}
	value, err := t.made.of(scope)
	if err != nil {
		return "", err
	}
	text, ok := value.(string)
	if !ok {
		return "", &Failure{Runtime, fmt.Sprintf("The %s parameter does not reference a string: %s == %s",
			t.made.field, t.made.text, Encode(value))}
	}
	return text, nil
}

func (e *sourced) of(scope Scope) (any, error) { return e.expression.evaluate(e.field, scope) }

// Until is when a Wait that began at a time ends. A time that has passed is no wait.
func (s *State) Until(begun time.Time, scope Scope) (time.Time, error) {
	if s.Seconds != nil {
		seconds, err := s.Seconds.Of(scope)
		return begun.Add(seconds), err
	}
	text, err := s.Timestamp.Of(scope)
	if err != nil {
		return time.Time{}, err
	}
	at, ok := timestamp(text)
	if !ok { // only a path can lead to one
		return time.Time{}, &Failure{Runtime, fmt.Sprintf("The TimestampPath parameter does not reference a valid ISO-8601 "+
			"extended offset date-time format string: %s == %s", s.Timestamp.made.text, text)}
	}
	return at, nil
}

// timestamp reads the profile of RFC 3339 that the language has: with T and Z in upper case.
func timestamp(value any) (time.Time, bool) {
	text, ok := value.(string)
	at, err := time.Parse(time.RFC3339Nano, text)
	return at, ok && err == nil
}
