package logs

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// MaxPolicies is how many resource policies a region has at most ("CloudWatch Logs quotas", CloudWatch Logs User
// Guide; the quota cannot be changed).
const MaxPolicies = 10

// ResourcePolicy says which services may write to the account's groups.
type ResourcePolicy struct {
	Name     string
	Document string
	Updated  time.Time
}

// policyName is what PutResourcePolicy takes.
var policyName = regexp.MustCompile(`^[^:*]+$`)

// PutPolicy makes a resource policy or replaces one.
func (s *Service) PutPolicy(p ResourcePolicy) (ResourcePolicy, error) {
	var c constraint.Check
	c.Pattern("policyName", p.Name, 1, 255, policyName)
	c.Length("policyDocument", p.Document, 1, maxPolicy)
	if err := c.Err("InvalidParameterException"); err != nil {
		return p, err
	}
	if _, err := iam.ParseResourcePolicy(p.Document); err != nil {
		return p, awserr.Invalid("InvalidParameterException", "policy %s: %v", p.Name, err)
	}
	if p.Name == deliveryPolicy {
		return p, awserr.Invalid("InvalidParameterException", "policy %s is written by the services that deliver logs; the "+
			"sandbox does not model others for it", p.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putPolicy(p)
}

// putPolicy is called with the lock held.
func (s *Service) putPolicy(p ResourcePolicy) (ResourcePolicy, error) {
	if _, known := s.policies[p.Name]; !known && len(s.policies) >= MaxPolicies {
		return p, awserr.Invalid("LimitExceededException", "Resource limit exceeded.")
	}
	p.Updated = s.env.Now()
	s.policies[p.Name] = p
	return p, nil
}

// Policies lists the region's resource policies by name.
func (s *Service) Policies() (all []ResourcePolicy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.policies)) {
		all = append(all, s.policies[name])
	}
	return all
}

// DeletePolicy deletes a resource policy.
func (s *Service) DeletePolicy(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.policies[name]; !ok {
		return awserr.NotFound(http.StatusBadRequest, "ResourceNotFoundException",
			"Policy with name [%s] does not exist.", name)
	}
	delete(s.policies, name)
	if name == deliveryPolicy {
		s.delivered = nil
	}
	return nil
}
