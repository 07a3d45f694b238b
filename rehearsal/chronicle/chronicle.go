package chronicle

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/logs"
	"aurora-dsql-dr/sandbox/sns"
)

// poll is how often inbox and alarm histories are read, by the wall; what is in them has its own time.
const poll = 100 * time.Millisecond

// Options say what is read.
type Options struct {
	// Account is where it happens. Required.
	Account *aws.Account
	// Monitors are the names of the observers' functions by region. Required.
	Monitors map[string]string
	// Since leaves out what happened before; the zero value leaves out nothing.
	Since time.Time
	// Domain is the application's name, whose answers are read; "" if it has none.
	Domain string
	// Recipient is whose messages are read; "" for everybody's.
	Recipient string
	// Keep bounds what is remembered of each source, the oldest going first; 0 is everything.
	Keep int
	// Tell is told what happens, as it happens, one thing at a time; optional.
	Tell func(Entry)
}

// Chronicle is all that is seen of a stack. It is safe for concurrent use.
type Chronicle struct {
	opts    Options
	telling sync.Mutex // held while Tell is told

	looking sync.Mutex // guards how far has been read, and what the name answers
	inbox   int
	answers map[string]answers // by asker
	alarms  map[string]cursor  // by region
	active  []fault.Active

	mu     sync.Mutex // guards what was seen
	record Record
	words  words
	// withdrawn are the latest withdrawals, by region; their times are the functions'.
	withdrawn map[string]contract.Withdrawal
}

// Record is what has been seen so far, in the order in which it was read.
type Record struct {
	Entries []Entry
	// Messages are those that somebody may wait for.
	Messages []Message
	// Detected are the probes that found an endpoint down.
	Detected []time.Time
	// Answers are what the name has answered, each when it changed, the first ones at the chronicle's begin.
	Answers []Answer
}

// New begins a chronicle. What happens is read by Follow, or by Listen and Look.
func New(opts Options) *Chronicle {
	return &Chronicle{
		opts:    opts,
		answers: map[string]answers{},
		alarms:  map[string]cursor{},
		words:   newWords(),

		withdrawn: map[string]contract.Withdrawal{},
	}
}

