package console

import (
	"encoding/json"
	"slices"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/sns"
)

// shownMessages is how much of the inbox the page gets.
const shownMessages = 200

// inboxView is what would have reached people, newest first.
type inboxView struct {
	Total    int           `json:"total"`
	Messages []messageView `json:"messages"`
}

type messageView struct {
	Time     time.Time `json:"time"`
	Region   string    `json:"region"`
	Kind     string    `json:"kind"`
	Tone     tone      `json:"tone"`
	Protocol string    `json:"protocol"`
	To       string    `json:"to"`
	Subject  string    `json:"subject"`
	Body     string    `json:"body"`
}

func viewInbox(messages []sns.Message) inboxView {
	view := inboxView{Total: len(messages), Messages: []messageView{}}
	for _, m := range slices.Backward(messages[max(0, len(messages)-shownMessages):]) {
		view.Messages = append(view.Messages, messageView{
			Time: m.Time, Region: m.Region, Kind: string(m.Kind), Tone: toneOf(m), Protocol: m.Protocol, To: m.Endpoint,
			Subject: m.Subject, Body: m.Body,
		})
	}
	return view
}

// toneOf is what a message means to whom it reaches: bad news, the end of bad news, something to know, or nothing at all,
// as the first OK of a new alarm.
func toneOf(m sns.Message) tone {
	switch m.Kind {
	case sns.KindAlert:
		if m.Attributes[contract.AttributeKind] == contract.AlertResolved {
			return good
		}
		return bad
	case sns.KindAlarm:
		var n struct{ OldStateValue, NewStateValue cloudwatch.State }
		if json.Unmarshal([]byte(m.Body), &n) != nil {
			return info
		}
		return toneOfTransition(n.OldStateValue, n.NewStateValue)
	case sns.KindEvent:
		return info
	default:
		return quiet
	}
}

func toneOfTransition(from, to cloudwatch.State) tone {
	switch {
	case to == cloudwatch.StateAlarm:
		return bad
	case from == cloudwatch.StateAlarm && to == cloudwatch.StateOK:
		return good
	case from == cloudwatch.StateAlarm:
		return warn
	default:
		return quiet
	}
}
