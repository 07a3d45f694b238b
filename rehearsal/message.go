package rehearsal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/sns"
)

// Kind is what a message says.
type Kind string

// The kinds of messages: three of a function's alerts, two of CloudWatch's notifications.
const (
	Lost     Kind = "lost"
	Reminder Kind = "reminder"
	Resolved Kind = "resolved"
	InAlarm  Kind = "alarm"
	BackToOK Kind = "ok"
)

var (
	alertKinds = []Kind{Lost, Reminder, Resolved}
	alarmKinds = []Kind{InAlarm, BackToOK}
)

var kindsOfAlert = map[string]Kind{
	contract.AlertOpened:   Lost,
	contract.AlertReminder: Reminder,
	contract.AlertResolved: Resolved,
}

// Message is one that reached a person.
type Message struct {
	// Time is sandbox time, At counted from the first fault.
	Time time.Time `json:"time"`
	At   Offset    `json:"at"`
	Kind Kind      `json:"kind"`
	// Region is the topic's.
	Region string `json:"region"`
	// Endpoint is the region of the endpoint it is about, Alarm the alarm's name; one of both.
	Endpoint string `json:"endpoint,omitempty"`
	Alarm    string `json:"alarm,omitempty"`
	Subject  string `json:"subject"`
	// Judgement is expected, duplicate or false; "" for one that calls nobody and nobody waits for.
	Judgement Judgement `json:"judgement,omitempty"`
}

// Judgement is what the file makes of a message.
type Judgement string

// The judgements.
const (
	Expected  Judgement = "expected"
	Duplicate Judgement = "duplicate"
	False     Judgement = "false"
)

// classify reads a message; false for one that is neither an alert nor about an alarm in ALARM, before or now.
func classify(m sns.Message) (Message, bool) {
	out := Message{Time: m.Time, Region: m.Region, Subject: m.Subject}
	switch m.Kind {
	case sns.KindAlert:
		out.Kind = kindsOfAlert[m.Attributes[contract.AttributeKind]]
		out.Endpoint = m.Attributes[contract.AttributeRegion]
		return out, out.Kind != ""
	case sns.KindAlarm:
		var body struct{ AlarmName, NewStateValue, OldStateValue string }
		if json.Unmarshal([]byte(m.Body), &body) != nil || body.NewStateValue != "ALARM" && body.OldStateValue != "ALARM" {
			return out, false // the first OK of a new alarm is no news
		}
		if out.Kind = BackToOK; body.NewStateValue == "ALARM" {
			out.Kind = InAlarm
		}
		out.Alarm = body.AlarmName
		return out, true
	default:
		return out, false
	}
}

// pages says whether a message calls a person. A return to OK does not.
func (m Message) pages() bool { return m.Kind != BackToOK }

func (e Expectation) matches(m Message) bool {
	return e.Message == m.Kind && (e.Endpoint == "" || e.Endpoint == m.Endpoint) && strings.Contains(m.Alarm, e.Alarm) &&
		(len(e.From) == 0 || slices.Contains(e.From, m.Region))
}

// judge gives every message its judgement, the earliest first, and returns a check for each expectation and one each for
// duplicates and false alarms.
func judge(expected []Expectation, messages []Message) []Check {
	counts := make([]int, len(expected))
	var duplicates, wrong []string
	for i := range messages {
		m := &messages[i]
		at := slices.IndexFunc(expected, func(e Expectation) bool { return e.matches(*m) })
		switch {
		case at >= 0 && counts[at] < expected[at].AtMost:
			counts[at]++
			m.Judgement = Expected
		case !m.pages():
		case at >= 0:
			m.Judgement = Duplicate
			duplicates = append(duplicates, m.String())
		default:
			m.Judgement = False
			wrong = append(wrong, m.String())
		}
	}
	var checks []Check
	for i, e := range expected {
		checks = append(checks, verdictOf("message", e.String(), times(counts[i]), counts[i] >= e.AtLeast))
	}
	return append(checks,
		verdictOf("no duplicate messages", "none", list(duplicates), len(duplicates) == 0),
		verdictOf("no false alarms", "none", list(wrong), len(wrong) == 0))
}

func times(n int) string {
	switch n {
	case 0:
		return "not once"
	case 1:
		return "once"
	default:
		return fmt.Sprintf("%d times", n)
	}
}

func list(texts []string) string {
	if len(texts) == 0 {
		return "none"
	}
	return strings.Join(texts, "; ")
}

func (m Message) String() string {
	return fmt.Sprintf("%q from %s at %s", strings.TrimSpace(m.Subject), m.Region, m.At)
}
