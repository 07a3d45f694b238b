package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/workload"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/logs"
)

// Entry is something that happened, in the order of the report's timeline.
type Entry struct {
	// Time is sandbox time; At is counted from the first fault and set in reports.
	Time time.Time `json:"time"`
	At   Offset    `json:"at"`
	// Lane is whom it concerns: a fault, an observer and an endpoint, an alarm, a client.
	Lane string `json:"lane"`
	Tone Tone   `json:"tone"`
	Text string `json:"text"`
}

// Tone is how an entry changes its lane.
type Tone string

// The tones. Bad begins a bad time that Good ends; Warning and Note are single moments.
const (
	Good    Tone = "good"
	Bad     Tone = "bad"
	Warning Tone = "warning"
	Note    Tone = "note"
)

// Lanes of entries that concern the whole.
const (
	laneRehearsal = "rehearsal"
	laneMessages  = "messages"
)

// poll is how often inbox and alarm histories are read, by the wall; what is in them has its own time.
const poll = 100 * time.Millisecond

// observation is all that is seen of a stack.
type observation struct {
	stage    Stage
	progress func(Entry)
	telling  sync.Mutex // held while progress is told

	mu       sync.Mutex
	entries  []Entry
	messages []Message
	detected []time.Time // probes that found an endpoint down
	reading  map[string]int
	seen     int
}

func (s Stage) observe(progress func(Entry)) *observation {
	o := &observation{stage: s, progress: progress, seen: len(s.Sandbox.Account.Inbox.Messages()), reading: map[string]int{}}
	for _, r := range s.Sandbox.Account.Regions() {
		o.reading[r.Name] = len(r.CloudWatch.History(""))
	}
	return o
}

