package iam

import (
	"crypto/rand"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"aurora-dsql-dr/sandbox/awserr"
)

// Services whose roles the sandbox models.
const (
	DSQL           = "dsql.amazonaws.com"
	Backup         = "backup.amazonaws.com"
	APIGateway     = "ops.apigateway.amazonaws.com"
	MultiRegionKey = "mrk.kms.amazonaws.com"
)

// linkedRoles are the service-linked roles by their services, as each service's guide names them.
var linkedRoles = map[string]Role{
	DSQL:       {Name: "AWSServiceRoleForAuroraDsql"},
	Backup:     {Name: "AWSServiceRoleForBackup"},
	APIGateway: {Name: "AWSServiceRoleForAPIGateway"},
	MultiRegionKey: {
		Name:        "AWSServiceRoleForKeyManagementServiceMultiRegionKeys",
		Description: "Enables access to AWS services and resources required for AWS KMS Multi-Region Keys",
	},
}

// Use is what a service has in a region for which its role must stay.
type Use struct {
	Region    string
	Resources []string // ARNs
}

// Deletion is what has become of a request to delete a service-linked role.
type Deletion struct {
	Task   string
	Role   string
	Reason string // why it has failed, "" if it has not
	Uses   []Use
}

// SetUses attaches what says which resources of a service need its role.
func (s *Service) SetUses(uses func(service string) []Use) { s.uses = uses }

// LinkedRoleARN is the ARN of the role that is linked to a service, whether the account has it or not; "*" in the place
// of its name for a service that the sandbox does not know.
func (s *Service) LinkedRoleARN(service string) string {
	name := "*"
	if role, ok := linkedRoles[service]; ok {
		name = role.Name
	}
	return s.roleARN(linkedPath(service), name)
}

// Linked is whether the account has the role that is linked to a service.
func (s *Service) Linked(service string) bool {
	_, ok := s.roles.Get(linkedRoles[service].Name)
	return ok
}

func linkedPath(service string) string { return "/aws-service-role/" + service + "/" }

// LinkRole makes the role that is linked to a service, unless the account has it: what services do of their own accord.
func (s *Service) LinkRole(service string) { s.link(service, linkedRoles[service].Description) }

// link says whether it has made the role.
func (s *Service) link(service, description string) (Role, bool) {
	role := linkedRoles[service]
	role.Path = linkedPath(service)
	role.Description = description
	role.Service = service
	role.AssumeRolePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service +
		`"},"Action":"sts:AssumeRole"}]}`
	fillRole(&role)
	role = s.given(role)
	return role, s.roles.Insert(role.Name, role)
}

// CreateServiceLinkedRole makes the role of a service before the service does.
func (s *Service) CreateServiceLinkedRole(service, suffix, description string) (Role, error) {
	known, ok := linkedRoles[service]
	switch {
	case !ok:
		return Role{}, awserr.Invalid("InvalidInput", "%s has no service-linked role in the sandbox: want %s", service,
			strings.Join(slices.Sorted(maps.Keys(linkedRoles)), ", "))
	case service == MultiRegionKey: // "Authorizing AWS KMS to synchronize multi-Region keys"
		return Role{}, awserr.Invalid("InvalidInput", "%s is made by AWS KMS with the first multi-Region key", known.Name)
	case suffix != "":
		return Role{}, awserr.Invalid("InvalidInput", "Custom suffix is not allowed for %s", service)
	}
	role, made := s.link(service, description)
	if !made {
		return Role{}, awserr.Invalid("InvalidInput",
			"Service role name %s has been taken in this account, please try a different suffix.", known.Name)
	}
	return role, nil
}

// DeleteServiceLinkedRole deletes the role of a service that does not need it; what has become of it is Deletion's.
func (s *Service) DeleteServiceLinkedRole(name string) (task string, err error) {
	role, err := s.Role(name)
	if err == nil && role.Service == "" {
		err = noSuchRole(name)
	}
	if err != nil {
		return "", err
	}
	d := Deletion{Task: "task" + role.Path + name + "/" + uuid.NewString(), Role: role.Arn}
	switch uses := s.uses(role.Service); {
	case role.Service == MultiRegionKey:
		d.Reason = "AWS KMS keeps its service-linked role."
	case len(uses) > 0:
		d.Reason, d.Uses = "The service-linked role is in use by resources of its service.", uses
	default:
		s.roles.Delete(name)
	}
	s.deletions.Put(d.Task, d)
	return d.Task, nil
}

// Deletion is what has become of the deletion of a service-linked role.
func (s *Service) Deletion(task string) (Deletion, error) {
	d, ok := s.deletions.Get(task)
	if !ok {
		return d, awserr.NotFound(http.StatusNotFound, "NoSuchEntity", "Deletion task %s cannot be found.", task)
	}
	return d, nil
}

// modifiable is the role, if it is not a service's own.
func (s *Service) modifiable(name string) (Role, error) {
	role, err := s.Role(name)
	if err == nil && role.Service != "" {
		err = awserr.Invalid("UnmodifiableEntity",
			"Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", name)
	}
	return role, err
}

// given fills in what IAM says of a new role.
func (s *Service) given(role Role) Role {
	role.Arn = s.roleARN(role.Path, role.Name)
	role.UniqueID = "AROA" + rand.Text()[:17]
	role.CreateDate = s.clock.Now().UTC().Format(time.RFC3339)
	return role
}

func (s *Service) roleARN(path, name string) string {
	return "arn:aws:iam::" + s.account + ":role" + path + name
}
