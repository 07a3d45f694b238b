package workload

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/awserr"
)

// Events are the events of transactions that have arrived in a queue in each data region. Create it with NewEvents.
type Events struct {
	sandbox *sandbox.Sandbox
	queues  map[string]string

	mu      sync.Mutex
	arrived map[string]map[string]arrival // by region and transaction id
	changed chan struct{}
}

// Arrivals say what became of the events of some transactions.
type Arrivals struct {
	// Missing are the transactions without an event, by the region where it has not arrived.
	Missing map[string][]string
	// Longest is the longest time from a transaction's acknowledgement to its event in the region where it arrived last.
	Longest time.Duration
	// Repeated are events that arrived more than once in a region: delivery is at least once. CaughtUp are further ones,
	// which a region that was away has repeated, or which came after it had taken them itself.
	Repeated, CaughtUp int
}

// arrival is an event in a region: sandbox time of the first, and how many came by the buses and by catching up.
type arrival struct {
	at             time.Time
	sent, caughtUp int
}

// repeated splits the repetitions of an event. One that came by catching up alone has been repeated by nothing else.
func (a arrival) repeated() (sent, caughtUp int) {
	sent = max(0, a.sent-1)
	return sent, a.sent + a.caughtUp - 1 - sent
}

// patience is how long one look into a queue waits for an event, in sandbox time.
const patience = time.Second

// NewEvents is of these queues, URLs by region.
func NewEvents(s *sandbox.Sandbox, queues map[string]string) *Events {
	e := &Events{
		sandbox: s,
		queues:  queues,
		arrived: map[string]map[string]arrival{},
		changed: make(chan struct{}),
	}
	for region := range queues {
		e.arrived[region] = map[string]arrival{}
	}
	return e
}

// Follow takes events out of the queues until the context ends.
func (e *Events) Follow(ctx context.Context) {
	var all sync.WaitGroup
	for region, queue := range e.queues {
		all.Go(func() { e.follow(ctx, region, queue) })
	}
	all.Wait()
}

func (e *Events) follow(ctx context.Context, region, queue string) {
	messages := e.sandbox.Account.Region(region).SQS
	for ctx.Err() == nil {
		received, err := messages.Receive(ctx, queue, 10, -1, patience)
		if errors.Is(err, awserr.ErrUnavailable) { // the region is lost, and may come back
			_ = e.sandbox.Clock.Sleep(ctx, patience) // the loop looks at the context
			continue
		}
		if err != nil {
			return // the queue is gone: what has not arrived is missing
		}
		for _, m := range received {
			var event struct{ Detail contract.TransactionCreated }
			if json.Unmarshal([]byte(m.Body), &event) == nil {
				e.note(region, event.Detail, e.sandbox.Clock.Now())
			}
			_ = messages.Delete(queue, m.ReceiptHandle) // one that is gone already is as well
		}
	}
}

func (e *Events) note(region string, event contract.TransactionCreated, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a, has := e.arrived[region][event.TransactionID]
	if !has {
		a.at = now
	}
	if event.CaughtUpIn == "" {
		a.sent++
	} else {
		a.caughtUp++
	}
	e.arrived[region][event.TransactionID] = a
	close(e.changed)
	e.changed = make(chan struct{})
}

// Await returns when the events of all these transactions, by id with the time of their acknowledgement, have arrived
// in every region, or the context ends.
func (e *Events) Await(ctx context.Context, acknowledged map[string]time.Time) Arrivals {
	for {
		e.mu.Lock()
		a, changed := e.arrivals(acknowledged), e.changed
		e.mu.Unlock()
		if len(a.Missing) == 0 {
			return a
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return a
		}
	}
}

func (e *Events) arrivals(acknowledged map[string]time.Time) Arrivals {
	a := Arrivals{Missing: map[string][]string{}}
	for _, events := range e.arrived {
		for _, event := range events {
			sent, caughtUp := event.repeated()
			a.Repeated, a.CaughtUp = a.Repeated+sent, a.CaughtUp+caughtUp
		}
	}
	for id, at := range acknowledged {
		for region, events := range e.arrived {
			if arrived, has := events[id]; has {
				a.Longest = max(a.Longest, arrived.at.Sub(at))
			} else {
				a.Missing[region] = append(a.Missing[region], id)
			}
		}
	}
	return a
}
