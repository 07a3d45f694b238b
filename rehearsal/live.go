package rehearsal

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/report"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/workload"
)

// writesBefore is how many writes of a client must have been acknowledged before anything is broken.
const writesBefore = 2

const (
	// stopping bounds what is done after the clients have ended, by the wall.
	stopping = 30 * time.Second
	// eventsWithin is how long events are waited for after the clients have ended, in sandbox time.
	eventsWithin = 10 * time.Minute
)

// live goes through the rehearsal with its clients, and removes what they needed.
func (r *run) live(ctx context.Context) (lived report.Lived, err error) {
	system, err := r.system(ctx)
	if err != nil {
		return lived, err
	}
	defer func() { err = errors.Join(err, within(ctx, stopping, system.Remove)) }()
	arriving := workload.NewEvents(r.Sandbox, r.Queues())
	stopWatching := r.watch(ctx, arriving)
	defer stopWatching()
	clients := r.startClients(system)
	r.written, r.load = system, clients.load
	defer func() { _, _ = clients.stop(ctx) }() // has said why when it was stopped in time
	lived, err = r.hold(ctx, clients, arriving)
	stopWatching() // so that nothing of the end is missed
	lived.Speed = r.Sandbox.Clock.Speed()
	lived.Seen = r.record()
	return lived, err
}

// watch chronicles, and reads the queues of events, until it is told to stop.
func (r *run) watch(ctx context.Context, arriving *workload.Events) (stop func()) {
	watching, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var all sync.WaitGroup
	all.Go(func() { r.seen.Follow(watching) })
	all.Go(func() { arriving.Follow(watching) })
	return func() {
		cancel()
		all.Wait()
	}
}

// record is what reports show of what was seen.
func (r *run) record() chronicle.Record {
	record := r.seen.Record()
	record.Entries = slices.DeleteFunc(record.Entries, func(e chronicle.Entry) bool { return !reported(e) })
	return record
}

// hold awaits the steady state, plays the method, watches, and looks for what was promised.
func (r *run) hold(ctx context.Context, c *clients, arriving *workload.Events) (lived report.Lived, err error) {
	r.note(chronicle.Note,
		"the hypothesis: every observer finds both endpoints up, no alarm, every client is served")
	lived.Before = r.steadyBefore(ctx, c)
	if ctx.Err() != nil {
		return lived, ctx.Err()
	}
	if lived.Before != nil { // a disaster on top of one would prove nothing
		r.note(chronicle.Bad, "the hypothesis does not hold: %v", lived.Before)
		now := r.now()
		lived.Outage = fault.Outage{Start: now, End: now}
		lived.Watched = now
		lived.Writes, lived.Unread = c.stop(ctx)
		return lived, nil //nolint:nilerr // a hypothesis that does not hold is a report, not an error
	}
	if err := r.play(ctx, &lived); err != nil {
		return lived, err
	}
	r.note(chronicle.Note, "watching for %s", script.Short(r.plan.Watch))
	if err := r.Sandbox.Clock.Sleep(ctx, r.plan.Watch); err != nil {
		return lived, err
	}
	lived.Watched = r.now()
	lived.Writes, lived.Unread = c.stop(ctx)
	lived.Writes.Forgive(r.forgone)
	if r.plan.Workload == script.WorkloadApplication {
		lived.Events = r.awaitEvents(ctx, arriving, c.load.Acknowledged())
	}
	lived.After = r.awaitSteady(ctx, r.plan.Hypothesis)
	return lived, ctx.Err()
}

// steadyBefore is what keeps the stack or the clients from their steady state.
func (r *run) steadyBefore(ctx context.Context, c *clients) error {
	if err := r.awaitSteady(ctx, r.plan.Hypothesis); err != nil {
		return err
	}
	limit := max(r.Sandbox.Clock.Wall(r.plan.Hypothesis), time.Second)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return c.load.AwaitAcknowledged(ctx, writesBefore)
}

// play carries out the method: faults, deployments and an operator's acts beside each other. Every fault is undone when
// it returns, in time or early.
func (r *run) play(ctx context.Context, lived *report.Lived) error {
	var faults, withdrawals, repair fault.Outage
	var repaired []report.Check
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { return r.startObservers(ctx, r.plan.ProbeInterval) })
	all.Go(func() error {
		begun := func(s fault.Spec, at time.Time) { r.seen.Add(chronicle.Injected(s, at)) }
		ended := func(s fault.Spec, at time.Time) { r.seen.Add(chronicle.Undone(s, at)) }
		played, err := r.Faults.Play(ctx, r.plan.Faults(), begun, ended)
		faults = played
		return err
	})
	all.Go(func() (err error) {
		lived.Deployments, err = r.deployments(ctx)
		return err
	})
	all.Go(func() (err error) {
		withdrawals, lived.Acts, err = r.acts(ctx)
		return err
	})
	all.Go(func() (err error) {
		repair, repaired, err = r.actOnData(ctx)
		return err
	})
	err := all.Wait()
	lived.Acts = append(lived.Acts, repaired...)
	lived.Outage = faults.And(withdrawals).And(repair)
	return err
}

// awaitEvents looks for the events of all acknowledged writes in both regions. What waits for a region that is back is
// sent again by then: EventBridge pauses for 8 minutes at most, the publishers run every minute.
func (r *run) awaitEvents(
	ctx context.Context, arriving *workload.Events, acknowledged map[string]time.Time,
) *workload.Arrivals {
	r.note(chronicle.Note, "waiting for the events of %d writes in both regions", len(acknowledged))
	ctx, cancel := context.WithTimeout(ctx, r.Sandbox.Clock.Wall(eventsWithin))
	defer cancel()
	arrivals := arriving.Await(ctx, acknowledged)
	return &arrivals
}

// within does something that is not to be left undone, for so long at most, by the wall.
func within(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	return do(ctx)
}
