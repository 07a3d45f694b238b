package backup

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/iam"
)

func startBackup(c *call.Call, in *sdk.StartBackupJobInput) (*sdk.StartBackupJobOutput, error) {
	if err := ofVault(c, "backup:StartBackupJob", vaultARN(c, in.BackupVaultName), in.BackupVaultName); err != nil {
		return nil, err
	}
	if err := pass(c, in.IamRoleArn); err != nil {
		return nil, err
	}
	if len(in.BackupOptions) > 0 || in.Index != "" || in.LogicallyAirGappedBackupVaultArn != nil {
		return nil, wire.NotImplemented("backup: options, indexes and logically air-gapped vaults are not modelled by the " +
			"sandbox")
	}
	kept, err := lifecycle(in.Lifecycle)
	if err != nil {
		return nil, err
	}
	asked := backup.Job{
		VaultName:   aws.ToString(in.BackupVaultName),
		ResourceArn: aws.ToString(in.ResourceArn),
		RoleArn:     aws.ToString(in.IamRoleArn),
		Tags:        in.RecoveryPointTags,
	}
	if kept != nil {
		asked.Lifecycle = *kept
	}
	j, err := c.Region.Backup.StartBackup(asked, int(aws.ToInt64(in.StartWindowMinutes)),
		int(aws.ToInt64(in.CompleteWindowMinutes)), aws.ToString(in.IdempotencyToken))
	if err != nil {
		return nil, err
	}
	return &sdk.StartBackupJobOutput{BackupJobId: &j.ID, CreationDate: &j.CreatedAt}, nil
}

func stopBackup(c *call.Call, in *sdk.StopBackupJobInput) (*sdk.StopBackupJobOutput, error) {
	if err := c.Authorize("backup:StopBackupJob", "*", nil); err != nil {
		return nil, err
	}
	return &sdk.StopBackupJobOutput{}, c.Region.Backup.StopBackup(aws.ToString(in.BackupJobId))
}

func backupJob(c *call.Call, j backup.Job) types.BackupJob {
	return types.BackupJob{
		AccountId:              &c.Account.ID,
		BackupJobId:            &j.ID,
		BackupSizeInBytes:      &j.Bytes,
		BackupVaultArn:         &j.VaultArn,
		BackupVaultName:        &j.VaultName,
		BytesTransferred:       &j.Bytes,
		CompletionDate:         j.CompletedAt,
		CreatedBy:              creator(j.CreatedBy),
		CreationDate:           &j.CreatedAt,
		IamRoleArn:             &j.RoleArn,
		IsEncrypted:            true,
		PercentDone:            done(j.State),
		RecoveryPointArn:       wire.Optional(j.PointArn),
		RecoveryPointLifecycle: shownLifecycle(j.Lifecycle),
		ResourceArn:            &j.ResourceArn,
		ResourceName:           &j.ResourceName,
		ResourceType:           resourceType(),
		StartBy:                &j.StartBy,
		State:                  types.BackupJobState(j.State),
		StatusMessage:          wire.Optional(j.Message),
	}
}

func describeBackup(c *call.Call, in *sdk.DescribeBackupJobInput) (*sdk.DescribeBackupJobOutput, error) {
	if err := c.Authorize("backup:DescribeBackupJob", "*", nil); err != nil {
		return nil, err
	}
	found, err := c.Region.Backup.BackupJob(aws.ToString(in.BackupJobId))
	if err != nil {
		return nil, err
	}
	j := backupJob(c, found)
	return &sdk.DescribeBackupJobOutput{
		AccountId:              j.AccountId,
		BackupJobId:            j.BackupJobId,
		BackupSizeInBytes:      j.BackupSizeInBytes,
		BackupVaultArn:         j.BackupVaultArn,
		BackupVaultName:        j.BackupVaultName,
		BytesTransferred:       j.BytesTransferred,
		CompletionDate:         j.CompletionDate,
		CreatedBy:              j.CreatedBy,
		CreationDate:           j.CreationDate,
		IamRoleArn:             j.IamRoleArn,
		IsEncrypted:            j.IsEncrypted,
		PercentDone:            j.PercentDone,
		RecoveryPointArn:       j.RecoveryPointArn,
		RecoveryPointLifecycle: j.RecoveryPointLifecycle,
		ResourceArn:            j.ResourceArn,
		ResourceName:           j.ResourceName,
		ResourceType:           j.ResourceType,
		StartBy:                j.StartBy,
		State:                  j.State,
		StatusMessage:          j.StatusMessage,
	}, nil
}

