package cloudwatch

import (
	"fmt"
	"strings"
	"time"
)

// ActionsSuppressor holds back the actions of a composite alarm while another alarm is in ALARM (CloudWatch User Guide,
// "Suppressing composite alarm actions"). Periods are in seconds.
type ActionsSuppressor struct {
	// Alarm is the name or the ARN of an alarm of the same region.
	Alarm string `json:"alarm"`
	// WaitPeriod is how long the suppressor has to follow a change of the composite alarm.
	WaitPeriod int `json:"waitPeriod"`
	// ExtensionPeriod is how long the composite alarm has to follow when the suppressor leaves ALARM.
	ExtensionPeriod int `json:"extensionPeriod"`
}

// SuppressedBy says what holds the actions of a composite alarm back (API Reference, CompositeAlarm).
type SuppressedBy string

// What holds actions back.
const (
	SuppressedByAlarm           SuppressedBy = "Alarm"
	SuppressedByWaitPeriod      SuppressedBy = "WaitPeriod"
	SuppressedByExtensionPeriod SuppressedBy = "ExtensionPeriod"
)

// suppression is what a composite alarm with a suppressor has held back, and until when.
type suppression struct {
	until    time.Time   // of a period
	withheld *transition // the latest; earlier ones are never told
}

func (a ActionsSuppressor) name() string {
	if _, name, ok := strings.Cut(a.Alarm, ":alarm:"); ok {
		return name
	}
	return a.Alarm
}

// checkSuppressor lists what PutCompositeAlarm refuses. The caller holds the lock.
func (s *Service) checkSuppressor(a *ActionsSuppressor) []string {
	if a == nil {
		return nil
	}
	var problems []string
	if s.status(a.name()) == nil {
		problems = append(problems, fmt.Sprintf("ActionsSuppressor: the alarm %s does not exist", a.Alarm))
	}
	for field, seconds := range map[string]int{
		"ActionsSuppressorExtensionPeriod": a.ExtensionPeriod,
		"ActionsSuppressorWaitPeriod":      a.WaitPeriod,
	} {
		if seconds < 0 {
			problems = append(problems, fmt.Sprintf("%s %d: at least 0 seconds", field, seconds))
		}
	}
	return problems
}

// withhold takes a change of a composite alarm with a suppressor. What an earlier change waited for is discarded: a
// change begins a wait period of its own, unless the suppressor is in ALARM.
func (c *compositeAlarm) withhold(t transition, now time.Time) {
	c.held.withheld = &t
	if c.SuppressedBy != SuppressedByAlarm {
		c.suppress(SuppressedByWaitPeriod, now, c.ActionsSuppressor.WaitPeriod)
	}
}

func (c *compositeAlarm) suppress(by SuppressedBy, now time.Time, seconds int) {
	c.SuppressedBy, c.held.until = by, now.Add(time.Duration(seconds)*time.Second)
}

// release follows the suppressor and returns the change to act on once nothing holds it back any more.
func (c *compositeAlarm) release(suppressor State, now time.Time) (transition, bool) {
	switch {
	case suppressor == StateAlarm:
		c.SuppressedBy = SuppressedByAlarm
		return transition{}, false
	case c.SuppressedBy == SuppressedByAlarm:
		c.suppress(SuppressedByExtensionPeriod, now, c.ActionsSuppressor.ExtensionPeriod)
	}
	if c.SuppressedBy != "" && now.Before(c.held.until) {
		return transition{}, false
	}
	c.SuppressedBy = ""
	if c.held.withheld == nil {
		return transition{}, false
	}
	t := *c.held.withheld
	c.held.withheld = nil
	return t, true
}
