package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox"
)

// Injector injects faults into one sandbox and undoes them. Faults may overlap in any way and end in any order: what is
// wrong with a thing is always the sum of the faults that are active.
type Injector struct {
	sandbox *sandbox.Sandbox
	places  map[string]string

	mu     sync.Mutex
	last   int
	active []*injection
	layers map[string][]*layer
}

// Active is a fault that has been injected and not undone.
type Active struct {
	// ID tells two of the same kind apart.
	ID int `json:"id"`
	Spec
	// Since is sandbox time.
	Since time.Time `json:"since"`
}

// injection is an active fault while it is put together and until it is undone.
type injection struct {
	*Injector
	Active
	values map[string]any
	undo   []func() error // in reverse order
}

// layer is one fault's share of what is wrong with a thing.
type layer struct{ value any }

// NewInjector injects into this sandbox. Places are names for its regions: primary, secondary and witness.
func NewInjector(s *sandbox.Sandbox, places map[string]string) *Injector {
	return &Injector{sandbox: s, places: maps.Clone(places), layers: map[string][]*layer{}}
}

// Inject injects a fault and returns what undoes it; undoing it again does nothing. The error lists everything that is
// wrong with the spec, or says what the sandbox lacks; then nothing has been injected.
func (i *Injector) Inject(spec Spec) (undo func() error, err error) {
	f, values, err := resolve(spec, i.places)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last++
	one := &injection{Injector: i, values: values, Active: Active{ID: i.last, Spec: spec, Since: i.sandbox.Clock.Now()}}
	if err := f.inject(one); err != nil {
		return nil, errors.Join(fmt.Errorf("inject %s: %w", spec, err), one.undoNow())
	}
	i.active = append(i.active, one)
	return func() error { return i.Undo(one.ID) }, nil
}

// Active are the active faults, oldest first.
func (i *Injector) Active() []Active {
	i.mu.Lock()
	defer i.mu.Unlock()
	return activeOf(i.active)
}

func activeOf(list []*injection) []Active {
	all := []Active{}
	for _, one := range list {
		all = append(all, one.Active)
	}
	return all
}

// Undo undoes an active fault by its ID. One that is not active has been undone.
func (i *Injector) Undo(id int) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	at := slices.IndexFunc(i.active, func(one *injection) bool { return one.ID == id })
	if at < 0 {
		return nil
	}
	one := i.active[at]
	i.active = slices.Delete(i.active, at, at+1)
	if err := one.undoNow(); err != nil {
		return fmt.Errorf("undo %s: %w", one.Spec, err)
	}
	return nil
}

// UndoAll undoes all active faults, the latest first.
func (i *Injector) UndoAll() error {
	var problems []error
	for _, one := range slices.Backward(i.Active()) {
		problems = append(problems, i.Undo(one.ID))
	}
	return errors.Join(problems...)
}

func (one *injection) undoNow() error {
	var problems []error
	for _, undo := range slices.Backward(one.undo) {
		problems = append(problems, undo())
	}
	return errors.Join(problems...)
}

// onUndo adds to what undoing does.
func (one *injection) onUndo(undo func() error) { one.undo = append(one.undo, undo) }

func (one *injection) region(name string) string { return one.values[name].(string) }

// add lays a value over the thing named by key and applies the sum of all its layers, now and when it is undone.
func add[V any](one *injection, key string, value V, apply func(layers []V) error) error {
	i, own := one.Injector, &layer{value}
	sum := func() error {
		var values []V
		for _, l := range i.layers[key] {
			values = append(values, l.value.(V))
		}
		return apply(values)
	}
	i.layers[key] = append(i.layers[key], own)
	one.onUndo(func() error {
		i.layers[key] = slices.DeleteFunc(i.layers[key], func(l *layer) bool { return l == own })
		return sum()
	})
	return sum()
}

// hold is add for a thing that is either on or off.
func hold(one *injection, key string, set func(on bool) error) error {
	return add(one, key, struct{}{}, func(layers []struct{}) error { return set(len(layers) > 0) })
}

// always makes a setter that cannot fail one that could.
func always(set func(on bool)) func(bool) error {
	return func(on bool) error {
		set(on)
		return nil
	}
}
