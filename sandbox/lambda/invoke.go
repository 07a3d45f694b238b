package lambda

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/iam"
)

// Unhandled is the FunctionError of an invocation in which the function failed.
const Unhandled = "Unhandled"

// Result is the outcome of an invocation that reached the function.
type Result struct {
	RequestID string
	// FunctionError is "" or Unhandled.
	FunctionError string
	// Payload is what the function returned, or the error: {"errorMessage":…,"errorType":…}.
	Payload []byte
	// LogTail is the end of the invocation's log, at most 4 KiB.
	LogTail []byte
}

// Invoke runs a function, named by name or ARN, and waits for its answer. The caller needs lambda:InvokeFunction, by
// its own policies or the function's; conditions are the request's condition keys, such as aws:SourceArn. A function
// that fails is a Result with FunctionError, not an error; errors are AWS's, among them TooManyRequestsException. The
// function runs on when ctx ends.
func (s *Service) Invoke(
	ctx context.Context,
	caller iam.Principal,
	name string,
	payload []byte,
	conditions iam.Context,
) (Result, error) {
	payload, err := s.admit(caller, name, payload, maxPayload, conditions)
	if err != nil {
		return Result{}, err
	}
	type outcome struct {
		result Result
		err    error
	}
	done := make(chan outcome, 1)
	if err := s.background(func() {
		result, err := s.execute(name, newRequestID(), payload)
		done <- outcome{result, err}
	}); err != nil {
		return Result{}, err
	}
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

// admit checks that the invocation may take place and returns the event: an empty payload is {}.
func (s *Service) admit(
	caller iam.Principal,
	name string,
	payload []byte,
	limit int,
	conditions iam.Context,
) ([]byte, error) {
	if err := s.env.Available("lambda"); err != nil {
		return nil, err
	}
	f, err := s.Function(name)
	if err != nil {
		return nil, err
	}
	if err := s.authorize(caller, f.Name, conditions); err != nil {
		return nil, err
	}
	switch {
	case len(payload) == 0:
		return []byte("{}"), nil
	case len(payload) > limit:
		return nil, &awserr.Error{Code: "RequestTooLargeException", Status: http.StatusRequestEntityTooLarge,
			Message: fmt.Sprintf("%d byte payload is too large for the invocation type (limit %d bytes)", len(payload), limit)}
	case !utf8.Valid(payload): // encoding/json would take it
		return nil, awserr.Invalid("InvalidRequestContentException", "Could not parse request body into json: Invalid UTF-8")
	case !json.Valid(payload):
		return nil, awserr.Invalid("InvalidRequestContentException", "Could not parse request body into json")
	}
	return payload, nil
}

// authorize lets the identity or the function's policy decide.
func (s *Service) authorize(caller iam.Principal, name string, conditions iam.Context) error {
	s.mu.Lock()
	f, err := s.find(name)
	if err != nil {
		s.mu.Unlock()
		return err
	}
	arn, policy := f.ARN, f.policy
	s.mu.Unlock()
	return s.deps.IAM.AuthorizeResource(caller, "lambda:InvokeFunction", arn, conditions, policy)
}

// background runs a task that Close waits for.
func (s *Service) background(task func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return awserr.Unavailable("Lambda in %s has been shut down", s.env.Name)
	}
	s.tasks.Go(func() {
		defer edge.Recover("functions of "+s.env.Name, nil)
		task()
	})
	return nil
}

// execute runs one invocation, whoever asked for it: concurrency, environment, metrics. Errors are of the service.
func (s *Service) execute(name, requestID string, payload []byte) (Result, error) {
	f, err := s.enter(name)
	if err != nil {
		return Result{}, err
	}
	defer s.leave(f)
	invoked := s.env.Now()
	e, cold, err := s.lease(f)
	if err != nil {
		return Result{}, err
	}
	run := s.runIn(e, cold, work{requestID: requestID, functionARN: e.blueprint.function.ARN, payload: payload,
		traceID: newTraceID(invoked, e.blueprint.function.Tracing.Mode == "Active")})
	s.release(f, e, run.reusable)
	if run.err != nil {
		return Result{}, run.err
	}
	s.measureInvocation(e.blueprint.function.Name, invoked, run)
	return Result{
		RequestID:     requestID,
		FunctionError: run.functionError,
		Payload:       run.payload,
		LogTail:       run.logTail,
	}, nil
}

