package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Policy is a parsed policy document. The grammar is that of the IAM User Guide, "Grammar of the IAM JSON policy
// language"; what the sandbox does not model (NotAction, NotPrincipal, NotResource, policy variables, set operators) is
// refused by name rather than ignored.
type Policy struct {
	statements []statement
}

type statement struct {
	sid        string
	deny       bool
	principals *principals // nil in an identity policy
	actions    []string
	resources  []string // nil in a trust policy
	conditions []condition
}

// Statements is how many statements the policy has.
func (p *Policy) Statements() int { return len(p.statements) }

// Conditions is how many conditions its statements have together.
func (p *Policy) Conditions() (n int) {
	for _, s := range p.statements {
		n += len(s.conditions)
	}
	return n
}

// policyKind decides which elements a statement must and must not have.
type policyKind int

const (
	identityPolicy policyKind = iota
	resourcePolicy
	trustPolicy
)

// ParseIdentityPolicy reads a policy that is attached to a role: Resource required, Principal forbidden. The error
// lists every problem.
func ParseIdentityPolicy(document string) (*Policy, error) { return parse(document, identityPolicy) }

// ParseResourcePolicy reads a policy that is attached to a key, topic, queue or function: Principal and Resource
// required. The error lists every problem.
func ParseResourcePolicy(document string) (*Policy, error) { return parse(document, resourcePolicy) }

// ParseTrustPolicy reads the policy that says who may assume a role: Principal required, Resource forbidden. The error
// lists every problem.
func ParseTrustPolicy(document string) (*Policy, error) { return parse(document, trustPolicy) }

func parse(document string, kind policyKind) (*Policy, error) {
	var elements map[string]json.RawMessage
	if err := json.Unmarshal([]byte(document), &elements); err != nil {
		return nil, fmt.Errorf("the policy is not a JSON object: %w", err)
	}
	p, problems := &Policy{}, []error{}
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		value := elements[name]
		switch name {
		case "Version":
			problems = append(problems, checkVersion(value))
		case "Id":
		case "Statement":
			statements, err := parseStatements(value, kind)
			p.statements = statements
			problems = append(problems, err)
		default:
			problems = append(problems, fmt.Errorf("element %q: not an element of a policy", name))
		}
	}
	if _, ok := elements["Statement"]; !ok {
		problems = append(problems, errors.New(`element "Statement": missing`))
	}
	return p, errors.Join(problems...)
}

func checkVersion(value json.RawMessage) error {
	switch v := string(value); v {
	case `"2012-10-17"`, `"2008-10-17"`:
		return nil
	default:
		return fmt.Errorf(`element "Version" is %s: want "2012-10-17" or "2008-10-17"`, v)
	}
}

func parseStatements(value json.RawMessage, kind policyKind) ([]statement, error) {
	if strings.HasPrefix(string(value), "{") {
		value = json.RawMessage("[" + string(value) + "]")
	}
	var list []map[string]json.RawMessage
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, fmt.Errorf(`element "Statement": neither a statement nor a list of statements: %w`, err)
	}
	var problems []error
	if len(list) == 0 {
		problems = append(problems, errors.New(`element "Statement": empty`))
	}
	statements := make([]statement, 0, len(list))
	for i, elements := range list {
		s, err := parseStatement(elements, kind)
		if err != nil {
			problems = append(problems, fmt.Errorf("statement %d: %w", i+1, err))
		}
		statements = append(statements, s)
	}
	return statements, errors.Join(problems...)
}

func parseStatement(elements map[string]json.RawMessage, kind policyKind) (statement, error) {
	var s statement
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		value := elements[name]
		var err error
		switch name {
		case "Sid":
			err = json.Unmarshal(value, &s.sid)
		case "Effect":
			s.deny, err = parseEffect(value)
		case "Action":
			s.actions, err = parseStrings(value)
		case "Resource":
			s.resources, err = parseStrings(value)
		case "Principal":
			s.principals, err = parsePrincipals(value)
		case "Condition":
			s.conditions, err = parseConditions(value)
		case "NotAction", "NotResource", "NotPrincipal":
			err = errors.New("not modelled by the sandbox")
		default:
			err = errors.New("not an element of a statement")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("element %q: %w", name, err))
		}
	}
	return s, errors.Join(append(problems, checkElements(elements, kind), checkActions(s.actions))...)
}

func checkElements(elements map[string]json.RawMessage, kind policyKind) error {
	required := map[string]bool{
		"Effect":    true,
		"Action":    true,
		"Principal": kind != identityPolicy,
		"Resource":  kind != trustPolicy,
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(required)) {
		_, present := elements[name]
		switch {
		case required[name] && !present:
			problems = append(problems, fmt.Errorf("element %q: missing", name))
		case !required[name] && present:
			problems = append(problems, fmt.Errorf("element %q: not allowed in this kind of policy", name))
		}
	}
	return errors.Join(problems...)
}

// checkActions refuses what IAM refuses: actions have a service prefix, "sns:Publish", or are "*".
func checkActions(actions []string) error {
	var problems []error
	for _, action := range actions {
		if service, name, ok := strings.Cut(action, ":"); action != "*" && (!ok || service == "" || name == "") {
			problems = append(problems, fmt.Errorf(`element "Action" is %q: want service:Action or "*"`, action))
		}
	}
	return errors.Join(problems...)
}

func parseEffect(value json.RawMessage) (deny bool, err error) {
	switch string(value) {
	case `"Allow"`:
		return false, nil
	case `"Deny"`:
		return true, nil
	default:
		return false, fmt.Errorf(`%s: want "Allow" or "Deny"`, value)
	}
}

// parseStrings reads a string or a list of strings, and refuses policy variables: taken literally they would silently
// match nothing.
func parseStrings(value json.RawMessage) ([]string, error) {
	var one string
	list := []string{}
	if err := json.Unmarshal(value, &one); err == nil {
		list = append(list, one)
	} else if err := json.Unmarshal(value, &list); err != nil {
		return nil, fmt.Errorf("%s is neither a string nor a list of strings", value)
	}
	if len(list) == 0 {
		return nil, errors.New("empty")
	}
	for _, s := range list {
		if strings.Contains(s, "${") {
			return nil, fmt.Errorf("%q: policy variables are not modelled by the sandbox", s)
		}
	}
	return list, nil
}
