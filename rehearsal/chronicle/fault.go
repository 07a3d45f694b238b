package chronicle

import (
	"slices"
	"time"

	"aurora-dsql-dr/rehearsal/fault"
)

// Injected is the begin of a fault.
func Injected(f fault.Spec, at time.Time) Entry { return faultEntry(f, at, Bad, "injected") }

// Undone is its end.
func Undone(f fault.Spec, at time.Time) Entry { return faultEntry(f, at, Good, "undone") }

func faultEntry(f fault.Spec, at time.Time, tone Tone, text string) Entry {
	return Entry{
		Time:   at,
		Source: Fault,
		Tone:   tone,
		Lane:   "fault " + f.String(),
		Text:   text,
		Title:  text + ": " + f.String(),
	}
}

// Compare adds which faults began and ended since it was last told those that are active, whoever injected them.
func (c *Chronicle) Compare(active []fault.Active, now time.Time) {
	c.looking.Lock()
	defer c.looking.Unlock()
	for _, f := range without(active, c.active) {
		c.Add(Injected(f.Spec, f.Since))
	}
	for _, f := range without(c.active, active) {
		c.Add(Undone(f.Spec, now))
	}
	c.active = active
}

// without are the faults of a that are not in b.
func without(a, b []fault.Active) []fault.Active {
	return slices.DeleteFunc(slices.Clone(a), func(f fault.Active) bool {
		return slices.ContainsFunc(b, func(other fault.Active) bool { return other.ID == f.ID })
	})
}
