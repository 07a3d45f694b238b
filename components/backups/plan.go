package backups

import (
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/backup"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
	"aurora-dsql-dr/lambda/contract"
)

// Windows of a backup: it begins within the first, and ends within the second, or AWS Backup gives it up.
const (
	startWindow      = time.Hour
	completionWindow = 6 * time.Hour
)

// PlanArgs configures a Plan.
type PlanArgs struct {
	// Region of the plan, its cluster and its vault. Required.
	Region   components.Region
	Database *components.DsqlSide
	Vault    *Vault
	// Twins is the vault of the other data region. Required.
	Twins *Vault
	// At is when it runs, since midnight UTC.
	At time.Duration
	// RetentionDays and MonthlyRetentionDays are as in Settings. Required.
	RetentionDays, MonthlyRetentionDays int
	// After is what must have happened before a backup: both peerings. Required.
	After []pulumi.Resource
}

// Plan backs up a region's cluster every day, and keeps the backup of the 1st longer. Each is copied at once to the
// other data region.
type Plan struct {
	pulumi.ResourceState

	// ID of the plan, and ARN.
	ID, ARN pulumi.StringOutput
	// Selected completes when the plan backs the cluster up.
	Selected pulumi.Resource
	// Role is what AWS Backup backs up and copies as.
	Role *iam.Role

	args *PlanArgs
}

// NewPlan creates role, plan and selection.
func NewPlan(ctx *pulumi.Context, name string, args *PlanArgs, opts ...pulumi.ResourceOption) (*Plan, error) {
	p := &Plan{args: args}
	if err := part.Open(ctx, "BackupPlan", name, p, args.validate(), opts); err != nil {
		return nil, err
	}
	allowed, err := p.role(ctx, name, args)
	if err != nil {
		return nil, err
	}
	plan, err := backup.NewPlan(ctx, name+"-plan", &backup.PlanArgs{Rules: args.rules()}, args.Region.Child(p)...)
	if err != nil {
		return nil, err
	}
	p.ID, p.ARN = plan.ID().ToStringOutput(), plan.Arn
	if p.Selected, err = backup.NewSelection(ctx, name+"-cluster", &backup.SelectionArgs{
		PlanId:     plan.ID(),
		IamRoleArn: p.Role.Arn,
		Resources:  pulumi.StringArray{args.Database.ARN},
	}, args.Region.Child(p, pulumi.DependsOn(append([]pulumi.Resource{allowed}, args.After...)))...); err != nil {
		return nil, err
	}
	return p, ctx.RegisterResourceOutputs(p, pulumi.Map{"id": p.ID})
}

func (a *PlanArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{part.Required(a.Region.Required("Region"), map[string]bool{
		"Database":             a.Database != nil,
		"Vault":                a.Vault != nil,
		"Twins":                a.Twins != nil,
		"RetentionDays":        a.RetentionDays > 0,
		"MonthlyRetentionDays": a.MonthlyRetentionDays > 0,
		"After":                len(a.After) > 0,
	})}
	if a.Vault != nil && a.Vault.Region != a.Region.Name {
		problems = append(problems, fmt.Errorf("Vault is in %s: want the plan's own region, %s", a.Vault.Region,
			a.Region.Name))
	}
	if a.Twins != nil && a.Twins.Region == a.Region.Name {
		problems = append(problems, fmt.Errorf("Twins is in %s, the plan's own region: want the other data region",
			a.Twins.Region))
	}
	return errors.Join(problems...)
}

