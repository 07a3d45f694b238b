package outbox

import (
	"context"
	"errors"
	"time"

	"aurora-dsql-dr/lambda/contract"
)

const (
	// claimSize is how many events are claimed at a time: few enough to be sent within a lease.
	claimSize = 100
	// purgeSize is how many rows are deleted at a time, below the 3,000 that a transaction of DSQL may change.
	purgeSize = 1000
	// reserve is kept of the function's time: what is not begun in it is left to the next run.
	reserve = 5 * time.Second
)

// Rows is the table of events; Store is it.
type Rows interface {
	ClaimIDs(ctx context.Context, ids []string) ([]Event, error)
	ClaimDue(ctx context.Context, limit int) ([]Event, error)
	Mark(ctx context.Context, ids []string) error
	Age(ctx context.Context) (time.Duration, error)
	Purge(ctx context.Context, retention time.Duration, limit int) (int, error)
}

// Publisher sends events: claim, put, mark. A crash after the claim leaves them to the next run when the lease is over; a
// crash after the put sends them twice, which consumers know by the event's ID.
type Publisher struct {
	Rows Rows
	Bus  Bus
	// Retention is how long sent rows are kept.
	Retention time.Duration
	// RecordAge takes the age of the oldest unsent event of a scheduled run.
	RecordAge func(time.Duration) error
}

// Run sends the events that are named, or, if none is, everything that is due. The error joins what could not be sent,
// recorded or cleaned up; what was sent is marked nevertheless.
func (p Publisher) Run(ctx context.Context, event contract.PublishEvent) error {
	if len(event.IDs) > 0 {
		events, err := p.Rows.ClaimIDs(ctx, event.IDs)
		return errors.Join(err, p.send(ctx, events))
	}
	return errors.Join(p.recordAge(ctx), p.sweep(ctx), p.purge(ctx))
}

// recordAge comes first: it is what tells that sweeping does not work.
func (p Publisher) recordAge(ctx context.Context) error {
	age, err := p.Rows.Age(ctx)
	if err != nil {
		return err
	}
	return p.RecordAge(age)
}

func (p Publisher) sweep(ctx context.Context) error {
	for hasTime(ctx) {
		events, err := p.Rows.ClaimDue(ctx, claimSize)
		if err := errors.Join(err, p.send(ctx, events)); err != nil || len(events) < claimSize {
			return err
		}
	}
	return nil
}

func (p Publisher) purge(ctx context.Context) error {
	for hasTime(ctx) {
		deleted, err := p.Rows.Purge(ctx, p.Retention, purgeSize)
		if err != nil || deleted < purgeSize {
			return err
		}
	}
	return nil
}

// send marks after every call of PutEvents, so that a crash repeats ten events at most.
func (p Publisher) send(ctx context.Context, events []Event) error {
	batches, err := p.Bus.Batches(events)
	problems := []error{err}
	for _, batch := range batches {
		sent, err := p.Bus.Put(ctx, batch)
		problems = append(problems, err)
		if len(sent) > 0 {
			problems = append(problems, p.Rows.Mark(ctx, sent))
		}
	}
	return errors.Join(problems...)
}

func hasTime(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || time.Until(deadline) > reserve)
}
