// Package iam is the sandbox's Identity and Access Management: policy documents and their evaluation, roles with trust
// and inline policies, and temporary credentials. It is global, as on AWS; one Service serves all regions.
package iam

import (
	"crypto/rand"
	"sync/atomic"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/internal/table"
)

// Service is the IAM of one account. Create it with New; it is safe for concurrent use.
type Service struct {
	account     string
	clock       *clock.Clock
	admin       Credentials
	roles       table.Table[Role]
	policies    table.Table[inlinePolicy]
	attachments table.Table[RolePolicyAttachment]
	sessions    table.Table[Credentials]
	deletions   table.Table[Deletion]
	uses        func(service string) []Use
	propagation atomic.Int64 // a time.Duration
}

// inlinePolicy is a policy as it is stored and as it is in force: a change is not at once.
type inlinePolicy struct {
	RolePolicy
	parsed *Policy
	// before is in force until from; nil is none.
	before *Policy
	from   time.Time
}

// inForce is what counts at a time; nil is nothing.
func (p inlinePolicy) inForce(now time.Time) *Policy {
	if now.Before(p.from) {
		return p.before
	}
	return p.parsed
}

// SetPropagation sets how long a new or changed inline policy takes to be in force; it is at once by default. (IAM User
// Guide, "Changes that I make are not always immediately visible".)
func (s *Service) SetPropagation(d time.Duration) { s.propagation.Store(int64(d)) }

// New returns the IAM of an account that has only its administrator, with fresh credentials.
func New(account string, clk *clock.Clock) *Service {
	return &Service{
		account: account,
		clock:   clk,
		admin: Credentials{
			AccessKeyID:     "AKIA" + rand.Text()[:16],
			SecretAccessKey: rand.Text() + rand.Text()[:14],
			Principal:       Principal{ARN: "arn:aws:iam::" + account + ":user/admin"},
		},
		uses: func(string) []Use { return nil },
	}
}

// Account is the twelve-digit account id.
func (s *Service) Account() string { return s.account }

// Authorize says whether the identity policies of the caller allow an action. The error is AWS's AccessDenied. Services
// without a resource policy ask this.
func (s *Service) Authorize(caller Principal, action, resource string, ctx Context) error {
	r := s.request(caller, action, resource, ctx)
	switch s.identity(r) {
	case allowed:
		return nil
	case denied:
		return accessDenied(r, "with an explicit deny in an identity-based policy")
	default:
		return accessDenied(r, "because no identity-based policy allows the "+action+" action")
	}
}

// AuthorizeResource is Authorize for a resource that has a policy of its own: within an account either side may allow,
// either may deny; an AWS service has no identity policy and needs the resource's.
func (s *Service) AuthorizeResource(caller Principal, action, resource string, ctx Context, policy *Policy) error {
	r := s.request(caller, action, resource, ctx)
	ofIdentity, ofResource := s.identity(r), policy.decide(r)
	switch {
	case ofIdentity == denied:
		return accessDenied(r, "with an explicit deny in an identity-based policy")
	case ofResource == denied:
		return accessDenied(r, "with an explicit deny in a resource-based policy")
	case ofIdentity == allowed || ofResource == allowed:
		return nil
	case caller.Service != "":
		return accessDenied(r, "because no resource-based policy allows the "+action+" action")
	default:
		return accessDenied(r, "because no identity-based policy allows the "+action+" action")
	}
}

// AuthorizeKey is Authorize for a KMS key, whose policy is in command: it must allow the caller, or delegate to the
// account, and only then do identity policies count (AWS KMS Developer Guide, "Key policies in AWS KMS").
func (s *Service) AuthorizeKey(caller Principal, action, key string, ctx Context, policy *Policy) error {
	r := s.request(caller, action, key, ctx)
	ofIdentity, ofKey := s.identity(r), policy.decide(r)
	switch {
	case ofIdentity == denied:
		return accessDenied(r, "with an explicit deny in an identity-based policy")
	case ofKey == denied:
		return accessDenied(r, "with an explicit deny in a resource-based policy")
	case ofKey == allowed, ofKey == delegated && ofIdentity == allowed:
		return nil
	case ofKey == delegated:
		return accessDenied(r, "because no identity-based policy allows the "+action+" action")
	default:
		return accessDenied(r, "because no resource-based policy allows the "+action+" action")
	}
}

func (s *Service) request(caller Principal, action, resource string, ctx Context) request {
	known := Context{"aws:PrincipalArn": caller.Role}
	if caller.Service == "" {
		known["aws:PrincipalAccount"] = s.account
	}
	return request{
		caller:   caller,
		account:  s.account,
		action:   action,
		resource: resource,
		context:  ctx.with(known),
	}
}

func (s *Service) identity(r request) decision {
	if r.caller == s.admin.Principal {
		return allowed
	}
	role, err := s.RoleByARN(r.caller.Role)
	if r.caller.Role == "" || err != nil {
		return silent
	}
	verdict := silent
	for _, policy := range s.inForce(role.Name) {
		verdict = max(verdict, policy.decide(r))
	}
	return verdict
}

// inForce are the policies that count for a role now.
func (s *Service) inForce(role string) (policies []*Policy) {
	now := s.clock.Now()
	for _, p := range s.policies.All() {
		if policy := p.inForce(now); p.Role == role && policy != nil {
			policies = append(policies, policy)
		}
	}
	for _, a := range s.RolePolicyAttachments(role) {
		policies = append(policies, managedPolicies[a.PolicyArn])
	}
	return policies
}

func accessDenied(r request, why string) error {
	return awserr.Denied("AccessDenied", "User: %s is not authorized to perform: %s on resource: %s %s",
		r.caller.ARN, r.action, r.resource, why)
}
