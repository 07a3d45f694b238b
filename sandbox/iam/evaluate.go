package iam

import "slices"

// decision is what one policy says about a request, the stronger the higher.
type decision int

const (
	silent    decision = iota // says nothing, which is a denial unless another policy allows
	delegated                 // names the account: the identity policies decide
	allowed
	denied // explicitly, which beats everything
)

type request struct {
	caller   Principal
	account  string
	action   string
	resource string
	context  Context
}

// decide follows the IAM User Guide, "Policy evaluation logic": an explicit deny wins, then an allow.
func (p *Policy) decide(r request) decision {
	verdict := silent
	for _, s := range p.statements {
		verdict = max(verdict, s.decide(r))
	}
	return verdict
}

func (s statement) decide(r request) decision {
	direct, viaAccount := s.principals.match(r.caller, r.account)
	switch {
	case !direct && !viaAccount, !s.covers(r):
		return silent
	case s.deny:
		return denied
	case direct:
		return allowed
	default:
		return delegated
	}
}

func (s statement) covers(r request) bool {
	resource := func(pattern string) bool { return glob(pattern, r.resource) }
	return slices.ContainsFunc(s.actions, func(pattern string) bool { return matchAction(pattern, r.action) }) &&
		(s.resources == nil || slices.ContainsFunc(s.resources, resource)) &&
		!slices.ContainsFunc(s.conditions, func(c condition) bool { return !c.holds(r.context) })
}
