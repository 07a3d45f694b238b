package backup

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/backup"
)

func vault(v backup.Vault) types.BackupVaultListMember {
	to := types.BackupVaultListMember{
		BackupVaultArn:         &v.Arn,
		BackupVaultName:        &v.Name,
		CreationDate:           &v.CreatedAt,
		EncryptionKeyArn:       &v.KMSKeyArn,
		EncryptionKeyType:      types.EncryptionKeyTypeCustomerManagedKmsKey,
		Locked:                 aws.Bool(v.Lock != nil),
		NumberOfRecoveryPoints: int64(v.RecoveryPoints),
		VaultState:             types.VaultStateAvailable,
		VaultType:              types.VaultTypeBackupVault,
	}
	if l := v.Lock; l != nil {
		to.LockDate, to.MinRetentionDays, to.MaxRetentionDays = l.Date, long(l.MinRetentionDays), long(l.MaxRetentionDays)
	}
	return to
}

func long(n *int) *int64 {
	if n == nil {
		return nil
	}
	return aws.Int64(int64(*n))
}

func describeVault(c *call.Call, in *sdk.DescribeBackupVaultInput) (*sdk.DescribeBackupVaultOutput, error) {
	if err := ofVault(c, "backup:DescribeBackupVault", vaultARN(c, in.BackupVaultName), in.BackupVaultName); err != nil {
		return nil, err
	}
	found, err := c.Region.Backup.Vault(aws.ToString(in.BackupVaultName))
	if err != nil {
		return nil, err
	}
	v := vault(found)
	return &sdk.DescribeBackupVaultOutput{
		BackupVaultArn:         v.BackupVaultArn,
		BackupVaultName:        v.BackupVaultName,
		CreationDate:           v.CreationDate,
		EncryptionKeyArn:       v.EncryptionKeyArn,
		EncryptionKeyType:      v.EncryptionKeyType,
		LockDate:               v.LockDate,
		Locked:                 v.Locked,
		MaxRetentionDays:       v.MaxRetentionDays,
		MinRetentionDays:       v.MinRetentionDays,
		NumberOfRecoveryPoints: v.NumberOfRecoveryPoints,
		VaultState:             v.VaultState,
		VaultType:              v.VaultType,
	}, nil
}

func listVaults(c *call.Call, in *sdk.ListBackupVaultsInput) (*sdk.ListBackupVaultsOutput, error) {
	if err := c.Authorize("backup:ListBackupVaults", "*", nil); err != nil {
		return nil, err
	}
	part, next, err := page(c.Region.Backup.Vaults(), in.NextToken, in.MaxResults)
	out := &sdk.ListBackupVaultsOutput{BackupVaultList: []types.BackupVaultListMember{}, NextToken: next}
	for _, v := range part {
		out.BackupVaultList = append(out.BackupVaultList, vault(v))
	}
	return out, err
}

// point finds a recovery point that the caller may do something with.
func point(c *call.Call, action string, vault, arn *string) (backup.RecoveryPoint, error) {
	if err := ofVault(c, action, aws.ToString(arn), vault); err != nil {
		return backup.RecoveryPoint{}, err
	}
	return c.Region.Backup.RecoveryPoint(aws.ToString(vault), aws.ToString(arn))
}

func calculated(p backup.RecoveryPoint) *types.CalculatedLifecycle {
	if at := p.DeleteAt(); at != nil {
		return &types.CalculatedLifecycle{DeleteAt: at}
	}
	return nil
}

func inVault(p backup.RecoveryPoint) types.RecoveryPointByBackupVault {
	return types.RecoveryPointByBackupVault{
		BackupSizeInBytes:    &p.Bytes,
		BackupVaultArn:       &p.VaultArn,
		BackupVaultName:      &p.VaultName,
		CalculatedLifecycle:  calculated(p),
		CompletionDate:       &p.CompletedAt,
		CreatedBy:            creator(p.CreatedBy),
		CreationDate:         &p.CreatedAt,
		EncryptionKeyArn:     &p.KeyArn,
		EncryptionKeyType:    types.EncryptionKeyTypeCustomerManagedKmsKey,
		IamRoleArn:           &p.RoleArn,
		IsEncrypted:          true,
		LastRestoreTime:      p.LastRestore,
		Lifecycle:            shownLifecycle(p.Lifecycle),
		RecoveryPointArn:     &p.Arn,
		ResourceArn:          &p.ResourceArn,
		ResourceName:         &p.ResourceName,
		ResourceType:         resourceType(),
		SourceBackupVaultArn: wire.Optional(p.SourceVaultArn),
		Status:               types.RecoveryPointStatus(p.Status),
		VaultType:            types.VaultTypeBackupVault,
	}
}

func describePoint(c *call.Call, in *sdk.DescribeRecoveryPointInput) (*sdk.DescribeRecoveryPointOutput, error) {
	found, err := point(c, "backup:DescribeRecoveryPoint", in.BackupVaultName, in.RecoveryPointArn)
	if err != nil {
		return nil, err
	}
	p := inVault(found)
	return &sdk.DescribeRecoveryPointOutput{
		BackupSizeInBytes:    p.BackupSizeInBytes,
		BackupVaultArn:       p.BackupVaultArn,
		BackupVaultName:      p.BackupVaultName,
		CalculatedLifecycle:  p.CalculatedLifecycle,
		CompletionDate:       p.CompletionDate,
		CreatedBy:            p.CreatedBy,
		CreationDate:         p.CreationDate,
		EncryptionKeyArn:     p.EncryptionKeyArn,
		EncryptionKeyType:    p.EncryptionKeyType,
		IamRoleArn:           p.IamRoleArn,
		IsEncrypted:          p.IsEncrypted,
		LastRestoreTime:      p.LastRestoreTime,
		Lifecycle:            p.Lifecycle,
		RecoveryPointArn:     p.RecoveryPointArn,
		ResourceArn:          p.ResourceArn,
		ResourceName:         p.ResourceName,
		ResourceType:         p.ResourceType,
		SourceBackupVaultArn: p.SourceBackupVaultArn,
		Status:               p.Status,
		StorageClass:         types.StorageClassWarm,
		VaultType:            p.VaultType,
	}, nil
}

