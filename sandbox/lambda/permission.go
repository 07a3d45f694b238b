package lambda

import (
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/must"
)

// AddPermission adds a statement to the function's resource policy.
func (s *Service) AddPermission(p Permission) (Permission, error) {
	if !statementID.MatchString(p.StatementID) {
		return Permission{}, malformed("Value %q at 'statementId' failed to satisfy constraint: Member must satisfy regular "+
			"expression pattern: %s", p.StatementID, statementID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(p.Function)
	if err != nil {
		return Permission{}, err
	}
	if slices.ContainsFunc(f.permissions, func(q Permission) bool { return q.StatementID == p.StatementID }) {
		return Permission{}, conflict("The statement id (%s) provided already exists. Please provide a new statement id, or "+
			"remove the existing statement.", p.StatementID)
	}
	return p, f.permit(append(slices.Clone(f.permissions), p))
}

// Permission finds a statement of a function's resource policy.
func (s *Service) Permission(function, statementID string) (Permission, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(function)
	if err != nil {
		return Permission{}, err
	}
	i := slices.IndexFunc(f.permissions, func(p Permission) bool { return p.StatementID == statementID })
	if i < 0 {
		return Permission{}, notFound("Statement %s is not found in resource policy.", statementID)
	}
	return f.permissions[i], nil
}

// RemovePermission removes a statement from a function's resource policy.
func (s *Service) RemovePermission(function, statementID string) error {
	if _, err := s.Permission(function, statementID); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(function)
	if err != nil {
		return err
	}
	return f.permit(
		slices.DeleteFunc(slices.Clone(f.permissions), func(p Permission) bool { return p.StatementID == statementID }),
	)
}

type policyStatement struct {
	Sid       string
	Effect    string
	Principal map[string]string
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

// permit replaces the function's resource policy.
func (f *function) permit(permissions []Permission) error {
	policy := &iam.Policy{}
	if len(permissions) > 0 {
		var err error
		document := f.policyDocument(permissions)
		if len(document) > maxPolicy {
			return awserr.Invalid(
				"PolicyLengthExceededException",
				"The final policy size (%d) is bigger than the limit (%d).",
				len(document),
				maxPolicy,
			)
		}
		if policy, err = iam.ParseResourcePolicy(document); err != nil {
			return invalid("%v", err)
		}
	}
	f.permissions, f.policy = permissions, policy
	return nil
}

func (f *function) policyDocument(permissions []Permission) string {
	var statements []policyStatement
	for _, p := range permissions {
		statement := policyStatement{
			Sid:       p.StatementID,
			Effect:    "Allow",
			Action:    p.Action,
			Resource:  f.ARN,
			Principal: map[string]string{"AWS": p.Principal},
		}
		if strings.HasSuffix(p.Principal, ".amazonaws.com") {
			statement.Principal = map[string]string{"Service": p.Principal}
		}
		statement.Condition = map[string]map[string]string{}
		if p.SourceARN != "" {
			statement.Condition["ArnLike"] = map[string]string{"AWS:SourceArn": p.SourceARN}
		}
		if p.SourceAccount != "" {
			statement.Condition["StringEquals"] = map[string]string{"AWS:SourceAccount": p.SourceAccount}
		}
		statements = append(statements, statement)
	}
	return string(must.JSON(struct {
		Version   string
		Statement []policyStatement
	}{"2012-10-17", statements}))
}