// rules are the two: AWS Backup takes the one that keeps longer where both fire at once ("Backup plan options and
// configuration", AWS Backup Developer Guide).
func (a *PlanArgs) rules() backup.PlanRuleArray {
	t := at(a.At)
	rule := func(name, days string, keep int) backup.PlanRuleArgs {
		return backup.PlanRuleArgs{
			RuleName:         pulumi.String(name),
			TargetVaultName:  a.Vault.Name,
			Schedule:         pulumi.String(fmt.Sprintf("cron(%d %d %s * ? *)", t.minute, t.hour, days)),
			StartWindow:      pulumi.Int(int(startWindow.Minutes())),
			CompletionWindow: pulumi.Int(int(completionWindow.Minutes())),
			Lifecycle:        backup.PlanRuleLifecycleArgs{DeleteAfter: pulumi.Int(keep)},
			CopyActions: backup.PlanRuleCopyActionArray{backup.PlanRuleCopyActionArgs{
				DestinationVaultArn: a.Twins.ARN,
				Lifecycle:           backup.PlanRuleCopyActionLifecycleArgs{DeleteAfter: pulumi.Int(keep)},
			}},
		}
	}
	return backup.PlanRuleArray{
		rule("daily", "*", a.RetentionDays),
		rule("monthly", "1", a.MonthlyRetentionDays),
	}
}

// role creates the role of the plan's jobs, and returns what lets it do them.
func (p *Plan) role(ctx *pulumi.Context, name string, args *PlanArgs) (allowed pulumi.Resource, err error) {
	access := pulumi.All(args.Database.ARN, args.Vault.ARN, args.Twins.ARN, args.Vault.KeyARN,
		args.Twins.KeyARN).ApplyT(func(v []any) (string, error) {
		return backupPolicy(args.Region, v[0].(string), v[1].(string), v[2].(string), v[3].(string), v[4].(string))
	}).(pulumi.StringOutput)
	p.Role, allowed, err = roleOf(ctx, name, p, args.Region, "backup.amazonaws.com",
		"AWS Backup backs up the cluster in "+args.Region.Name, access)
	return allowed, err
}

// backupPolicy lets AWS Backup back up one cluster and copy between two vaults: the actions for Aurora DSQL in
// AWSBackupServiceRolePolicyForBackup ("Managed policies for AWS Backup", AWS Backup Developer Guide), with the keys of
// the vaults ("Encryption for backups in AWS Backup", ibid.: the role must have access to them). The cluster may be
// encrypted with another key of the account, which Aurora DSQL uses for the role.
func backupPolicy(region components.Region, cluster, vault, twins, vaultKey, twinsKey string) (string, error) {
	return policy.Document(
		policy.Allow("BackUp", "dsql:StartBackupJob", "dsql:StopBackupJob", "dsql:GetBackupJob", "dsql:GetCluster",
			"dsql:ListTagsForResource").On(cluster),
		policy.Allow("ReadCluster", "kms:Decrypt").On(region.ARN("kms", "key/*")).
			When("StringEquals", "kms:ViaService", "dsql."+region.Name+".amazonaws.com"),
		policy.Allow("TagRecoveryPoints", "backup:TagResource").On(region.ARN("backup", "recovery-point:*")),
		policy.Allow("CopyOut", "backup:CopyFromBackupVault").On(vault),
		policy.Allow("CopyIn", "backup:CopyIntoBackupVault").On(twins),
		useKeys(vaultKey, twinsKey),
		grantKeys(vaultKey, twinsKey),
	)
}

// useKeys lets AWS Backup read and write recovery points under the keys of vaults.
func useKeys(keys ...string) policy.Statement {
	return policy.Allow("UseVaultKeys", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey").On(keys...)
}

// grantKeys lets the services that do it for the role, and nobody else, have the use of the keys.
func grantKeys(keys ...string) policy.Statement {
	return policy.Allow("GrantVaultKeys", "kms:CreateGrant").On(keys...).
		When("Bool", "kms:GrantIsForAWSResource", "true")
}

// Watched is what observers watch the age of.
func (p *Plan) Watched() components.WatchedPlan {
	a := p.args
	return components.WatchedPlan{
		PlanARN:  p.ARN,
		VaultARN: a.Vault.ARN,
		Plan: pulumi.All(p.ID, a.Database.Identifier, a.Database.ARN, a.Vault.Name, a.Twins.Name).ApplyT(
			func(v []any) contract.BackupPlan {
				return contract.BackupPlan{
					Region:     a.Region.Name,
					PlanID:     v[0].(string),
					ClusterID:  v[1].(string),
					ClusterARN: v[2].(string),
					Vault:      v[3].(string),
					PeerRegion: a.Twins.Region,
					PeerVault:  v[4].(string),
				}
			}),
	}
}
