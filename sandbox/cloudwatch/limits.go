package cloudwatch

import (
	"regexp"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// What an alarm takes (CloudWatch API Reference, PutMetricAlarm and PutCompositeAlarm; CloudWatch User Guide,
// "CloudWatch service quotas"). Lengths are in characters.
const (
	maxAlarmName   = 255
	maxDescription = 1024
	maxRule        = 10240
	maxActions     = 5 // for a state
	maxExpression  = 2048
	maxAlarms      = 5000 // in a region
	validation     = "ValidationError"
)

// alarmText has no control characters of ASCII.
var alarmText = regexp.MustCompile(`^[^\x00-\x1f\x7f]*$`)

// checkAlarm is what both kinds of alarm are held to.
func checkAlarm(
	c *constraint.Check,
	name, description string,
	tags map[string]string,
	ok, alarm, insufficient []string,
) {
	c.Pattern("alarmName", name, 1, maxAlarmName, alarmText)
	c.Length("alarmDescription", description, 0, maxDescription)
	c.Tags(tags)
	c.Count("oKActions", len(ok), maxActions)
	c.Count("alarmActions", len(alarm), maxActions)
	c.Count("insufficientDataActions", len(insufficient), maxActions)
}

func (a MetricAlarm) check() error {
	var c constraint.Check
	checkAlarm(&c, a.Name, a.AlarmDescription, a.Tags, a.OkActions, a.AlarmActions, a.InsufficientDataActions)
	c.Count("dimensions", len(a.Dimensions), maxDimensions)
	for _, q := range a.MetricQueries {
		c.Length("metrics.expression", q.Expression, 0, maxExpression)
	}
	return c.Err(validation)
}

func (a CompositeAlarm) check() error {
	var c constraint.Check
	checkAlarm(&c, a.AlarmName, a.AlarmDescription, a.Tags, a.OkActions, a.AlarmActions, a.InsufficientDataActions)
	c.Length("alarmRule", a.AlarmRule, 1, maxRule)
	return c.Err(validation)
}

// roomForAlarm must be called with the lock held.
func (s *Service) roomForAlarm() error {
	if len(s.alarms)+len(s.composites) >= maxAlarms {
		return awserr.Invalid("LimitExceeded", "The quota for alarms for this customer has already been reached.")
	}
	return nil
}
