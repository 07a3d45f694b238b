package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/sns"
)

// together is how long messages may follow one another to be told together, by the wall.
const together = time.Second

// subject is what a message is about, in a few words, and whose it is, if it is one of many that are alike.
type subject struct{ region, about, alarm string }

func subjectOf(m sns.Message) subject {
	of := subject{region: m.Region, about: m.Subject}
	switch m.Kind {
	case sns.KindConfirmation:
		of.about = "confirm your subscription"
	case sns.KindEvent:
		of.about, _, _ = strings.Cut(strings.Trim(m.Body, "\""), " by ")
	case sns.KindAlarm:
		var n struct {
			AlarmName                    string
			OldStateValue, NewStateValue cloudwatch.State
		}
		first := cloudwatch.StateInsufficientData
		if json.Unmarshal([]byte(m.Body), &n) == nil && n.OldStateValue == first && n.NewStateValue == cloudwatch.StateOK {
			of.about, of.alarm = "begins in state OK", n.AlarmName
		}
	default: // an alert's subject says it all
	}
	return of
}

// told is how often something was said, and of which alarms.
type told struct {
	subject
	count  int
	alarms []string
}

// fold tells what is alike once, in the order in which it was first said.
func fold(messages []sns.Message) (all []told) {
	for _, m := range messages {
		of := subjectOf(m)
		at := slices.IndexFunc(all, func(t told) bool { return t.region == of.region && t.about == of.about })
		if at < 0 {
			at = len(all)
			all = append(all, told{subject: subject{region: of.region, about: of.about}})
		}
		all[at].count++
		if of.alarm != "" && !slices.Contains(all[at].alarms, of.alarm) {
			all[at].alarms = append(all[at].alarms, of.alarm)
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
		if stack.Pages(m) {
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
