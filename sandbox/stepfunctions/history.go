package stepfunctions

import (
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/stepfunctions/asl"
)

// Event is an event of an execution's history, of a type that the API Reference lists for HistoryEvent.
type Event struct {
	ID       int64 // from 1
	Previous int64 // 0 for none
	Time     time.Time
	Type     string
	Details
}

// Details are what an event tells, as far as its type has it.
type Details struct {
	State      string // its name
	Input      string // JSON
	Output     string // JSON
	Parameters string // JSON, of TaskScheduled
	Timeout    int64  // seconds, of TaskScheduled; 0 for none
	RoleArn    string // of ExecutionStarted
	Error      string
	Cause      string
}

// first are the types of events that follow upon none. That the first state does so too is what AWS answers.
var first = []string{"ExecutionStarted", "ExecutionAborted"}

// add appends an event. The caller holds the lock.
func (e *execution) add(now time.Time, kind string, d Details) int64 {
	id := int64(len(e.history) + 1)
	previous := id - 1
	if slices.Contains(first, kind) || id == 2 {
		previous = 0
	}
	e.history = append(e.history, Event{id, previous, now, kind, d})
	return id
}

// record adds an event to the history of an execution that runs and has room for its end.
func (s *Service) record(e *execution, kind string, d Details) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case e.Status != Running:
		return 0, errStopped
	case len(e.history) == maxEvents-1:
		return 0, &asl.Failure{
			Name:  asl.Runtime,
			Cause: "The execution reached the maximum number of history events (25000).",
		}
	}
	return e.add(s.env.Now(), kind, d), nil
}

// ends are the last events by status.
var ends = map[string]string{
	Succeeded: "ExecutionSucceeded",
	Failed:    "ExecutionFailed",
	TimedOut:  "ExecutionTimedOut",
	Aborted:   "ExecutionAborted",
}

// finish ends an execution, unless it has ended, and tells of it.
func (s *Service) finish(e *execution, status string, d Details) {
	s.mu.Lock()
	if e.Status != Running {
		s.mu.Unlock()
		return
	}
	now := s.env.Now()
	e.Status, e.Stop, e.Output, e.Error, e.Cause = status, now, d.Output, d.Error, d.Cause
	e.add(now, ends[status], d)
	if m, ok := s.machines[e.StateMachineArn]; ok {
		s.removeIfIdle(m)
	}
	e.end(errStopped)
	ended := e.Execution
	s.mu.Unlock()
	s.announce(ended)
}

// History is what happened in an execution, in the order in which it happened.
func (s *Service) History(arn string) ([]Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.execution(arn)
	if err != nil {
		return nil, err
	}
	return slices.Clone(e.history), nil
}
