package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/sandbox/sns"
)

const (
	// together is how long messages may follow one another to be told together, by the wall.
	together = time.Second
	// settling is how long after the last message all has settled: alarms begin when they are first evaluated, within a
	// minute of each other.
	settling = 70 * time.Second
	// forever is as long as a message may be waited for.
	forever time.Duration = math.MaxInt64
)

// inbox returns the messages from a number on, when there are any, and the number to go on with.
type inbox func(ctx context.Context, seen int) (messages []sns.Message, next int, err error)

// reader tells what reaches people, as it does.
type reader struct {
	p    *printer
	next inbox
	seen int
}

// followInbox prints what reaches people until the context ends. After a deployment subscriptions and alarms begin, one
// by one: that is no news, and held back until nothing has come for a while. Then it is told in few lines, so that what
// stands above them stays in sight.
func followInbox(ctx context.Context, p *printer, next inbox) {
	r := reader{p: p, next: next}
	var held []sns.Message
	for {
		messages := r.await(ctx, settling)
		if len(messages) == 0 {
			break
		}
		quiet := func(m sns.Message) bool { return chronicle.ReadMessage(m).Tone() == chronicle.Quiet }
		for _, m := range messages {
			if quiet(m) {
				held = append(held, m)
			}
		}
		r.tell(slices.DeleteFunc(messages, quiet))
	}
	if ctx.Err() != nil {
		return
	}
	r.tell(held)
	for ctx.Err() == nil {
		r.tell(r.await(ctx, forever))
	}
}

// await returns what arrives together; nothing after so long without a message.
func (r *reader) await(ctx context.Context, patience time.Duration) []sns.Message {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, _, err := r.next(waiting, r.seen); err != nil {
		return nil
	}
	select {
	case <-time.After(together):
	case <-ctx.Done():
		return nil
	}
	messages, next, err := r.next(ctx, r.seen)
	if err != nil {
		return nil
	}
	r.seen = next
	return messages
}

func (r *reader) tell(messages []sns.Message) {
	for _, line := range chronicle.Digest(messages) {
		r.p.line("    %s %s  %s", signs[line.Tone], strings.Join(line.Regions, ", "), line.Text)
	}
}

// showInbox shows what would have reached people and fails if anyone was paged: nothing was wrong.
func showInbox(p *printer, messages []sns.Message) error {
	var paged []string
	for _, m := range messages {
		if chronicle.ReadMessage(m).Pages() {
			paged = append(paged, m.Subject)
		}
	}
	p.line("What has reached oncall@example.com")
	rows := [][]string{}
	for _, line := range chronicle.Digest(messages) {
		rows = append(rows, []string{strings.Join(line.Regions, ", "), line.Text})
	}
	slices.SortFunc(rows, slices.Compare)
	p.table(slices.Concat([][]string{{"REGION", "MESSAGE"}}, rows))
	if len(paged) > 0 {
		return fmt.Errorf("a healthy database has paged people: %s", strings.Join(paged, "; "))
	}
	p.line("✔ nobody was paged")
	return nil
}