func listBackups(c *call.Call, in *sdk.ListBackupJobsInput) (*sdk.ListBackupJobsOutput, error) {
	if err := c.Authorize("backup:ListBackupJobs", "*", nil); err != nil {
		return nil, err
	}
	if err := notModelled("ListBackupJobs", in.ByAccountId, in.ByParentJobId, in.ByMessageCategory); err != nil {
		return nil, err
	}
	var wanted []types.BackupJob
	for _, j := range c.Region.Backup.BackupJobs() {
		if is(in.ByBackupVaultName, j.VaultName) && is(in.ByResourceArn, j.ResourceArn) &&
			is(in.ByResourceType, backup.ResourceType) && (in.ByState == "" || string(in.ByState) == j.State) &&
			within(j.CreatedAt, in.ByCreatedAfter, in.ByCreatedBefore) &&
			ended(j.CompletedAt, in.ByCompleteAfter, in.ByCompleteBefore) {
			wanted = append(wanted, backupJob(c, j))
		}
	}
	jobs, next, err := page(wanted, in.NextToken, in.MaxResults)
	return &sdk.ListBackupJobsOutput{BackupJobs: append([]types.BackupJob{}, jobs...), NextToken: next}, err
}

func startCopy(c *call.Call, in *sdk.StartCopyJobInput) (*sdk.StartCopyJobOutput, error) {
	err := ofVault(c, "backup:StartCopyJob", aws.ToString(in.RecoveryPointArn), in.SourceBackupVaultName)
	if err == nil {
		err = pass(c, in.IamRoleArn)
	}
	if err != nil {
		return nil, err
	}
	kept, err := lifecycle(in.Lifecycle)
	if err != nil {
		return nil, err
	}
	j, err := c.Region.Backup.StartCopy(backup.CopyJob{
		SourceVault:    aws.ToString(in.SourceBackupVaultName),
		SourcePointArn: aws.ToString(in.RecoveryPointArn),
		VaultArn:       aws.ToString(in.DestinationBackupVaultArn),
		RoleArn:        aws.ToString(in.IamRoleArn),
		Lifecycle:      kept,
	}, aws.ToString(in.IdempotencyToken))
	if err != nil {
		return nil, err
	}
	return &sdk.StartCopyJobOutput{CopyJobId: &j.ID, CreationDate: &j.CreatedAt}, nil
}

func copyJob(c *call.Call, j backup.CopyJob) types.CopyJob {
	return types.CopyJob{
		AccountId:                         &c.Account.ID,
		BackupSizeInBytes:                 &j.Bytes,
		CompletionDate:                    j.CompletedAt,
		CopyJobId:                         &j.ID,
		CreatedBy:                         creator(j.CreatedBy),
		CreatedByBackupJobId:              wire.Optional(j.BackupJobID),
		CreationDate:                      &j.CreatedAt,
		DestinationBackupVaultArn:         &j.VaultArn,
		DestinationRecoveryPointArn:       wire.Optional(j.PointArn),
		DestinationRecoveryPointLifecycle: shownLifecycle(*j.Lifecycle),
		IamRoleArn:                        &j.RoleArn,
		ResourceArn:                       &j.ResourceArn,
		ResourceName:                      &j.ResourceName,
		ResourceType:                      resourceType(),
		SourceBackupVaultArn:              &j.SourceVaultArn,
		SourceRecoveryPointArn:            &j.SourcePointArn,
		State:                             types.CopyJobState(j.State),
		StatusMessage:                     wire.Optional(j.Message),
	}
}

