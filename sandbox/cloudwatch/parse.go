package cloudwatch

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	identifier = regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)
	mathToken  = regexp.MustCompile(`^(?:\d+(?:\.\d+)?|\.\d+|[A-Za-z_][A-Za-z0-9_]*|&&|\|\||[=!<>]=|[-+*/()\[\],<>])`)
)

// precedence of the operators, weakest first. AND and OR are other names of && and ||.
var precedence = [][]string{{"||"}, {"&&"}, {"==", "!=", "<", "<=", ">", ">="}, {"+", "-"}, {"*", "/"}}

var synonyms = map[string]string{"AND": "&&", "OR": "||"}

// parseExpression reads a metric math expression.
func parseExpression(text string) (expression, error) {
	p, err := newParser(text, mathToken, synonyms)
	if err != nil {
		return nil, err
	}
	e, err := p.binary(0)
	if err == nil && p.peek() != "" {
		err = fmt.Errorf("unexpected %q", p.peek())
	}
	if err != nil {
		return nil, fmt.Errorf("expression %q: %w", text, err)
	}
	return e, nil
}

// parser reads tokens one by one.
type parser struct{ tokens []string }

func newParser(text string, token *regexp.Regexp, synonyms map[string]string) (*parser, error) {
	p := &parser{}
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		t := token.FindString(rest)
		if t == "" {
			return nil, fmt.Errorf("expression %q: cannot read %q", text, rest)
		}
		rest = rest[len(t):]
		if s, ok := synonyms[t]; ok {
			t = s
		}
		p.tokens = append(p.tokens, t)
	}
	return p, nil
}

func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) expect(token string) error {
	if t := p.next(); t != token {
		return fmt.Errorf("expected %q, found %q", token, t)
	}
	return nil
}

func (p *parser) binary(level int) (expression, error) {
	if level == len(precedence) {
		return p.operand()
	}
	left, err := p.binary(level + 1)
	for err == nil && slices.Contains(precedence[level], p.peek()) {
		operator := p.next()
		var right expression
		right, err = p.binary(level + 1)
		left = binary{operator, left, right}
	}
	return left, err
}

func (p *parser) operand() (expression, error) {
	switch t := p.next(); {
	case t == "":
		return nil, fmt.Errorf("ends too early")
	case t == "-":
		e, err := p.operand()
		return binary{"-", number(0), e}, err
	case t == "(":
		e, err := p.binary(0)
		if err == nil {
			err = p.expect(")")
		}
		return e, err
	case t == "[":
		return p.list("]")
	case t[0] == '.' || t[0] >= '0' && t[0] <= '9':
		f, err := strconv.ParseFloat(t, 64)
		return number(f), err
	case p.peek() == "(":
		return p.call(t)
	case identifier.MatchString(t):
		return reference(t), nil
	default:
		return nil, fmt.Errorf("unexpected %q", t)
	}
}

func (p *parser) call(name string) (expression, error) {
	f, ok := functions[name]
	if !ok {
		return nil, fmt.Errorf("function %s: the sandbox models %s", name, strings.Join(slices.Sorted(maps.Keys(functions)), ", "))
	}
	p.next()
	args, err := p.list(")")
	if err == nil && len(args) != f.arity {
		err = fmt.Errorf("function %s takes %d arguments, not %d", name, f.arity, len(args))
	}
	return call{name, args}, err
}

// list reads expressions separated by commas up to the closing token.
func (p *parser) list(closing string) (list, error) {
	items := list{}
	if p.peek() == closing {
		p.next()
		return items, nil
	}
	for {
		e, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		items = append(items, e)
		if p.peek() != "," {
			return items, p.expect(closing)
		}
		p.next()
	}
}
