package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/sns"
)

// principal is whom EventBridge acts as.
const principal = "events.amazonaws.com"

// Defaults of a retry policy, and the longest pause between two attempts. AWS publishes the first two (EventBridge User
// Guide, "How EventBridge retries delivering events"); 185 attempts in a day give the third.
const (
	defaultRetries = 185
	defaultAge     = 24 * time.Hour
	longestPause   = 8 * time.Minute
)

// crossing is how long an event is on its way into another region: an assumption, since AWS promises no time. Without
// any, consumers in two regions would have each event in the same moment, which they never do.
const crossing = 300 * time.Millisecond

// trigger sends an event to the targets of a rule, each on its own. The caller holds the lock.
func (s *Service) trigger(r *storedRule, event []byte) {
	if s.ctx.Err() != nil {
		return
	}
	s.count(r.Rule, "TriggeredRules")
	for _, t := range r.sortedTargets() {
		rule := r.Rule
		s.work.Go(func() {
			defer edge.Recover("delivery of rule "+rule.Arn, nil)
			s.deliver(rule, t, event)
		})
	}
}

// deliver tries until it succeeds, the error is final, or the retry policy is exhausted; then the event goes to the
// dead letters.
func (s *Service) deliver(rule Rule, t Target, event []byte) {
	input := t.input(rule, event)
	retries, age := t.limits()
	begun := s.env.Now()
	if t.service() == "events" && s.env.Clock.Sleep(s.ctx, crossing) != nil {
		return
	}
	for attempt := 0; ; attempt++ {
		err := s.invoke(rule, t, input)
		if err == nil {
			s.count(rule, "Invocations")
			return
		}
		condition := ""
		pause := backoff(attempt)
		switch {
		case errors.Is(err, awserr.ErrDenied), errors.Is(err, awserr.ErrNotFound), errors.Is(err, errNoJSON):
		case attempt == retries:
			condition = "MaximumRetryAttempts"
		case s.env.Clock.Since(begun)+pause > age:
			condition = "MaximumEventAgeInSeconds"
		default:
			s.count(rule, "RetryInvocationAttempts")
			if s.env.Clock.Sleep(s.ctx, pause) != nil {
				return
			}
			continue
		}
		s.count(rule, "Invocations", "FailedInvocations")
		s.bury(rule, t, event, err, condition, attempt)
		return
	}
}

// service is the one that the target is of, as ARNs call it.
func (t Target) service() string { return strings.SplitN(t.Arn, ":", 4)[2] }

func (t Target) limits() (retries int, age time.Duration) {
	retries, age = defaultRetries, defaultAge
	if p := t.RetryPolicy; p != nil && p.MaximumRetryAttempts != nil {
		retries = *p.MaximumRetryAttempts
	}
	if p := t.RetryPolicy; p != nil && p.MaximumEventAgeInSeconds != nil {
		age = time.Duration(*p.MaximumEventAgeInSeconds) * time.Second
	}
	return retries, age
}

// backoff doubles from a second, with jitter of a quarter.
func backoff(attempt int) time.Duration {
	pause := min(time.Second<<min(attempt, 20), longestPause)
	return pause*3/4 + rand.N(pause/4) //nolint:gosec // jitter is no secret
}

// errNoJSON is a target's input that its template spoils: nobody gets it, however often it is tried.
var errNoJSON = errors.New("the input template makes no JSON of this event")

func (s *Service) invoke(rule Rule, t Target, input []byte) error {
	if err := s.env.Available("events"); err != nil {
		return err
	}
	if !json.Valid(input) {
		return fmt.Errorf("%w: %s", errNoJSON, input)
	}
	switch t.service() {
	case "lambda":
		return s.env.InvokeAsync(s.ctx, t.Arn, input, principal, rule.Arn)
	case "sns":
		// EventBridge brings no source to a topic: conditions on aws:SourceArn and aws:SourceAccount never hold there.
		_, err := s.deps.SNS.Publish(
			iam.ServicePrincipal(principal),
			sns.Publication{TopicARN: t.Arn, Message: string(input)},
			iam.Context{"aws:SecureTransport": "true"},
		)
		return err
	case "events":
		return s.forward(t, input)
	default:
		return s.send(rule.Arn, t.Arn, string(input), nil)
	}
}

