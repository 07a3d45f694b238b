package chronicle

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/sns"
)

// Kind is what a message says.
type Kind string

// The kinds of messages. Files of rehearsals name those of AlertKinds and AlarmKinds, and Changed.
const (
	// Lost, Reminder and Resolved are the functions' alerts of an incident; Withdrawn, Returned and Lapsed those of a
	// withdrawal: its begin, its end by somebody, and its end by the loss of the other endpoint. Tested is that of a
	// restore test that passed. Test is somebody else's whose subject begins with "Test", Alert any other.
	Lost      Kind = "lost"
	Reminder  Kind = "reminder"
	Resolved  Kind = "resolved"
	Withdrawn Kind = "withdrawn"
	Returned  Kind = "returned"
	Lapsed    Kind = "lapsed"
	Tested    Kind = "tested"
	Test      Kind = "test"
	Alert     Kind = "alert"
	// InAlarm, BackToOK and NoData are CloudWatch's of an alarm that went into ALARM or left it. Begins is one of an alarm
	// that neither was nor is in ALARM: the first OK of a new one. Unreadable is a notification in no known form.
	InAlarm    Kind = "alarm"
	BackToOK   Kind = "ok"
	NoData     Kind = "no data"
	Begins     Kind = "begins"
	Unreadable Kind = "unreadable"
	// Changed is a rule's, of what somebody did to the database. Event is any other that EventBridge sends, and
	// Confirmation asks to confirm a subscription.
	Changed      Kind = "changed"
	Event        Kind = "event"
	Confirmation Kind = "confirmation"
)

// AlertKinds are the kinds of the functions' alerts, each about an endpoint.
func AlertKinds() []Kind {
	return []Kind{Lost, Reminder, Resolved, Withdrawn, Returned, Lapsed, Tested}
}

// AlarmKinds are the kinds of notifications that matter, each about an alarm.
func AlarmKinds() []Kind { return []Kind{InAlarm, BackToOK} }

var ofAlert = map[string]Kind{
	contract.AlertOpened:    Lost,
	contract.AlertReminder:  Reminder,
	contract.AlertResolved:  Resolved,
	contract.AlertWithdrawn: Withdrawn,
	contract.AlertReturned:  Returned,
	contract.AlertLapsed:    Lapsed,

	contract.AlertRestoreTest: Tested,
}

// test is how a message begins that somebody sends to see whether it arrives.
var test = regexp.MustCompile(`(?i)^test\b`)

// phrase is what is said of one alarm and of several; %s is the state they are in.
type phrase struct{ one, many string }

var ofAlarm = map[Kind]phrase{
	InAlarm:  {"goes into state %s", "go into state %s"},
	BackToOK: {"is back in state %s after ALARM", "are back in state %s after ALARM"},
	NoData:   {"is in state %s after ALARM", "are in state %s after ALARM"},
	Begins:   {"begins in state %s", "begin in state %s"},
}

func (p phrase) in(state cloudwatch.State) phrase {
	return phrase{fmt.Sprintf(p.one, state), fmt.Sprintf(p.many, state)}
}

var tones = map[Kind]Tone{
	Lost:         Bad,
	Reminder:     Bad,
	Resolved:     Good,
	Withdrawn:    Warning,
	Returned:     Good,
	Lapsed:       Warning,
	Tested:       Good,
	Test:         Note,
	Alert:        Bad,
	InAlarm:      Bad,
	BackToOK:     Good,
	NoData:       Warning,
	Begins:       Quiet,
	Unreadable:   Note,
	Changed:      Warning,
	Event:        Note,
	Confirmation: Quiet,
}

// Message is one that reached somebody.
type Message struct {
	// Time is sandbox time.
	Time time.Time `json:"time"`
	Kind Kind      `json:"kind"`
	// Region is the topic's.
	Region string `json:"region"`
	// Endpoint is the region of the endpoint it is about, Alarm the alarm's name; one of both.
	Endpoint string `json:"endpoint,omitempty"`
	Alarm    string `json:"alarm,omitempty"`
	Subject  string `json:"subject"`
	// says is what it says in a few words, of an alarm without its name.
	says phrase
	// Protocol and To are how and whom it reached.
	Protocol string `json:"-"`
	To       string `json:"-"`
}

