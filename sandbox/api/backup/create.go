package backup

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/backup"
)

func createVault(c *call.Call, in *sdk.CreateBackupVaultInput) (*sdk.CreateBackupVaultOutput, error) {
	if err := c.Authorize("backup:CreateBackupVault", vaultARN(c, in.BackupVaultName), nil); err != nil {
		return nil, err
	}
	made, err := c.Region.Backup.CreateVault(backup.Vault{
		Name:      aws.ToString(in.BackupVaultName),
		KMSKeyArn: aws.ToString(in.EncryptionKeyArn),
		Tags:      in.BackupVaultTags,
	})
	if err != nil {
		return nil, err
	}
	return &sdk.CreateBackupVaultOutput{
		BackupVaultArn:  &made.Arn,
		BackupVaultName: &made.Name,
		CreationDate:    &made.CreatedAt,
	}, nil
}

func deleteVault(c *call.Call, in *sdk.DeleteBackupVaultInput) (*sdk.DeleteBackupVaultOutput, error) {
	err := ofVault(c, "backup:DeleteBackupVault", vaultARN(c, in.BackupVaultName), in.BackupVaultName)
	if err != nil {
		return nil, err
	}
	return &sdk.DeleteBackupVaultOutput{}, c.Region.Backup.DeleteVault(aws.ToString(in.BackupVaultName))
}

func createPlan(c *call.Call, in *sdk.CreateBackupPlanInput) (*sdk.CreateBackupPlanOutput, error) {
	if err := c.Authorize("backup:CreateBackupPlan", c.Region.ARN("backup", "backup-plan:*"), nil); err != nil {
		return nil, err
	}
	p, err := askedPlan(in.BackupPlan)
	if err != nil {
		return nil, err
	}
	p.Tags = in.BackupPlanTags
	made, err := c.Region.Backup.CreatePlan(p)
	if err != nil {
		return nil, err
	}
	return &sdk.CreateBackupPlanOutput{
		BackupPlanArn: &made.Arn,
		BackupPlanId:  &made.ID,
		CreationDate:  &made.CreatedAt,
		VersionId:     &made.Version,
	}, nil
}

func updatePlan(c *call.Call, in *sdk.UpdateBackupPlanInput) (*sdk.UpdateBackupPlanOutput, error) {
	old, err := find(c, "backup:UpdateBackupPlan", in.BackupPlanId)
	if err != nil {
		return nil, err
	}
	p, err := askedPlan(in.BackupPlan)
	if err != nil {
		return nil, err
	}
	p.ID, p.Tags = old.ID, old.Tags
	made, err := c.Region.Backup.UpdatePlan(p)
	if err != nil {
		return nil, err
	}
	return &sdk.UpdateBackupPlanOutput{
		BackupPlanArn: &made.Arn,
		BackupPlanId:  &made.ID,
		CreationDate:  &made.CreatedAt,
		VersionId:     &made.Version,
	}, nil
}

func askedPlan(in *types.BackupPlanInput) (p backup.Plan, err error) {
	if in == nil {
		return p, nil
	}
	if len(in.AdvancedBackupSettings)+len(in.ScanSettings) > 0 {
		return p, wire.NotImplemented("backup: advanced settings and scans of plans are not modelled by the sandbox")
	}
	p.Name = aws.ToString(in.BackupPlanName)
	for _, r := range in.Rules {
		read, err := askedRule(r)
		if err != nil {
			return p, err
		}
		p.Rules = append(p.Rules, read)
	}
	return p, nil
}

func askedRule(in types.BackupRuleInput) (r backup.Rule, err error) {
	if aws.ToBool(in.EnableContinuousBackup) || in.TargetLogicallyAirGappedBackupVaultArn != nil ||
		len(in.IndexActions)+len(in.ScanActions) > 0 {
		return r, wire.NotImplemented("backup: continuous backups, air-gapped vaults, indexes and scans are not modelled " +
			"by the sandbox")
	}
	r = backup.Rule{
		Name:              aws.ToString(in.RuleName),
		VaultName:         aws.ToString(in.TargetBackupVaultName),
		Schedule:          aws.ToString(in.ScheduleExpression),
		TimeZone:          aws.ToString(in.ScheduleExpressionTimezone),
		StartWindow:       int(aws.ToInt64(in.StartWindowMinutes)),
		CompletionWindow:  int(aws.ToInt64(in.CompletionWindowMinutes)),
		RecoveryPointTags: in.RecoveryPointTags,
	}
	if r.Lifecycle, err = lifecycle(in.Lifecycle); err != nil {
		return r, err
	}
	for _, action := range in.CopyActions {
		kept, err := lifecycle(action.Lifecycle)
		if err != nil {
			return r, err
		}
		r.CopyActions = append(r.CopyActions, backup.CopyAction{
			VaultArn:  aws.ToString(action.DestinationBackupVaultArn),
			Lifecycle: kept,
		})
	}
	return r, nil
}

func deletePlan(c *call.Call, in *sdk.DeleteBackupPlanInput) (*sdk.DeleteBackupPlanOutput, error) {
	p, err := find(c, "backup:DeleteBackupPlan", in.BackupPlanId)
	if err != nil {
		return nil, err
	}
	return &sdk.DeleteBackupPlanOutput{
		BackupPlanArn: &p.Arn,
		BackupPlanId:  &p.ID,
		DeletionDate:  aws.Time(c.Region.Now()),
		VersionId:     &p.Version,
	}, c.Region.Backup.DeletePlan(p.ID)
}

func deleteSelection(
	c *call.Call,
	in *sdk.DeleteBackupSelectionInput,
) (*sdk.DeleteBackupSelectionOutput, error) {
	p, err := find(c, "backup:DeleteBackupSelection", in.BackupPlanId)
	if err != nil {
		return nil, err
	}
	return &sdk.DeleteBackupSelectionOutput{}, c.Region.Backup.DeleteSelection(p.ID, aws.ToString(in.SelectionId))
}

// short is a number of a request.
func short(n *int64) *int {
	if n == nil {
		return nil
	}
	return aws.Int(int(*n))
}
