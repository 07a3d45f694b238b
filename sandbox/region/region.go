// Package region is what every regional service is given: where it is, whose it is, what time it is, and whether it is
// up. It is also the one place where faults of regions and services are injected.
package region

import (
	"context"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
)

// Partition is the AWS partition of the sandbox.
const Partition = "aws"

// Env is the surroundings of the services of one region. Create it with New.
type Env struct {
	// Name is the region's name, "us-east-1".
	Name string
	// Account is the twelve-digit account id.
	Account string
	// Clock tells the time in every service of the region.
	Clock *clock.Clock

	mu      sync.RWMutex
	down    bool
	power   context.Context // ends while the region is down
	cut     context.CancelFunc
	broken  map[string]bool
	limits  map[string]int // by the code of a quota
	invoker Invoker
	network network
}

// New returns the surroundings of a healthy region.
func New(name, account string, clk *clock.Clock) *Env {
	e := &Env{
		Name:    name,
		Account: account,
		Clock:   clk,
		broken:  map[string]bool{},
		limits:  map[string]int{},
		network: newNetwork(),
	}
	e.power, e.cut = context.WithCancel(context.Background())
	return e
}

// Now is the time in the region.
func (e *Env) Now() time.Time { return e.Clock.Now() }

// ARN is the Amazon Resource Name of a resource in this region and account.
func (e *Env) ARN(service, resource string) string {
	return "arn:" + Partition + ":" + service + ":" + e.Name + ":" + e.Account + ":" + resource
}

// SetDown takes the whole region down or brings it back: API calls, deliveries, functions, schedules and alarms stop.
// What was stored stays.
func (e *Env) SetDown(down bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.down == down {
		return
	}
	e.down = down
	if e.cut(); !down {
		e.power, e.cut = context.WithCancel(context.Background())
	}
}

// Power is a context that ends when the region goes down, for what runs in it; one that has ended while it is down.
func (e *Env) Power() context.Context {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.power
}

// Down says whether the whole region is down.
func (e *Env) Down() bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.down
}

// SetBroken breaks or repairs one service of the region, named by its ARN namespace ("sns", "events", "monitoring"
// is "cloudwatch").
func (e *Env) SetBroken(service string, broken bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.broken[service] = broken
}

// Available is nil when the service works, else an awserr.ErrUnavailable. Services ask before everything they do of
// their own accord or for one another; the faces ask before every call.
func (e *Env) Available(service string) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.down {
		return awserr.Unavailable("region %s is unavailable", e.Name)
	}
	if e.broken[service] {
		return awserr.Unavailable("service %s in %s is unavailable", service, e.Name)
	}
	return nil
}
