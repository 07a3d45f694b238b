package iam

import (
	"net/http"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
)

// Decision is what policies say about an action, the stricter the higher.
type Decision int

// Decisions.
const (
	Allowed Decision = iota
	ImplicitDeny
	ExplicitDeny
)

// String is the decision's name (IAM API Reference, EvaluationResult).
func (d Decision) String() string { return []string{"allowed", "implicitDeny", "explicitDeny"}[d] }

// Simulation is what would become of a request.
type Simulation struct {
	Decision Decision
	// Missing are condition keys that the principal's policies ask for and the request does not have.
	Missing []string
}

// Simulate says what the policies of a role, or of the administrator, decide about a request that nobody makes.
func (s *Service) Simulate(caller Principal, action, resource string, conditions Context) Simulation {
	r := s.request(caller, action, resource, conditions)
	simulated := Simulation{Decision: ImplicitDeny, Missing: s.missing(r)}
	switch s.identity(r) {
	case allowed:
		simulated.Decision = Allowed
	case denied:
		simulated.Decision = ExplicitDeny
	default:
	}
	return simulated
}

// missing are the condition keys that the caller's policies ask for and a request does not have, in order.
func (s *Service) missing(r request) (keys []string) {
	role, err := s.RoleByARN(r.caller.Role)
	if err != nil {
		return nil // the administrator, who has no conditions
	}
	for _, policy := range s.inForce(role.Name) {
		for _, st := range policy.statements {
			for _, c := range st.conditions {
				if _, given := r.context.get(c.key); !given {
					keys = append(keys, c.key)
				}
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Entity is the principal whose policies a simulation takes: a role, or the administrator.
func (s *Service) Entity(arn string) (Principal, error) {
	kind, path, _ := strings.Cut(strings.TrimPrefix(arn, "arn:aws:iam::"+s.account+":"), "/")
	name := path[strings.LastIndex(path, "/")+1:]
	switch {
	case name == "" || !slices.Contains([]string{"user", "group", "role"}, kind):
		return Principal{}, awserr.Invalid("InvalidInput",
			"Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
	case arn == s.admin.Principal.ARN:
		return s.admin.Principal, nil
	case kind != "role":
		return Principal{}, awserr.NotFound(http.StatusNotFound, "NoSuchEntity", "The %s with name %s cannot be found.",
			kind, name)
	}
	if _, err := s.RoleByARN(arn); err != nil {
		return Principal{}, noSuchRole(name)
	}
	return Principal{ARN: arn, Role: arn}, nil
}
