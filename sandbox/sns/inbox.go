package sns

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Kind says where a message comes from.
type Kind string

// Kinds of messages.
const (
	// KindConfirmation asks the owner of an endpoint to confirm a subscription.
	KindConfirmation Kind = "confirmation"
	// KindAlarm is a state change of a CloudWatch alarm.
	KindAlarm Kind = "alarm"
	// KindEvent was sent by EventBridge.
	KindEvent Kind = "event"
	// KindAlert was published by a role, such as a function's, or by the administrator.
	KindAlert Kind = "alert"
)

// Message is one message as it reached one endpoint.
type Message struct {
	Time       time.Time
	Region     string // of the topic
	TopicARN   string
	Protocol   string
	Endpoint   string
	Kind       Kind
	Publisher  string // ARN of the role session, or name of the service
	Subject    string
	Body       string
	Attributes map[string]string
}

// maxMessages bounds the inbox; the oldest messages go first.
const maxMessages = 10_000

// Inbox is everything that would have reached a person, of all regions. The zero value is an empty inbox, safe for
// concurrent use.
type Inbox struct {
	mu       sync.Mutex
	messages []Message
	dropped  int
	changed  chan struct{}
	lazy     bool
}

// SetConfirming says whether the owners of endpoints confirm the subscriptions that are made from now on, as they do by
// default.
func (b *Inbox) SetConfirming(confirming bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lazy = !confirming
}

func (b *Inbox) confirms() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.lazy
}

func (b *Inbox) add(m Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = append(b.messages, m)
	if surplus := len(b.messages) - maxMessages; surplus > 0 {
		b.messages = slices.Delete(b.messages, 0, surplus)
		b.dropped += surplus
	}
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// Messages returns the messages, oldest first.
func (b *Inbox) Messages() []Message {
	messages, _, _ := b.since(0)
	return messages
}

// Await returns the first message, of those there are or those to come, that matches; or the context's error.
func (b *Inbox) Await(ctx context.Context, match func(Message) bool) (Message, error) {
	seen := 0
	for {
		messages, next, changed := b.since(seen)
		if i := slices.IndexFunc(messages, match); i >= 0 {
			return messages[i], nil
		}
		seen = next
		select {
		case <-changed:
		case <-ctx.Done():
			return Message{}, ctx.Err()
		}
	}
}

// Next returns the messages from number seen on, as soon as there are any, and the number to go on with; or the
// context's error.
func (b *Inbox) Next(ctx context.Context, seen int) (messages []Message, next int, err error) {
	for {
		messages, next, changed := b.since(seen)
		if len(messages) > 0 {
			return messages, next, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, seen, ctx.Err()
		}
	}
}

// since returns the messages from number seen on, the number to go on with, and a channel that closes with the next.
func (b *Inbox) since(seen int) (messages []Message, next int, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	from := max(0, seen-b.dropped)
	return slices.Clone(b.messages[from:]), b.dropped + len(b.messages), b.changed
}