// follow observes until the context ends, and then once more, so that nothing before the end is missed.
func (o *observation) follow(ctx context.Context) {
	var tails sync.WaitGroup
	for region, function := range o.stage.monitors() {
		f, err := o.stage.Sandbox.Account.Region(region).Lambda.Function(function)
		if err != nil {
			continue // the hypothesis says so
		}
		begin := o.stage.Sandbox.Clock.Now()
		tails.Go(func() {
			_ = o.stage.Sandbox.Account.Region(region).Logs.Tail(ctx, f.Logging.LogGroup, func(e logs.Event) {
				if !e.Time.Before(begin) {
					o.probe(region, e)
				}
			})
		})
	}
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for ctx.Err() == nil {
		o.look()
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
	tails.Wait()
	o.look()
}

// look reads what has arrived since the last look.
func (o *observation) look() {
	all := o.stage.Sandbox.Account.Inbox.Messages()
	for _, raw := range all[min(o.seen, len(all)):] {
		m, ok := classify(raw)
		if !ok || raw.Endpoint != o.stage.recipient() {
			continue
		}
		o.mu.Lock()
		o.messages = append(o.messages, m)
		o.mu.Unlock()
		tone := Bad
		if m.Kind == Resolved || m.Kind == BackToOK {
			tone = Good
		}
		o.add(Entry{Time: m.Time, Lane: laneMessages, Tone: tone, Text: strings.TrimSpace(m.Subject) + " — by " + m.Region})
	}
	o.seen = len(all)
	for _, r := range o.stage.Sandbox.Account.Regions() {
		history := r.CloudWatch.History("")
		for _, item := range history[min(o.reading[r.Name], len(history)):] {
			o.alarm(r.Name, item)
		}
		o.reading[r.Name] = len(history)
	}
}

func (o *observation) alarm(region string, item cloudwatch.HistoryItem) {
	if item.Type != cloudwatch.HistoryStateUpdate || item.New != cloudwatch.StateAlarm && item.Old != cloudwatch.StateAlarm {
		return
	}
	tone := Good
	if item.New == cloudwatch.StateAlarm {
		tone = Bad
	}
	o.add(Entry{Time: item.Timestamp, Lane: "alarm " + item.AlarmName + " in " + region, Tone: tone,
		Text: fmt.Sprintf("%s → %s", item.Old, item.New)})
}

// probe reads a line of an observer's log.
func (o *observation) probe(observer string, e logs.Event) {
	var line contract.ProbeLine
	if json.Unmarshal([]byte(e.Message), &line) != nil || line.Region == "" {
		return
	}
	entry := Entry{Time: e.Time, Lane: observer + " sees " + line.Region}
	switch line.Message {
	case contract.LogNotUp:
		entry.Tone, entry.Text = Warning, strings.TrimSpace(line.Verdict+" "+line.Reason)
		if line.Verdict == "down" {
			o.mu.Lock()
			o.detected = append(o.detected, e.Time)
			o.mu.Unlock()
		}
	case contract.LogLost:
		entry.Tone, entry.Text = Bad, "lost"
	case contract.LogServes:
		entry.Tone, entry.Text = Good, "serves again"
	default:
		return
	}
	o.add(entry)
}

// client is a workload's Report.
func (o *observation) client(n workload.Notice) {
	entry := Entry{Time: n.Time, Lane: "client " + n.Client}
	if n.Recovered {
		entry.Tone, entry.Text = Good, fmt.Sprintf("served by %s after %s", n.Endpoint, short(n.Time.Sub(n.Since)))
	} else {
		entry.Tone, entry.Text = Bad, fmt.Sprintf("refused by %s: %s", n.Endpoint, reason(n.Err))
	}
	o.add(entry)
}

// reason is why a client was refused, in one line.
func reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

func (o *observation) add(e Entry) {
	o.mu.Lock()
	o.entries = append(o.entries, e)
	o.mu.Unlock()
	if o.progress != nil {
		o.telling.Lock()
		defer o.telling.Unlock()
		o.progress(e)
	}
}

// timeline is all that was seen, in order, counted from the first fault.
func (o *observation) timeline(start time.Time) ([]Entry, []Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	entries, messages := slices.Clone(o.entries), slices.Clone(o.messages)
	for i := range entries {
		entries[i].At = Offset(entries[i].Time.Sub(start))
	}
	for i := range messages {
		messages[i].At = Offset(messages[i].Time.Sub(start))
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return a.Time.Compare(b.Time) })
	slices.SortStableFunc(messages, func(a, b Message) int { return a.Time.Compare(b.Time) })
	return entries, messages
}

// measure finds the times in what was seen.
func (o *observation) measure(start, end time.Time, gaps []workload.Gap) map[Measure]Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	times := map[Measure]Time{Detect: {}, Alert: {}, AllClear: {}, Alarm: {}, Recovery: recovery(start, gaps)}
	for _, t := range slices.SortedFunc(slices.Values(o.detected), time.Time.Compare) {
		if !t.Before(start) {
			times[Detect] = at(t.Sub(start))
			break
		}
	}
	first := func(m Measure, since, t time.Time) {
		if !times[m].Happened || t.Sub(since) < times[m].After {
			times[m] = at(t.Sub(since))
		}
	}
	for _, m := range o.messages {
		switch {
		case m.Kind == Lost && !m.Time.Before(start):
			first(Alert, start, m.Time)
		case m.Kind == InAlarm && !m.Time.Before(start):
			first(Alarm, start, m.Time)
		case m.Kind == Resolved && !m.Time.Before(end):
			first(AllClear, end, m.Time)
		}
	}
	return times
}

// recovery is the longest gap that began after the fault: zero if no client noticed, never if one is still waiting.
func recovery(start time.Time, gaps []workload.Gap) Time {
	longest := at(0)
	for _, g := range gaps {
		switch {
		case g.From.Before(start):
		case g.To.IsZero():
			return Time{}
		default:
			longest.After = max(longest.After, g.To.Sub(g.From))
		}
	}
	return longest
}
