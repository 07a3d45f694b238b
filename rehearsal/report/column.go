package report

import (
	"strings"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/recipe"
)

// Column is the recipe's part of a report.
type Column struct {
	// Injected is false where the outage takes something that the recipe does not have; Why says what.
	Injected bool   `json:"injected"`
	Why      string `json:"why,omitempty"`
	// Held is how long the outage lasted.
	Held Offset `json:"held"`
	// Alert is the first message of a function, Alarm the first of its alarm, AllClear the alarm's return to OK, counted
	// from the outage's end.
	Alert    Time   `json:"alert"`
	Alarm    Time   `json:"alarm"`
	AllClear Time   `json:"allClear"`
	Messages []Told `json:"messages"`
}

// Told is a message of the recipe's.
type Told struct {
	At      Offset `json:"at"`
	Region  string `json:"region"`
	Subject string `json:"subject"`
	// Says is what the message is to the recipe's times.
	Says string `json:"says"`

	tone chronicle.Tone
}

// message is one of the recipe's. A return to OK of an alarm that told nobody of its ALARM clears nothing, and is no
// good news either.
func (c *Column) message(m chronicle.Message, start time.Time) Told {
	told := Told{
		At:      Offset(m.Time.Sub(start)),
		Region:  m.Region,
		Subject: strings.TrimSpace(m.Subject),
		tone:    m.Tone(),
	}
	switch m.Kind {
	case chronicle.InAlarm:
		told.Says = "alarm"
	case chronicle.NoData:
		told.Says = "the alarm has no data"
	case chronicle.BackToOK:
		told.Says = "all-clear"
		if !c.Alarm.Happened {
			told.Says, told.tone = "no all-clear: nobody was told of an alarm", chronicle.Quiet
		}
	default:
		told.Says = "alert"
		if !m.Pages() {
			told.Says, told.tone = "neither alarm nor all-clear", chronicle.Quiet
		}
	}
	return told
}

// silent says that the recipe told nobody of its outage.
func (c *Column) silent() bool { return !c.Alert.Happened && !c.Alarm.Happened }

// columnOf measures what the recipe went through; nil if it was not run.
func columnOf(lived *recipe.Lived) *Column {
	if lived == nil {
		return nil
	}
	if lived.Lacks != "" {
		return &Column{Why: lived.Lacks}
	}
	start, end := lived.Outage.Start, lived.Outage.End
	c := &Column{
		Injected: true,
		Held:     Offset(end.Sub(start)),
		Alert:    told(lived.Messages, start, chronicle.Lost, chronicle.Reminder, chronicle.Resolved, chronicle.Alert),
		Alarm:    told(lived.Messages, start, chronicle.InAlarm),
	}
	if c.Alarm.Happened { // one that was never in ALARM clears nothing
		c.AllClear = told(lived.Messages, end, chronicle.BackToOK)
	}
	for _, m := range lived.Messages {
		c.Messages = append(c.Messages, c.message(m, start))
	}
	return c
}
