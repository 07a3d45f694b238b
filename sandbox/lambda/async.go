package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/must"
)

// maxEvent is Lambda's quota for an asynchronous payload, in bytes.
const maxEvent = 1 << 20

// retryWaits are the waits before the first and the second retry of an event whose function failed; throttled
// invocations and failures of the service are retried with exponential backoff instead, for as long as the event may
// live ("How Lambda handles errors and retries with asynchronous invocation", Lambda Developer Guide).
var retryWaits = [...]time.Duration{time.Minute, 2 * time.Minute}

const (
	firstBackoff = time.Second
	lastBackoff  = 5 * time.Minute
)

// Why an event was given up, as invocation records say it.
const (
	retriesExhausted = "RetriesExhausted"
	eventAgeExceeded = "EventAgeExceeded"
)

// event is an entry of the asynchronous invocation queue.
type event struct {
	requestID string
	function  string // name
	payload   []byte
	accepted  time.Time
	attempts  int    // that reached the function
	last      Result // of the last of them
	status    int    // HTTP status of the last attempt, 200 if it reached the function
}

// InvokeAsync queues an event on behalf of an AWS service that acts for one of its resources; it makes Service a
// region.Invoker.
func (s *Service) InvokeAsync(
	_ context.Context,
	functionARN string,
	payload []byte,
	principal, sourceARN string,
) error {
	_, err := s.InvokeEvent(iam.ServicePrincipal(principal), functionARN, payload,
		iam.Context{"aws:SourceArn": sourceARN, "aws:SourceAccount": s.env.Account})
	return err
}

// InvokeEvent queues an event for a function and returns its request ID. What becomes of it, the function's
// EventInvokeConfig and dead-letter queue decide. The caller needs lambda:InvokeFunction, as for Invoke.
func (s *Service) InvokeEvent(
	caller iam.Principal,
	name string,
	payload []byte,
	conditions iam.Context,
) (requestID string, err error) {
	payload, err = s.admit(caller, name, payload, maxEvent, conditions)
	if err != nil {
		return "", err
	}
	f, err := s.Function(name)
	if err != nil {
		return "", err
	}
	ev := event{
		requestID: newRequestID(),
		function:  f.Name,
		payload:   payload,
		accepted:  s.env.Now(),
	}
	return ev.requestID, s.background(func() { s.process(ev) })
}

// process invokes the function until it succeeds or the event is given up.
func (s *Service) process(ev event) {
	for backoff := firstBackoff; ; {
		f, config, err := s.asyncSettings(ev.function)
		if err != nil {
			return // deleted: so are its events
		}
		left := config.maximumAge() - s.env.Clock.Since(ev.accepted)
		if left <= 0 {
			s.giveUp(ev, f, config, eventAgeExceeded)
			return
		}
		if limit, reserved := f.reserved(); reserved && limit == 0 {
			ev.status = errThrottled.Status
			s.giveUp(ev, f, config, retriesExhausted) // at once: a stopped function's events are not retried
			return
		}
		result, err := s.execute(ev.function, ev.requestID, ev.payload)
		var wait time.Duration
		switch {
		case err != nil:
			ev.status = statusOf(err)
			wait, backoff = backoff, min(2*backoff, lastBackoff)
		case result.FunctionError == "":
			return
		default:
			ev.last, ev.status = result, 200
			ev.attempts++
			if ev.attempts > config.retries() {
				s.giveUp(ev, f, config, retriesExhausted)
				return
			}
			wait = retryWaits[ev.attempts-1]
		}
		if s.env.Clock.Sleep(s.running, min(wait, left)) != nil {
			return // shut down
		}
	}
}

func (s *Service) asyncSettings(name string) (Function, EventInvokeConfig, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(name)
	if err != nil {
		return Function{}, EventInvokeConfig{}, err
	}
	if f.eventInvoke == nil {
		return f.Function, EventInvokeConfig{}, nil
	}
	return f.Function, *f.eventInvoke, nil
}

// record is the invocation record a destination gets ("Capturing records of Lambda asynchronous invocations", Lambda
// Developer Guide).
type record struct {
	Version         string          `json:"version"`
	Timestamp       string          `json:"timestamp"`
	RequestContext  requestContext  `json:"requestContext"`
	RequestPayload  json.RawMessage `json:"requestPayload"`
	ResponseContext responseContext `json:"responseContext"`
	ResponsePayload json.RawMessage `json:"responsePayload,omitempty"`
}

type requestContext struct {
	RequestID              string `json:"requestId"`
	FunctionARN            string `json:"functionArn"`
	Condition              string `json:"condition"`
	ApproximateInvokeCount int    `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"`
}

// giveUp sends the event on to the failure destination and the dead-letter queue, with the function's permissions.
func (s *Service) giveUp(ev event, f Function, config EventInvokeConfig, condition string) {
	caller := iam.Session(f.Role, f.Name)
	s.measureCount(f.Name, "AsyncEventsDropped")
	if queue := config.onFailure(); queue != "" {
		if _, err := s.deps.SQS.Send(caller, queue, ev.record(f, condition, s.env.Now()), nil, nil); err != nil {
			s.measureCount(f.Name, "DestinationDeliveryFailures")
		}
	}
	if f.DeadLetter != nil {
		if _, err := s.deps.SQS.Send(
			caller,
			f.DeadLetter.TargetARN,
			string(ev.payload),
			ev.deadLetterAttributes(),
			nil,
		); err != nil {
			s.measureCount(f.Name, "DeadLetterErrors")
		}
	}
}

func (ev event) record(f Function, condition string, now time.Time) string {
	r := record{
		Version:        "1.0",
		Timestamp:      now.UTC().Format(logTime),
		RequestPayload: ev.payload,
		RequestContext: requestContext{
			RequestID:              ev.requestID,
			FunctionARN:            f.ARN + ":" + version,
			Condition:              condition,
			ApproximateInvokeCount: ev.attempts,
		},
		ResponseContext: responseContext{
			StatusCode:      ev.status,
			ExecutedVersion: version,
			FunctionError:   ev.last.FunctionError,
		},
	}
	if json.Valid(ev.last.Payload) {
		r.ResponsePayload = ev.last.Payload
	}
	return string(must.JSON(r)) // its raw parts have been checked
}

// deadLetterAttributes are the message attributes of a dead letter, whose body is the event itself.
func (ev event) deadLetterAttributes() map[string]string {
	var failure struct {
		Message string `json:"errorMessage"`
	}
	_ = json.Unmarshal(ev.last.Payload, &failure) // an error of another shape has no message
	return map[string]string{"RequestID": ev.requestID, "ErrorCode": strconv.Itoa(ev.status),
		"ErrorMessage": failure.Message[:min(len(failure.Message), 1<<10)]}
}

// statusOf is the HTTP status of an error of the service.
func statusOf(err error) int {
	var failed *awserr.Error
	if errors.As(err, &failed) {
		return failed.Status
	}
	return 500
}
