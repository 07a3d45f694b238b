package asl

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// Rule is one rule of a Choice: if it holds, the execution goes on with Next.
type Rule struct {
	Next  string
	holds condition
}

// condition is a boolean expression or a comparison over a state's data.
type condition func(scope Scope) (bool, error)

// Chosen is the state that a Choice leads to.
func (s *State) Chosen(scope Scope) (string, error) {
	for _, r := range s.Choices {
		holds, err := r.holds(scope)
		if err != nil || holds {
			return r.Next, err
		}
	}
	if s.Default == "" {
		return "", &Failure{Runtime, "Failed to transition out of the state. The state does not point to a next state."}
	}
	return s.Default, nil
}

// family is a group of comparison operators: how values of its type are compared. A value of another type compares with
// none: the operator does not hold (States Language, "Data-test expressions").
type family struct {
	operators []string
	compare   func(a, b any) (int, bool)
}

var (
	ordering = []string{"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"}
	families = map[string]family{
		"String":    {ordering, compareStrings},
		"Numeric":   {ordering, compareNumbers},
		"Timestamp": {ordering, compareTimestamps},
		"Boolean":   {ordering[:1], compareBooleans},
	}
	accepts = map[string]func(order int) bool{
		"Equals":            func(order int) bool { return order == 0 },
		"LessThan":          func(order int) bool { return order < 0 },
		"GreaterThan":       func(order int) bool { return order > 0 },
		"LessThanEquals":    func(order int) bool { return order <= 0 },
		"GreaterThanEquals": func(order int) bool { return order >= 0 },
	}
)

func compareStrings(a, b any) (int, bool) {
	x, isX := a.(string)
	y, isY := b.(string)
	return strings.Compare(x, y), isX && isY
}

func compareNumbers(a, b any) (int, bool) {
	x, isX := number(a)
	y, isY := number(b)
	if !isX || !isY {
		return 0, false
	}
	return x.Cmp(y), true
}

// number reads a number as precisely as a machine's data needs; one that is too large for that is none.
func number(value any) (*big.Float, bool) {
	n, ok := value.(json.Number)
	if !ok {
		return nil, false
	}
	f, _, err := big.ParseFloat(n.String(), 10, 128, big.ToNearestEven)
	return f, err == nil
}

func compareTimestamps(a, b any) (int, bool) {
	x, isX := timestamp(a)
	y, isY := timestamp(b)
	return x.Compare(y), isX && isY
}

func compareBooleans(a, b any) (int, bool) {
	x, isX := a.(bool)
	y, isY := b.(bool)
	order := 0
	if x != y {
		order = 1
	}
	return order, isX && isY
}

// types are the operators that test a value's type.
var types = map[string]func(value any) bool{
	"IsNull":      func(value any) bool { return value == nil },
	"IsNumeric":   func(value any) bool { _, ok := value.(json.Number); return ok },
	"IsString":    func(value any) bool { _, ok := value.(string); return ok },
	"IsBoolean":   func(value any) bool { _, ok := value.(bool); return ok },
	"IsTimestamp": func(value any) bool { _, ok := timestamp(value); return ok },
}

// operators are the names of all comparison operators, for messages.
func operators() []string {
	names := append(slices.Collect(maps.Keys(types)), "IsPresent", "StringMatches")
	for name, f := range families {
		for _, o := range f.operators {
			names = append(names, name+o, name+o+"Path")
		}
	}
	slices.Sort(names)
	return names
}

// parseComparison reads one operator with its operand, for the value of a variable.
func parseComparison(variable Path, operator string, operand any) (condition, error) {
	if test, ok := types[operator]; ok {
		want, err := boolean(operand)
		return tested(variable, func(value any) bool { return test(value) == want }), err
	}
	switch operator {
	case "IsPresent":
		want, err := boolean(operand)
		return func(scope Scope) (bool, error) {
			_, present := variable.Get(scope)
			return present == want, nil
		}, err
	case "StringMatches":
		pattern, err := matcher(operand)
		return tested(variable, func(value any) bool {
			s, ok := value.(string)
			return ok && pattern.MatchString(s)
		}), err
	}
	return parseOrdering(variable, operator, operand)
}

func boolean(operand any) (bool, error) {
	want, ok := operand.(bool)
	if !ok {
		return false, errors.New("want true or false")
	}
	return want, nil
}

func parseOrdering(variable Path, operator string, operand any) (condition, error) {
	base, byPath := strings.CutSuffix(operator, "Path")
	for name, f := range families {
		how, ok := strings.CutPrefix(base, name)
		if !ok || !slices.Contains(f.operators, how) {
			continue
		}
		if byPath {
			return parseOrderingPath(variable, f, how, operand)
		}
		if _, ok := f.compare(operand, operand); !ok {
			return nil, fmt.Errorf("its value is no %s", name)
		}
		return tested(variable, func(value any) bool {
			order, same := f.compare(value, operand)
			return same && accepts[how](order)
		}), nil
	}
	return nil, fmt.Errorf("it is no comparison operator: want %s", strings.Join(operators(), ", "))
}

func parseOrderingPath(variable Path, f family, how string, operand any) (condition, error) {
	text, _ := operand.(string)
	other, err := ParsePath(text)
	if err != nil {
		return nil, err
	}
	return func(scope Scope) (bool, error) {
		value, err := variable.chosen(scope)
		if err != nil {
			return false, err
		}
		comparand, err := other.chosen(scope)
		if err != nil {
			return false, err
		}
		order, same := f.compare(value, comparand)
		return same && accepts[how](order), nil
	}, nil
}

// tested is a test of the value that a variable has.
func tested(variable Path, test func(value any) bool) condition {
	return func(scope Scope) (bool, error) {
		value, err := variable.chosen(scope)
		return err == nil && test(value), err
	}
}

// chosen is the value of a rule's path, which has to be there.
func (p Path) chosen(scope Scope) (any, error) {
	value, ok := p.Get(scope)
	if !ok {
		return nil, &Failure{
			Runtime,
			fmt.Sprintf("Invalid path '%s': The choice state's condition path references an invalid value.", p.text),
		}
	}
	return value, nil
}

var patternForm = regexp.MustCompile(`\\[*\\]|\*|[^*\\]+`)

// matcher is a pattern in which * stands for any characters and \* for itself.
func matcher(operand any) (*regexp.Regexp, error) {
	pattern, ok := operand.(string)
	if !ok {
		return nil, errors.New("its value is no String")
	}
	if strings.Join(patternForm.FindAllString(pattern, -1), "") != pattern {
		return nil, fmt.Errorf(`its value %q has a backslash that escapes neither * nor itself`, pattern)
	}
	var b strings.Builder
	for _, part := range patternForm.FindAllString(pattern, -1) {
		if part == "*" {
			b.WriteString(".*")
			continue
		}
		b.WriteString(regexp.QuoteMeta(escapedForm.ReplaceAllString(part, "$1")))
	}
	return regexp.Compile("(?s)^" + b.String() + "$")
}

// Boolean expressions of conditions.
func all(list []condition) condition {
	return func(scope Scope) (bool, error) {
		for _, c := range list {
			if holds, err := c(scope); err != nil || !holds {
				return false, err
			}
		}
		return true, nil
	}
}

func anyOf(list []condition) condition {
	return func(scope Scope) (bool, error) {
		for _, c := range list {
			if holds, err := c(scope); err != nil || holds {
				return holds, err
			}
		}
		return false, nil
	}
}

func not(list []condition) condition {
	return func(scope Scope) (bool, error) {
		holds, err := list[0](scope)
		return err == nil && !holds, err
	}
}
