package kms

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
)

// Pages of keys (API Reference, ListKeys).
const (
	keysPerPage = 100
	maxKeys     = 1000
)

func list(c *call.Call, in *sdk.ListKeysInput) (*sdk.ListKeysOutput, error) {
	if err := c.Authorize("kms:ListKeys", "*", nil); err != nil {
		return nil, err
	}
	size, err := wire.Limit(in.Limit, keysPerPage, maxKeys, "limit", "ValidationException")
	if err != nil {
		return nil, err
	}
	keys, next, ok := wire.Page(c.Region.KMS.Keys(), in.Marker, size)
	if !ok {
		return nil, awserr.Invalid("InvalidMarkerException", "Could not deserialize marker '%s'", aws.ToString(in.Marker))
	}
	out := &sdk.ListKeysOutput{Keys: []types.KeyListEntry{}, NextMarker: next, Truncated: next != nil}
	for _, k := range keys {
		out.Keys = append(out.Keys, types.KeyListEntry{KeyId: &k.KeyID, KeyArn: &k.Arn})
	}
	return out, nil
}

func create(c *call.Call, in *sdk.CreateKeyInput) (*sdk.CreateKeyOutput, error) {
	tags := map[string]string{}
	for _, tag := range in.Tags {
		tags[aws.ToString(tag.TagKey)] = aws.ToString(tag.TagValue)
	}
	if err := mayCreate(c, tags); err != nil {
		return nil, err
	}
	if aws.ToBool(in.MultiRegion) {
		if err := c.MayLink(iam.MultiRegionKey); err != nil {
			return nil, err
		}
	}
	if in.CustomKeyStoreId != nil || in.XksKeyId != nil || in.Origin != "" && in.Origin != types.OriginTypeAwsKms {
		return nil, wire.NotImplemented("kms: key stores and imported material are not modelled by the sandbox")
	}
	made, err := c.Region.KMS.CreateKey(kms.Key{
		Description:                    aws.ToString(in.Description),
		Policy:                         aws.ToString(in.Policy),
		KeyUsage:                       string(in.KeyUsage),
		CustomerMasterKeySpec:          string(in.KeySpec),
		MultiRegion:                    aws.ToBool(in.MultiRegion),
		BypassPolicyLockoutSafetyCheck: in.BypassPolicyLockoutSafetyCheck,
		Tags:                           tags,
	})
	if err != nil {
		return nil, err
	}
	to, err := metadata(c, made)
	return &sdk.CreateKeyOutput{KeyMetadata: to}, err
}

// mayCreate asks for the permission for tags as well, if there are any (API Reference, CreateKey).
func mayCreate(c *call.Call, tags map[string]string) error {
	given := iam.RequestTags(tags)
	if err := c.Authorize("kms:CreateKey", "*", given); err != nil || len(tags) == 0 {
		return err
	}
	return c.Authorize("kms:TagResource", c.Region.ARN("kms", "key/*"), given)
}

// describe takes an alias as well; what changes a key takes its id or ARN only (API Reference).
func describe(c *call.Call, in *sdk.DescribeKeyInput) (*sdk.DescribeKeyOutput, error) {
	k, err := c.Region.KMS.Authorize(c.Caller, "kms:DescribeKey", aws.ToString(in.KeyId), c.Conditions)
	if err != nil {
		return nil, err
	}
	to, err := metadata(c, k)
	return &sdk.DescribeKeyOutput{KeyMetadata: to}, err
}

func metadata(c *call.Call, k kms.Key) (*types.KeyMetadata, error) {
	family, err := multiRegion(c, k)
	if err != nil {
		return nil, err
	}
	to := &types.KeyMetadata{
		AWSAccountId: &c.Account.ID, KeyId: &k.KeyID, Arn: &k.Arn, Description: &k.Description,
		CreationDate: &k.CreationDate, KeyState: types.KeyState(k.State()), Enabled: k.State() == kms.Enabled,
		KeyManager: types.KeyManagerTypeCustomer, Origin: types.OriginTypeAwsKms,
		KeyUsage: types.KeyUsageType(k.KeyUsage), KeySpec: types.KeySpec(k.CustomerMasterKeySpec),
		//nolint:staticcheck // deprecated, and still in AWS's answer
		CustomerMasterKeySpec: types.CustomerMasterKeySpec(k.CustomerMasterKeySpec),
		EncryptionAlgorithms:  []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault},
		MultiRegion:           &k.MultiRegion, MultiRegionConfiguration: family,
	}
	if c.Region.KMS.Managed(k) {
		to.KeyManager = types.KeyManagerTypeAws
	}
	switch k.State() {
	case kms.PendingDeletion:
		to.DeletionDate = &k.DeletionDate
	case kms.PendingReplicaDeletion:
		to.PendingDeletionWindowInDays = wire.Small(k.DeletionWindowInDays)
	}
	return to, nil
}

