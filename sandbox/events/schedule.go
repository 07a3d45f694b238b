package events

import (
	"regexp"
	"strconv"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/must"
)

var rateForm = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)(s?)\)$`)

// parseRate reads "rate(1 minute)", "rate(5 minutes)" and so on; one takes the singular, more the plural (EventBridge
// User Guide, "Rate expressions").
func parseRate(expression string) (time.Duration, error) {
	parts := rateForm.FindStringSubmatch(expression)
	if parts != nil {
		n, err := strconv.Atoi(parts[1])
		if err == nil && n > 0 && n < 100_000 && (n == 1) == (parts[3] == "") {
			return time.Duration(
				n,
			) * map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[parts[2]], nil
		}
	}
	return 0, awserr.Invalid(
		"ValidationException",
		"Parameter ScheduleExpression is not valid: it is %q: want rate(1 minute), rate(n minutes), hours or days; "+
			"the sandbox does not model cron()",
		expression,
	)
}

// schedule runs a rule at a time and then once a period, counted from the first time so that nothing drifts. The caller
// holds the lock.
func (s *Service) schedule(r *storedRule, at time.Time) {
	r.next = at
	r.timer = s.env.Clock.AfterFunc(at.Sub(s.env.Now()), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.buses[DefaultBus].rules[r.Name] != r || r.timer == nil || s.ctx.Err() != nil {
			return
		}
		s.schedule(r, at.Add(r.period))
		if s.env.Available("events") == nil {
			s.trigger(r, must.JSON(s.complete(Entry{
				Source:     "aws.events",
				DetailType: "Scheduled Event",
				Detail:     "{}",
				Resources:  []string{r.Arn},
				Time:       at,
			})))
		}
	})
}

// NextRun is when a rule of the default bus is due; false for one without a schedule, or a disabled one.
func (s *Service) NextRun(rule string) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(DefaultBus, rule)
	if err != nil || r.timer == nil {
		return time.Time{}, false
	}
	return r.next, true
}