// forward puts an event, as it is, on the bus of another region with the permissions of the target's role ("Sending and
// receiving events between AWS Regions", EventBridge User Guide).
func (s *Service) forward(t Target, event []byte) error {
	role, err := s.deps.IAM.Act(principal, t.RoleArn, "events")
	if err != nil {
		return awserr.Denied("AccessDenied", "%v", err)
	}
	if err := s.deps.IAM.Authorize(role, "events:PutEvents", t.Arn, nil); err != nil {
		return err
	}
	peer := s.deps.Peer(regionOf(t.Arn))
	if s.cutOffFrom(peer) {
		return awserr.Unavailable("region %s cannot be reached from %s", peer.env.Name, s.env.Name)
	}
	if err := peer.env.Available("events"); err != nil {
		return err
	}
	return peer.receive(t.Arn, event, parse(event), nil)
}

// cutOffFrom says whether the network lets nothing through to another region.
func (s *Service) cutOffFrom(peer *Service) bool {
	impatient, cancel := context.WithCancel(s.ctx)
	cancel()
	return peer.env.Reach(impatient, s.env.Name) != nil
}

// send puts a message into a queue on behalf of a rule or a bus.
func (s *Service) send(source, queue, body string, attributes map[string]string) error {
	_, err := s.deps.SQS.Send(iam.ServicePrincipal(principal), queue, body, attributes,
		iam.Context{"aws:SourceArn": source, "aws:SourceAccount": s.env.Account, "aws:SecureTransport": "true"})
	return err
}

// bury sends an event to the dead letters with the attributes that say why (EventBridge User Guide, "Using dead-letter
// queues").
func (s *Service) bury(rule Rule, t Target, event []byte, cause error, condition string, retries int) {
	if t.DeadLetterConfig == nil || t.DeadLetterConfig.Arn == "" {
		s.lose(rule.Arn, parse(event), cause)
		return
	}
	attributes := map[string]string{
		"RULE_ARN":       rule.Arn,
		"TARGET_ARN":     t.Arn,
		"ERROR_CODE":     code(cause),
		"ERROR_MESSAGE":  cause.Error(),
		"RETRY_ATTEMPTS": strconv.Itoa(retries),
	}
	if condition != "" {
		attributes["EXHAUSTED_RETRY_CONDITION"] = condition
	}
	if err := s.send(rule.Arn, t.DeadLetterConfig.Arn, string(event), attributes); err != nil {
		s.count(rule, "InvocationsFailedToBeSentToDlq")
		s.lose(rule.Arn, parse(event), errors.Join(cause, err))
		return
	}
	s.count(rule, "InvocationsSentToDlq")
}

func code(cause error) string {
	switch {
	case errors.Is(cause, awserr.ErrDenied):
		return "NO_PERMISSIONS"
	case errors.Is(cause, awserr.ErrNotFound):
		return "NO_RESOURCE"
	default:
		return "ERROR_FROM_TARGET"
	}
}

// count publishes to CloudWatch, namespace AWS/Events, by RuleName on the default bus and by EventBusName and RuleName
// on any other ("Monitoring Amazon EventBridge", EventBridge User Guide). A CloudWatch that is down loses the count.
func (s *Service) count(rule Rule, metrics ...string) {
	dimensions := map[string]string{"RuleName": rule.Name}
	if rule.EventBusName != DefaultBus {
		dimensions["EventBusName"] = rule.EventBusName
	}
	var data []cloudwatch.Datum
	for _, name := range metrics {
		data = append(data, cloudwatch.Sample(name, dimensions, 1, "Count", s.env.Now()))
	}
	_ = s.deps.CloudWatch.Publish("AWS/Events", data...)
}
