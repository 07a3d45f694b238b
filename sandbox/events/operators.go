package events

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// matcher tests the values of a field; a field that the event does not have has none.
type matcher func(values []any) bool

// test tests one value.
type test func(value any) bool

// anyOf passes if one of the values does.
func anyOf(t test) matcher { return func(values []any) bool { return slices.ContainsFunc(values, t) } }

// newMatcher reads one alternative of a field: a value, or an operator with its operand.
func newMatcher(alternative any) (matcher, error) {
	operator, ok := alternative.(map[string]any)
	if !ok {
		return newExact(alternative)
	}
	name, operand, err := only(operator)
	if err != nil {
		return nil, err
	}
	switch name {
	case "exists":
		wanted, ok := operand.(bool)
		if !ok {
			return nil, refusal("exists match pattern must be either true or false.")
		}
		return func(values []any) bool { return (len(values) > 0) == wanted }, nil
	case "anything-but":
		t, err := anythingBut(operand)
		return anyOf(t), err
	}
	build, ok := comparisons[name]
	if !ok {
		return nil, refusal("Unrecognized match type %s; the sandbox models %s", name, operatorsModelled())
	}
	t, err := build(operand)
	return anyOf(t), err
}

// only is the single member of an object.
func only(operator map[string]any) (name string, operand any, err error) {
	if len(operator) != 1 {
		return "", nil, refusal("Only one key allowed in match expression")
	}
	for name, operand = range operator {
	}
	return name, operand, nil
}

// newExact compares with a string, number, true, false or null.
func newExact(wanted any) (matcher, error) {
	switch w := wanted.(type) {
	case []any:
		return nil, refusal("Match value must be String, number, true, false, or null")
	case json.Number:
		return anyOf(equals(w)), nil
	default:
		return anyOf(func(v any) bool { return v == wanted }), nil
	}
}

// equals compares a number by its value, or, beyond what is compared by value, as it is written.
func equals(wanted json.Number) test {
	number, inRange := inMillionths(wanted)
	return func(v any) bool {
		other, ok := v.(json.Number)
		if !ok {
			return false
		}
		value, otherInRange := inMillionths(other)
		return other == wanted || inRange && otherInRange && value == number
	}
}

// Numbers are compared from -5 to 5 billion, to six digits behind the point (aws/event-ruler, ComparableNumber).
const (
	fiveBillion = 5e9
	precision   = 1e6
)

var errRange = refusal("Value must be between -5.0E9 and 5.0E9, inclusive")

// inMillionths is a number in millionths; false for one out of the range.
func inMillionths(n json.Number) (int64, bool) {
	f, err := n.Float64()
	if err != nil || math.Abs(f) > fiveBillion {
		return 0, false
	}
	return int64(precision * (fiveBillion + f)), true
}

// comparisons are the operators that test one value. Anything-but and exists are apart.
var comparisons = map[string]func(operand any) (test, error){
	"prefix":             onStrings("prefix", strings.HasPrefix),
	"suffix":             onStrings("suffix", strings.HasSuffix),
	"equals-ignore-case": onStrings("equals-ignore-case", strings.EqualFold),
	"numeric":            numeric,
}

func onStrings(name string, holds func(value, operand string) bool) func(any) (test, error) {
	return func(operand any) (test, error) {
		wanted, ok := operand.(string)
		if !ok {
			return nil, fmt.Errorf("%s match pattern must be a string", name)
		}
		return func(v any) bool {
			s, ok := v.(string)
			return ok && holds(s, wanted)
		}, nil
	}
}

// anythingBut takes a string, a number, a list of either, or an object with prefix, suffix or equals-ignore-case.
func anythingBut(operand any) (test, error) {
	switch o := operand.(type) {
	case map[string]any:
		return anythingButTest(o)
	case []any:
		return anythingButList(o)
	case string, json.Number:
		return anythingButList([]any{o})
	default:
		return nil, refusal("Value of anything-but must be an array or single string/number value.")
	}
}

func anythingButTest(operator map[string]any) (test, error) {
	name, operand, err := only(operator)
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"prefix", "suffix", "equals-ignore-case"}, name) {
		return nil, refusal("Unsupported anything-but pattern: %s", name)
	}
	if operand == "" && name != "equals-ignore-case" {
		return nil, refusal("Null prefix/suffix not allowed")
	}
	inner, err := comparisons[name](operand)
	return func(v any) bool { return !inner(v) }, err
}

func anythingButList(refused []any) (test, error) {
	var texts, numbers int
	var tests []test
	for _, r := range refused {
		switch r := r.(type) {
		case string:
			texts++
			tests = append(tests, func(v any) bool { return v == r })
		case json.Number:
			numbers++
			if _, ok := inMillionths(r); !ok {
				return nil, errRange
			}
			tests = append(tests, equals(r))
		default:
			return nil, refusal("Inside anything but list, start|null|boolean is not supported.")
		}
	}
	if (texts == 0) == (numbers == 0) {
		return nil, refusal("Inside anything but list, either all values are number or string, mixed type is not supported")
	}
	return func(v any) bool { return !slices.ContainsFunc(tests, func(t test) bool { return t(v) }) }, nil
}

var numericOperators = map[string]func(a, b int64) bool{
	"=":  func(a, b int64) bool { return a == b },
	"<":  func(a, b int64) bool { return a < b },
	"<=": func(a, b int64) bool { return a <= b },
	">":  func(a, b int64) bool { return a > b },
	">=": func(a, b int64) bool { return a >= b },
}

// numeric takes one comparison, ["=", 5], or a range from below, [">", 0, "<=", 5].
func numeric(operand any) (test, error) {
	terms, ok := operand.([]any)
	if !ok {
		return nil, refusal("Value of numeric must be an array.")
	}
	if len(terms) != 2 && len(terms) != 4 {
		return nil, refusal("Too many elements in numeric expression, or too few")
	}
	var tests []func(int64) bool
	var bounds []int64
	for i := 0; i < len(terms); i += 2 {
		operator, _ := terms[i].(string)
		number, isNumber := terms[i+1].(json.Number)
		bound, inRange := inMillionths(number)
		switch {
		case numericOperators[operator] == nil:
			return nil, refusal("Unrecognized numeric range operator: %v", terms[i])
		case !isNumber:
			return nil, refusal("Value of %s must be numeric", operator)
		case !inRange:
			return nil, errRange
		}
		bounds = append(bounds, bound)
		tests = append(tests, func(v int64) bool { return numericOperators[operator](v, bound) })
	}
	if len(terms) == 4 {
		if err := checkRange(terms, bounds); err != nil {
			return nil, err
		}
	}
	return func(v any) bool {
		number, ok := v.(json.Number)
		value, inRange := inMillionths(number)
		return ok && inRange && !slices.ContainsFunc(tests, func(holds func(int64) bool) bool { return !holds(value) })
	}, nil
}

// checkRange wants a lower bound, then an upper one that is above it.
func checkRange(terms []any, bounds []int64) error {
	lower, upper := terms[0].(string), terms[2].(string)
	switch {
	case lower != ">" && lower != ">=":
		return refusal("Too many elements in numeric expression")
	case upper != "<" && upper != "<=":
		return refusal("Bad numeric range operator: %s", upper)
	case bounds[0] >= bounds[1]:
		return refusal("Bottom must be less than top")
	default:
		return nil
	}
}
