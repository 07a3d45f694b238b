package stepfunctions

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/internal/constraint"
	"aurora-dsql-dr/sandbox/stepfunctions/asl"
)

// States of executions.
const (
	Running   = "RUNNING"
	Succeeded = "SUCCEEDED"
	Failed    = "FAILED"
	TimedOut  = "TIMED_OUT"
	Aborted   = "ABORTED"
)

// Execution is one run of a machine.
type Execution struct {
	Arn             string
	Name            string
	StateMachineArn string
	Status          string
	Input           string // JSON
	Output          string // JSON; "" unless it has succeeded
	Error           string // of one that failed or was stopped
	Cause           string
	Start           time.Time
	Stop            time.Time // zero while it runs
}

// execution is an Execution as it runs, with the machine as it was at its start.
type execution struct {
	Execution
	machine machine
	input   any
	history []Event
	end     context.CancelCauseFunc
}

// Why an execution's context ends, beside the end of the service.
var (
	errTimedOut = errors.New("the execution has timed out")
	errStopped  = errors.New("the execution has been stopped")
	errDeleted  = errors.New("the machine is being deleted")
)

// StartExecution starts an execution of a machine, under a name of its own if none is given. The same name with the
// same input is the execution that runs under it (API Reference, StartExecution).
func (s *Service) StartExecution(machineARN, name, input string) (Execution, error) {
	if err := s.env.Available("states"); err != nil {
		return Execution{}, err
	}
	if name == "" {
		name = uuid.NewString()
	}
	if err := checkName(name); err != nil {
		return Execution{}, err
	}
	data, err := readInput(input)
	if err != nil {
		return Execution{}, err
	}
	if input == "" {
		input = "{}"
	}
	return s.begin(machineARN, name, input, data)
}

// readInput reads the input of an execution; {} if there is none.
func readInput(input string) (any, error) {
	var c constraint.Check
	c.Range("length of input", len(input), 0, maxData)
	if err := c.Err("ValidationException"); err != nil {
		return nil, err
	}
	if input == "" {
		return map[string]any{}, nil
	}
	data, err := asl.Decode([]byte(input))
	if err != nil {
		return nil, awserr.Invalid("InvalidExecutionInput", "Invalid State Machine Execution Input: '%v'", err)
	}
	return data, nil
}

// begin begins a new execution, or finds the one that there is.
func (s *Service) begin(machineARN, name, input string, data any) (Execution, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.machine(machineARN)
	switch {
	case err != nil:
		return Execution{}, err
	case m.Status == Deleting:
		return Execution{}, deleting(m.Arn)
	case s.ctx.Err() != nil:
		return Execution{}, awserr.Unavailable("Step Functions in %s has been shut down", s.env.Name)
	}
	now := s.env.Now()
	s.forget(now)
	arn := s.env.ARN("states", "execution:"+m.Name+":"+name)
	if found, ok := s.executions[arn]; ok {
		if found.Status == Running && found.Input == input {
			return found.Execution, nil
		}
		return Execution{}, awserr.Conflict(400, "ExecutionAlreadyExists", "Execution Already Exists: '%s'", arn)
	}
	e := &execution{machine: *m, input: data, Execution: Execution{
		Arn:             arn,
		Name:            name,
		StateMachineArn: m.Arn,
		Status:          Running,
		Input:           input,
		Start:           now,
	}}
	e.add(now, "ExecutionStarted", Details{Input: input, RoleArn: m.RoleArn})
	s.executions[arn] = e
	s.launch(e)
	return e.Execution, nil
}

// forget drops the executions that ended too long ago. The caller holds the lock.
func (s *Service) forget(now time.Time) {
	for arn, e := range s.executions {
		if e.Status != Running && now.Sub(e.Stop) >= kept {
			delete(s.executions, arn)
		}
	}
}

// launch has an execution run until it ends, or the service does. The caller holds the lock.
func (s *Service) launch(e *execution) {
	limit := e.machine.program.Timeout
	if limit == 0 {
		limit = longest
	}
	deadline := s.env.Clock.ToWall(e.Start.Add(limit))
	timed, release := context.WithDeadlineCause(s.ctx, deadline, errTimedOut)
	ctx, end := context.WithCancelCause(timed)
	e.end = end
	started := e.Execution
	s.work.Go(func() {
		defer release()
		defer end(nil)
		defer edge.Recover("execution "+e.Arn, nil)
		s.announce(started)
		s.run(ctx, e)
	})
}

// StopExecution aborts an execution: none of its Catchers runs. One that has ended stays as it is.
func (s *Service) StopExecution(arn, name, cause string) (Execution, error) {
	var c constraint.Check
	c.Length("error", name, 0, maxError)
	c.Length("cause", cause, 0, maxCause)
	if err := c.Err("ValidationException"); err != nil {
		return Execution{}, err
	}
	s.mu.Lock()
	e, err := s.execution(arn)
	s.mu.Unlock()
	if err != nil {
		return Execution{}, err
	}
	s.finish(e, Aborted, Details{Error: name, Cause: cause})
	return s.Execution(arn)
}

// Execution finds an execution by its ARN.
func (s *Service) Execution(arn string) (Execution, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.execution(arn)
	if err != nil {
		return Execution{}, err
	}
	return e.Execution, nil
}

// execution finds an execution. The caller holds the lock.
func (s *Service) execution(arn string) (*execution, error) {
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	s.forget(s.env.Now())
	if e, ok := s.executions[arn]; ok {
		return e, nil
	}
	return nil, awserr.NotFound(400, "ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
}

// Executions lists the executions of a machine that there is, the newest first; a status chooses among them.
func (s *Service) Executions(machineARN, status string) ([]Execution, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.machine(machineARN); err != nil {
		return nil, err
	}
	s.forget(s.env.Now())
	var all []Execution
	for _, e := range s.executions {
		if e.StateMachineArn == machineARN && (status == "" || e.Status == status) {
			all = append(all, e.Execution)
		}
	}
	slices.SortFunc(all, func(a, b Execution) int {
		if order := b.Start.Compare(a.Start); order != 0 {
			return order
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all, nil
}