func describeCopy(c *call.Call, in *sdk.DescribeCopyJobInput) (*sdk.DescribeCopyJobOutput, error) {
	if err := c.Authorize("backup:DescribeCopyJob", "*", nil); err != nil {
		return nil, err
	}
	found, err := c.Region.Backup.CopyJob(aws.ToString(in.CopyJobId))
	if err != nil {
		return nil, err
	}
	j := copyJob(c, found)
	return &sdk.DescribeCopyJobOutput{CopyJob: &j}, nil
}

func listCopies(c *call.Call, in *sdk.ListCopyJobsInput) (*sdk.ListCopyJobsOutput, error) {
	if err := c.Authorize("backup:ListCopyJobs", "*", nil); err != nil {
		return nil, err
	}
	if err := notModelled("ListCopyJobs", in.ByAccountId, in.ByParentJobId, in.ByMessageCategory); err != nil {
		return nil, err
	}
	var wanted []types.CopyJob
	for _, j := range c.Region.Backup.CopyJobs() {
		if is(in.ByDestinationVaultArn, j.VaultArn) && is(in.ByResourceArn, j.ResourceArn) &&
			is(in.BySourceRecoveryPointArn, j.SourcePointArn) && is(in.ByResourceType, backup.ResourceType) &&
			(in.ByState == "" || string(in.ByState) == j.State) &&
			within(j.CreatedAt, in.ByCreatedAfter, in.ByCreatedBefore) &&
			ended(j.CompletedAt, in.ByCompleteAfter, in.ByCompleteBefore) {
			wanted = append(wanted, copyJob(c, j))
		}
	}
	jobs, next, err := page(wanted, in.NextToken, in.MaxResults)
	return &sdk.ListCopyJobsOutput{CopyJobs: append([]types.CopyJob{}, jobs...), NextToken: next}, err
}

// pairActions are what whoever restores a pair needs beside StartRestoreJob ("Amazon Aurora DSQL restore", AWS Backup
// Developer Guide): on clusters that have no id yet.
var pairActions = []string{"dsql:UpdateCluster", "dsql:AddPeerCluster", "dsql:RemovePeerCluster"}

func startRestore(c *call.Call, in *sdk.StartRestoreJobInput) (*sdk.StartRestoreJobOutput, error) {
	point, err := c.Region.Backup.Find(aws.ToString(in.RecoveryPointArn))
	vault := wire.Optional(point.VaultName)
	denied := ofVault(c, "backup:StartRestoreJob", aws.ToString(in.RecoveryPointArn), vault)
	if denied == nil {
		denied = pass(c, in.IamRoleArn)
	}
	switch {
	case denied != nil:
		return nil, denied
	case err != nil:
		return nil, err
	case in.ResourceType != nil && *in.ResourceType != backup.ResourceType:
		return nil, wire.NotImplemented("backup: the sandbox restores resources of type %s, not %s", backup.ResourceType,
			*in.ResourceType)
	}
	target, err := backup.ReadMetadata(c.Region.Name, in.Metadata)
	if err != nil {
		return nil, err
	}
	if err := mayPair(c, target); err != nil {
		return nil, err
	}
	j, err := c.Region.Backup.StartRestore(backup.RestoreJob{
		PointArn: point.Arn,
		RoleArn:  aws.ToString(in.IamRoleArn),
		Target:   target,
		CopyTags: in.CopySourceTagsToRestoredResource,
	}, aws.ToString(in.IdempotencyToken))
	if err != nil {
		return nil, err
	}
	return &sdk.StartRestoreJobOutput{RestoreJobId: &j.ID}, nil
}

