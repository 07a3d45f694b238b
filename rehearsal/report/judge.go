package report

import (
	"fmt"
	"slices"
	"strings"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/script"
)

// Message is one that reached a person.
type Message struct {
	chronicle.Message
	// At is counted from the first fault.
	At Offset `json:"at"`
	// Judgement is expected, duplicate or false; "" for a return to OK that nobody waits for.
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

// matches says whether a message is one that a file expects.
func matches(e script.Expectation, m Message) bool {
	return e.Message == m.Kind &&
		(e.Endpoint == "" || e.Endpoint == m.Endpoint) &&
		strings.Contains(m.Alarm, e.Alarm) &&
		(len(e.From) == 0 || slices.Contains(e.From, m.Region))
}

// judge gives every message its judgement, the earliest first, and returns a check for each expectation and one each
// for duplicates and false alarms.
func judge(expected []script.Expectation, messages []Message) []Check {
	counts := make([]int, len(expected))
	var duplicates, wrong []string
	for i := range messages {
		m := &messages[i]
		at := slices.IndexFunc(expected, func(e script.Expectation) bool { return matches(e, *m) })
		switch {
		case at >= 0 && counts[at] < expected[at].AtMost:
			counts[at]++
			m.Judgement = Expected
		case m.Kind == chronicle.BackToOK:
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
		checks = append(checks, NewCheck("message", e.String(), times(counts[i]), counts[i] >= e.AtLeast))
	}
	return append(checks,
		NewCheck("no duplicate messages", "none", list(duplicates), len(duplicates) == 0),
		NewCheck("no false alarms", "none", list(wrong), len(wrong) == 0))
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
