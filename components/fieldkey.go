package components

import (
	"errors"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/part"
	"aurora-dsql-dr/components/internal/policy"
)

// FieldKeyArgs configures a FieldKey.
type FieldKeyArgs struct {
	// Primary holds the key, Secondary its replica. Required.
	Primary, Secondary Region
	// DisableDeletionProtection takes Pulumi's protect flag off key and replica, without which the encrypted fields cannot
	// be read. Optional; defaults to protected.
	DisableDeletionProtection bool
}

// FieldKey is the multi-region key that wraps the application's field-encryption keyset. Both replicas have the same
// key material, so a keyset wrapped in one region is unwrapped in the other, also when the first is lost.
type FieldKey struct {
	pulumi.ResourceState

	// ARNs of the two replicas, the primary region's first.
	ARNs [2]pulumi.StringOutput
}

// NewFieldKey creates the key and its replica. Who may use it is left to the account's IAM.
func NewFieldKey(
	ctx *pulumi.Context, name string, args *FieldKeyArgs, opts ...pulumi.ResourceOption,
) (*FieldKey, error) {
	k := &FieldKey{}
	if err := part.Open(ctx, "FieldKey", name, k, args.validate(), opts); err != nil {
		return nil, err
	}
	document, err := accountKeyPolicy(args.Primary)
	if err != nil {
		return nil, err
	}
	protect := pulumi.Protect(!args.DisableDeletionProtection)
	key, err := kms.NewKey(ctx, name+"-key", &kms.KeyArgs{
		Description:       pulumi.String(fieldKeyDescription),
		MultiRegion:       pulumi.Bool(true),
		EnableKeyRotation: pulumi.Bool(true),
		Policy:            pulumi.String(document),
	}, args.Primary.Child(k, protect)...)
	if err != nil {
		return nil, err
	}
	replica, err := kms.NewReplicaKey(ctx, name+"-replica", &kms.ReplicaKeyArgs{
		Description:   pulumi.String(fieldKeyDescription),
		PrimaryKeyArn: key.Arn,
		Policy:        pulumi.String(document),
	}, args.Secondary.Child(k, protect)...)
	if err != nil {
		return nil, err
	}
	k.ARNs = [2]pulumi.StringOutput{key.Arn, replica.Arn}
	return k, ctx.RegisterResourceOutputs(k, pulumi.Map{"primaryArn": key.Arn, "secondaryArn": replica.Arn})
}

func (a *FieldKeyArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	return part.Required(a.Primary.Required("Primary"), a.Secondary.Required("Secondary"))
}

const fieldKeyDescription = "Wraps the keyset that encrypts fields of transactions"

func accountKeyPolicy(region Region) (string, error) {
	return policy.Document(policy.AccountAdministers(region.RootARN()))
}
