package asl

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of the language and of AWS (States Language; Developer Guide, "Task workflow state").
const (
	maxSeconds   = 99_999_999
	maxDelay     = 31_622_400 // seconds, a year
	maxStateName = 80         // characters
)

// Parse reads a definition and checks it. A machine is returned only where there is no problem.
func Parse(definition string) (*Machine, []Problem) {
	r := &reader{}
	value, err := Decode([]byte(definition))
	if err != nil && strings.TrimSpace(definition) != "" {
		return nil, []Problem{{Code: InvalidJSON, Message: err.Error()}}
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, []Problem{{Code: SchemaFailed, Message: "Definition must be a valid JSON object"}}
	}
	m := r.machine(&object{r, "/", fields, map[string]bool{}})
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return m, nil
}

func (r *reader) machine(o *object) *Machine {
	m := &Machine{States: map[string]*State{}}
	o.require("States", "StartAt")
	o.text("Comment")
	o.queryLanguage()
	if version := o.text("Version"); version != "" && version != "1.0" {
		r.problem(SchemaFailed, o.place("Version"), "Value is not '1.0'")
	}
	m.StartAt = o.target("StartAt")
	m.Timeout = time.Duration(o.whole("TimeoutSeconds", 0, 1, maxSeconds)) * time.Second
	if value, given := o.field("States"); given {
		r.states(m, o.place("States"), value)
	}
	o.done()
	return m
}

func (o *object) queryLanguage() {
	const name = "QueryLanguage"
	if language := o.text(name); language != "" && language != "JSONPath" {
		o.problem(SchemaFailed, o.place(name), "'%s' is not modelled by the sandbox: want JSONPath", language)
	}
}

func (r *reader) states(m *Machine, at string, value any) {
	o, ok := r.object(at, value)
	if !ok {
		return
	}
	if len(o.fields) == 0 {
		r.problem(SchemaFailed, at, "Value is empty: want one state or more")
	}
	found := len(r.problems)
	for _, name := range slices.Sorted(maps.Keys(o.fields)) {
		if n := utf8.RuneCountInString(name); n == 0 || n > maxStateName {
			r.problem(InvalidStateName, o.place(name), "The name has %d characters: want 1 to %d", n, maxStateName)
		}
		if s, ok := r.object(o.place(name), o.fields[name]); ok {
			m.States[name] = s.state(name)
		}
	}
	if len(r.problems) == found { // what is misspelled leads nowhere
		r.graph(m, at)
	}
}

// graph checks where states lead: each to one that there is, all of them reachable, and somewhere to an end.
func (r *reader) graph(m *Machine, at string) {
	reached := map[string]bool{}
	targets := map[string]string{"/StartAt": m.StartAt}
	ends := false
	for _, name := range slices.Sorted(maps.Keys(m.States)) {
		s := m.States[name]
		ends = ends || s.Type != Choice && s.Next == ""
		maps.Copy(targets, s.targets(at+"/"+name))
	}
	for _, place := range slices.Sorted(maps.Keys(targets)) {
		target := targets[place]
		reached[target] = true
		if _, ok := m.States[target]; !ok {
			r.problem(MissingTransition, place, "Missing '%s' target: %s", place[strings.LastIndex(place, "/")+1:], target)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.States)) {
		if !reached[name] {
			r.problem(MissingTransition, at+"/"+name, "State \"%s\" is not reachable.", name)
		}
	}
	if !ends && len(m.States) > 0 {
		r.problem(MissingEndState, at, "No state ends the execution: want End, Succeed or Fail")
	}
}
