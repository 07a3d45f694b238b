package cloudwatch

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// child is an alarm that a composite alarm's rule names, as its notification lists it.
type child struct {
	arn   string
	state State
	since time.Time
}

// evaluateComposites brings the composite alarms in line with their children, again and again as they may be children
// themselves; a cycle ends after as many rounds as there are alarms. The caller holds the lock.
func (s *Service) evaluateComposites(now time.Time) []transition {
	var transitions []transition
	for range s.composites {
		before := len(transitions)
		for _, name := range slices.Sorted(maps.Keys(s.composites)) {
			c := s.composites[name]
			state := alarmIf(c.rule.holds(s.stateOf))
			children := s.children(c)
			if t, changed := s.move(&c.AlarmStatus, state, reasonOf(c, children), now, c.transition(children)); changed {
				transitions = append(transitions, t)
			}
		}
		if len(transitions) == before {
			break
		}
	}
	return s.unsuppressed(transitions, now)
}

// unsuppressed takes the changes of composite alarms and returns those whose actions are to run now, earlier ones that
// were held back included. The caller holds the lock.
func (s *Service) unsuppressed(changes []transition, now time.Time) []transition {
	var due []transition
	for _, t := range changes {
		if c := s.composites[t.name]; c.ActionsSuppressor != nil {
			c.withhold(t, now)
		} else {
			due = append(due, t)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.composites)) {
		c := s.composites[name]
		if c.ActionsSuppressor == nil {
			continue
		}
		if t, ok := c.release(s.stateOf(c.ActionsSuppressor.name()), now); ok {
			due = append(due, t)
		}
	}
	return due
}

func (s *Service) stateOf(alarm string) State {
	if status := s.status(alarm); status != nil {
		return status.Value
	}
	return StateInsufficientData
}

// children lists the alarms of a rule, the latest to change first.
func (s *Service) children(c *compositeAlarm) []child {
	var children []child
	names := c.rule.children()
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if status := s.status(name); status != nil {
			children = append(children, child{s.env.ARN("cloudwatch", "alarm:"+name), status.Value, status.TransitionedAt})
		}
	}
	slices.SortStableFunc(children, func(a, b child) int { return b.since.Compare(a.since) })
	return children
}

func reasonOf(c *compositeAlarm, children []child) string {
	if len(children) == 0 {
		return "AlarmRule is " + strings.ToUpper(c.AlarmRule)
	}
	latest := children[0]
	since := latest.since.UTC().Format("Monday 02 January, 2006 15:04:05 UTC")
	return latest.arn + " transitioned to " + string(latest.state) + " at " + since
}

func (c *compositeAlarm) transition(children []child) func() transition {
	return func() transition {
		return transition{
			alarm:    c.CompositeAlarm,
			name:     c.AlarmName,
			enabled:  *c.ActionsEnabled,
			children: children,
			actions:  actionsOf(c.Value, c.OkActions, c.AlarmActions, c.InsufficientDataActions),
		}
	}
}
