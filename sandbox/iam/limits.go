package iam

import (
	"net/http"
	"regexp"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// What IAM takes (IAM API Reference, CreateRole, PutRolePolicy; IAM User Guide, "IAM and STS quotas"). Sizes of
// policies are in characters without white space, those of inline policies of a role taken together.
const (
	maxRoleName    = 64
	maxPolicyName  = 128
	maxDescription = 1000
	maxPath        = 512
	maxTrustPolicy = 2048
	maxInline      = 10_240
	maxAttached    = 10
	minSession     = 3600  // seconds
	maxSession     = 43200 // seconds
	validation     = "ValidationError"
)

var (
	nameForm        = regexp.MustCompile(`^[\w+=,.@-]+$`)
	pathForm        = regexp.MustCompile(`^(/|/[!-~]+/)$`)
	descriptionForm = regexp.MustCompile(`^[\t\n\r -~¡-ÿ]*$`)
)

func (r Role) check() error {
	var c constraint.Check
	c.Pattern("roleName", r.Name, 1, maxRoleName, nameForm)
	c.Pattern("path", r.Path, 1, maxPath, pathForm)
	c.Pattern("description", r.Description, 0, maxDescription, descriptionForm)
	c.Range("maxSessionDuration", r.MaxSessionDuration, minSession, maxSession)
	c.Tags(r.Tags)
	if err := c.Err(validation); err != nil {
		return err
	}
	if _, err := ParseTrustPolicy(r.AssumeRolePolicy); err != nil {
		return awserr.Invalid("MalformedPolicyDocument", "assume role policy: %v", err)
	}
	if size := constraint.PolicySize(r.AssumeRolePolicy); size > maxTrustPolicy {
		return limitExceeded(
			"Cannot exceed quota for ACLSizePerRole: %d; the trust policy has %d characters.",
			maxTrustPolicy,
			size,
		)
	}
	return nil
}

// checkInline counts a new inline policy with the others of its role.
func (s *Service) checkInline(p RolePolicy) error {
	var c constraint.Check
	c.Pattern("policyName", p.Name, 1, maxPolicyName, nameForm)
	if err := c.Err(validation); err != nil {
		return err
	}
	size := constraint.PolicySize(p.Policy)
	for _, other := range s.RolePolicies(p.Role) {
		if other.Name != p.Name {
			size += constraint.PolicySize(other.Policy)
		}
	}
	if size > maxInline {
		return limitExceeded(
			"Maximum policy size of %d bytes exceeded for role %s; its inline policies would have %d.",
			maxInline,
			p.Role,
			size,
		)
	}
	return nil
}

func limitExceeded(format string, args ...any) error {
	return awserr.Conflict(http.StatusConflict, "LimitExceeded", format, args...)
}
