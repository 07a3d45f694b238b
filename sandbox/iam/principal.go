package iam

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Principal is who calls: a session of a role, an AWS service, or the account's administrator. Exactly one of Role and
// Service is set, none for the administrator.
type Principal struct {
	// ARN is what AWS's messages name: arn:aws:sts::…:assumed-role/<role>/<session>, arn:aws:iam::…:user/<name>, or the
	// service's name.
	ARN string
	// Role is the ARN of the role behind a session.
	Role string
	// Service is the name of a service principal, "events.amazonaws.com".
	Service string
}

// ServicePrincipal is an AWS service that acts for itself.
func ServicePrincipal(name string) Principal { return Principal{ARN: name, Service: name} }

// principals is the Principal element of a statement.
type principals struct {
	anyone   bool
	aws      []string // ARNs and account ids
	services []string
}

func parsePrincipals(value json.RawMessage) (*principals, error) {
	if string(value) == `"*"` {
		return &principals{anyone: true}, nil
	}
	var byType map[string]json.RawMessage
	if err := json.Unmarshal(value, &byType); err != nil {
		return nil, fmt.Errorf(`%s is neither "*" nor an object`, value)
	}
	p := &principals{}
	for _, kind := range slices.Sorted(maps.Keys(byType)) {
		names, err := parseStrings(byType[kind])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
		switch kind {
		case "AWS":
			p.anyone = p.anyone || slices.Contains(names, "*")
			p.aws = names
		case "Service":
			p.services = names
		default:
			return nil, fmt.Errorf("%s principals are not modelled by the sandbox: want AWS or Service", kind)
		}
	}
	return p, nil
}

// match says how a statement names the caller. "*" is everyone, services included: that is why CloudWatch may publish
// under the default policy of a topic. The account itself (its root ARN or its id) only delegates to the account's
// identity policies.
func (p *principals) match(caller Principal, account string) (direct, delegated bool) {
	switch {
	case p == nil || p.anyone:
		return true, false
	case caller.Service != "":
		return slices.Contains(p.services, caller.Service), false
	case slices.Contains(p.aws, caller.ARN) || caller.Role != "" && slices.Contains(p.aws, caller.Role):
		return true, false
	default:
		return false, slices.ContainsFunc(p.aws, func(name string) bool { return isAccount(name, account) })
	}
}

func isAccount(name, account string) bool {
	return name == account || strings.HasPrefix(name, "arn:") && strings.HasSuffix(name, ":iam::"+account+":root")
}
