package backups

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/policy"
)

// roleOf creates a role that a service acts as, and what lets it do that.
func roleOf(
	ctx *pulumi.Context, name string, parent pulumi.Resource, region components.Region, service, description string,
	access pulumi.StringInput,
) (*iam.Role, pulumi.Resource, error) {
	trust, err := policy.AssumedBy(service)
	if err != nil {
		return nil, nil, err
	}
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		Description:      pulumi.String(description),
		AssumeRolePolicy: pulumi.String(trust),
	}, region.Child(parent)...)
	if err != nil {
		return nil, nil, err
	}
	allowed, err := iam.NewRolePolicy(ctx, name+"-role-access", &iam.RolePolicyArgs{
		Role:   role.ID(),
		Policy: access,
	}, region.Child(parent)...)
	return role, allowed, err
}

// restorePlaces are where a restore reads and makes clusters.
type restorePlaces struct {
	own, other *Vault
	witness    string
}

// newRestoreRole creates a role that AWS Backup restores as: clusters, or pairs through the witness. Which jobs are
// whose is told by their roles.
func newRestoreRole(
	ctx *pulumi.Context, name string, parent pulumi.Resource, region components.Region, of string, at restorePlaces,
) (*iam.Role, error) {
	access := pulumi.All(at.own.KeyARN, at.other.KeyARN).ApplyT(func(v []any) (string, error) {
		return restorePolicy(region, at.other.Region, at.witness, v[0].(string), v[1].(string))
	}).(pulumi.StringOutput)
	role, _, err := roleOf(ctx, name, parent, region, "backup.amazonaws.com",
		"AWS Backup restores "+of+" in "+region.Name, access)
	return role, err
}

// restorePolicy lets AWS Backup make a cluster, or a pair ("Amazon Aurora DSQL restore" and
// AWSBackupServiceRolePolicyForRestores, AWS Backup Developer Guide), of what the keys of vaults encrypt.
func restorePolicy(region components.Region, other, witness, ownKey, otherKey string) (string, error) {
	in := func(name string) string {
		return strings.Replace(region.ARN("dsql", "cluster/*"), region.Name, name, 1)
	}
	return policy.Document(
		policy.Allow("Restore", "dsql:StartRestoreJob", "dsql:StopRestoreJob", "dsql:GetRestoreJob", "dsql:CreateCluster",
			"dsql:GetCluster", "dsql:TagResource", "dsql:PutMultiRegionProperties").On(in(region.Name), in(other)),
		policy.Allow("Witness", "dsql:PutWitnessRegion").On(in(witness), in(region.Name), in(other)),
		useKeys(ownKey, otherKey),
		grantKeys(ownKey, otherKey),
	)
}
