package scheduler

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// What Scheduler takes (EventBridge Scheduler API Reference, CreateSchedule, Target, RetryPolicy). Lengths are in
// characters.
const (
	maxName        = 64
	maxDescription = 512
	maxExpression  = 256
	maxZone        = 50
	maxARN         = 1600
	maxInput       = 256 << 10  // bytes
	minAge, maxAge = 60, 86_400 // seconds
	maxRetries     = 185

	validation = "ValidationException"
)

// States of schedules, and what a window is.
const (
	enabled  = "ENABLED"
	disabled = "DISABLED"
	off      = "OFF"
)

var nameForm = regexp.MustCompile(`^[0-9a-zA-Z\-_.]+$`)

// read checks a schedule and reads its expression.
func (s *Service) read(c Schedule) (*schedule, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	c.Arn = s.env.ARN("scheduler", "schedule/"+c.GroupName+"/"+c.Name)
	zone, err := time.LoadLocation(c.ScheduleExpressionTimezone)
	if err != nil || c.ScheduleExpressionTimezone == "Local" {
		return nil, awserr.Invalid(validation, "Invalid Schedule Expression Timezone %s. want a name of the IANA's",
			c.ScheduleExpressionTimezone)
	}
	t, err := parseExpression(c.ScheduleExpression, zone)
	if err != nil {
		return nil, awserr.Invalid(validation, "Invalid Schedule Expression %s. %v", c.ScheduleExpression, err)
	}
	if err := s.checkTarget(c); err != nil {
		return nil, err
	}
	return &schedule{Schedule: c, times: t}, nil
}

func (c Schedule) withDefaults() Schedule {
	if c.GroupName == "" {
		c.GroupName = DefaultGroup
	}
	if c.State == "" {
		c.State = enabled
	}
	if c.ScheduleExpressionTimezone == "" {
		c.ScheduleExpressionTimezone = "UTC"
	}
	policy := RetryPolicy{}
	if c.Target.RetryPolicy != nil {
		policy = *c.Target.RetryPolicy
	}
	if policy.MaximumEventAgeInSeconds == nil {
		policy.MaximumEventAgeInSeconds = new(maxAge)
	}
	if policy.MaximumRetryAttempts == nil {
		policy.MaximumRetryAttempts = new(maxRetries)
	}
	c.Target.RetryPolicy = &policy
	return c
}

// check is what can be said about a schedule by itself.
func (c Schedule) check() error {
	var k constraint.Check
	k.Pattern("name", c.Name, 1, maxName, nameForm)
	k.Pattern("groupName", c.GroupName, 1, maxName, nameForm)
	k.Length("description", c.Description, 0, maxDescription)
	k.Length("scheduleExpression", c.ScheduleExpression, 1, maxExpression)
	k.Length("scheduleExpressionTimezone", c.ScheduleExpressionTimezone, 1, maxZone)
	k.Length("target.arn", c.Target.Arn, 1, maxARN)
	k.Length("target.roleArn", c.Target.RoleArn, 1, maxARN)
	k.Range("length of target.input", len(c.Target.Input), 0, maxInput)
	p := c.Target.RetryPolicy
	k.Range("target.retryPolicy.maximumEventAgeInSeconds", *p.MaximumEventAgeInSeconds, minAge, maxAge)
	k.Range("target.retryPolicy.maximumRetryAttempts", *p.MaximumRetryAttempts, 0, maxRetries)
	if err := k.Err(validation); err != nil {
		return err
	}
	switch w := c.FlexibleTimeWindow; {
	case c.State != enabled && c.State != disabled:
		return awserr.Invalid(validation, "state is %q: want %s or %s", c.State, enabled, disabled)
	case w == nil || w.Mode == "":
		return awserr.Invalid(validation, "flexibleTimeWindow is missing: want mode %s", off)
	case w.Mode != off:
		return awserr.Invalid(validation, "flexibleTimeWindow has mode %q: the sandbox models %s", w.Mode, off)
	case w.MaximumWindowInMinutes != nil:
		return awserr.Invalid(validation, "flexibleTimeWindow has mode %s and maximumWindowInMinutes: want one of them", off)
	case c.StartDate != nil && c.EndDate != nil && !c.StartDate.Before(*c.EndDate):
		return awserr.Invalid(validation, "startDate is %s: want one before the endDate, %s", c.StartDate, c.EndDate)
	default:
		return nil
	}
}

// services are those of which a target may be.
var services = []string{"lambda", "states"}

func (s *Service) checkTarget(c Schedule) error {
	t := c.Target
	parts := strings.SplitN(t.Arn, ":", 6)
	switch {
	case len(parts) != 6 || parts[0] != "arn":
		return awserr.Invalid(validation, "Provided Arn is not in correct format: %s", t.Arn)
	case !slices.Contains(services, parts[2]):
		return awserr.Invalid(validation, "target.arn is %s: the sandbox models functions and state machines", t.Arn)
	case parts[3] != s.env.Name || parts[4] != s.env.Account:
		return awserr.Invalid(validation, "target.arn is %s: want one in %s and account %s", t.Arn, s.env.Name, s.env.Account)
	case t.Input != "" && !json.Valid([]byte(invocation{attempt: 1}.fill(t.Input))):
		return awserr.Invalid(validation, "Input is not valid JSON: %.60s", t.Input)
	case strings.HasSuffix(t.queue(), ".fifo") || t.queue() != "" && !strings.HasPrefix(t.queue(), "arn:aws:sqs:"):
		return awserr.Invalid(validation, "target.deadLetterConfig.arn is %s: want the ARN of a standard queue", t.queue())
	}
	if _, err := s.act(c); err != nil {
		return awserr.Invalid(validation, "The execution role you provide must allow AWS EventBridge Scheduler to "+
			"assume the role.")
	}
	return nil
}

// queue is the ARN of the target's dead-letter queue, "" for none.
func (t Target) queue() string {
	if t.DeadLetterConfig == nil {
		return ""
	}
	return t.DeadLetterConfig.Arn
}

// act is the session of the target's role. A trust policy tells schedules apart by their group's ARN ("Confused deputy
// prevention in EventBridge Scheduler", EventBridge Scheduler User Guide).
func (s *Service) act(c Schedule) (iam.Principal, error) {
	return s.deps.IAM.ActFor(Principal, c.Target.RoleArn, c.Name, iam.Context{
		"aws:SourceArn":     s.groupARN(c.GroupName),
		"aws:SourceAccount": s.env.Account,
	})
}
