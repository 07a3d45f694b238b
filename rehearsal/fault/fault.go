// Package fault is the catalogue of what can go wrong in the sandbox. A fault is injected and undone by name, alone or
// together with others, by rehearsals, the command line, the console and tests alike. It only turns the knobs that the
// services have; there is no second mechanism behind them.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aurora-dsql-dr/internal/input"
)

// Fault is one kind of disaster.
type Fault struct {
	// Name is what it is injected by, such as "region-lost".
	Name string `json:"name"`
	// Description says, in a sentence, what stops working.
	Description string `json:"description"`
	// Parameters say where and how; those without a default are required.
	Parameters []Parameter `json:"parameters"`

	// check says what is wrong with parameters that are right each for itself; nil for nothing.
	check  func(values map[string]any) error
	inject func(*injection) error
}

// Spec asks for a fault.
type Spec struct {
	// Name is a Fault's.
	Name string `json:"name"`
	// With are parameters by name, as text: a place or region, a Go duration, a number.
	With map[string]string `json:"with,omitempty"`
}

// String is the fault as it is written on a command line: its name and its parameters, "region-lost region=primary".
func (s Spec) String() string {
	words := []string{s.Name}
	for _, name := range slices.Sorted(maps.Keys(s.With)) {
		words = append(words, name+"="+s.With[name])
	}
	return strings.Join(words, " ")
}

// Catalogue are all faults, in the order in which people look for them.
func Catalogue() []Fault { return slices.Clone(catalogue) }

// Check reports everything that is wrong with a spec, each problem with what is accepted. Places are the names that
// stand for regions, as in NewInjector.
func Check(spec Spec, places map[string]string) error {
	_, _, err := resolve(spec, places)
	return err
}

// unknown refuses a name that no fault has.
func unknown(name string) error {
	all := names(catalogue, func(f Fault) string { return f.Name })
	meant := ""
	if nearest := input.Nearest(name, all); nearest != "" {
		meant = nearest + " perhaps, "
	}
	return fmt.Errorf("fault %q is unknown: want %sone of %s", name, meant, strings.Join(all, ", "))
}

// resolve finds the fault of a spec and reads its parameters.
func resolve(spec Spec, places map[string]string) (Fault, map[string]any, error) {
	at := slices.IndexFunc(catalogue, func(f Fault) bool { return f.Name == spec.Name })
	if at < 0 {
		return Fault{}, nil, unknown(spec.Name)
	}
	f := catalogue[at]
	values := map[string]any{}
	var problems []error
	for _, p := range f.Parameters {
		text, given := spec.With[p.Name]
		if !given && p.Default == "" {
			problems = append(
				problems,
				fmt.Errorf("fault %s: parameter %q is missing: %s", f.Name, p.Name, p.Kind.accepts(places)),
			)
			continue
		}
		if !given {
			text = p.Default
		}
		value, err := p.Kind.read(text, places)
		if err != nil {
			problems = append(
				problems,
				fmt.Errorf("fault %s: parameter %q is %q: want %s", f.Name, p.Name, text, p.Kind.accepts(places)),
			)
		}
		values[p.Name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(spec.With)) {
		if !slices.ContainsFunc(f.Parameters, func(p Parameter) bool { return p.Name == name }) {
			problems = append(problems, fmt.Errorf("fault %s has no parameter %q: want %s", f.Name, name, f.accepted()))
		}
	}
	if len(problems) == 0 && f.check != nil {
		problems = append(problems, f.check(values))
	}
	return f, values, errors.Join(problems...)
}

func (f Fault) accepted() string {
	if len(f.Parameters) == 0 {
		return "none"
	}
	return strings.Join(names(f.Parameters, func(p Parameter) string { return p.Name }), ", ")
}

func names[T any](list []T, name func(T) string) []string {
	var all []string
	for _, item := range list {
		all = append(all, name(item))
	}
	return all
}
