package asl

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/internal/tokens"
)

// functions are the intrinsic functions that the sandbox knows, with the least and the most of their arguments (States
// Language, "Intrinsic functions"; Developer Guide, "Intrinsic functions for JSONPath states in Step Functions").
var functions = map[string]struct {
	least, most int
	apply       func(arguments []any) (any, error)
}{
	"States.Array":        {0, maxArguments, func(arguments []any) (any, error) { return arguments, nil }},
	"States.Format":       {1, maxArguments, format},
	"States.JsonToString": {1, 1, func(arguments []any) (any, error) { return Encode(arguments[0]), nil }},
	"States.MathAdd":      {2, 2, mathAdd},
	"States.StringToJson": {1, 1, stringToJSON},
}

// maxArguments is more than a call of 10,000 characters has, AWS's limit of an intrinsic function.
const maxArguments = 10_000

// maxNesting is how deep calls may be in one another (Developer Guide, "Intrinsic functions").
const maxNesting = 10

// invocation is a call of an intrinsic function.
type invocation struct {
	text      string
	name      string
	arguments []expression
}

// literal is a constant argument.
type literal struct{ value any }

func (l literal) evaluate(string, Scope) (any, error) { return l.value, nil }

var (
	callToken   = regexp.MustCompile(`^(?:'(?:[^'\\]|\\.)*'|\$[^\s,)]*|-?\d+(?:\.\d+)?|[A-Za-z][A-Za-z0-9.]*|[(),])`)
	escapedForm = regexp.MustCompile(`\\(.)`)
)

func parseCall(text string) (expression, error) {
	if len(text) > maxArguments {
		return nil, fmt.Errorf("it has %d characters: want at most %d", len(text), maxArguments)
	}
	r, err := tokens.Read(text, callToken, nil)
	if err != nil {
		return nil, err
	}
	call, err := readCall(r, r.Next(), 1)
	if err == nil && r.Peek() != "" {
		err = fmt.Errorf("there is %q after the call", r.Peek())
	}
	call.text = text
	return call, err
}

func readCall(r *tokens.Reader, name string, depth int) (call invocation, err error) {
	call.name, call.text = name, name
	f, known := functions[name]
	switch {
	case !known:
		return call, fmt.Errorf("'%s' is no intrinsic function that the sandbox models: want %s", name,
			strings.Join(slices.Sorted(maps.Keys(functions)), ", "))
	case depth > maxNesting:
		return call, fmt.Errorf("calls are more than %d deep in one another", maxNesting)
	}
	if err := r.Expect("("); err != nil {
		return call, err
	}
	for r.Peek() != ")" {
		argument, err := readArgument(r, depth)
		if err != nil {
			return call, err
		}
		call.arguments = append(call.arguments, argument)
		if r.Peek() != "," {
			break
		}
		r.Next()
		if r.Peek() == ")" {
			return call, errors.New("a comma has no argument after it")
		}
	}
	if err := r.Expect(")"); err != nil {
		return call, err
	}
	if n := len(call.arguments); n < f.least || n > f.most {
		return call, fmt.Errorf("%s has %d arguments: want %d to %d", name, n, f.least, f.most)
	}
	return call, nil
}

func readArgument(r *tokens.Reader, depth int) (expression, error) {
	switch t := r.Next(); {
	case t == "":
		return nil, errors.New("the call has no end")
	case strings.HasPrefix(t, "$"):
		return parsePathExpression(t)
	case strings.HasPrefix(t, "'"):
		return literal{text(t[1 : len(t)-1])}, nil
	case strings.HasPrefix(t, reservedPrefix):
		return readCall(r, t, depth+1)
	default:
		value, err := Decode([]byte(t))
		if err != nil {
			return nil, fmt.Errorf("%q is no argument: want a path, 'text', a number, true, false, null or a call", t)
		}
		return literal{value}, nil
	}
}

// text is a quoted text whose escaped braces are still marked, which format has to tell from its own.
type text string

// plain is a value without marks.
func plain(value any) any {
	if quoted, ok := value.(text); ok {
		return escapedForm.ReplaceAllString(string(quoted), "$1")
	}
	return value
}

func (c invocation) evaluate(field string, scope Scope) (any, error) {
	arguments := make([]any, len(c.arguments))
	for i, argument := range c.arguments {
		value, err := argument.evaluate(field, scope)
		if err != nil {
			return nil, err
		}
		if i > 0 || c.name != "States.Format" {
			value = plain(value)
		}
		arguments[i] = value
	}
	value, err := functions[c.name].apply(arguments)
	if err != nil {
		return nil, &Failure{
			IntrinsicFailure,
			fmt.Sprintf("The function '%s' had the following error: %v", c.text, err),
		}
	}
	return value, nil
}

var placeForm = regexp.MustCompile(`\\.|\{\}`)

// format puts the other arguments where the first has {}; \{ is a brace.
func format(arguments []any) (any, error) {
	var template string
	switch first := arguments[0].(type) {
	case text:
		template = string(first)
	case string:
		template = first
	default:
		return nil, errors.New("the first argument is no string")
	}
	rest := arguments[1:]
	missing := 0
	made := placeForm.ReplaceAllStringFunc(template, func(place string) string {
		if place != "{}" {
			return place[1:]
		}
		if len(rest) == 0 {
			missing++
			return place
		}
		value := rest[0]
		rest = rest[1:]
		if s, ok := value.(string); ok {
			return s
		}
		return Encode(value)
	})
	if missing > 0 || len(rest) > 0 {
		return nil, fmt.Errorf("%d places have no argument and %d arguments no place", missing, len(rest))
	}
	return made, nil
}

func stringToJSON(arguments []any) (any, error) {
	s, ok := arguments[0].(string)
	if !ok {
		return nil, errors.New("the argument is no string")
	}
	return Decode([]byte(s))
}

// mathAdd adds whole numbers of 32 bits, as AWS's does.
func mathAdd(arguments []any) (any, error) {
	sum := int64(0)
	for _, argument := range arguments {
		number, _ := argument.(json.Number)
		n, err := number.Int64()
		if err != nil || n < math.MinInt32 || n > math.MaxInt32 {
			return nil, fmt.Errorf("%s is no integer from -2147483648 to 2147483647", Encode(argument))
		}
		sum += n
	}
	return json.Number(fmt.Sprint(sum)), nil
}
