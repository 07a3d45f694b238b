package outbox

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/budget"
)

const (
	// claimSize is how many events are claimed at a time: few enough to be sent within a lease.
	claimSize = 100
	// purgeSize is how many rows are deleted at a time, below the 3,000 that a transaction of DSQL may change.
	purgeSize = 1000
)

// Rows is the table of events; Store is it.
type Rows interface {
	ClaimIDs(ctx context.Context, ids []string) ([]Event, error)
	ClaimDue(ctx context.Context, limit int) ([]Event, error)
	Mark(ctx context.Context, ids []string) error
	Park(ctx context.Context, event Unsendable) error
	Age(ctx context.Context) (time.Duration, error)
	Purge(ctx context.Context, retention time.Duration, limit int) (int, error)
	Seen(ctx context.Context) (Absence, error)
	SentElsewhere(ctx context.Context, after Position, until time.Time, limit int) ([]Sent, error)
	CaughtUp(ctx context.Context, to, until time.Time) error
}

// Publisher sends events: claim, put, mark. A crash after the claim leaves them to the next run when the lease is over;
// a crash after the put sends them twice, which consumers know by the event's ID. What can never be sent is parked.
type Publisher struct {
	Rows Rows
	Bus  Bus
	// Retention is how long sent rows are kept.
	Retention time.Duration
	// RollUp counts in the background, when a scheduled run has sent what is due.
	RollUp func(context.Context) error
	// RecordAge takes the age of the oldest unsent event of a scheduled run.
	RecordAge func(time.Duration) error
	// RecordParked takes the number of events that a run has parked, if there are any.
	RecordParked func(int) error
	Log          *slog.Logger
}

// Run sends the events that are named, or, if none is, everything that is due. The error joins what could not be sent,
// recorded or cleaned up; what was sent is marked nevertheless.
func (p Publisher) Run(ctx context.Context, event contract.PublishEvent) error {
	if len(event.IDs) > 0 {
		events, err := p.Rows.ClaimIDs(ctx, event.IDs)
		_, sending := p.send(ctx, events)
		return errors.Join(err, sending)
	}
	aging := p.recordAge(ctx)
	absence, seeing := p.Rows.Seen(ctx) // before work of any length, which would look like an absence
	return errors.Join(aging, seeing, p.sweep(ctx), p.RollUp(ctx), p.catchUp(ctx, absence), p.purge(ctx))
}

// recordAge comes first: it is what tells that sweeping does not work.
func (p Publisher) recordAge(ctx context.Context) error {
	age, err := p.Rows.Age(ctx)
	if err != nil {
		return err
	}
	return p.RecordAge(age)
}

// sweep goes on for as long as events get somewhere: single ones that cannot be sent now hold up no others, but a bus
// that takes none is not asked again in this run.
func (p Publisher) sweep(ctx context.Context) error {
	var problems []error
	for budget.HasTime(ctx) {
		events, err := p.Rows.ClaimDue(ctx, claimSize)
		done, sending := p.send(ctx, events)
		problems = append(problems, err, sending)
		if len(events) < claimSize || done == 0 {
			break
		}
	}
	return errors.Join(problems...)
}

func (p Publisher) purge(ctx context.Context) error {
	for budget.HasTime(ctx) {
		deleted, err := p.Rows.Purge(ctx, p.Retention, purgeSize)
		if err != nil || deleted < purgeSize {
			return err
		}
	}
	return nil
}

// send marks after every call of PutEvents, so that a crash repeats ten events at most. It returns how many events were
// sent or parked.
func (p Publisher) send(ctx context.Context, events []Event) (done int, err error) {
	batches, parked := p.Bus.Batches(events)
	var problems []error
	for _, batch := range batches {
		sent, refused, err := p.Bus.Put(ctx, batch)
		parked, problems = append(parked, refused...), append(problems, err)
		if len(sent) > 0 {
			problems = append(problems, p.Rows.Mark(ctx, sent))
		}
		done += len(sent)
	}
	return done + len(parked), errors.Join(append(problems, p.park(ctx, parked))...)
}

// park takes events out of the way, and tells people: nothing else will.
func (p Publisher) park(ctx context.Context, events []Unsendable) error {
	if len(events) == 0 {
		return nil
	}
	var problems []error
	for _, e := range events {
		p.Log.ErrorContext(ctx, "event parked: it cannot be sent", "event", e.ID, "reason", e.Reason)
		problems = append(problems, p.Rows.Park(ctx, e))
	}
	return errors.Join(append(problems, p.RecordParked(len(events)))...)
}
