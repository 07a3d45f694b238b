// Package iam is Identity and Access Management on the AWS face.
package iam

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("GetRole", getRole),
	call.On("CreateServiceLinkedRole", createLinkedRole),
	call.On("DeleteServiceLinkedRole", deleteLinkedRole),
	call.On("GetServiceLinkedRoleDeletionStatus", deletionStatus),
	call.On("SimulatePrincipalPolicy", simulate),
}

// Beside is what is said about other operations.
const Beside = "; roles and policies are made as resources of a Pulumi program, aws:iam/role:Role and " +
	"aws:iam/rolePolicy:RolePolicy; sts get-caller-identity says who asks"

func invalid(format string, args ...any) error {
	return awserr.Invalid("InvalidInput", format, args...)
}

// arnOf names a role; one that is not there as if it had no path.
func arnOf(c *call.Call, name string) string {
	if role, err := c.Account.IAM.Role(name); err == nil {
		return role.Arn
	}
	return "arn:aws:iam::" + c.Account.ID + ":role/" + name
}

func getRole(c *call.Call, in *sdk.GetRoleInput) (*sdk.GetRoleOutput, error) {
	name := aws.ToString(in.RoleName)
	if err := c.Authorize("iam:GetRole", arnOf(c, name), nil); err != nil {
		return nil, err
	}
	found, err := c.Account.IAM.Role(name)
	if err != nil {
		return nil, err
	}
	return &sdk.GetRoleOutput{Role: shape(found)}, nil
}

// shape is a role as the API shows it; documents are URL-encoded (API Reference, GetRole).
func shape(r iam.Role) *types.Role {
	created, _ := time.Parse(time.RFC3339, r.CreateDate) // as it was written
	to := &types.Role{
		Arn:                      &r.Arn,
		AssumeRolePolicyDocument: aws.String(strings.ReplaceAll(url.QueryEscape(r.AssumeRolePolicy), "+", "%20")),
		CreateDate:               &created,
		Description:              &r.Description,
		MaxSessionDuration:       aws.Int32(int32(r.MaxSessionDuration)), //nolint:gosec // 43200 at most
		Path:                     &r.Path,
		RoleId:                   &r.UniqueID,
		RoleLastUsed:             &types.RoleLastUsed{},
		RoleName:                 &r.Name,
	}
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		to.Tags = append(to.Tags, types.Tag{Key: &key, Value: aws.String(r.Tags[key])})
	}
	return to
}
