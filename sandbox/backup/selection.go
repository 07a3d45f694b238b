package backup

import (
	"maps"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/internal/constraint"
)

// Selection is what a plan backs up, and the role that does it.
type Selection struct {
	Name    string `json:"name"`
	PlanID  string `json:"planId"`
	RoleArn string `json:"iamRoleArn"`
	// Resources are ARNs of clusters.
	Resources []string `json:"resources,omitempty"`

	ID string `json:"-"`
}

// maxResources is the quota of ARNs in a selection ("Quotas", AWS Backup Developer Guide).
const maxResources = 500

func (n Selection) check() error {
	var k constraint.Check
	k.Pattern("selectionName", n.Name, 1, 50, displayName)
	k.Count("resources", len(n.Resources), maxResources)
	if err := k.Err("InvalidParameterValueException"); err != nil {
		return err
	}
	if len(n.Resources) == 0 {
		return invalidValue("selection %s has no resources: want ARNs of clusters; the sandbox does not model selection by "+
			"tags", n.Name)
	}
	for _, arn := range n.Resources {
		if strings.ContainsAny(arn, "*?") || !strings.HasPrefix(arn, "arn:") {
			return invalidValue("resource of selection %s is %q: the sandbox models whole ARNs", n.Name, arn)
		}
	}
	return nil
}

// CreateSelection adds to what a plan backs up. The role has to let AWS Backup assume it.
func (s *Service) CreateSelection(n Selection) (Selection, error) {
	if err := n.check(); err != nil {
		return n, err
	}
	if err := s.assumable(n.RoleArn); err != nil {
		return n, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.plan(n.PlanID)
	if err != nil {
		return n, err
	}
	for _, other := range p.selections {
		if other.Name == n.Name {
			return n, exists("Backup selection %s of plan %s already exists.", n.Name, n.PlanID)
		}
	}
	s.deps.IAM.LinkRole(Principal)
	n.ID = newID()
	p.selections[n.ID] = n
	return n, nil
}

// assumable refuses a role that does not let AWS Backup assume it, in the words that the provider waits for.
func (s *Service) assumable(role string) error {
	if _, err := s.deps.IAM.Act(Principal, role, session); err != nil {
		return invalidValue("IAM Role %s cannot be assumed by AWS Backup", role)
	}
	return nil
}

// Selection finds a selection of a plan.
func (s *Service) Selection(plan, id string) (Selection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.plan(plan)
	if err != nil {
		return Selection{}, err
	}
	n, ok := p.selections[id]
	if !ok {
		return n, notFound("Cannot find Backup selection %s of plan %s", id, plan)
	}
	return n, nil
}

// Selections lists the selections of a plan by their ids.
func (s *Service) Selections(plan string) ([]Selection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.plan(plan)
	if err != nil {
		return nil, err
	}
	var all []Selection
	for _, id := range slices.Sorted(maps.Keys(p.selections)) {
		all = append(all, p.selections[id])
	}
	return all, nil
}

// DeleteSelection takes a selection from its plan.
func (s *Service) DeleteSelection(plan, id string) error {
	if _, err := s.Selection(plan, id); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.plans[plan]; p != nil {
		delete(p.selections, id)
	}
	return nil
}
