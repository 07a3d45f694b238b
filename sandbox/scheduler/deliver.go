package scheduler

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	mathrand "math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/internal/must"
)

// follow invokes a schedule's target at its times until it is replaced or deleted. The caller holds the lock.
func (s *Service) follow(c *schedule) {
	ctx, stop := context.WithCancel(s.ctx)
	c.stop = stop
	begun, described, due := s.env.Now(), c.Schedule, hastened(c.times, s.env.Clock.Calendar())
	_, atOnce := due.(rate)
	if c.StartDate != nil && c.StartDate.After(begun) {
		begun, atOnce = *c.StartDate, true
	}
	after := begun
	if atOnce {
		after = begun.Add(-1)
	}
	s.work.Go(func() {
		defer edge.Recover("schedule "+described.Arn, nil)
		for at := after; ; {
			next, ok := due.next(at, begun)
			if !ok || described.endsBefore(next) || s.env.Clock.Sleep(ctx, next.Sub(s.env.Now())) != nil {
				return
			}
			s.fire(ctx, described, next)
			at = next
		}
	})
}

// endsBefore says whether a schedule ends before a time; one that is due once never does.
func (c Schedule) endsBefore(at time.Time) bool {
	return c.EndDate != nil && at.After(*c.EndDate) && !strings.HasPrefix(c.ScheduleExpression, "at(")
}

// fire begins one invocation, which goes on when the schedule ends.
func (s *Service) fire(ctx context.Context, c Schedule, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	s.work.Go(func() {
		defer edge.Recover("invocation of schedule "+c.Arn, nil)
		s.deliver(invocation{Schedule: c, at: at.UTC(), id: newID()})
	})
}

// invocation is one time at which a schedule is due.
type invocation struct {
	Schedule
	at      time.Time
	id      string
	attempt int // from 1
}

// newID is an execution id as Scheduler has them: sixteen hexadecimal digits.
func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// fill puts the context attributes in their places ("Adding context attributes in EventBridge Scheduler", EventBridge
// Scheduler User Guide).
func (i invocation) fill(input string) string {
	return strings.NewReplacer(
		"<aws.scheduler.schedule-arn>", i.Arn,
		"<aws.scheduler.scheduled-time>", i.at.Format(time.RFC3339),
		"<aws.scheduler.execution-id>", i.id,
		"<aws.scheduler.attempt-number>", strconv.Itoa(i.attempt),
	).Replace(input)
}

// input is what the target gets: a notification, if the schedule does not say.
func (s *Service) input(i invocation) string {
	if i.Target.Input != "" {
		return i.fill(i.Target.Input)
	}
	return string(must.JSON(struct {
		Version    string   `json:"version"`
		ID         string   `json:"id"`
		DetailType string   `json:"detail-type"`
		Source     string   `json:"source"`
		Account    string   `json:"account"`
		Time       string   `json:"time"`
		Region     string   `json:"region"`
		Resources  []string `json:"resources"`
		Detail     string   `json:"detail"`
	}{"0", i.id, "Scheduled Event", "aws.scheduler", s.env.Account, i.at.Format(time.RFC3339), s.env.Name,
		[]string{i.Arn}, "{}"}))
}

// errInternal is what Scheduler says where it did not get to its target ("Configuring a schedule's dead-letter queue",
// EventBridge Scheduler User Guide).
var errInternal = &awserr.Error{
	Code:    "AWS.Scheduler.InternalServerError",
	Message: "Unexpected error occurred while processing the request",
	Status:  http.StatusInternalServerError,
}

// Why an invocation was given up, if trying again would have been worth while.
const (
	tooOften = "MaximumRetryAttempts"
	tooOld   = "MaximumEventAgeInSeconds"
)

// deliver tries until it succeeds, the error is final, or the retry policy is exhausted. While the region is lost it
// waits.
func (s *Service) deliver(i invocation) {
	policy := i.Target.RetryPolicy
	age := time.Duration(*policy.MaximumEventAgeInSeconds) * time.Second
	cause := error(errInternal)
	for i.attempt = 1; ; i.attempt++ {
		if s.standBy() != nil {
			return
		}
		if s.env.Now().Sub(i.at) > age {
			s.drop(i, cause, tooOld)
			return
		}
		s.count(i.Schedule, "InvocationAttemptCount")
		if cause = s.invoke(i); cause == nil {
			return
		}
		s.count(i.Schedule, errorMetric(cause))
		switch {
		case final(cause):
			s.drop(i, cause, "")
			return
		case i.attempt > *policy.MaximumRetryAttempts:
			s.drop(i, cause, tooOften)
			return
		case s.env.Clock.Sleep(s.ctx, backoff(i.attempt)) != nil:
			return
		}
	}
}

