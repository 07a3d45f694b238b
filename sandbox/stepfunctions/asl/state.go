package asl

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// readers read what a type of state has beside what all have.
var readers = map[string]func(*object, *State){
	Task:    (*object).task,
	Pass:    (*object).pass,
	Wait:    (*object).wait,
	Choice:  (*object).choice,
	Succeed: func(o *object, s *State) { o.filters(s) },
	Fail:    (*object).fail,
}

// state reads a state.
func (o *object) state(name string) *State {
	s := &State{Name: name, Type: o.text("Type")}
	o.require("Type")
	o.text("Comment")
	o.queryLanguage()
	read, known := readers[s.Type]
	if _, given := o.fields["Type"]; given && !known {
		o.problem(SchemaFailed, o.place("Type"), "'%s' is not modelled by the sandbox: want %s", s.Type,
			strings.Join(slices.Sorted(maps.Keys(readers)), ", "))
	}
	if known {
		read(o, s)
		o.done()
	}
	return s
}

// filters are the paths that every state but Fail has.
func (o *object) filters(s *State) {
	s.InputPath = o.path("InputPath")
	s.OutputPath = o.path("OutputPath")
}

// transition is Next or End.
func (o *object) transition(s *State) {
	s.Next = o.target("Next")
	value, given := o.field("End")
	end, ok := value.(bool)
	if given && !ok {
		o.wrong(o.place("End"), "a boolean")
	}
	if _, next := o.fields["Next"]; next == end {
		o.problem(SchemaFailed, o.at, "Exactly one of these fields is required: [Next, End]")
	}
}

// Resource is the one that a Task may have: Lambda's optimized integration, which AWS recommends over a function's ARN
// (Developer Guide, "Invoke an AWS Lambda function with Step Functions").
const Resource = "arn:aws:states:::lambda:invoke"

func (o *object) task(s *State) {
	o.filters(s)
	o.transition(s)
	o.require("Resource", "Parameters")
	if resource := o.text("Resource"); o.fields["Resource"] != nil && resource != Resource {
		o.problem(SchemaFailed, o.place("Resource"), "'%s' is not modelled by the sandbox: want %s", resource, Resource)
	}
	o.invocation()
	s.Parameters = o.template("Parameters")
	s.ResultSelector = o.template("ResultSelector")
	s.ResultPath = o.resultPath()
	s.Timeout = o.seconds("TimeoutSeconds", "TimeoutSecondsPath", 1)
	s.Retry = o.retriers()
	s.Catch = o.catchers()
}

// invocation checks the parameters of lambda:invoke.
func (o *object) invocation() {
	value, _ := o.field("Parameters")
	fields, ok := value.(map[string]any)
	if !ok {
		return // said elsewhere
	}
	at := o.place("Parameters")
	if fields["FunctionName"] == nil && fields["FunctionName.$"] == nil {
		o.problem(SchemaFailed, at, "The field 'FunctionName' is required but was missing")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch strings.TrimSuffix(name, ".$") {
		case "FunctionName", "Payload":
		case "ClientContext", "InvocationType", "LogType", "Qualifier", "TenantId":
			o.problem(SchemaFailed, at+"/"+name, "The field '%s' is not modelled by the sandbox", name)
		default:
			o.problem(SchemaFailed, at+"/"+name, "The field '%s' is not supported by Step Functions", name)
		}
	}
}

// seconds is a number of seconds or a path to it; nil for neither.
func (o *object) seconds(name, path string, least int) *Seconds {
	o.exclusive(name, path)
	if source := o.source(path, false); source != nil {
		return &Seconds{path: source}
	}
	if _, given := o.fields[name]; !given {
		return nil
	}
	return &Seconds{given: o.whole(name, least, least, maxSeconds)}
}

func (o *object) retriers() (list []Retrier) {
	values := o.list("Retry")
	for i, value := range values {
		r, ok := o.object(fmt.Sprintf("%s[%d]", o.place("Retry"), i), value)
		if !ok {
			continue
		}
		second := func(name string, byDefault, most int) time.Duration {
			return time.Duration(r.whole(name, byDefault, 1, most)) * time.Second
		}
		list = append(list, Retrier{
			errors:      r.errorNames(i == len(values)-1),
			interval:    second("IntervalSeconds", 1, maxSeconds),
			MaxAttempts: r.whole("MaxAttempts", 3, 0, maxSeconds),
			backoff:     r.backoff(),
			longest:     second("MaxDelaySeconds", maxDelay, maxDelay),
			jitter:      r.jitter(),
		})
		r.text("Comment")
		r.done()
	}
	return list
}

func (o *object) backoff() float64 {
	const name = "BackoffRate"
	value, given := o.field(name)
	if !given {
		return 2
	}
	number, _ := value.(json.Number)
	rate, err := number.Float64()
	if err != nil || rate < 1 {
		o.problem(SchemaFailed, o.place(name), "Value is not a number of 1.0 or more")
		return 2
	}
	return rate
}

