package outbox

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/lambda/internal/budget"
)

const (
	// catchUpSize is how many events are read at a time while catching up, and catchUpCalls how many calls of PutEvents
	// there are at a time: some thousand events a second.
	catchUpSize  = 400
	catchUpCalls = 8
)

// Absence is the time in which the region's publisher was not seen, which is taken for the region's loss; zero if there
// is nothing to catch up with.
type Absence struct{ From, Until *time.Time }

// Sent is an event that was sent.
type Sent struct {
	Event
	// In is the region that sent it, At the database's clock.
	In string
	At time.Time
}

// Position is behind an event that was sent; the zero ID is before all of that time.
type Position struct {
	At time.Time
	ID string
}

// noID is before every event of a time.
const noID = "00000000-0000-0000-0000-000000000000"

// catchUp puts on the own bus what the other region sent while this one was away. EventBridge keeps trying to forward
// those events, with pauses that grow to minutes; the outbox has them at once. What was forwarded as well comes twice,
// by the same ID. They say that the other region published them, so that they are not forwarded back.
func (p Publisher) catchUp(ctx context.Context, absence Absence) error {
	if absence.From == nil || absence.Until == nil {
		return nil
	}
	at := Position{*absence.From, noID}
	for budget.HasTime(ctx) {
		events, err := p.Rows.SentElsewhere(ctx, at, *absence.Until, catchUpSize)
		if err != nil {
			return err
		}
		if err := p.repeat(ctx, events); err != nil {
			return err
		}
		if len(events) < catchUpSize {
			p.Log.InfoContext(ctx, "caught up with the other region's events", "from", absence.From, "until", absence.Until)
			return p.Rows.CaughtUp(ctx, *absence.Until, *absence.Until)
		}
		last := events[len(events)-1]
		at = Position{last.At, last.ID}
		if err := p.Rows.CaughtUp(ctx, last.At, *absence.Until); err != nil { // where a run after a crash goes on
			return err
		}
	}
	return nil
}

// repeat puts events that were sent elsewhere on the own bus. Those that cannot be read were not sent, and so are not
// here.
func (p Publisher) repeat(ctx context.Context, events []Sent) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(catchUpCalls)
	for _, batch := range p.Bus.Repetitions(events) {
		group.Go(func() error {
			_, _, err := p.Bus.Put(ctx, batch)
			return err
		})
	}
	return group.Wait()
}
