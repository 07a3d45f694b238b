package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"aurora-dsql-dr/sandbox/stepfunctions/asl"
)

// run takes an execution from its start to its end. Where its context ends, somebody else has ended it, or the service
// ends: then it stays as it is.
func (s *Service) run(ctx context.Context, e *execution) {
	output, err := s.walk(ctx, e)
	if s.standBy(s.ctx) != nil {
		return
	}
	var failure *asl.Failure
	switch {
	case err == nil:
		s.finish(e, Succeeded, Details{Output: asl.Encode(output)})
	case errors.As(err, &failure):
		s.finish(e, Failed, Details{Error: failure.Name, Cause: failure.Cause})
	case errors.Is(err, errTimedOut):
		s.finish(e, TimedOut, Details{})
	case errors.Is(err, errDeleted):
		s.finish(e, Aborted, Details{})
	}
}

// walk goes from state to state and returns the output of the last.
func (s *Service) walk(ctx context.Context, e *execution) (any, error) {
	name, input := e.machine.program.StartAt, e.input
	for {
		v := &visit{s: s, e: e, state: e.machine.program.States[name], input: input}
		next, output, err := v.pass(ctx)
		if err != nil || next == "" {
			return output, err
		}
		name, input = next, output
	}
}

// lookAgain is how often an execution that stands still looks whether it may go on.
const lookAgain = time.Second

// standBy waits until Step Functions work: executions stand still while their region is lost.
func (s *Service) standBy(ctx context.Context) error {
	for s.env.Available("states") != nil && ctx.Err() == nil {
		_ = s.env.Clock.Sleep(ctx, lookAgain) // the loop looks why it has ended
	}
	return context.Cause(ctx)
}

// sleep waits until a time, and longer while the region is lost.
func (s *Service) sleep(ctx context.Context, until time.Time) error {
	if err := s.env.Clock.Sleep(ctx, until.Sub(s.env.Now())); err != nil {
		return context.Cause(ctx)
	}
	return s.standBy(ctx)
}

// isDeleting says whether the machine of an execution is to be deleted.
func (s *Service) isDeleting(e *execution) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.machines[e.StateMachineArn]
	return ok && m.Status == Deleting
}

// visit is one stay of an execution in a state.
type visit struct {
	s     *Service
	e     *execution
	state *asl.State
	input any

	id int64     // of the event with which it began
	at time.Time // when that was
}

// pass enters the state, does what it is for, and leaves it: for the next one, "" at the end.
func (v *visit) pass(ctx context.Context) (next string, output any, err error) {
	if err := v.s.standBy(ctx); err != nil {
		return "", nil, err
	}
	if v.s.isDeleting(v.e) {
		return "", nil, errDeleted
	}
	v.at = v.s.env.Now()
	v.id, err = v.s.record(v.e, v.state.Type+"StateEntered", Details{State: v.state.Name, Input: asl.Encode(v.input)})
	if err != nil {
		return "", nil, err
	}
	if next, output, err = v.do(ctx); err != nil {
		return "", nil, err
	}
	text := asl.Encode(output)
	if len(text) > maxData {
		return "", nil, v.failed(tooLarge(v.state.Name))
	}
	_, err = v.s.record(v.e, v.state.Type+"StateExited", Details{State: v.state.Name, Output: text})
	return next, output, err
}

func tooLarge(name string) *asl.Failure {
	return &asl.Failure{Name: asl.DataLimitExceeded, Cause: fmt.Sprintf("The state/task '%s' returned a result with a "+
		"size exceeding the maximum number of bytes service limit.", name)}
}

// do does what a state is for.
func (v *visit) do(ctx context.Context) (next string, output any, err error) {
	if v.state.Type == asl.Task {
		return v.task(ctx)
	}
	next = v.state.Next
	scope := v.scope()
	switch v.state.Type {
	case asl.Pass:
		output, err = v.result(scope)
	case asl.Fail:
		err = v.fail(scope)
		return "", nil, err
	default:
		if scope.Data, err = v.state.Input(scope); err != nil {
			break
		}
		switch v.state.Type {
		case asl.Wait:
			err = v.wait(ctx, scope)
		case asl.Choice:
			next, err = v.state.Chosen(scope)
		}
		if err == nil {
			output, err = v.state.Handed(scope)
		}
	}
	return next, output, v.failed(err)
}

// result is the output of a Pass.
func (v *visit) result(scope asl.Scope) (any, error) {
	result, err := v.state.Input(scope)
	if err != nil {
		return nil, err
	}
	if v.state.HasResult {
		result = v.state.Result
	}
	return v.state.Output(scope, result)
}

func (v *visit) wait(ctx context.Context, scope asl.Scope) error {
	until, err := v.state.Until(v.at, scope)
	if err != nil {
		return err
	}
	if v.state.Timestamp != nil { // of the wall, as all times in data are
		until = v.s.env.Clock.FromWall(until)
	}
	return v.s.sleep(ctx, until)
}

// fail is the failure that a Fail is for.
func (v *visit) fail(scope asl.Scope) error {
	failure := &asl.Failure{}
	for _, field := range []struct {
		text *asl.Text
		into *string
	}{{v.state.Error, &failure.Name}, {v.state.Cause, &failure.Cause}} {
		if field.text == nil {
			continue
		}
		text, err := field.text.Of(scope)
		if err != nil {
			return v.failed(err)
		}
		*field.into = text
	}
	return failure
}

// failed words the failure of a state, other than of its task, as Step Functions does.
func (v *visit) failed(err error) error {
	var failure *asl.Failure
	if !errors.As(err, &failure) {
		return err
	}
	return &asl.Failure{Name: failure.Name, Cause: fmt.Sprintf("An error occurred while executing the state '%s' "+
		"(entered at the event id #%d). %s", v.state.Name, v.id, failure.Cause)}
}

// scope is what paths lead into: the state's input, and the context object (Developer Guide, "Accessing execution data
// from the Context object in Step Functions").
func (v *visit) scope() asl.Scope {
	e := v.e
	return asl.Scope{Data: v.input, Context: map[string]any{
		"Execution": map[string]any{
			"Id":           e.Arn,
			"Input":        e.input,
			"Name":         e.Name,
			"RedriveCount": json.Number("0"),
			"RoleArn":      e.machine.RoleArn,
			"StartTime":    v.moment(e.Start),
		},
		"StateMachine": map[string]any{"Id": e.StateMachineArn, "Name": e.machine.Name},
		"State":        map[string]any{"Name": v.state.Name, "EnteredTime": v.moment(v.at)},
	}}
}

// moment is a time as the context object has it: the wall's, by which the functions live that are told of it.
func (v *visit) moment(t time.Time) string {
	return v.s.env.Clock.ToWall(t).UTC().Format("2006-01-02T15:04:05.000Z")
}
