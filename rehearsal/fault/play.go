package fault

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Step is a fault that is there for a while. Times are counted from the begin of the play.
type Step struct {
	At, Until time.Duration
	Spec
}

// Outage is from the first injection to the end of the last fault.
type Outage struct{ Start, End time.Time }

// And is from the begin of the first of both to the end of the last. The zero value is none.
func (o Outage) And(other Outage) Outage {
	switch {
	case o.Start.IsZero():
		return other
	case other.Start.IsZero():
		return o
	}
	if other.Start.Before(o.Start) {
		o.Start = other.Start
	}
	if other.End.After(o.End) {
		o.End = other.End
	}
	return o
}

// InjectionError is a step that could not be done: its spec is wrong, or the sandbox lacks what it is about.
type InjectionError struct{ err error }

func (e *InjectionError) Error() string { return e.err.Error() }

// Unwrap is what was wrong.
func (e *InjectionError) Unwrap() error { return e.err }

// Play injects faults and undoes them, each in its time. It tells of each when it begins and when it has ended, one
// thing at a time; both are optional. However it ends, in time or early, no fault is left active.
func (i *Injector) Play(ctx context.Context, steps []Step, onBegin, onEnd func(Spec, time.Time)) (Outage, error) {
	p := &play{
		Injector: i,
		begun:    i.sandbox.Clock.Now(),
		onBegin:  onBegin,
		onEnd:    onEnd,
	}
	all, ctx := errgroup.WithContext(ctx)
	for _, step := range steps {
		all.Go(func() error { return p.step(ctx, step) })
	}
	err := errors.Join(all.Wait(), i.UndoAll())
	return p.outage, err
}

// play is one of an injector.
type play struct {
	*Injector
	begun          time.Time
	onBegin, onEnd func(Spec, time.Time)

	telling sync.Mutex
	outage  Outage
}

func (p *play) step(ctx context.Context, s Step) error {
	if err := p.sleep(ctx, s.At); err != nil {
		return err
	}
	at := p.sandbox.Clock.Now()
	undo, err := p.Inject(s.Spec)
	if err != nil {
		return &InjectionError{err}
	}
	p.began(s.Spec, at)
	err = errors.Join(p.sleep(ctx, s.Until), undo())
	p.ended(s.Spec)
	return err
}

// sleep sleeps until a time that is counted from the begin.
func (p *play) sleep(ctx context.Context, until time.Duration) error {
	return p.sandbox.Clock.Sleep(ctx, until-p.sandbox.Clock.Since(p.begun))
}

func (p *play) began(spec Spec, at time.Time) {
	p.telling.Lock()
	defer p.telling.Unlock()
	if p.outage.Start.IsZero() || at.Before(p.outage.Start) {
		p.outage.Start = at
	}
	if p.onBegin != nil {
		p.onBegin(spec, at)
	}
}

func (p *play) ended(spec Spec) {
	p.telling.Lock()
	defer p.telling.Unlock()
	p.outage.End = p.sandbox.Clock.Now()
	if p.onEnd != nil {
		p.onEnd(spec, p.outage.End)
	}
}
