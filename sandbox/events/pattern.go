package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
)

// pattern is a parsed event pattern: fields with alternatives, all of which must match (EventBridge User Guide, "Comparison
// operators for use in event patterns"). Modelled are exact values, prefix, suffix, equals-ignore-case, anything-but,
// exists and numeric; others are refused by name.
type pattern struct {
	fields   map[string]*pattern
	matchers map[string][]matcher
}

// matcher tests the value of a field; present is false when the event does not have it.
type matcher func(value any, present bool) bool

func parsePattern(text string) (*pattern, error) {
	var document map[string]any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return nil, invalidPattern(fmt.Errorf("not a JSON object: %w", err))
	}
	p, err := newPattern(document, "")
	if err != nil {
		return nil, invalidPattern(err)
	}
	return p, nil
}

func invalidPattern(err error) error {
	return awserr.Invalid("InvalidEventPatternException", "Event pattern is not valid. Reason: %v", err)
}

func newPattern(document map[string]any, path string) (*pattern, error) {
	p := &pattern{fields: map[string]*pattern{}, matchers: map[string][]matcher{}}
	var problems []error
	if len(document) == 0 {
		problems = append(problems, fmt.Errorf("%s: empty", strings.TrimSuffix(path, ".")))
	}
	for _, name := range slices.Sorted(maps.Keys(document)) {
		var err error
		switch value := document[name].(type) {
		case map[string]any:
			p.fields[name], err = newPattern(value, path+name+".")
		case []any:
			p.matchers[name], err = newMatchers(value)
			if err != nil {
				err = fmt.Errorf("%s%s: %w", path, name, err)
			}
		default:
			err = fmt.Errorf("%s%s must be an object or an array", path, name)
		}
		problems = append(problems, err)
	}
	return p, errors.Join(problems...)
}

func newMatchers(alternatives []any) ([]matcher, error) {
	if len(alternatives) == 0 {
		return nil, errors.New("an empty array matches nothing")
	}
	var matchers []matcher
	for _, alternative := range alternatives {
		m, err := newMatcher(alternative)
		if err != nil {
			return nil, err
		}
		matchers = append(matchers, m)
	}
	return matchers, nil
}

func newMatcher(alternative any) (matcher, error) {
	operator, ok := alternative.(map[string]any)
	if !ok {
		return each(func(v any) bool { return v == alternative }), nil
	}
	if len(operator) != 1 {
		return nil, fmt.Errorf("%v: a comparison has exactly one operator", operator)
	}
	var m matcher
	var err error
	for name, operand := range operator {
		if name == "anything-but" {
			return anythingBut(operand)
		}
		build, ok := comparisons[name]
		if !ok {
			return nil, fmt.Errorf("operator %q: the sandbox models anything-but, %s", name, strings.Join(slices.Sorted(maps.Keys(comparisons)), ", "))
		}
		if m, err = build(operand); err != nil {
			err = fmt.Errorf("operator %q: %w", name, err)
		}
	}
	return m, err
}

// each tests a value, or the elements of an array, of which one must pass.
func each(test func(any) bool) matcher {
	return func(value any, present bool) bool {
		if elements, ok := value.([]any); ok {
			return slices.ContainsFunc(elements, test)
		}
		return present && test(value)
	}
}

// comparisons are the operators besides anything-but, which takes one of them as its operand.
var comparisons = map[string]func(operand any) (matcher, error){
	"prefix":             onStrings(strings.HasPrefix),
	"suffix":             onStrings(strings.HasSuffix),
	"equals-ignore-case": onStrings(strings.EqualFold),
	"exists":             exists,
	"numeric":            numeric,
}

func onStrings(test func(value, operand string) bool) func(any) (matcher, error) {
	return func(operand any) (matcher, error) {
		wanted, ok := operand.(string)
		if !ok {
			return nil, fmt.Errorf("%v is not a string", operand)
		}
		return each(func(v any) bool {
			s, ok := v.(string)
			return ok && test(s, wanted)
		}), nil
	}
}

func exists(operand any) (matcher, error) {
	wanted, ok := operand.(bool)
	if !ok {
		return nil, fmt.Errorf("%v is neither true nor false", operand)
	}
	return func(_ any, present bool) bool { return present == wanted }, nil
}

// anythingBut takes a value, a list of values, or {"prefix": …} and the like.
func anythingBut(operand any) (matcher, error) {
	if m, ok := operand.(map[string]any); ok {
		inner, err := newMatcher(m)
		if err != nil {
			return nil, err
		}
		return each(func(v any) bool { return !inner(v, true) }), nil
	}
	refused, ok := operand.([]any)
	if !ok {
		refused = []any{operand}
	}
	return each(func(v any) bool { return !slices.Contains(refused, v) }), nil
}

var numericOperators = map[string]func(a, b float64) bool{
	"=":  func(a, b float64) bool { return a == b },
	"<":  func(a, b float64) bool { return a < b },
	"<=": func(a, b float64) bool { return a <= b },
	">":  func(a, b float64) bool { return a > b },
	">=": func(a, b float64) bool { return a >= b },
}

// numeric takes operators and numbers in turn, [">", 0, "<=", 5].
func numeric(operand any) (matcher, error) {
	terms, ok := operand.([]any)
	if !ok || len(terms) == 0 || len(terms)%2 != 0 {
		return nil, errors.New(`wants operators and numbers in turn, as in [">", 0, "<=", 5]`)
	}
	for i := 0; i < len(terms); i += 2 {
		operator, _ := terms[i].(string)
		if _, isNumber := terms[i+1].(float64); numericOperators[operator] == nil || !isNumber {
			return nil, fmt.Errorf("cannot use %v %v", terms[i], terms[i+1])
		}
	}
	return each(func(v any) bool {
		number, ok := v.(float64)
		for i := 0; ok && i < len(terms); i += 2 {
			ok = numericOperators[terms[i].(string)](number, terms[i+1].(float64))
		}
		return ok
	}), nil
}

func (p *pattern) matches(document map[string]any) bool {
	for name, field := range p.fields {
		inner, _ := document[name].(map[string]any)
		if !field.matches(inner) {
			return false
		}
	}
	for name, matchers := range p.matchers {
		value, present := document[name]
		if !slices.ContainsFunc(matchers, func(m matcher) bool { return m(value, present) }) {
			return false
		}
	}
	return true
}
