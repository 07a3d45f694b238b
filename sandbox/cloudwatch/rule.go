package cloudwatch

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"aurora-dsql-dr/sandbox/internal/tokens"
)

// rule is the parsed AlarmRule of a composite alarm (CloudWatch API Reference, PutCompositeAlarm).
type rule interface {
	holds(states func(alarm string) State) bool
	// children are the names of the alarms the rule asks for.
	children() []string
}

type (
	constant bool
	not      struct{ rule }
	both     struct{ left, right rule }
	either   struct{ left, right rule }
	inState  struct {
		alarm string
		state State
	}
)

func (c constant) holds(func(string) State) bool   { return bool(c) }
func (n not) holds(states func(string) State) bool { return !n.rule.holds(states) }
func (b both) holds(states func(string) State) bool {
	return b.left.holds(states) && b.right.holds(states)
}
func (e either) holds(states func(string) State) bool {
	return e.left.holds(states) || e.right.holds(states)
}
func (i inState) holds(states func(string) State) bool { return states(i.alarm) == i.state }

func (c constant) children() []string { return nil }
func (b both) children() []string     { return append(b.left.children(), b.right.children()...) }
func (e either) children() []string   { return append(e.left.children(), e.right.children()...) }
func (i inState) children() []string  { return []string{i.alarm} }

// ruleToken takes a quoted name, a bracket, or anything else up to the next space or bracket: names and ARNs need no
// quotes.
var ruleToken = regexp.MustCompile(`^(?:"[^"]*"|'[^']*'|[()]|[^\s()"']+)`)

// parseRule reads a rule. NOT binds closest, then AND, then OR.
func parseRule(text string) (rule, error) {
	if len(text) > 10240 {
		return nil, fmt.Errorf("%d characters, at most 10240 are accepted", len(text))
	}
	p, err := tokens.Read(text, ruleToken, nil)
	if err != nil {
		return nil, err
	}
	rules := ruleParser{p}
	r, err := rules.either()
	if err == nil && p.Peek() != "" {
		err = fmt.Errorf("unexpected %q", p.Peek())
	}
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	return r, nil
}

type ruleParser struct{ *tokens.Reader }

func (p ruleParser) either() (rule, error) {
	left, err := p.both()
	for err == nil && strings.EqualFold(p.Peek(), "OR") {
		p.Next()
		var right rule
		right, err = p.both()
		left = either{left, right}
	}
	return left, err
}

func (p ruleParser) both() (rule, error) {
	left, err := p.factor()
	for err == nil && strings.EqualFold(p.Peek(), "AND") {
		p.Next()
		var right rule
		right, err = p.factor()
		left = both{left, right}
	}
	return left, err
}

func (p ruleParser) factor() (rule, error) {
	switch token := strings.ToUpper(p.Next()); token {
	case "":
		return nil, errors.New("ends too early")
	case "NOT":
		r, err := p.factor()
		return not{r}, err
	case "(":
		r, err := p.either()
		if err == nil {
			err = p.Expect(")")
		}
		return r, err
	case "TRUE", "FALSE":
		return constant(token == "TRUE"), nil
	case string(StateAlarm), string(StateOK), string(StateInsufficientData):
		return p.inState(State(token))
	default:
		return nil, fmt.Errorf(
			"unexpected %q: want ALARM(), OK(), INSUFFICIENT_DATA(), TRUE, FALSE, AND, OR, NOT or brackets",
			token,
		)
	}
}

func (p ruleParser) inState(state State) (rule, error) {
	if err := p.Expect("("); err != nil {
		return nil, err
	}
	name := strings.Trim(p.Next(), `"'`)
	if _, inARN, ok := strings.Cut(name, ":alarm:"); ok {
		name = inARN
	}
	if name == "" || name == "(" || name == ")" {
		return nil, fmt.Errorf("%s() needs the name of an alarm", state)
	}
	return inState{name, state}, p.Expect(")")
}
