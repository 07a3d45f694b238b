package sqlendpoint

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"aurora-dsql-dr/sandbox/clock"
)

// Fault is what is wrong with an endpoint. The zero value is a healthy one. Faults can be combined.
type Fault struct {
	// Refuse refuses new TCP connections: the port is kept, but nobody listens on it.
	Refuse bool
	// BlackHole takes TCP connections and never answers, on live connections either. Connections made meanwhile are closed
	// when it ends.
	BlackHole bool
	// SilentAddress is BlackHole for the first of the endpoint's addresses; the others go on.
	SilentAddress bool
	// Latency is added, in sandbox time, to accepting a connection and to every answer that ends a query.
	Latency time.Duration
	// FailPercent is how many of a hundred new connections fail, in an order like chance, after TLS and before the token
	// is looked at.
	FailPercent int
	// CommitStall makes every COMMIT of a transaction that wrote wait until the fault ends; reads go on.
	CommitStall bool
	// UnavailablePercent is how many of a hundred transactions end with XX000 "server unavailable", in an order like
	// chance. Every second of them is committed all the same: the outcome is uncertain.
	UnavailablePercent int
}

// Conflicts are commits that are to fail although nothing conflicts. Transactions that wrote nothing are never hit, as
// in Aurora DSQL. The zero value injects none.
type Conflicts struct {
	// Next is the number of coming commits that fail.
	Next int
	// Percent is how many of a hundred commits fail, evenly spread, once Next are spent.
	Percent int
	// As is how they fail; "" means DataConflict.
	As Conflict
}

// faults is the switchboard of one endpoint.
type faults struct {
	clock *clock.Clock

	mu          sync.Mutex
	fault       Fault
	changed     chan struct{} // closed by the next set
	conflicts   Conflicts
	connections int
	commits     int
	ended       int // transactions
	unavailable int // of those
}

func newFaults(c *clock.Clock) *faults { return &faults{clock: c, changed: make(chan struct{})} }

func (f *faults) set(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
	close(f.changed)
	f.changed = make(chan struct{})
}

// get is the present fault and a channel that is closed when it changes.
func (f *faults) get() (Fault, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fault, f.changed
}

func (f *faults) inject(c Conflicts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conflicts, f.commits = c, 0
}

// await returns when the fault is no longer as described, or with the reason why the context ended.
func (f *faults) await(ctx context.Context, described func(Fault) bool) (waited bool, err error) {
	for {
		fault, changed := f.get()
		if !described(fault) {
			return waited, nil
		}
		waited = true
		select {
		case <-changed:
		case <-ctx.Done():
			return waited, context.Cause(ctx)
		}
	}
}

func commitStall(f Fault) bool { return f.CommitStall }

// silent describes a fault in which the address, the first one or another, does not answer.
func silent(first bool) func(Fault) bool {
	return func(f Fault) bool { return f.BlackHole || first && f.SilentAddress }
}

// accept delays a new TCP connection and tells whether it has a future.
func (f *faults) accept(ctx context.Context, first bool) (bool, error) {
	swallowed, err := f.await(ctx, silent(first))
	if err != nil || swallowed {
		return false, err
	}
	return true, f.delay(ctx)
}

// connect tells whether a new connection fails.
func (f *faults) connect() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.connections++
	return isUnlucky(f.connections, f.fault.FailPercent)
}

// pass delays a message of a live connection.
func (f *faults) pass(ctx context.Context, first bool, message pgproto3.FrontendMessage) error {
	if _, err := f.await(ctx, silent(first)); err != nil {
		return err
	}
	switch message.(type) {
	case *pgproto3.Query, *pgproto3.Sync:
		return f.delay(ctx)
	}
	return nil
}

func (f *faults) delay(ctx context.Context) error {
	fault, _ := f.get()
	if fault.Latency <= 0 {
		return nil
	}
	return f.clock.Sleep(ctx, fault.Latency)
}

// touchCommits tells whether commits are of interest at all.
func (f *faults) touchCommits() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fault.CommitStall || f.conflicts.Next > 0 || f.conflicts.Percent > 0
}

// commit holds the commit of a transaction that wrote, and then decides whether it conflicts.
func (f *faults) commit(ctx context.Context) error {
	if _, err := f.await(ctx, commitStall); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conflicts.Next > 0 {
		f.conflicts.Next--
		return f.conflicts.As.failure()
	}
	f.commits++
	if isHit(f.commits, f.conflicts.Percent) {
		return f.conflicts.As.failure()
	}
	return nil
}

// end tells whether the end of a transaction is answered with "server unavailable", and whether it is committed before.
func (f *faults) end() (unavailable, committed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault.UnavailablePercent == 0 {
		return false, false
	}
	f.ended++
	if !isUnlucky(f.ended, f.fault.UnavailablePercent) {
		return false, false
	}
	f.unavailable++
	return true, f.unavailable%2 == 0
}

// isHit spreads percent hits evenly over the counted: of any hundred in a row exactly percent are hit.
func isHit(count, percent int) bool { return count*percent/100 > (count-1)*percent/100 }

// lots is an order that looks like chance and is the same every time.
var lots = rand.New(rand.NewPCG(1, 1)).Perm(100) //nolint:gosec // it is to be the same every time

// isUnlucky hits percent of every hundred counted, in the order of the lots. An even spread would favour or harm
// whoever connects in step with it.
func isUnlucky(count, percent int) bool { return lots[(count-1)%100] < percent }
