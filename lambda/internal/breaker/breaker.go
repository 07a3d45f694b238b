// Package breaker keeps callers from waiting for an endpoint that is lost: circuit breakers per endpoint, and another
// endpoint to turn to while the breaker of the preferred one is open.
package breaker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sony/gobreaker/v2"
)

// failuresToOpen is low, because a function's environment handles one request at a time: each failure is a client that
// waited in vain.
const failuresToOpen = 3

// Kind is a kind of call. Each has a breaker of its own at each endpoint.
type Kind int

const (
	// Write is a call whose time does not depend on how much there is: a transaction that writes, a row by its key.
	Write Kind = iota
	// Read is a call that may be slow by itself: a slow read is no broken endpoint, and must not keep writes from it.
	Read
)

func (k Kind) String() string { return [...]string{"writes", "reads"}[k] }

// OpenError is a call that was refused because no endpoint's breaker let it through.
type OpenError struct {
	// RetryAfter is when an endpoint will have been tried again.
	RetryAfter time.Duration
}

func (e *OpenError) Error() string {
	return fmt.Sprintf("the circuit breaker is open: the database's endpoint did not answer; it is tried again within %v",
		e.RetryAfter)
}

// Policy is how the breakers of a Group judge.
type Policy struct {
	// Failure tells the errors that count against an endpoint. Every other answer, errors included, counts for it.
	Failure func(error) bool
	// Ignore tells the errors that say nothing about it, such as a caller that went away.
	Ignore func(error) bool
	// Pause is how long a breaker stays open before it lets one call through as a trial.
	Pause time.Duration
	// OnChange is told of every change of a breaker's state; nil is nobody.
	OnChange func(endpoint string, kind Kind, from, to string)
}

// Endpoint is a way to the database.
type Endpoint[T any] struct {
	// Name is for errors and logs.
	Name string
	// Via is what a call uses, such as a pool of connections.
	Via T
}

// Group is endpoints in order of preference. It is safe for concurrent use.
type Group[T any] struct {
	pause   time.Duration
	guarded []guarded[T]
}

type guarded[T any] struct {
	Endpoint[T]
	breakers [2]*gobreaker.CircuitBreaker[struct{}] // by kind
}

// New guards the endpoints, the preferred one first, with breakers each.
func New[T any](policy Policy, endpoints ...Endpoint[T]) *Group[T] {
	g := &Group[T]{pause: policy.Pause}
	for _, e := range endpoints {
		each := guarded[T]{Endpoint: e}
		for _, kind := range []Kind{Write, Read} {
			each.breakers[kind] = gobreaker.NewCircuitBreaker[struct{}](policy.settings(e.Name, kind))
		}
		g.guarded = append(g.guarded, each)
	}
	return g
}

func (p Policy) settings(endpoint string, kind Kind) gobreaker.Settings {
	settings := gobreaker.Settings{
		Name:         endpoint,
		Timeout:      p.Pause,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
		IsSuccessful: func(err error) bool { return err == nil || !p.Failure(err) },
		IsExcluded:   func(err error) bool { return err != nil && p.Ignore(err) },
	}
	if p.OnChange != nil {
		settings.OnStateChange = func(name string, from, to gobreaker.State) {
			p.OnChange(name, kind, from.String(),
				to.String())
		}
	}
	return settings
}

// Do calls fn with the first endpoint whose breaker for the kind is not open, and returns its error as it is. If there
// is none, fn is not called and the error is *OpenError.
func (g *Group[T]) Do(ctx context.Context, kind Kind, fn func(context.Context, T) error) error {
	for _, e := range g.guarded {
		_, err := e.breakers[kind].Execute(func() (struct{}, error) { return struct{}{}, fn(ctx, e.Via) })
		if !errors.Is(err, gobreaker.ErrOpenState) && !errors.Is(err, gobreaker.ErrTooManyRequests) {
			return err
		}
	}
	return &OpenError{RetryAfter: g.pause}
}

// Open tells whether the breaker of the preferred endpoint is open for writes.
func (g *Group[T]) Open() bool { return g.guarded[0].breakers[Write].State() == gobreaker.StateOpen }