// ReadMessage says what a message means.
func ReadMessage(m sns.Message) Message {
	read := Message{
		Time:     m.Time,
		Region:   m.Region,
		Subject:  m.Subject,
		says:     phrase{one: strings.TrimSpace(m.Subject)},
		Protocol: m.Protocol,
		To:       m.Endpoint,
	}
	switch m.Kind {
	case sns.KindAlert:
		read.readAlert(m)
	case sns.KindAlarm:
		read.readAlarm(m)
	case sns.KindEvent:
		read.readEvent(m)
	default:
		read.Kind = Confirmation
		read.says.one = "confirm your subscription"
	}
	return read
}

// readEvent reads a message of a rule. What was done to the database is a member of its document.
func (m *Message) readEvent(raw sns.Message) {
	var document struct{ Alert string }
	m.Kind, m.says.one = Event, raw.Body
	if json.Unmarshal([]byte(raw.Body), &document) == nil && document.Alert != "" {
		m.Kind, m.Subject = Changed, document.Alert
		m.says.one, _, _ = strings.Cut(document.Alert, " by ")
	}
}

func (m *Message) readAlert(raw sns.Message) {
	kind, ours := ofAlert[raw.Attributes[contract.AttributeKind]]
	passed := raw.Attributes[contract.AttributeReason] == contract.RestoreTestPassed
	if !ours || kind == Tested && !passed {
		m.Kind = Alert
		if test.MatchString(raw.Subject) {
			m.Kind = Test
		}
		return
	}
	m.Kind = kind
	m.Endpoint = raw.Attributes[contract.AttributeRegion]
}

func (m *Message) readAlarm(raw sns.Message) {
	var body struct {
		AlarmName                    string
		OldStateValue, NewStateValue cloudwatch.State
	}
	if json.Unmarshal([]byte(raw.Body), &body) != nil {
		m.Kind = Unreadable
		return
	}
	m.Kind = kindOf(body.OldStateValue, body.NewStateValue)
	m.Alarm = body.AlarmName
	m.says = ofAlarm[m.Kind].in(body.NewStateValue)
}

// kindOf is what it means that an alarm's state changes.
func kindOf(from, to cloudwatch.State) Kind {
	switch {
	case to == cloudwatch.StateAlarm:
		return InAlarm
	case from == cloudwatch.StateAlarm && to == cloudwatch.StateOK:
		return BackToOK
	case from == cloudwatch.StateAlarm:
		return NoData
	default:
		return Begins
	}
}

// Tone is what it means to whom it reaches: bad news, the end of bad news, something to know, or nothing at all.
func (m Message) Tone() Tone { return tones[m.Kind] }

// Pages says whether it calls a person. CloudWatch's notice of a return to OK does not, nor does what is said of a
// withdrawal or of a change of the database, which an operator has made, or of a restore test that passed, or an event
// or a test.
func (m Message) Pages() bool {
	switch m.Kind {
	case Withdrawn, Returned, Lapsed, Tested, Test, BackToOK, Begins, Changed, Event, Confirmation:
		return false
	default:
		return true
	}
}

// Awaited says whether somebody may wait for it: it calls a person, says that an alarm is OK again, or tells of a
// withdrawal, a restore test or a change of the database.
func (m Message) Awaited() bool {
	switch m.Kind {
	case Withdrawn, Returned, Lapsed, Tested, BackToOK, Changed:
		return true
	default:
		return m.Pages()
	}
}

// Entry is the message as something that happened.
func (m Message) Entry() Entry {
	return Entry{
		Time:   m.Time,
		Source: Told,
		Tone:   m.Tone(),
		Region: m.Region,
		Lane:   LaneMessages,
		Text:   strings.TrimSpace(m.Subject) + " — by " + m.Region,
		Title:  m.Subject,
		Detail: m.Protocol + " to " + m.To,
	}
}