func deletePoint(c *call.Call, in *sdk.DeleteRecoveryPointInput) (*sdk.DeleteRecoveryPointOutput, error) {
	p, err := point(c, "backup:DeleteRecoveryPoint", in.BackupVaultName, in.RecoveryPointArn)
	if err != nil {
		return nil, err
	}
	return &sdk.DeleteRecoveryPointOutput{}, c.Region.Backup.DeletePoint(p.VaultName, p.Arn)
}

func setLifecycle(
	c *call.Call,
	in *sdk.UpdateRecoveryPointLifecycleInput,
) (*sdk.UpdateRecoveryPointLifecycleOutput, error) {
	p, err := point(c, "backup:UpdateRecoveryPointLifecycle", in.BackupVaultName, in.RecoveryPointArn)
	if err != nil {
		return nil, err
	}
	kept, err := lifecycle(in.Lifecycle)
	if err != nil {
		return nil, err
	}
	if kept == nil {
		kept = &backup.Lifecycle{}
	}
	if p, err = c.Region.Backup.SetLifecycle(p.VaultName, p.Arn, *kept); err != nil {
		return nil, err
	}
	return &sdk.UpdateRecoveryPointLifecycleOutput{
		BackupVaultArn:      &p.VaultArn,
		CalculatedLifecycle: calculated(p),
		Lifecycle:           shownLifecycle(p.Lifecycle),
		RecoveryPointArn:    &p.Arn,
	}, nil
}

// metadata is what StartRestoreJob refuses to be given: the cluster's id.
func metadata(
	c *call.Call,
	in *sdk.GetRecoveryPointRestoreMetadataInput,
) (*sdk.GetRecoveryPointRestoreMetadataOutput, error) {
	p, err := point(c, "backup:GetRecoveryPointRestoreMetadata", in.BackupVaultName, in.RecoveryPointArn)
	if err != nil {
		return nil, err
	}
	return &sdk.GetRecoveryPointRestoreMetadataOutput{
		BackupVaultArn:   &p.VaultArn,
		RecoveryPointArn: &p.Arn,
		ResourceType:     resourceType(),
		RestoreMetadata:  map[string]string{"cluster_id": p.ClusterID()},
	}, nil
}

func pointsOfVault(
	c *call.Call,
	in *sdk.ListRecoveryPointsByBackupVaultInput,
) (*sdk.ListRecoveryPointsByBackupVaultOutput, error) {
	err := ofVault(c, "backup:ListRecoveryPointsByBackupVault", vaultARN(c, in.BackupVaultName), in.BackupVaultName)
	if err == nil {
		err = notModelled("ListRecoveryPointsByBackupVault", in.BackupVaultAccountId, in.ByParentRecoveryPointArn)
	}
	if err != nil {
		return nil, err
	}
	all, err := c.Region.Backup.PointsOfVault(aws.ToString(in.BackupVaultName))
	if err != nil {
		return nil, err
	}
	var wanted []types.RecoveryPointByBackupVault
	for _, p := range all {
		by := in.ByBackupPlanId == nil || p.CreatedBy != nil && p.CreatedBy.PlanID == *in.ByBackupPlanId
		if by && is(in.ByResourceArn, p.ResourceArn) && is(in.ByResourceType, backup.ResourceType) &&
			within(p.CreatedAt, in.ByCreatedAfter, in.ByCreatedBefore) {
			wanted = append(wanted, inVault(p))
		}
	}
	points, next, err := page(wanted, in.NextToken, in.MaxResults)
	return &sdk.ListRecoveryPointsByBackupVaultOutput{
		RecoveryPoints: append([]types.RecoveryPointByBackupVault{}, points...),
		NextToken:      next,
	}, err
}

func pointsOfResource(
	c *call.Call,
	in *sdk.ListRecoveryPointsByResourceInput,
) (*sdk.ListRecoveryPointsByResourceOutput, error) {
	if err := c.Authorize("backup:ListRecoveryPointsByResource", "*", nil); err != nil {
		return nil, err
	}
	part, next, err := page(c.Region.Backup.PointsOfResource(aws.ToString(in.ResourceArn)), in.NextToken, in.MaxResults)
	out := &sdk.ListRecoveryPointsByResourceOutput{RecoveryPoints: []types.RecoveryPointByResource{}, NextToken: next}
	for _, p := range part {
		out.RecoveryPoints = append(out.RecoveryPoints, types.RecoveryPointByResource{
			BackupSizeBytes:   &p.Bytes,
			BackupVaultName:   &p.VaultName,
			CreationDate:      &p.CreatedAt,
			EncryptionKeyArn:  &p.KeyArn,
			EncryptionKeyType: types.EncryptionKeyTypeCustomerManagedKmsKey,
			RecoveryPointArn:  &p.Arn,
			ResourceName:      &p.ResourceName,
			Status:            types.RecoveryPointStatus(p.Status),
			VaultType:         types.VaultTypeBackupVault,
		})
	}
	return out, err
}
