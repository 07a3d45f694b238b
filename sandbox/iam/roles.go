package iam

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
)

// Role is an IAM role. The first group of fields is given by its owner, the second by IAM.
type Role struct {
	Name                string            `json:"name"`
	Path                string            `json:"path,omitempty"`
	Description         string            `json:"description,omitempty"`
	AssumeRolePolicy    string            `json:"assumeRolePolicy"`
	MaxSessionDuration  int               `json:"maxSessionDuration,omitempty"` // seconds, 3600 by default
	ForceDetachPolicies bool              `json:"forceDetachPolicies,omitempty"`
	Tags                map[string]string `json:"tags,omitempty"`

	Arn        string `json:"arn"`
	UniqueID   string `json:"uniqueId"`
	CreateDate string `json:"createDate"`
	// Service is whom the role is linked to, "dsql.amazonaws.com"; "" for a role of the account's own.
	Service string `json:"-"`
}

// RolePolicy is an inline policy of a role.
type RolePolicy struct {
	Name   string `json:"name"`
	Policy string `json:"policy"`
	Role   string `json:"role"`
}

// RolePolicyAttachment attaches a managed policy of AWS to a role.
type RolePolicyAttachment struct {
	PolicyArn string `json:"policyArn"`
	Role      string `json:"role"`
}

// CreateRole creates a role; its trust policy is parsed, so a policy AWS would refuse is refused here.
func (s *Service) CreateRole(role Role) (Role, error) {
	fillRole(&role)
	if err := role.check(); err != nil {
		return Role{}, err
	}
	role = s.given(role)
	if !s.roles.Insert(role.Name, role) {
		return Role{}, awserr.Conflict(
			http.StatusConflict,
			"EntityAlreadyExists",
			"Role with name %s already exists.",
			role.Name,
		)
	}
	return role, nil
}

func fillRole(role *Role) {
	if role.Path == "" {
		role.Path = "/"
	}
	if role.MaxSessionDuration == 0 {
		role.MaxSessionDuration = 3600
	}
}

// Role finds a role by its name.
func (s *Service) Role(name string) (Role, error) {
	role, ok := s.roles.Get(name)
	if !ok {
		return Role{}, noSuchRole(name)
	}
	return role, nil
}

// RoleByARN finds a role by its ARN.
func (s *Service) RoleByARN(arn string) (Role, error) {
	role, err := s.Role(arn[strings.LastIndex(arn, "/")+1:])
	if err == nil && role.Arn != arn {
		return Role{}, noSuchRole(arn)
	}
	return role, err
}

// Roles lists the account's own roles by name; those that are linked to services are the services'.
func (s *Service) Roles() []Role {
	return slices.DeleteFunc(s.roles.All(), func(r Role) bool { return r.Service != "" })
}

// UpdateRole replaces what the owner of a role gives; name and path are fixed.
func (s *Service) UpdateRole(role Role) (Role, error) {
	fillRole(&role)
	if err := role.check(); err != nil {
		return Role{}, err
	}
	if _, err := s.modifiable(role.Name); err != nil {
		return Role{}, err
	}
	if !s.roles.Update(role.Name, func(old *Role) {
		role.Path, role.Arn, role.UniqueID, role.CreateDate = old.Path, old.Arn, old.UniqueID, old.CreateDate
		*old = role
	}) {
		return Role{}, noSuchRole(role.Name)
	}
	return role, nil
}