// Follow reads until the context ends, and then once more, so that nothing before the end is missed.
func (c *Chronicle) Follow(ctx context.Context) {
	var listening sync.WaitGroup
	listening.Go(func() { c.Listen(ctx) })
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for ctx.Err() == nil {
		c.Look()
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
	listening.Wait()
	c.Look()
}

// Listen reads the observers' logs until the context ends.
func (c *Chronicle) Listen(ctx context.Context) {
	var all sync.WaitGroup
	for region, function := range c.opts.Monitors {
		all.Go(func() { c.listen(ctx, region, function) })
	}
	all.Wait()
}

// listen reads an observer's log. The group of a function that is deployed anew comes and goes.
func (c *Chronicle) listen(ctx context.Context, region, function string) {
	r := c.opts.Account.Region(region)
	for ctx.Err() == nil {
		if f, err := r.Lambda.Function(function); err == nil {
			_ = r.Logs.Tail(ctx, f.Logging.LogGroup, func(e logs.Event) { c.read(region, e) })
		}
		_ = c.opts.Account.Clock.Sleep(ctx, time.Second) // the context's end ends the loop
	}
}

// read takes in a line of an observer's log.
func (c *Chronicle) read(observer string, e logs.Event) {
	defer edge.Recover("log of observer "+observer, nil) // the next line is read all the same
	if e.Time.Before(c.opts.Since) {
		return
	}
	var line contract.ProbeLine
	_ = json.Unmarshal([]byte(e.Message), &line) // a line in another format has no message
	c.mu.Lock()
	if line.Message == contract.LogNotUp && line.Verdict == contract.Down {
		c.record.Detected = bounded(append(c.record.Detected, e.Time), c.opts.Keep)
	}
	if line.Message == contract.LogWithdrawal {
		c.withdrawn[line.Withdrawal.Region] = line.Withdrawal
	}
	news := c.words.read(observer, e.Time, line)
	c.mu.Unlock()
	if probe, ok := readProbe(observer, e.Time, line); ok {
		c.Add(probe)
	}
	for _, change := range news {
		c.Add(change)
	}
}

// Look reads what has arrived, which alarms have changed and what the name answers, since the last look.
func (c *Chronicle) Look() {
	c.looking.Lock()
	defer c.looking.Unlock()
	c.lookUp()
	for _, raw := range c.arrived() {
		c.receive(raw)
	}
	for _, r := range c.opts.Account.Regions() {
		at := c.alarms[r.Name]
		for _, item := range at.next(r.CloudWatch.History("")) {
			if e, ok := readAlarm(r.Name, item); ok && !e.Time.Before(c.opts.Since) {
				c.Add(e)
			}
		}
		c.alarms[r.Name] = at
	}
}

// arrived are the messages since the last look.
func (c *Chronicle) arrived() []sns.Message {
	now, cancel := context.WithCancel(context.Background())
	cancel() // what is there, without waiting for more
	messages, next, err := c.opts.Account.Inbox.Next(now, c.inbox)
	if err != nil {
		return nil
	}
	c.inbox = next
	return messages
}

func (c *Chronicle) receive(raw sns.Message) {
	m := ReadMessage(raw)
	if m.Time.Before(c.opts.Since) || c.opts.Recipient != "" && m.To != c.opts.Recipient {
		return
	}
	if m.Awaited() {
		c.mu.Lock()
		if m.Kind == Lapsed {
			delete(c.withdrawn, m.Endpoint)
		}
		c.record.Messages = bounded(append(c.record.Messages, m), c.opts.Keep)
		c.mu.Unlock()
	}
	if m.Tone() != Quiet {
		c.Add(m.Entry())
	}
}

// Add adds something that happened.
func (c *Chronicle) Add(e Entry) {
	c.mu.Lock()
	c.record.Entries = append(c.record.Entries, e)
	c.forget(e.Source)
	c.mu.Unlock()
	if c.opts.Tell != nil {
		c.telling.Lock()
		defer c.telling.Unlock()
		c.opts.Tell(e)
	}
}

// forget drops the oldest entry of a source that has too many.
func (c *Chronicle) forget(source Source) {
	if c.opts.Keep == 0 {
		return
	}
	count, oldest := 0, 0
	for i, e := range slices.Backward(c.record.Entries) {
		if e.Source == source {
			count++
			oldest = i
		}
	}
	if count > c.opts.Keep {
		c.record.Entries = slices.Delete(c.record.Entries, oldest, oldest+1)
	}
}

// bounded is a list without its oldest items, if there are more than keep; 0 keeps all.
func bounded[T any](list []T, keep int) []T {
	if keep == 0 {
		return list
	}
	return slices.Delete(list, 0, max(0, len(list)-keep))
}

// Record is what has been seen so far.
func (c *Chronicle) Record() Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Record{
		Entries:  slices.Clone(c.record.Entries),
		Messages: slices.Clone(c.record.Messages),
		Detected: slices.Clone(c.record.Detected),
		Answers:  slices.Clone(c.record.Answers),
	}
}

// cursor is how far a history has been read, whose oldest items may be gone by the next time.
type cursor struct {
	latest time.Time
	same   int // how many items of that time have been read
}

// next are the items that have not been read.
func (c *cursor) next(history []cloudwatch.HistoryItem) []cloudwatch.HistoryItem {
	same := 0
	fresh := slices.DeleteFunc(history, func(item cloudwatch.HistoryItem) bool {
		if item.Timestamp.Equal(c.latest) {
			same++
			return same <= c.same
		}
		return item.Timestamp.Before(c.latest)
	})
	if len(fresh) > 0 {
		last := fresh[len(fresh)-1].Timestamp
		if !last.Equal(c.latest) {
			c.latest, c.same = last, 0
		}
		for _, item := range fresh {
			if item.Timestamp.Equal(last) {
				c.same++
			}
		}
	}
	return fresh
}
