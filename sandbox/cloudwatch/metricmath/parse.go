package metricmath

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"aurora-dsql-dr/sandbox/internal/tokens"
)

var (
	identifier = regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)
	mathToken  = regexp.MustCompile(`^(?:\d+(?:\.\d+)?|\.\d+|[A-Za-z_][A-Za-z0-9_]*|&&|\|\||[=!<>]=|[-+*/()\[\],<>])`)
)

// precedence of the operators, weakest first. AND and OR are other names of && and ||.
var precedence = [][]string{{"||"}, {"&&"}, {"==", "!=", "<", "<=", ">", ">="}, {"+", "-"}, {"*", "/"}}

var synonyms = map[string]string{"AND": "&&", "OR": "||"}

// parse reads a metric math expression.
func parse(text string) (expression, error) {
	reader, err := tokens.Read(text, mathToken, synonyms)
	if err != nil {
		return nil, err
	}
	p := parser{reader}
	e, err := p.binary(0)
	if err == nil && p.Peek() != "" {
		err = fmt.Errorf("unexpected %q", p.Peek())
	}
	if err != nil {
		return nil, fmt.Errorf("expression %q: %w", text, err)
	}
	return e, nil
}

// parser reads an expression from its tokens.
type parser struct{ *tokens.Reader }

func (p parser) binary(level int) (expression, error) {
	if level == len(precedence) {
		return p.operand()
	}
	left, err := p.binary(level + 1)
	for err == nil && slices.Contains(precedence[level], p.Peek()) {
		operator := p.Next()
		var right expression
		right, err = p.binary(level + 1)
		left = binary{operator, left, right}
	}
	return left, err
}

func (p parser) operand() (expression, error) {
	switch t := p.Next(); {
	case t == "":
		return nil, errors.New("ends too early")
	case t == "-":
		e, err := p.operand()
		return binary{"-", number(0), e}, err
	case t == "(":
		e, err := p.binary(0)
		if err == nil {
			err = p.Expect(")")
		}
		return e, err
	case t == "[":
		return p.list("]")
	case t[0] == '.' || t[0] >= '0' && t[0] <= '9':
		f, err := strconv.ParseFloat(t, 64)
		return number(f), err
	case p.Peek() == "(":
		return p.call(t)
	case identifier.MatchString(t):
		return reference(t), nil
	default:
		return nil, fmt.Errorf("unexpected %q", t)
	}
}

func (p parser) call(name string) (expression, error) {
	f, ok := functions[name]
	if !ok {
		modelled := slices.Sorted(maps.Keys(functions))
		return nil, fmt.Errorf("function %s: the sandbox models %s", name, strings.Join(modelled, ", "))
	}
	p.Next()
	args, err := p.list(")")
	if err == nil && len(args) != f.arity {
		err = fmt.Errorf("function %s takes %d arguments, not %d", name, f.arity, len(args))
	}
	return call{name, args}, err
}

// list reads expressions separated by commas up to the closing token.
func (p parser) list(closing string) (list, error) {
	items := list{}
	if p.Peek() == closing {
		p.Next()
		return items, nil
	}
	for {
		e, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		items = append(items, e)
		if p.Peek() != "," {
			return items, p.Expect(closing)
		}
		p.Next()
	}
}
