// Package policy writes the JSON of IAM, KMS, SNS and SQS policies. It is pure: whoever uses it says who may do what.
package policy

import (
	"encoding/json"
	"maps"
)

// Statement is one statement of a policy, made by Allow or Deny. Its methods return it with one thing more.
type Statement struct {
	Sid       string
	Effect    string
	Principal *principal `json:",omitempty"`
	Action    []string
	Resource  []string  `json:",omitempty"`
	Condition condition `json:",omitempty"`
}

// principal is who a resource policy speaks of; an identity policy has none.
type principal struct {
	Service []string `json:",omitempty"`
	AWS     []string `json:",omitempty"`
}

// condition maps operator -> key -> value.
type condition map[string]map[string]string

// Everyone is every principal of every account.
const Everyone = "*"

// Allow is a statement that allows actions.
func Allow(sid string, actions ...string) Statement {
	return Statement{Sid: sid, Effect: "Allow", Action: actions}
}

// Deny is a statement that denies actions, whatever else allows them.
func Deny(sid string, actions ...string) Statement {
	return Statement{Sid: sid, Effect: "Deny", Action: actions}
}

// On is the statement about resources.
func (s Statement) On(resources ...string) Statement {
	s.Resource = resources
	return s
}

// ToService is the statement about services, such as events.amazonaws.com.
func (s Statement) ToService(services ...string) Statement {
	s.Principal = &principal{Service: services}
	return s
}

// To is the statement about principals, by their ARNs, or Everyone.
func (s Statement) To(principals ...string) Statement {
	s.Principal = &principal{AWS: principals}
	return s
}

// When is the statement under one condition more.
func (s Statement) When(operator, key, value string) Statement {
	keys := maps.Clone(s.Condition[operator])
	if keys == nil {
		keys = map[string]string{}
	}
	keys[key] = value
	s.Condition = maps.Clone(s.Condition)
	if s.Condition == nil {
		s.Condition = condition{}
	}
	s.Condition[operator] = keys
	return s
}

// Document is the policy of the statements. Its JSON is stable: fields in the order of Statement, keys of maps sorted.
func Document(statements ...Statement) (string, error) {
	body, err := json.Marshal(struct {
		Version   string
		Statement []Statement
	}{"2012-10-17", statements})
	return string(body), err
}

// AssumedBy is the trust policy of a role that one service may assume. Whoever gives the role to the service needs
// iam:PassRole in this account, which keeps other accounts out.
func AssumedBy(service string) (string, error) {
	return Document(Allow("Assume", "sts:AssumeRole").ToService(service))
}

// AccountAdministers delegates a key to the IAM of an account, by the ARN of its root: without it nobody could
// administer the key, and identity policies could not grant its use.
func AccountAdministers(root string) Statement {
	return Allow("AccountAdministers", "kms:*").To(root).On("*")
}

// RefusePlainHTTP denies an action on a resource to everyone who does not come over TLS.
func RefusePlainHTTP(action, resource string) Statement {
	return Deny("RefusePlainHttp", action).To(Everyone).On(resource).When("Bool", "aws:SecureTransport", "false")
}
