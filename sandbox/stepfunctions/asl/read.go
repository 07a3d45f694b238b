package asl

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Codes of problems (API Reference, ValidateStateMachineDefinitionDiagnostic).
const (
	InvalidJSON       = "INVALID_JSON_DESCRIPTION"
	SchemaFailed      = "SCHEMA_VALIDATION_FAILED"
	MissingEndState   = "MISSING_END_STATE"
	MissingTransition = "MISSING_TRANSITION_TARGET"
	InvalidStateName  = "INVALID_STATE_NAME"
)

// Problem is one thing that is wrong with a definition.
type Problem struct {
	Code    string
	Message string
	// Location is where: "/States/Start/Next"; "" for the whole text.
	Location string
}

// String is a problem as CreateStateMachine words it.
func (p Problem) String() string {
	if p.Location == "" {
		return p.Code + ": " + p.Message
	}
	return p.Code + ": " + p.Message + " at " + p.Location
}

// reader collects what is wrong.
type reader struct{ problems []Problem }

func (r *reader) problem(code, at, format string, args ...any) {
	r.problems = append(r.problems, Problem{code, fmt.Sprintf(format, args...), at})
}

// object is a JSON object at a place of the definition, of which fields are read one by one; done finds those that
// nobody has read.
type object struct {
	*reader
	at     string
	fields map[string]any
	read   map[string]bool
}

func (r *reader) object(at string, value any) (*object, bool) {
	fields, ok := value.(map[string]any)
	if !ok {
		r.wrong(at, "an object")
	}
	return &object{r, at, fields, map[string]bool{}}, ok
}

// wrong is a value of another type.
func (r *reader) wrong(at, want string) { r.problem(SchemaFailed, at, "Value is not %s", want) }

// place is where a field is.
func (o *object) place(name string) string { return strings.TrimSuffix(o.at, "/") + "/" + name }

func (o *object) field(name string) (any, bool) {
	o.read[name] = true
	value, ok := o.fields[name]
	return value, ok
}

// require reports which of the fields are missing, all in one problem as AWS does.
func (o *object) require(names ...string) {
	missing := slices.DeleteFunc(names, func(name string) bool { _, ok := o.fields[name]; return ok })
	if len(missing) > 0 {
		o.problem(SchemaFailed, o.at, "These fields are required: [%s]", strings.Join(missing, ", "))
	}
}

// exclusive reports fields of which only one may be there.
func (o *object) exclusive(names ...string) {
	given := slices.DeleteFunc(names, func(name string) bool { _, ok := o.field(name); return !ok })
	if len(given) > 1 {
		o.problem(SchemaFailed, o.at, "Only one of these fields may be given: [%s]", strings.Join(given, ", "))
	}
}

func (o *object) text(name string) string {
	value, given := o.field(name)
	text, ok := value.(string)
	if given && !ok {
		o.wrong(o.place(name), "a string")
	}
	return text
}

// target is the name of another state.
func (o *object) target(name string) string {
	text := o.text(name)
	if o.fields[name] == "" {
		o.wrong(o.place(name), "the name of a state")
	}
	return text
}

func (o *object) list(name string) []any {
	value, given := o.field(name)
	list, ok := value.([]any)
	if given && !ok {
		o.wrong(o.place(name), "an array")
	}
	return list
}

// whole is a whole number from least to most, or what it is by default.
func (o *object) whole(name string, byDefault, least, most int) int {
	value, given := o.field(name)
	if !given {
		return byDefault
	}
	number, _ := value.(json.Number)
	n, err := number.Int64()
	if err != nil || n < int64(least) || n > int64(most) {
		o.problem(SchemaFailed, o.place(name), "Value is not an integer from %d to %d", least, most)
		return byDefault
	}
	return int(n)
}

// path is a path, which may be null; $ by default.
func (o *object) path(name string) Path {
	value, given := o.field(name)
	if !given {
		return Path{}
	}
	if value == nil {
		return Path{nothing: true}
	}
	text, ok := value.(string)
	if !ok {
		o.wrong(o.place(name), "a string or null")
		return Path{}
	}
	p, err := ParsePath(text)
	if err != nil {
		o.problem(SchemaFailed, o.place(name), "%v", err)
	}
	return p
}

// resultPath is where in a state's input a result goes.
func (o *object) resultPath() Path {
	const name = "ResultPath"
	p := o.path(name)
	if p.context {
		o.problem(SchemaFailed, o.place(name), "Value is not a Reference Path: %s leads into the context object", p.text)
	}
	return p
}

// template is a payload template; nil for none.
func (o *object) template(name string) *Template {
	value, given := o.field(name)
	if !given {
		return nil
	}
	fields, ok := value.(map[string]any)
	if !ok {
		o.wrong(o.place(name), "an object")
		return nil
	}
	return parseTemplate(fields, func(at, problem string) {
		o.problem(SchemaFailed, o.place(name)+at, "%s", problem)
	})
}

// source is the expression in a field; nil if it is not given. Calls says whether intrinsic functions are taken as well
// as paths.
func (o *object) source(name string, calls bool) *sourced {
	value, given := o.field(name)
	if !given {
		return nil
	}
	text, ok := value.(string)
	if !ok {
		o.wrong(o.place(name), "a string")
		return nil
	}
	parse := parseExpression
	if !calls {
		parse = func(any) (expression, error) { return parsePathExpression(text) }
	}
	e, err := parse(text)
	if err != nil {
		o.problem(SchemaFailed, o.place(name), "%v", err)
		return nil
	}
	return &sourced{name, text, e}
}

// errorNames are the names of a Retrier or Catcher. States.ALL stands alone and last.
func (o *object) errorNames(last bool) (names []string) {
	const name = "ErrorEquals"
	o.require(name)
	for _, value := range o.list(name) {
		text, ok := value.(string)
		switch {
		case !ok:
			o.wrong(o.place(name), "an array of strings")
		case strings.HasPrefix(text, reservedPrefix) && !slices.Contains(reserved, text):
			o.problem(SchemaFailed, o.place(name), "%s is no error name: names with this prefix are %s", text,
				strings.Join(reserved, ", "))
		}
		names = append(names, text)
	}
	_, given := o.fields[name]
	switch {
	case given && len(names) == 0:
		o.problem(SchemaFailed, o.place(name), "Value is empty: want one error name or more")
	case slices.Contains(names, All) && (len(names) > 1 || !last):
		o.problem(SchemaFailed, o.place(name), "%s must be the only name, and in the last of the list", All)
	}
	return names
}

// notModelled are fields that Step Functions has and the sandbox has not.
var notModelled = []string{
	"Arguments", "Assign", "Branches", "Credentials", "HeartbeatSeconds", "HeartbeatSecondsPath", "ItemProcessor",
	"Iterator", "Output",
}

// done reports the fields that nobody has read.
func (o *object) done() {
	for _, name := range slices.Sorted(maps.Keys(o.fields)) {
		switch {
		case o.read[name]:
		case slices.Contains(notModelled, name):
			o.problem(SchemaFailed, o.place(name), "Field is not modelled by the sandbox")
		default:
			o.problem(SchemaFailed, o.place(name), "Field is not supported")
		}
	}
}
