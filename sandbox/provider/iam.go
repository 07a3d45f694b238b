package provider

import (
	awsiam "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"

	"aurora-dsql-dr/sandbox/iam"
)

var iamKinds = map[string]*kind{
	"aws:iam/role:Role": {
		title: "IAM Role", service: "iam",
		args: awsiam.RoleArgs{}.ElementType(), state: awsiam.RoleState{}.ElementType(),
		required:  []string{"assumeRolePolicy"},
		name:      &autoName{limit: 64},
		replaces:  []string{"name", "path"},
		computed:  []string{"inlinePolicies", "managedPolicyArns", "path", "maxSessionDuration"},
		writeOnly: []string{"forceDetachPolicies"},
		handlers: over(operations[iam.Role]{
			id:     func(r iam.Role) string { return r.Name },
			create: func(c *call, r iam.Role) (iam.Role, error) { return c.cloud.IAM.CreateRole(r) },
			read:   func(c *call) (iam.Role, error) { return c.cloud.IAM.Role(c.id) },
			update: func(c *call, r iam.Role) (iam.Role, error) { return c.cloud.IAM.UpdateRole(r) },
			delete: func(c *call) error { return c.cloud.IAM.DeleteRole(c.id) },
		}),
	},
	"aws:iam/rolePolicy:RolePolicy": {
		title: "IAM Role Policy", service: "iam",
		args: awsiam.RolePolicyArgs{}.ElementType(), state: awsiam.RolePolicyState{}.ElementType(),
		required: []string{"policy", "role"},
		name:     &autoName{limit: 128},
		replaces: []string{"name", "role"},
		handlers: over(operations[iam.RolePolicy]{
			id:     func(p iam.RolePolicy) string { return p.Role + ":" + p.Name },
			create: func(c *call, p iam.RolePolicy) (iam.RolePolicy, error) { return c.cloud.IAM.PutRolePolicy(p) },
			read: func(c *call) (iam.RolePolicy, error) {
				return c.cloud.IAM.RolePolicy(text(c.old, "role"), text(c.old, "name"))
			},
			update: func(c *call, p iam.RolePolicy) (iam.RolePolicy, error) { return c.cloud.IAM.PutRolePolicy(p) },
			delete: func(c *call) error { return c.cloud.IAM.DeleteRolePolicy(text(c.old, "role"), text(c.old, "name")) },
		}),
	},
}
