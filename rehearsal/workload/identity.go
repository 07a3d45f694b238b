package workload

import (
	"encoding/json"
	"errors"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
)

const (
	clientRole = "rehearsal-client"
	compute    = "ec2.amazonaws.com" // what the clients run on
)

// identity is the IAM role of the clients, which may do one thing and nothing else.
type identity struct {
	sandbox *sandbox.Sandbox
	role    iam.Role

	mu      sync.Mutex
	current map[string]iam.Credentials // by region
}

func newIdentity(s *sandbox.Sandbox, action string, resources []string) (*identity, error) {
	i := &identity{sandbox: s, current: map[string]iam.Credentials{}}
	trust, err := document(map[string]any{
		"Effect":    "Allow",
		"Principal": map[string]string{"Service": compute},
		"Action":    "sts:AssumeRole",
	})
	if err != nil {
		return nil, err
	}
	if i.role, err = s.Account.IAM.CreateRole(iam.Role{
		Name:                clientRole,
		AssumeRolePolicy:    trust,
		ForceDetachPolicies: true,
	}); err != nil {
		return nil, err
	}
	access, err := document(map[string]any{"Effect": "Allow", "Action": action, "Resource": resources})
	if err != nil {
		return nil, err
	}
	_, err = s.Account.IAM.PutRolePolicy(iam.RolePolicy{Role: clientRole, Name: "use", Policy: access})
	return i, err
}

func document(statement map[string]any) (string, error) {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{statement}})
	return string(text), err
}

// credentials are those of a client in the region. As an AWS SDK does, they are used until shortly before they expire.
func (i *identity) credentials(region string) (iam.Credentials, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if c := i.current[region]; i.sandbox.Clock.Now().Add(5 * time.Minute).Before(c.Expiration) {
		return c, nil
	}
	c, err := i.sandbox.Account.IAM.AssumeRole(compute, i.role.Arn, "client-"+region)
	if err != nil {
		return c, err
	}
	i.sandbox.Account.IAM.Place(c.AccessKeyID, region)
	i.current[region] = c
	return c, nil
}

func (i *identity) remove() error {
	if err := i.sandbox.Account.IAM.DeleteRole(clientRole); !errors.Is(err, awserr.ErrNotFound) {
		return err
	}
	return nil
}