// invocation is what happened in an environment.
type invocation struct {
	requestID     string
	initDuration  time.Duration // sandbox time; zero in a warm environment
	duration      time.Duration // sandbox time
	payload       []byte
	functionError string
	status        string // success, error or timeout, as in Lambda's report
	errorType     string
	logTail       []byte
	reusable      bool
	err           error // of the service, not of the function
}

// runIn starts the environment if it is cold and runs the work in it.
func (s *Service) runIn(e *environment, cold bool, job work) invocation {
	run := invocation{requestID: job.requestID}
	e.logs.begin()
	ctx, cancel := s.powered()
	defer cancel(nil)
	var err error
	if cold {
		starting := s.env.Now()
		err = e.start(ctx)
		run.initDuration = s.env.Clock.Since(starting)
	}
	begun, timeout := s.env.Now(), time.Duration(e.blueprint.function.Timeout)*time.Second
	e.logs.started(run)
	var r reply
	if err == nil {
		job.deadline = s.env.Clock.ToWall(begun.Add(timeout))
		ctx, cancel := context.WithDeadlineCause(ctx, job.deadline, &fault{"Sandbox.Timedout",
			fmt.Sprintf("Task timed out after %.2f seconds", timeout.Seconds())})
		r, err = s.failingOf(e).run(ctx, e, job)
		cancel()
	}
	run.duration = min(s.env.Clock.Since(begun), timeout)
	run.conclude(r, err)
	e.logs.reported(run, e)
	run.logTail = e.logs.tail()
	return run
}

// powered is a context that ends with the service or with the loss of its region.
func (s *Service) powered() (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(s.running)
	stop := context.AfterFunc(s.env.Power(), func() { cancel(awserr.Unavailable("region %s is unavailable", s.env.Name)) })
	return ctx, func(cause error) {
		stop()
		cancel(cause)
	}
}

// conclude turns a reply or an error into what the caller sees.
func (i *invocation) conclude(r reply, err error) {
	var failed *fault
	var inInit *initError
	switch {
	case err == nil && !r.failed:
		i.status, i.payload, i.reusable = "success", r.payload, true
	case err == nil:
		i.status, i.payload, i.reusable, i.functionError = "error", r.payload, true, Unhandled
		i.errorType = errorTypeOf(r.payload)
	case errors.As(err, &failed):
		i.status, i.payload, i.functionError = "error", failed.payload(i.requestID), Unhandled
		if i.errorType = failed.errorType; i.errorType == "Sandbox.Timedout" {
			i.status = "timeout"
		}
	case errors.As(err, &inInit):
		i.status, i.payload, i.functionError, i.errorType = "error", inInit.body, Unhandled, errorTypeOf(inInit.body)
	default:
		i.status, i.errorType = "error", "Sandbox.Failure"
		i.err = &awserr.Error{Code: "ServiceException", Status: http.StatusInternalServerError,
			Message: fmt.Sprintf("the function's execution environment failed: %v", err)}
	}
}

func errorTypeOf(payload []byte) string {
	var body struct {
		Type string `json:"errorType"`
	}
	_ = json.Unmarshal(payload, &body) // a payload of another shape has no type
	return body.Type
}

// newRequestID is a random UUID (RFC 9562, version 4).
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newTraceID is an X-Ray tracing header.
func newTraceID(now time.Time, sampled bool) string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails
	flag := 0
	if sampled {
		flag = 1
	}
	return fmt.Sprintf("Root=1-%08x-%x;Parent=%x;Sampled=%d", now.Unix(), b[:12], b[12:], flag)
}
