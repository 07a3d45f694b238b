package console

import (
	"slices"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
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
	Time     time.Time      `json:"time"`
	Region   string         `json:"region"`
	Kind     sns.Kind       `json:"kind"`
	Tone     chronicle.Tone `json:"tone"`
	Protocol string         `json:"protocol"`
	To       string         `json:"to"`
	Subject  string         `json:"subject"`
	Body     string         `json:"body"`
}

func viewInbox(messages []sns.Message) inboxView {
	view := inboxView{Total: len(messages), Messages: []messageView{}}
	for _, m := range slices.Backward(messages[max(0, len(messages)-shownMessages):]) {
		view.Messages = append(view.Messages, messageView{
			Time:     m.Time,
			Region:   m.Region,
			Kind:     m.Kind,
			Tone:     chronicle.ReadMessage(m).Tone(),
			Protocol: m.Protocol,
			To:       m.Endpoint,
			Subject:  m.Subject,
			Body:     m.Body,
		})
	}
	return view
}
