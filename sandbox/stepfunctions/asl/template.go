package asl

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Template is a payload template: JSON in which the values of fields whose names end in ".$" are made of a state's
// data, by a path or an intrinsic function.
type Template struct{ root map[string]any }

// field is a field of a template whose value is made.
type field struct {
	name string // with ".$"
	expression
}

// expression is what makes a value; the name of its field is for messages.
type expression interface {
	evaluate(field string, scope Scope) (any, error)
}

// parseTemplate reads a template. Report gets each problem with where it is within the template.
func parseTemplate(value map[string]any, report func(at, problem string)) *Template {
	return &Template{templateObject(value, "", report)}
}

func templateObject(object map[string]any, at string, report func(at, problem string)) map[string]any {
	parsed := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		where := at + "/" + name
		plain, made := strings.CutSuffix(name, ".$")
		if !made {
			parsed[name] = templateValue(object[name], where, report)
			continue
		}
		if _, twice := object[plain]; twice {
			report(where, fmt.Sprintf("The field '%s' is there twice", plain))
		}
		e, err := parseExpression(object[name])
		if err != nil {
			report(where, fmt.Sprintf("The value for the field '%s' must be a valid JSONPath or a valid intrinsic function "+
				"call: %v", name, err))
		}
		parsed[plain] = field{name, e}
	}
	return parsed
}

func templateValue(value any, at string, report func(at, problem string)) any {
	switch v := value.(type) {
	case map[string]any:
		return templateObject(v, at, report)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = templateValue(v[i], fmt.Sprintf("%s[%d]", at, i), report)
		}
		return list
	default:
		return value
	}
}

// Evaluate makes the value of the template.
func (t *Template) Evaluate(scope Scope) (any, error) { return evaluate(t.root, scope) }

func evaluate(node any, scope Scope) (any, error) {
	switch n := node.(type) {
	case field:
		return n.evaluate(n.name, scope)
	case map[string]any:
		object := make(map[string]any, len(n))
		for name, member := range n {
			value, err := evaluate(member, scope)
			if err != nil {
				return nil, err
			}
			object[name] = value
		}
		return object, nil
	case []any:
		list := make([]any, len(n))
		for i := range n {
			value, err := evaluate(n[i], scope)
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	default:
		return node, nil
	}
}

// parseExpression reads a path or a call of an intrinsic function.
func parseExpression(value any) (expression, error) {
	text, ok := value.(string)
	switch {
	case !ok:
		return nil, errors.New("it is no string")
	case strings.HasPrefix(text, "$"):
		return parsePathExpression(text)
	default:
		return parseCall(text)
	}
}

// pathExpression is the value that a path leads to.
type pathExpression struct {
	Path
}

func parsePathExpression(text string) (expression, error) {
	p, err := ParsePath(text)
	return pathExpression{p}, err
}

func (e pathExpression) evaluate(field string, scope Scope) (any, error) {
	value, ok := e.Get(scope)
	if ok {
		return value, nil
	}
	input := scope.Data
	if e.context {
		input = scope.Context
	}
	return nil, &Failure{Runtime, fmt.Sprintf("The JSONPath '%s' specified for the field '%s' could not be found in the "+
		"input '%s'", e.text, field, Encode(input))}
}