// multiRegion is nil for a key of one region.
func multiRegion(c *call.Call, k kms.Key) (*types.MultiRegionConfiguration, error) {
	primary, replicas, err := c.Region.KMS.Family(k.KeyID)
	if err != nil || primary == "" {
		return nil, err
	}
	to := &types.MultiRegionConfiguration{
		MultiRegionKeyType: types.MultiRegionKeyTypePrimary,
		PrimaryKey:         member(primary),
		ReplicaKeys:        []types.MultiRegionKey{},
	}
	if k.Arn != primary {
		to.MultiRegionKeyType = types.MultiRegionKeyTypeReplica
	}
	for _, arn := range replicas {
		to.ReplicaKeys = append(to.ReplicaKeys, *member(arn))
	}
	return to, nil
}

func member(arn string) *types.MultiRegionKey {
	return &types.MultiRegionKey{Arn: &arn, Region: aws.String(strings.Split(arn, ":")[3])}
}

func enable(c *call.Call, in *sdk.EnableKeyInput) (*sdk.EnableKeyOutput, error) {
	k, err := toChange(c, "kms:EnableKey", in.KeyId)
	if err != nil {
		return nil, err
	}
	return &sdk.EnableKeyOutput{}, c.Region.KMS.SetEnabled(k.KeyID, true)
}

func disable(c *call.Call, in *sdk.DisableKeyInput) (*sdk.DisableKeyOutput, error) {
	k, err := toChange(c, "kms:DisableKey", in.KeyId)
	if err != nil {
		return nil, err
	}
	return &sdk.DisableKeyOutput{}, c.Region.KMS.SetEnabled(k.KeyID, false)
}

// defaultWindow is how many days a key waits for its deletion if nothing is said (API Reference, ScheduleKeyDeletion).
const defaultWindow = 30

func scheduleDeletion(c *call.Call, in *sdk.ScheduleKeyDeletionInput) (*sdk.ScheduleKeyDeletionOutput, error) {
	k, err := toChange(c, "kms:ScheduleKeyDeletion", in.KeyId)
	if err != nil {
		return nil, err
	}
	days := defaultWindow
	if in.PendingWindowInDays != nil {
		days = int(*in.PendingWindowInDays)
	}
	if k, err = c.Region.KMS.ScheduleDeletion(k.KeyID, days); err != nil {
		return nil, err
	}
	out := &sdk.ScheduleKeyDeletionOutput{
		KeyId: &k.Arn, KeyState: types.KeyState(k.State()), PendingWindowInDays: wire.Small(days),
	}
	if !k.DeletionDate.IsZero() {
		out.DeletionDate = &k.DeletionDate
	}
	return out, nil
}

func cancelDeletion(c *call.Call, in *sdk.CancelKeyDeletionInput) (*sdk.CancelKeyDeletionOutput, error) {
	k, err := toChange(c, "kms:CancelKeyDeletion", in.KeyId)
	if err != nil {
		return nil, err
	}
	return &sdk.CancelKeyDeletionOutput{KeyId: &k.Arn}, c.Region.KMS.CancelDeletion(k.KeyID)
}

// toChange is a key that the caller may change so, by its id or ARN.
func toChange(c *call.Call, action string, name *string) (kms.Key, error) {
	key := aws.ToString(name)
	if strings.HasPrefix(key, "alias/") || strings.Contains(key, ":alias/") {
		return kms.Key{}, awserr.NotFound(400, "NotFoundException", "Invalid keyId '%s'", key)
	}
	return c.Region.KMS.Authorize(c.Caller, action, key, c.Conditions)
}