// lookAgain is how often Scheduler looks whether it works again.
const lookAgain = 10 * time.Second

// standBy waits until Scheduler works.
func (s *Service) standBy() error {
	for s.env.Available("scheduler") != nil && s.ctx.Err() == nil {
		_ = s.env.Clock.Sleep(s.ctx, lookAgain) // the loop looks why it has ended
	}
	return s.ctx.Err()
}

// longestPause is the longest between two attempts: 185 of them in a day.
const longestPause = 8 * time.Minute

// backoff doubles from a second, with jitter of a quarter.
func backoff(attempt int) time.Duration {
	pause := min(time.Second<<min(attempt-1, 20), longestPause)
	return pause*3/4 + mathrand.N(pause/4) //nolint:gosec // jitter is no secret
}

// final says whether no retry would help: the request itself is at fault, or who sends it.
func final(err error) bool {
	var known *awserr.Error
	return errors.As(err, &known) && known.Status < http.StatusInternalServerError &&
		known.Status != http.StatusTooManyRequests
}

func errorMetric(err error) string {
	var known *awserr.Error
	if errors.As(err, &known) && known.Status == http.StatusTooManyRequests {
		return "TargetErrorThrottledCount"
	}
	return "TargetErrorCount"
}

// request is what a target's API is asked, as dead letters show it.
type request struct {
	api  string // service:action
	body any
}

func (s *Service) request(i invocation) request {
	if strings.HasPrefix(i.Target.Arn, "arn:aws:lambda:") {
		return request{"lambda:invoke", map[string]any{
			"FunctionName":   i.Target.Arn,
			"InvocationType": "Event",
			"Payload":        json.RawMessage(s.input(i)),
		}}
	}
	return request{"sfn:startExecution", map[string]any{"StateMachineArn": i.Target.Arn, "Input": s.input(i)}}
}

// invoke calls the target with the permissions of its role: a function asynchronously, a machine by a new execution.
func (s *Service) invoke(i invocation) error {
	role, err := s.act(i.Schedule)
	if err != nil {
		return awserr.Denied("AccessDeniedException", "%v", err)
	}
	if strings.HasPrefix(i.Target.Arn, "arn:aws:lambda:") {
		_, err = s.deps.Lambda.InvokeEvent(role, i.Target.Arn, []byte(s.input(i)), nil)
		return err
	}
	if err := s.deps.IAM.Authorize(role, "states:StartExecution", i.Target.Arn, nil); err != nil {
		return err
	}
	_, err = s.deps.StepFunctions.StartExecution(i.Target.Arn, "", s.input(i))
	return err
}

// drop gives an invocation up: to the dead letters, if there is a queue for them.
func (s *Service) drop(i invocation, cause error, condition string) {
	s.count(i.Schedule, "InvocationDroppedCount")
	if i.Target.queue() == "" {
		return
	}
	known := errInternal
	_ = errors.As(cause, &known)
	asked := s.request(i)
	attributes := map[string]string{
		"ERROR_CODE":           known.Code,
		"ERROR_MESSAGE":        known.Message,
		"EXECUTION_ID":         i.id,
		"IS_PAYLOAD_TRUNCATED": "false",
		"RETRY_ATTEMPTS":       strconv.Itoa(i.attempt - 1),
		"SCHEDULED_TIME":       i.at.Format(time.RFC3339),
		"SCHEDULE_ARN":         i.Arn,
		"TARGET_ARN":           "arn:aws:scheduler:::aws-sdk:" + asked.api,
	}
	if condition != "" {
		attributes["EXHAUSTED_RETRY_CONDITION"] = condition
	}
	role, err := s.act(i.Schedule)
	if err == nil {
		_, err = s.deps.SQS.Send(role, i.Target.queue(), string(must.JSON(asked.body)), attributes, nil)
	}
	if err != nil {
		s.count(i.Schedule, "InvocationsFailedToBeSentToDeadLetterCount")
		return
	}
	s.count(i.Schedule, "InvocationsSentToDeadLetterCount")
}

// count publishes to CloudWatch, for all schedules and by group ("Monitoring EventBridge Scheduler with Amazon
// CloudWatch", EventBridge Scheduler User Guide). A CloudWatch that is down loses the count.
func (s *Service) count(c Schedule, metric string) {
	now := s.env.Now()
	_ = s.deps.CloudWatch.Publish("AWS/Scheduler",
		cloudwatch.Sample(metric, nil, 1, "Count", now),
		cloudwatch.Sample(metric, map[string]string{"ScheduleGroup": c.GroupName}, 1, "Count", now))
}
