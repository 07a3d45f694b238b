package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/sandbox/sns"
)

// together is how long messages may follow one another to be told together, by the wall.
const together = time.Second

// told is what was said in a region, how often, and of which alarms, if it is one of many that are alike.
type told struct {
	region, about string
	count         int
	alarms        []string
}

// fold tells what is alike once, in the order in which it was first said.
func fold(messages []sns.Message) (all []told) {
	for _, raw := range messages {
		m := chronicle.ReadMessage(raw)
		at := slices.IndexFunc(all, func(t told) bool { return t.region == m.Region && t.about == m.About })
		if at < 0 {
			at = len(all)
			all = append(all, told{region: m.Region, about: m.About})
		}
		all[at].count++
		if m.Kind == chronicle.Begins && !slices.Contains(all[at].alarms, m.Alarm) {
			all[at].alarms = append(all[at].alarms, m.Alarm)
		}
	}
	return all
}

// text is what was said in one line: few alarms by their names, of many the first.
func (t told) text() string {
	const named = 3
	switch n := len(t.alarms); {
	case n == 1:
		return t.alarms[0] + " " + t.about
	case n > named:
		return fmt.Sprintf("%d alarms begin in state OK: %s and %d more", n, strings.Join(t.alarms[:named], ", "), n-named)
	case n > 1:
		return fmt.Sprintf("%d alarms begin in state OK: %s", n, strings.Join(t.alarms, ", "))
	default:
		return t.about
	}
}

// linesOf are the lines for messages that arrived together.
func linesOf(messages []sns.Message) (lines []string) {
	for _, t := range fold(messages) {
		line := t.region + "  " + t.text()
		if t.count > 1 && len(t.alarms) == 0 {
			line += fmt.Sprintf(" (%d times)", t.count)
		}
		lines = append(lines, line)
	}
	return lines
}

// followInbox prints what reaches people until the context ends.
func followInbox(ctx context.Context, p *printer, inbox *sns.Inbox) {
	for seen := 0; ; {
		_, _, err := inbox.Next(ctx, seen)
		if err != nil {
			return
		}
		select {
		case <-time.After(together):
		case <-ctx.Done():
			return
		}
		messages, next, err := inbox.Next(ctx, seen)
		if err != nil {
			return
		}
		for _, line := range linesOf(messages) {
			p.line("    %s", line)
		}
		seen = next
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
	for _, t := range fold(messages) {
		rows = append(rows, []string{t.region, t.text(), fmt.Sprint(t.count)})
	}
	slices.SortFunc(rows, slices.Compare)
	p.table(slices.Concat([][]string{{"REGION", "MESSAGE", "COUNT"}}, rows))
	if len(paged) > 0 {
		return fmt.Errorf("a healthy database has paged people: %s", strings.Join(paged, "; "))
	}
	p.line("✔ nobody was paged")
	return nil
}
