package components

import (
	"encoding/json"
	"maps"
	"slices"
)

// policyDocument is an IAM, KMS, SNS or SQS policy. Its JSON is stable: fields in this order, map keys sorted.
type policyDocument struct {
	Version   string
	Statement []statement
}

// statement is one statement of a policyDocument. Principal is nil in an identity policy.
type statement struct {
	Sid       string
	Effect    string
	Principal *principal `json:",omitempty"`
	Action    []string
	Resource  []string  `json:",omitempty"`
	Condition condition `json:",omitempty"`
}

// principal names who a resource policy speaks of: services, account ARNs, or (AWS: ["*"]) everyone.
type principal struct {
	Service []string `json:",omitempty"`
	AWS     []string `json:",omitempty"`
}

// condition maps operator -> key -> value.
type condition map[string]map[string]string

const (
	allow = "Allow"
	deny  = "Deny"
)

func service(names ...string) *principal { return &principal{Service: names} }

// policy renders statements as a policy document.
func policy(statements ...statement) (string, error) {
	body, err := json.Marshal(policyDocument{Version: "2012-10-17", Statement: statements})
	return string(body), err
}

// assumedBy is the trust policy of a role that one service may assume. Whoever gives the role to the service needs
// iam:PassRole in this account, which keeps other accounts out.
func assumedBy(serviceName string) (string, error) {
	return policy(statement{Sid: "Assume", Effect: allow, Principal: service(serviceName), Action: []string{"sts:AssumeRole"}})
}

// accountAdministers delegates a key to the account's IAM: without it nobody could administer the key, and identity
// policies could not grant its use.
func accountAdministers(region Region) statement {
	return statement{Sid: "AccountAdministers", Effect: allow, Principal: &principal{AWS: []string{region.rootARN()}}, Action: []string{"kms:*"}, Resource: []string{"*"}}
}

// refusePlainHTTP denies an action on a resource to everyone who does not come over TLS.
func refusePlainHTTP(action, resource string) statement {
	return statement{
		Sid: "RefusePlainHttp", Effect: deny, Principal: &principal{AWS: []string{"*"}},
		Action: []string{action}, Resource: []string{resource},
		Condition: condition{"Bool": {"aws:SecureTransport": "false"}},
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
