package backup

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/backup"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/backup"
)

// mayGuard asks whether the caller may do something with what guards a vault.
func mayGuard(c *call.Call, action string, vault *string) error {
	return ofVault(c, "backup:"+action, vaultARN(c, vault), vault)
}

func lock(
	c *call.Call,
	in *sdk.PutBackupVaultLockConfigurationInput,
) (*sdk.PutBackupVaultLockConfigurationOutput, error) {
	if err := mayGuard(c, "PutBackupVaultLockConfiguration", in.BackupVaultName); err != nil {
		return nil, err
	}
	_, err := c.Region.Backup.PutLock(backup.Lock{
		VaultName:         aws.ToString(in.BackupVaultName),
		ChangeableForDays: short(in.ChangeableForDays),
		MinRetentionDays:  short(in.MinRetentionDays),
		MaxRetentionDays:  short(in.MaxRetentionDays),
	})
	return &sdk.PutBackupVaultLockConfigurationOutput{}, err
}

func unlock(
	c *call.Call,
	in *sdk.DeleteBackupVaultLockConfigurationInput,
) (*sdk.DeleteBackupVaultLockConfigurationOutput, error) {
	if err := mayGuard(c, "DeleteBackupVaultLockConfiguration", in.BackupVaultName); err != nil {
		return nil, err
	}
	return &sdk.DeleteBackupVaultLockConfigurationOutput{}, c.Region.Backup.DeleteLock(aws.ToString(in.BackupVaultName))
}

func policy(c *call.Call, in *sdk.GetBackupVaultAccessPolicyInput) (*sdk.GetBackupVaultAccessPolicyOutput, error) {
	if err := mayGuard(c, "GetBackupVaultAccessPolicy", in.BackupVaultName); err != nil {
		return nil, err
	}
	p, err := c.Region.Backup.Policy(aws.ToString(in.BackupVaultName))
	return &sdk.GetBackupVaultAccessPolicyOutput{
		BackupVaultArn:  &p.VaultArn,
		BackupVaultName: &p.VaultName,
		Policy:          &p.Document,
	}, err
}

func putPolicy(
	c *call.Call,
	in *sdk.PutBackupVaultAccessPolicyInput,
) (*sdk.PutBackupVaultAccessPolicyOutput, error) {
	if err := mayGuard(c, "PutBackupVaultAccessPolicy", in.BackupVaultName); err != nil {
		return nil, err
	}
	_, err := c.Region.Backup.PutPolicy(backup.VaultPolicy{
		VaultName: aws.ToString(in.BackupVaultName),
		Document:  aws.ToString(in.Policy),
	})
	return &sdk.PutBackupVaultAccessPolicyOutput{}, err
}

func deletePolicy(
	c *call.Call,
	in *sdk.DeleteBackupVaultAccessPolicyInput,
) (*sdk.DeleteBackupVaultAccessPolicyOutput, error) {
	if err := mayGuard(c, "DeleteBackupVaultAccessPolicy", in.BackupVaultName); err != nil {
		return nil, err
	}
	return &sdk.DeleteBackupVaultAccessPolicyOutput{}, c.Region.Backup.DeletePolicy(aws.ToString(in.BackupVaultName))
}
