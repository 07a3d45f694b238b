package region

import (
	"context"
	"sync"
	"time"
)

// network is what lies between a region and those who call it: which regions are cut off from it, and how wrong the
// clock of its own callers is.
type network struct {
	mu      sync.Mutex
	cutOff  map[string]bool
	changed chan struct{} // closed by the next change
	skew    time.Duration
}

func newNetwork() network { return network{cutOff: map[string]bool{}, changed: make(chan struct{})} }

// SetCutOff cuts another region's callers off from this one, or lets them through again. A partition is that in both
// directions.
func (e *Env) SetCutOff(from string, cutOff bool) {
	n := &e.network
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cutOff[from] = cutOff
	close(n.changed)
	n.changed = make(chan struct{})
}

// Reach returns when a caller in the region from gets through to this one: at once, unless it is cut off; else when it
// no longer is, or with the reason why the context ended. "" is a caller outside AWS, who always gets through.
func (e *Env) Reach(ctx context.Context, from string) error {
	n := &e.network
	for {
		n.mu.Lock()
		cutOff, changed := n.cutOff[from], n.changed
		n.mu.Unlock()
		if !cutOff {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// SetSkew makes the clocks of this region's functions run ahead of everybody's (behind, if negative). A process cannot
// be given another clock, so whoever reads a time that such a function has written shifts it, by Written: the two
// cannot be told apart from outside.
func (e *Env) SetSkew(ahead time.Duration) {
	e.network.mu.Lock()
	defer e.network.mu.Unlock()
	e.network.skew = ahead
}

// Skew is how far the clocks of this region's functions are ahead.
func (e *Env) Skew() time.Duration {
	e.network.mu.Lock()
	defer e.network.mu.Unlock()
	return e.network.skew
}

// Written is a time that a function of this region has read from its clock.
func (e *Env) Written(t time.Time) time.Time { return t.Add(e.Skew()) }