// DeleteRole deletes a role that has no policies left, or any when it has ForceDetachPolicies.
func (s *Service) DeleteRole(name string) error {
	role, err := s.modifiable(name)
	if err != nil {
		return err
	}
	inline, attached := s.RolePolicies(name), s.RolePolicyAttachments(name)
	if len(inline)+len(attached) > 0 && !role.ForceDetachPolicies {
		return awserr.Conflict(http.StatusConflict, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	for _, p := range inline {
		s.policies.Delete(policyKey(name, p.Name))
	}
	for _, a := range attached {
		s.attachments.Delete(policyKey(name, a.PolicyArn))
	}
	s.roles.Delete(name)
	return nil
}

// PutRolePolicy creates or replaces an inline policy, which is in force once it has propagated.
func (s *Service) PutRolePolicy(p RolePolicy) (RolePolicy, error) {
	if _, err := s.modifiable(p.Role); err != nil {
		return RolePolicy{}, err
	}
	parsed, err := ParseIdentityPolicy(p.Policy)
	if err != nil {
		return RolePolicy{}, awserr.Invalid("MalformedPolicyDocument", "policy %s of role %s: %v", p.Name, p.Role, err)
	}
	if err := s.checkInline(p); err != nil {
		return RolePolicy{}, err
	}
	now, key := s.clock.Now(), policyKey(p.Role, p.Name)
	next := inlinePolicy{RolePolicy: p, parsed: parsed, from: now.Add(time.Duration(s.propagation.Load()))}
	if old, ok := s.policies.Get(key); ok {
		next.before = old.inForce(now)
	}
	s.policies.Put(key, next)
	return p, nil
}

// RolePolicy finds an inline policy.
func (s *Service) RolePolicy(role, name string) (RolePolicy, error) {
	p, ok := s.policies.Get(policyKey(role, name))
	if !ok {
		return RolePolicy{}, awserr.NotFound(
			http.StatusNotFound,
			"NoSuchEntity",
			"The role policy with name %s cannot be found.",
			name,
		)
	}
	return p.RolePolicy, nil
}

// RolePolicies lists the inline policies of a role.
func (s *Service) RolePolicies(role string) []RolePolicy {
	var policies []RolePolicy
	for _, p := range s.policies.All() {
		if p.Role == role {
			policies = append(policies, p.RolePolicy)
		}
	}
	return policies
}

// DeleteRolePolicy deletes an inline policy.
func (s *Service) DeleteRolePolicy(role, name string) error {
	if !s.policies.Delete(policyKey(role, name)) {
		return awserr.NotFound(http.StatusNotFound, "NoSuchEntity", "The role policy with name %s cannot be found.", name)
	}
	return nil
}

// AttachRolePolicy attaches a managed policy. The sandbox knows those of AWS that a monitoring function may need.
func (s *Service) AttachRolePolicy(a RolePolicyAttachment) (RolePolicyAttachment, error) {
	if _, err := s.modifiable(a.Role); err != nil {
		return RolePolicyAttachment{}, err
	}
	if _, ok := managedPolicies[a.PolicyArn]; !ok {
		return RolePolicyAttachment{}, noSuchPolicy(a.PolicyArn)
	}
	others := slices.DeleteFunc(
		s.RolePolicyAttachments(a.Role),
		func(o RolePolicyAttachment) bool { return o.PolicyArn == a.PolicyArn },
	)
	if len(others) >= maxAttached {
		return RolePolicyAttachment{}, limitExceeded("Cannot exceed quota for PoliciesPerRole: %d", maxAttached)
	}
	s.attachments.Put(policyKey(a.Role, a.PolicyArn), a)
	return a, nil
}

// RolePolicyAttachments lists the managed policies attached to a role.
func (s *Service) RolePolicyAttachments(role string) []RolePolicyAttachment {
	return slices.DeleteFunc(s.attachments.All(), func(a RolePolicyAttachment) bool { return a.Role != role })
}

// DetachRolePolicy detaches a managed policy.
func (s *Service) DetachRolePolicy(role, policyARN string) error {
	if !s.attachments.Delete(policyKey(role, policyARN)) {
		return noSuchPolicy(policyARN)
	}
	return nil
}

func policyKey(role, policy string) string { return role + ":" + policy }

func noSuchRole(name string) error {
	return awserr.NotFound(http.StatusNotFound, "NoSuchEntity", "The role with name %s cannot be found.", name)
}

func noSuchPolicy(arn string) error {
	return awserr.NotFound(http.StatusNotFound, "NoSuchEntity", "Policy %s does not exist or is not attachable.", arn)
}
