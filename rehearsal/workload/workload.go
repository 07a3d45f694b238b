// Package workload is what a rehearsal holds the database to: clients near both data regions that write rows, notice
// which were acknowledged, move to the endpoint that serves, and afterwards look for every row they were promised.
package workload

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/clock"
)

// System is what the clients write to.
type System interface {
	// Dial returns a region's endpoint for a client that is near another region or the same.
	Dial(client, endpoint string) Endpoint
	// Remove removes what was made for the workload.
	Remove(ctx context.Context) error
}

// Endpoint is one regional way to the data, as one client uses it; it is not shared.
type Endpoint interface {
	// Write stores a row under an id and returns the region that has acknowledged it. Writing it again is harmless. After
	// any error the row may be there or not.
	Write(ctx context.Context, id string) (by string, err error)
	// Stored reads the ids of all rows there are.
	Stored(ctx context.Context) (map[string]bool, error)
	Close()
}

// Dial is that of a System.
type Dial func(client, endpoint string) Endpoint

// Options describe a workload.
type Options struct {
	Clock *clock.Clock
	Dial  Dial
	// Regions are the two data regions; Clients is how many clients are near each, by default 2.
	Regions [2]string
	Clients int
	// Name is the only endpoint that clients know; by default they know the regions', their own and the other.
	Name string
	// Keeping is how many more clients near each region keep their connections for as long as these last; by default none.
	Keeping int
	// Every is the time between two writes of a client, by default half a second; Patience how long it waits for an
	// answer, by default 2 s, of a Name 10 s; Home how long it stays away from its own region's endpoint before it tries
	// that again, by default 30 s. Renew is the longest life of a connection, by default 30 s, to a Name a minute: pools
	// bound it, and clients that never connect would not meet what goes wrong with new connections. All are sandbox time.
	Every, Patience, Home, Renew time.Duration
	// Report is told what clients notice, as it happens; optional.
	Report func(Notice)
}

// Notice is a change in what a client experiences.
type Notice struct {
	Time   time.Time
	Client string
	// Region is where the client is, Endpoint the region it was talking to, or the name that has refused it.
	Region, Endpoint string
	// Recovered tells a first acknowledged write after refused ones, of which the first was begun at Since, from a first
	// refused one, whose reason is Err. Neither is one that another region has acknowledged than the one before.
	Recovered bool
	Since     time.Time
	Err       error
}

// Gap is a time in which a client waited for an acknowledged write: from the begin of the first refused attempt to the
// next acknowledgement. To is zero if it has not ended.
type Gap struct {
	Client, Region string
	Keeps          bool // it keeps its connections
	From, To       time.Time
}

// Served is a region's first acknowledgement of a client's writes after another's, or after none.
type Served struct {
	Client, Region string
	Keeps          bool // it keeps its connections
	By             string
	At             time.Time
}

// Result is what became of the writes.
type Result struct {
	// Acknowledged, by the region that did.
	Acknowledged map[string]int
	// Refused are attempts that were not acknowledged; their rows were tried again until one was.
	Refused int
	// Pending are rows that were still being tried when the workload ended.
	Pending int
	// Forgone is how many acknowledged rows are given up: they were deleted, and no recovery point has them.
	Forgone int
	// Lost are acknowledged rows that cannot be read afterwards, by the region of the endpoint they are missing from.
	Lost map[string][]string
	Gaps []Gap
	// Served are in the order of each client's.
	Served []Served
}

// Forgive takes ids off the lost ones: rows that are known to be gone.
func (r *Result) Forgive(gone []string) {
	r.Forgone = len(gone)
	for region, lost := range r.Lost {
		r.Lost[region] = slices.DeleteFunc(lost, func(id string) bool { return slices.Contains(gone, id) })
	}
}

// Total is the number of acknowledged writes.
func (r Result) Total() (n int) {
	for _, count := range r.Acknowledged {
		n += count
	}
	return n
}

// Workload is running clients. Create it with Start and end it with Stop.
type Workload struct {
	opts   Options
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu           sync.Mutex
	acknowledged map[string]time.Time // by row id
	result       Result
	changed      chan struct{}
}

// Start starts the clients.
func Start(opts Options) *Workload {
	opts = opts.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	w := &Workload{
		opts:         opts,
		cancel:       cancel,
		acknowledged: map[string]time.Time{},
		changed:      make(chan struct{}),
		result:       Result{Acknowledged: map[string]int{}, Lost: map[string][]string{}},
	}
	begun := opts.Clock.Now().UTC().Format("150405.000") // so that ids are new when another workload has left its rows
	for i, region := range opts.Regions {
		endpoints := []string{region, opts.Regions[1-i]}
		if opts.Name != "" {
			endpoints = []string{opts.Name}
		}
		for n := range opts.Clients + opts.Keeping {
			c := &client{
				workload:    w,
				begun:       begun,
				name:        fmt.Sprintf("%s-%d", region, n+1),
				region:      region,
				endpoints:   endpoints,
				keeps:       n >= opts.Clients,
				connections: map[string]connection{},
			}
			w.work.Go(func() { c.run(ctx) })
		}
	}
	return w
}

func (o Options) withDefaults() Options {
	o.Clients = cmp.Or(o.Clients, 2)
	patience, renew := 2*time.Second, 30*time.Second
	if o.Name != "" {
		patience, renew = 10*time.Second, time.Minute
	}
	o.Every = cmp.Or(o.Every, 500*time.Millisecond)
	o.Patience = cmp.Or(o.Patience, patience)
	o.Home = cmp.Or(o.Home, 30*time.Second)
	o.Renew = cmp.Or(o.Renew, renew)
	return o
}

// AwaitAcknowledged returns when every client has had this many writes acknowledged, or says which have not.
func (w *Workload) AwaitAcknowledged(ctx context.Context, each int) error {
	for {
		w.mu.Lock()
		total, changed := w.result.Total(), w.changed
		w.mu.Unlock()
		if total >= each*(w.opts.Clients+w.opts.Keeping)*len(w.opts.Regions) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("only %d writes of the workload were acknowledged: %w", total, context.Cause(ctx))
		}
	}
}

// Acknowledged are the ids of the rows acknowledged so far, with the times.
func (w *Workload) Acknowledged() map[string]time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.acknowledged)
}

// Stop ends the clients and looks for every acknowledged row through both endpoints. The error says which endpoint
// could not be asked; then nothing is known of the rows there.
func (w *Workload) Stop(ctx context.Context) (Result, error) {
	w.cancel()
	w.work.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var problems []error
	for _, region := range w.opts.Regions {
		e := w.opts.Dial(region, region)
		stored, err := e.Stored(ctx)
		e.Close()
		if err != nil {
			problems = append(problems, fmt.Errorf("look for the acknowledged rows in %s: %w", region, err))
			continue
		}
		for id := range w.acknowledged {
			if !stored[id] {
				w.result.Lost[region] = append(w.result.Lost[region], id)
			}
		}
		slices.Sort(w.result.Lost[region])
	}
	return w.result, errors.Join(problems...)
}

func (w *Workload) acknowledge(id, region string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acknowledged[id] = w.opts.Clock.Now()
	w.result.Acknowledged[region]++
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *Workload) refused() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.result.Refused++
}

func (w *Workload) ended(pending bool, gaps []Gap, served []Served) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if pending {
		w.result.Pending++
	}
	w.result.Gaps = append(w.result.Gaps, gaps...)
	w.result.Served = append(w.result.Served, served...)
}
