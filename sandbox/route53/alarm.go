package route53

import (
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

// readAlarm reads an alarm's settings and refuses those that Route 53 cannot follow: it takes metric alarms with
// standard resolution and a plain statistic (API Reference, AlarmIdentifier), neither metric math nor "M out of N"
// (Route 53 Developer Guide, "Values that you specify when you create or update health checks").
func (s *Service) readAlarm(region, name string) (*cloudwatch.MetricAlarm, error) {
	metrics, err := s.opts.CloudWatch(region)
	if err != nil {
		return nil, err
	}
	refuse := func(why string) error {
		return invalidInput("Invalid parameter : CloudWatch alarm %s in %s %s.", name, region, why)
	}
	if _, err := metrics.CompositeAlarm(name); err == nil {
		return nil, refuse("is a composite alarm")
	}
	alarm, err := metrics.MetricAlarm(name)
	switch {
	case err != nil:
		return nil, refuse("does not exist")
	case len(alarm.MetricQueries) > 0:
		return nil, refuse("uses metric math")
	case alarm.DatapointsToAlarm != 0 && alarm.DatapointsToAlarm != alarm.EvaluationPeriods:
		return nil, refuse(`is an "M out of N" alarm`)
	case alarm.ExtendedStatistic != "":
		return nil, refuse("uses an extended statistic")
	case time.Duration(alarm.Period)*time.Second < time.Minute:
		return nil, refuse("is on a high-resolution metric")
	}
	return &alarm, nil
}

func (c *check) alarmHealthy() bool {
	switch {
	case c.state != cloudwatch.StateInsufficientData:
		return c.state == cloudwatch.StateOK
	case c.Config.InsufficientData == StatusHealthy:
		return true
	case c.Config.InsufficientData == StatusUnhealthy:
		return false
	default:
		return c.lastKnown
	}
}

// lookInterval is how often the data of alarms is looked at. AWS publishes none.
const lookInterval = 10 * time.Second

// watchAlarms looks at the data of alarms until Close.
func (s *Service) watchAlarms() {
	for s.opts.Clock.Sleep(s.ctx, lookInterval) == nil {
		s.mu.Lock()
		for _, c := range s.checks {
			s.look(c)
		}
		s.mu.Unlock()
	}
}

// look judges the data of the metric that the alarm watched when the check was told of it, whatever the alarm's state
// is by now ("How Route 53 determines the status of health checks that monitor CloudWatch alarms"). The caller holds
// the lock.
func (s *Service) look(c *check) {
	if c.Alarm == nil || c.Config.Disabled {
		return
	}
	c.state = cloudwatch.StateInsufficientData
	if metrics, err := s.opts.CloudWatch(c.Config.AlarmRegion); err == nil {
		c.state = metrics.Judge(*c.Alarm)
	}
	if c.state != cloudwatch.StateInsufficientData {
		c.lastKnown = c.state == cloudwatch.StateOK
	}
}
