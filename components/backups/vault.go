package backups

import (
	"errors"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/backup"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
)

// VaultArgs configures a Vault.
type VaultArgs struct {
	// Region of the vault. Required.
	Region components.Region
	// DisableDeletionProtection takes Pulumi's protect flag off vault and key. Optional; defaults to protected.
	DisableDeletionProtection bool
	// Lock and BreakGlassRole are as in Settings.
	Lock           *Lock
	BreakGlassRole string
}

// Vault keeps a region's recovery points, encrypted with a key of its own. AWS deletes none that keeps any.
type Vault struct {
	pulumi.ResourceState

	// Region is its code.
	Region string
	// Name and ARN of the vault. They are known once its policy and its lock are there.
	Name, ARN pulumi.StringOutput
	// KeyARN is that of the key that encrypts what it keeps.
	KeyARN pulumi.StringOutput
}

// NewVault creates key, vault, policy and lock.
func NewVault(ctx *pulumi.Context, name string, args *VaultArgs, opts ...pulumi.ResourceOption) (*Vault, error) {
	v := &Vault{}
	if err := part.Open(ctx, "BackupVault", name, v, args.validate(), opts); err != nil {
		return nil, err
	}
	v.Region = args.Region.Name
	protected := args.Region.Child(v, pulumi.Protect(!args.DisableDeletionProtection))
	key, err := vaultKey(ctx, name+"-key", args.Region, protected)
	if err != nil {
		return nil, err
	}
	v.KeyARN = key.Arn
	vault, err := backup.NewVault(ctx, name+"-vault", &backup.VaultArgs{KmsKeyArn: key.Arn}, protected...)
	if err != nil {
		return nil, err
	}
	guards, err := v.guard(ctx, name, args, vault)
	if err != nil {
		return nil, err
	}
	// What is kept there before its guards could be deleted.
	guarded := pulumi.All(vault.Name, vault.Arn, guards)
	v.Name = guarded.ApplyT(func(all []any) string { return all[0].(string) }).(pulumi.StringOutput)
	v.ARN = guarded.ApplyT(func(all []any) string { return all[1].(string) }).(pulumi.StringOutput)
	return v, ctx.RegisterResourceOutputs(v, pulumi.Map{"name": v.Name, "arn": v.ARN})
}

func (a *VaultArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Region.Required("Region"))
}

// vaultKey leaves its use to the account's IAM: AWS Backup uses it by grants that the roles of its jobs make, and by
// its own service-linked role ("Encryption for backups in AWS Backup", AWS Backup Developer Guide).
func vaultKey(
	ctx *pulumi.Context, name string, region components.Region, opts []pulumi.ResourceOption,
) (*kms.Key, error) {
	document, err := policy.Document(policy.AccountAdministers(region.RootARN()))
	if err != nil {
		return nil, err
	}
	return kms.NewKey(ctx, name, &kms.KeyArgs{
		Description:       pulumi.String("Encrypts the recovery points in " + region.Name),
		EnableKeyRotation: pulumi.Bool(true),
		Policy:            pulumi.String(document),
	}, opts...)
}

// guard keeps people and programs from deleting recovery points. It returns what tells that it does.
func (v *Vault) guard(
	ctx *pulumi.Context, name string, args *VaultArgs, vault *backup.Vault,
) (pulumi.StringArray, error) {
	document, err := vaultPolicy(args.BreakGlassRole)
	if err != nil {
		return nil, err
	}
	access, err := backup.NewVaultPolicy(ctx, name+"-policy", &backup.VaultPolicyArgs{
		BackupVaultName: vault.Name,
		Policy:          pulumi.String(document),
	}, args.Region.Child(v)...)
	if err != nil {
		return nil, err
	}
	guards := pulumi.StringArray{access.ID().ToStringOutput()}
	if args.Lock == nil {
		return guards, nil
	}
	locked := &backup.VaultLockConfigurationArgs{
		BackupVaultName:  vault.Name,
		MinRetentionDays: pulumi.Int(args.Lock.MinimumDays),
		MaxRetentionDays: pulumi.Int(args.Lock.MaximumDays),
	}
	if days := args.Lock.ChangeableDays; days > 0 {
		locked.ChangeableForDays = pulumi.Int(days)
	}
	// Old and new lock are one thing to AWS: created first, the new one would go with the old.
	lock, err := backup.NewVaultLockConfiguration(ctx, name+"-lock", locked,
		args.Region.Child(v, pulumi.DeleteBeforeReplace(true))...)
	if err != nil {
		return nil, err
	}
	return append(guards, lock.ID().ToStringOutput()), nil
}

// vaultPolicy refuses to everyone but the break-glass role what ends a recovery point before its time.
func vaultPolicy(breakGlassRole string) (string, error) {
	keep := policy.Deny("KeepRecoveryPoints", "backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle").
		To(policy.Everyone).On("*")
	if breakGlassRole != "" {
		keep = keep.When("ArnNotLike", "aws:PrincipalArn", breakGlassRole)
	}
	return policy.Document(keep)
}
