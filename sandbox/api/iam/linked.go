package iam

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/iam"
)

func createLinkedRole(
	c *call.Call,
	in *sdk.CreateServiceLinkedRoleInput,
) (*sdk.CreateServiceLinkedRoleOutput, error) {
	service := aws.ToString(in.AWSServiceName)
	err := c.Authorize("iam:CreateServiceLinkedRole", c.Account.IAM.LinkedRoleARN(service),
		iam.Context{"iam:AWSServiceName": service})
	if err != nil {
		return nil, err
	}
	made, err := c.Account.IAM.CreateServiceLinkedRole(service, aws.ToString(in.CustomSuffix),
		aws.ToString(in.Description))
	if err != nil {
		return nil, err
	}
	return &sdk.CreateServiceLinkedRoleOutput{Role: shape(made)}, nil
}

func deleteLinkedRole(
	c *call.Call,
	in *sdk.DeleteServiceLinkedRoleInput,
) (*sdk.DeleteServiceLinkedRoleOutput, error) {
	name := aws.ToString(in.RoleName)
	conditions := iam.Context{}
	if role, err := c.Account.IAM.Role(name); err == nil && role.Service != "" {
		conditions["iam:AWSServiceName"] = role.Service
	}
	if err := c.Authorize("iam:DeleteServiceLinkedRole", arnOf(c, name), conditions); err != nil {
		return nil, err
	}
	task, err := c.Account.IAM.DeleteServiceLinkedRole(name)
	if err != nil {
		return nil, err
	}
	return &sdk.DeleteServiceLinkedRoleOutput{DeletionTaskId: &task}, nil
}

// deletionStatus is that of a deletion that has ended, as each has by the time somebody asks.
func deletionStatus(
	c *call.Call,
	in *sdk.GetServiceLinkedRoleDeletionStatusInput,
) (*sdk.GetServiceLinkedRoleDeletionStatusOutput, error) {
	task := aws.ToString(in.DeletionTaskId)
	if err := c.Authorize("iam:GetServiceLinkedRoleDeletionStatus", deletedARN(c, task), nil); err != nil {
		return nil, err
	}
	d, err := c.Account.IAM.Deletion(task)
	if err != nil {
		return nil, err
	}
	out := &sdk.GetServiceLinkedRoleDeletionStatusOutput{Status: types.DeletionTaskStatusTypeSucceeded}
	if d.Reason != "" {
		out.Status = types.DeletionTaskStatusTypeFailed
		out.Reason = &types.DeletionTaskFailureReasonType{Reason: &d.Reason}
		for _, use := range d.Uses {
			out.Reason.RoleUsageList = append(out.Reason.RoleUsageList,
				types.RoleUsageType{Region: &use.Region, Resources: use.Resources})
		}
	}
	return out, nil
}

// deletedARN names the role of a task, "task/aws-service-role/<service>/<role>/<id>".
func deletedARN(c *call.Call, task string) string {
	role := strings.TrimPrefix(task, "task/")
	if end := strings.LastIndex(role, "/"); end >= 0 {
		role = role[:end]
	}
	return "arn:aws:iam::" + c.Account.ID + ":role/" + role
}