func mayPair(c *call.Call, target backup.Target) error {
	if !target.Pair() {
		return nil
	}
	for _, cluster := range target.Clusters {
		for _, action := range pairActions {
			resource := "arn:aws:dsql:" + cluster.Region + ":" + c.Account.ID + ":cluster/*"
			if err := c.Authorize(action, resource, iam.Context{}); err != nil {
				return err
			}
		}
	}
	return nil
}

func restoreJob(c *call.Call, j backup.RestoreJob) types.RestoreJobsListMember {
	return types.RestoreJobsListMember{
		AccountId:                 &c.Account.ID,
		BackupSizeInBytes:         &j.Bytes,
		BackupVaultArn:            &j.VaultArn,
		CompletionDate:            j.CompletedAt,
		CreatedResourceArn:        wire.Optional(j.CreatedArn),
		CreationDate:              &j.CreatedAt,
		IamRoleArn:                &j.RoleArn,
		PercentDone:               done(j.State),
		RecoveryPointArn:          &j.PointArn,
		RecoveryPointCreationDate: &j.PointCreatedAt,
		ResourceType:              resourceType(),
		RestoreJobId:              &j.ID,
		SourceResourceArn:         &j.SourceArn,
		Status:                    types.RestoreJobStatus(j.State),
		StatusMessage:             wire.Optional(j.Message),
	}
}

func describeRestore(c *call.Call, in *sdk.DescribeRestoreJobInput) (*sdk.DescribeRestoreJobOutput, error) {
	if err := c.Authorize("backup:DescribeRestoreJob", "*", nil); err != nil {
		return nil, err
	}
	found, err := c.Region.Backup.RestoreJob(aws.ToString(in.RestoreJobId))
	if err != nil {
		return nil, err
	}
	j := restoreJob(c, found)
	return &sdk.DescribeRestoreJobOutput{
		AccountId:                 j.AccountId,
		BackupSizeInBytes:         j.BackupSizeInBytes,
		BackupVaultArn:            j.BackupVaultArn,
		CompletionDate:            j.CompletionDate,
		CreatedResourceArn:        j.CreatedResourceArn,
		CreationDate:              j.CreationDate,
		IamRoleArn:                j.IamRoleArn,
		PercentDone:               j.PercentDone,
		RecoveryPointArn:          j.RecoveryPointArn,
		RecoveryPointCreationDate: j.RecoveryPointCreationDate,
		ResourceType:              j.ResourceType,
		RestoreJobId:              j.RestoreJobId,
		SourceResourceArn:         j.SourceResourceArn,
		Status:                    j.Status,
		StatusMessage:             j.StatusMessage,
	}, nil
}

func listRestores(c *call.Call, in *sdk.ListRestoreJobsInput) (*sdk.ListRestoreJobsOutput, error) {
	if err := c.Authorize("backup:ListRestoreJobs", "*", nil); err != nil {
		return nil, err
	}
	if err := notModelled("ListRestoreJobs", in.ByAccountId, in.ByParentJobId, in.ByRestoreTestingPlanArn); err != nil {
		return nil, err
	}
	var wanted []types.RestoreJobsListMember
	for _, j := range c.Region.Backup.RestoreJobs() {
		if is(in.ByResourceType, backup.ResourceType) && (in.ByStatus == "" || string(in.ByStatus) == j.State) &&
			within(j.CreatedAt, in.ByCreatedAfter, in.ByCreatedBefore) &&
			ended(j.CompletedAt, in.ByCompleteAfter, in.ByCompleteBefore) {
			wanted = append(wanted, restoreJob(c, j))
		}
	}
	jobs, next, err := page(wanted, in.NextToken, in.MaxResults)
	return &sdk.ListRestoreJobsOutput{
		RestoreJobs: append([]types.RestoreJobsListMember{}, jobs...),
		NextToken:   next,
	}, err
}
