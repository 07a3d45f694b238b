package console

import "aurora-dsql-dr/rehearsal/fault"

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
