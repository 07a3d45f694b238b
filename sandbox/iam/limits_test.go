package iam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
)

const trusted = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"%s}]}`

func ofSize(size int) string {
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sns:Publish","Resource":"%s"}]}`
	return fmt.Sprintf(policy, strings.Repeat("r", size-len(policy)+len("%s")))
}

func TestIAMRefusesWhatIsTooLong(t *testing.T) {
	s := New("123456789012", clock.New(1))
	long := fmt.Sprintf(trusted, `,"Condition":{"StringEquals":{"a":"`+strings.Repeat("x", 2048)+`"}}`)
	plain := fmt.Sprintf(trusted, "")
	for want, role := range map[string]Role{
		"at 'roleName' failed to satisfy constraint: Member must have length greater":           {AssumeRolePolicy: plain},
		"at 'roleName' failed to satisfy constraint: Member must have length less than":         {Name: strings.Repeat("r", 65), AssumeRolePolicy: plain},
		"at 'roleName' failed to satisfy constraint: Member must satisfy regular expression":    {Name: "a/b", AssumeRolePolicy: plain},
		"at 'description' failed to satisfy constraint: Member must satisfy regular expression": {Name: "r", Description: "–", AssumeRolePolicy: plain},
		"at 'path' failed": {Name: "r", Path: "p", AssumeRolePolicy: plain},
		"at 'maxSessionDuration' failed to satisfy constraint: Member must have value less": {Name: "r", MaxSessionDuration: 43201, AssumeRolePolicy: plain},
		"at 'tags.k' failed": {Name: "r", Tags: map[string]string{"k": "a;b"}, AssumeRolePolicy: plain},
		"LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048": {Name: "r", AssumeRolePolicy: long},
	} {
		_, err := s.CreateRole(role)
		require.ErrorContains(t, err, want)
	}
	_, err := s.CreateRole(Role{Name: strings.Repeat("r", 64), AssumeRolePolicy: plain + strings.Repeat(" \n", 4096)})
	require.NoError(t, err, "white space does not count")
}

func TestTheInlinePoliciesOfARoleAreCountedTogether(t *testing.T) {
	s := New("123456789012", clock.New(1))
	_, err := s.CreateRole(Role{Name: "r", AssumeRolePolicy: fmt.Sprintf(trusted, "")})
	require.NoError(t, err)
	put := func(name string, size int) error {
		_, err := s.PutRolePolicy(RolePolicy{Role: "r", Name: name, Policy: ofSize(size)})
		return err
	}
	require.NoError(t, put("a", 10_000))
	require.NoError(t, put("a", 10_000), "it is replaced")
	require.NoError(t, put("b", 240))
	require.ErrorContains(t, put("b", 241), "LimitExceeded: Maximum policy size of 10240 bytes exceeded for role r; its inline policies would have 10241.")
	require.ErrorContains(t, put("a/b", 200), "at 'policyName' failed")
}