func (o *object) jitter() bool {
	const name = "JitterStrategy"
	strategy := o.text(name)
	if _, given := o.fields[name]; given && strategy != "FULL" && strategy != "NONE" {
		o.problem(SchemaFailed, o.place(name), "Value is not one of [FULL, NONE]")
	}
	return strategy == "FULL"
}

func (o *object) catchers() (list []Catcher) {
	values := o.list("Catch")
	for i, value := range values {
		c, ok := o.object(fmt.Sprintf("%s[%d]", o.place("Catch"), i), value)
		if !ok {
			continue
		}
		c.require("Next")
		list = append(list, Catcher{
			errors:     c.errorNames(i == len(values)-1),
			resultPath: c.resultPath(),
			Next:       c.target("Next"),
		})
		c.text("Comment")
		c.done()
	}
	return list
}

func (o *object) pass(s *State) {
	o.filters(s)
	o.transition(s)
	s.Parameters = o.template("Parameters")
	s.ResultPath = o.resultPath()
	s.Result, s.HasResult = o.field("Result")
}

func (o *object) wait(s *State) {
	o.filters(s)
	o.transition(s)
	kinds := []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"}
	o.exclusive(slices.Clone(kinds)...)
	if !slices.ContainsFunc(kinds, func(name string) bool { _, ok := o.fields[name]; return ok }) {
		o.problem(SchemaFailed, o.at, "One of these fields is required: [%s]", strings.Join(kinds, ", "))
	}
	s.Seconds = o.seconds(kinds[0], kinds[1], 0)
	s.Timestamp = o.textOrSource(kinds[2], kinds[3], false)
	if _, ok := timestamp(o.fields[kinds[2]]); !ok && o.fields[kinds[2]] != nil {
		o.wrong(o.place(kinds[2]), "a timestamp such as 2026-03-14T01:59:00Z")
	}
}

// textOrSource is a text or an expression for it; nil for neither.
func (o *object) textOrSource(name, path string, calls bool) *Text {
	if source := o.source(path, calls); source != nil {
		return &Text{made: source}
	}
	if _, given := o.fields[name]; !given {
		return nil
	}
	return &Text{given: o.text(name)}
}

func (o *object) fail(s *State) {
	o.exclusive("Error", "ErrorPath")
	o.exclusive("Cause", "CausePath")
	s.Error = o.textOrSource("Error", "ErrorPath", true)
	s.Cause = o.textOrSource("Cause", "CausePath", true)
}

func (o *object) choice(s *State) {
	o.filters(s)
	o.require("Choices")
	s.Default = o.target("Default")
	values := o.list("Choices")
	if o.fields["Choices"] != nil && len(values) == 0 {
		o.problem(SchemaFailed, o.place("Choices"), "Value is empty: want one rule or more")
	}
	for i, value := range values {
		rule, ok := o.object(fmt.Sprintf("%s[%d]", o.place("Choices"), i), value)
		if !ok {
			continue
		}
		rule.require("Next")
		s.Choices = append(s.Choices, Rule{rule.target("Next"), rule.condition()})
	}
}

// condition reads a rule's boolean expression or comparison.
func (o *object) condition() condition {
	o.text("Comment")
	combine := map[string]func([]condition) condition{"And": all, "Or": anyOf}
	var found []string
	var c condition
	variable := o.path("Variable")
	for _, name := range slices.Sorted(maps.Keys(o.fields)) {
		if o.read[name] {
			continue
		}
		found = append(found, name)
		value, _ := o.field(name)
		switch {
		case name == "Not":
			c = not(o.conditions(name, []any{value}))
		case combine[name] != nil:
			c = combine[name](o.conditions(name, o.list(name)))
		default:
			o.require("Variable")
			var err error
			if c, err = parseComparison(variable, name, value); err != nil {
				o.problem(SchemaFailed, o.place(name), "%s: %v", name, err)
			}
		}
	}
	if len(found) != 1 {
		o.problem(SchemaFailed, o.at, "A rule has %d of the operators, And, Or and Not: want one", len(found))
	}
	return c
}

// conditions reads the rules within a boolean expression, which have no Next.
func (o *object) conditions(name string, values []any) (list []condition) {
	if len(values) == 0 {
		o.problem(SchemaFailed, o.place(name), "Value is empty: want one rule or more")
	}
	for i, value := range values {
		rule, ok := o.object(fmt.Sprintf("%s[%d]", o.place(name), i), value)
		if !ok {
			continue
		}
		if _, given := rule.field("Next"); given {
			o.problem(SchemaFailed, rule.place("Next"), "Field is not supported")
		}
		list = append(list, rule.condition())
	}
	return list
}

// targets are the states that a state leads to, by where the definition says so.
func (s *State) targets(at string) map[string]string {
	targets := map[string]string{}
	add := func(place, target string) {
		if target != "" {
			targets[at+place] = target
		}
	}
	add("/Next", s.Next)
	add("/Default", s.Default)
	for i, c := range s.Catch {
		add(fmt.Sprintf("/Catch[%d]/Next", i), c.Next)
	}
	for i, r := range s.Choices {
		add(fmt.Sprintf("/Choices[%d]/Next", i), r.Next)
	}
	return targets
}
