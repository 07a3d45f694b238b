package console

import (
	"slices"
	"sync"
	"time"

	"aurora-dsql-dr/rehearsal/fault"
)

// Faults injects what can be broken: a *fault.Injector.
type Faults interface {
	// Active lists the faults that are injected, oldest first.
	Active() []fault.Active
	// Inject injects a fault. Its error says what is accepted.
	Inject(fault.Spec) (undo func() error, err error)
	// Undo undoes an active fault by its ID.
	Undo(id int) error
	// UndoAll undoes all active faults.
	UndoAll() error
}

// faultsView is what can be broken, and what is.
type faultsView struct {
	Catalogue []fault.Fault  `json:"catalogue"`
	Active    []fault.Active `json:"active"`
}

// chronicle remembers which faults began and ended, whoever injected them.
type chronicle struct {
	mu      sync.Mutex
	active  []fault.Active
	entries []entry
}

// note compares the active faults with those of the last time.
func (c *chronicle) note(active []fault.Active, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range without(active, c.active) {
		c.entries = append(c.entries, entry{Time: f.Since, Kind: "fault", Tone: bad, Text: "injected: " + f.Spec.String()})
	}
	for _, f := range without(c.active, active) {
		c.entries = append(c.entries, entry{Time: now, Kind: "fault", Tone: good, Text: "undone: " + f.Spec.String()})
	}
	c.active = active
	c.entries = slices.Delete(c.entries, 0, max(0, len(c.entries)-maxChanges))
}

// without are the faults of a that are not in b.
func without(a, b []fault.Active) []fault.Active {
	return slices.DeleteFunc(slices.Clone(a), func(f fault.Active) bool {
		return slices.ContainsFunc(b, func(other fault.Active) bool { return other.ID == f.ID })
	})
}

func (c *chronicle) recent() []entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.entries)
}
