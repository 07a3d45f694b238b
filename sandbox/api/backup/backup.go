// Package backup is AWS Backup on the AWS face: jobs, recovery points and what is read of vaults and plans. Vaults and
// plans are made by Pulumi programs.
package backup

import (
	_ "embed" // operations.txt
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/iam"
)

//go:embed operations.txt
var operations string

// All are the operations that the service has on AWS.
var All = wire.ReadOperations(operations)

// Operations are those that are modelled.
var Operations = []call.Operation{
	change("StartBackupJob", startBackup).At("PUT", "/backup-jobs"),
	change("StopBackupJob", stopBackup).At("POST", "/backup-jobs/{BackupJobId}"),
	call.On("DescribeBackupJob", describeBackup).At("GET", "/backup-jobs/{BackupJobId}"),
	call.On("ListBackupJobs", listBackups).At("GET", "/backup-jobs", listed(map[string]string{
		"resourceArn":     "ByResourceArn",
		"state":           "ByState",
		"backupVaultName": "ByBackupVaultName",
		"messageCategory": "ByMessageCategory",
	})),
	change("StartCopyJob", startCopy).At("PUT", "/copy-jobs"),
	call.On("DescribeCopyJob", describeCopy).At("GET", "/copy-jobs/{CopyJobId}"),
	call.On("ListCopyJobs", listCopies).At("GET", "/copy-jobs", listed(map[string]string{
		"resourceArn":            "ByResourceArn",
		"state":                  "ByState",
		"destinationVaultArn":    "ByDestinationVaultArn",
		"sourceRecoveryPointArn": "BySourceRecoveryPointArn",
		"messageCategory":        "ByMessageCategory",
	})),
	change("StartRestoreJob", startRestore).At("PUT", "/restore-jobs"),
	call.On("DescribeRestoreJob", describeRestore).At("GET", "/restore-jobs/{RestoreJobId}"),
	call.On("ListRestoreJobs", listRestores).At("GET", "/restore-jobs", listed(map[string]string{
		"status":                "ByStatus",
		"restoreTestingPlanArn": "ByRestoreTestingPlanArn",
	})),
	change("CreateBackupVault", createVault).At("PUT", "/backup-vaults/{BackupVaultName}"),
	change("DeleteBackupVault", deleteVault).At("DELETE", "/backup-vaults/{BackupVaultName}"),
	change("PutBackupVaultLockConfiguration", lock).At("PUT", "/backup-vaults/{BackupVaultName}/vault-lock"),
	change("DeleteBackupVaultLockConfiguration", unlock).At("DELETE", "/backup-vaults/{BackupVaultName}/vault-lock"),
	change("PutBackupVaultAccessPolicy", putPolicy).At("PUT", "/backup-vaults/{BackupVaultName}/access-policy"),
	change("DeleteBackupVaultAccessPolicy", deletePolicy).At("DELETE", "/backup-vaults/{BackupVaultName}/access-policy"),
	change("CreateBackupPlan", createPlan).At("PUT", "/backup/plans"),
	change("UpdateBackupPlan", updatePlan).At("POST", "/backup/plans/{BackupPlanId}"),
	change("DeleteBackupPlan", deletePlan).At("DELETE", "/backup/plans/{BackupPlanId}"),
	call.On("DescribeBackupVault", describeVault).At("GET", "/backup-vaults/{BackupVaultName}"),
	call.On("ListBackupVaults", listVaults).At("GET", "/backup-vaults", listed(nil)),
	call.On("GetBackupVaultAccessPolicy", policy).At("GET", "/backup-vaults/{BackupVaultName}/access-policy"),
	call.On("DescribeRecoveryPoint", describePoint).
		At("GET", "/backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}"),
	change("DeleteRecoveryPoint", deletePoint).
		At("DELETE", "/backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}"),
	change("UpdateRecoveryPointLifecycle", setLifecycle).
		At("POST", "/backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}"),
	call.On("GetRecoveryPointRestoreMetadata", metadata).
		At("GET", "/backup-vaults/{BackupVaultName}/recovery-points/{RecoveryPointArn}/restore-metadata"),
	call.On("ListRecoveryPointsByBackupVault", pointsOfVault).
		At("GET", "/backup-vaults/{BackupVaultName}/recovery-points", listed(map[string]string{
			"resourceArn":            "ByResourceArn",
			"backupPlanId":           "ByBackupPlanId",
			"parentRecoveryPointArn": "ByParentRecoveryPointArn",
		})),
	call.On("ListRecoveryPointsByResource", pointsOfResource).
		At("GET", "/resources/{ResourceArn}/recovery-points", listed(map[string]string{
			"managedByAWSBackupOnly": "ManagedByAWSBackupOnly",
		})),
	call.On("GetBackupPlan", describePlan).At("GET", "/backup/plans/{BackupPlanId}"),
	call.On("ListBackupPlans", listPlans).At("GET", "/backup/plans", listed(nil)),
	call.On("ListBackupSelections", listSelections).At("GET", "/backup/plans/{BackupPlanId}/selections", listed(nil)),
	change("DeleteBackupSelection", deleteSelection).
		At("DELETE", "/backup/plans/{BackupPlanId}/selections/{SelectionId}"),
	call.On("DescribeRegionSettings", settings).At("GET", "/account-settings"),
	change("UpdateRegionSettings", updateSettings).At("PUT", "/account-settings"),
}

// change is an operation that changes something, of which CloudTrail hears.
func change[In, Out any](name string, handle func(*call.Call, *In) (*Out, error)) call.Operation {
	return call.On(name, handle).Recorded(backup.Principal)
}

// listed are the parameters of a list: those that most have, and more.
func listed(more map[string]string) wire.Binding {
	parameters := map[string]string{
		"nextToken":      "NextToken",
		"maxResults":     "MaxResults",
		"createdAfter":   "ByCreatedAfter",
		"createdBefore":  "ByCreatedBefore",
		"completeAfter":  "ByCompleteAfter",
		"completeBefore": "ByCompleteBefore",
		"resourceType":   "ByResourceType",
		"accountId":      "ByAccountId",
		"parentJobId":    "ByParentJobId",
	}
	for parameter, member := range more {
		parameters[parameter] = member
	}
	return wire.InQuery(parameters)
}

// perPage is the most of a page (API Reference, MaxResults).
const perPage = 1000

// page is the part of a list that is asked for.
func page[T any](all []T, token *string, most *int32) ([]T, *string, error) {
	size, err := wire.Limit(most, perPage, perPage, "maxResults", "InvalidParameterValueException")
	if err != nil {
		return nil, nil, err
	}
	part, next, ok := wire.Page(all, token, size)
	if !ok {
		return nil, nil, awserr.Invalid("InvalidParameterValueException", "The next token is not valid.")
	}
	return part, next, nil
}

// notModelled refuses filters, if they are given, that the sandbox does not model.
func notModelled(operation string, filters ...*string) error {
	for _, f := range filters {
		if f != nil {
			return wire.NotImplemented("backup: of the filters of %s the sandbox does not model parents, categories, other "+
				"accounts and restore testing", operation)
		}
	}
	return nil
}

// is whether a filter is absent, or the value.
func is(filter *string, value string) bool { return filter == nil || *filter == value }

// within is whether a time is between two that may be absent.
func within(t time.Time, after, before *time.Time) bool {
	return (after == nil || t.After(*after)) && (before == nil || t.Before(*before))
}

// ended is whether a job has ended between two times that may be absent.
func ended(t, after, before *time.Time) bool {
	return after == nil && before == nil || t != nil && within(*t, after, before)
}

// pass asks whether the caller may give AWS Backup a role.
func pass(c *call.Call, role *string) error {
	return c.Authorize("iam:PassRole", aws.ToString(role), iam.Context{"iam:PassedToService": backup.Principal})
}

// ofVault asks whether the caller may do something with a vault, or with a resource in it.
func ofVault(c *call.Call, action, resource string, vault *string) error {
	return c.Region.Backup.Authorize(c.Caller, action, resource, aws.ToString(vault), c.Conditions)
}

func vaultARN(c *call.Call, name *string) string {
	return c.Region.ARN("backup", "backup-vault:"+aws.ToString(name))
}

// lifecycle reads how long something is to be kept. Cold storage the sandbox does not model: whether Aurora DSQL has it
// is not documented.
func lifecycle(in *types.Lifecycle) (*backup.Lifecycle, error) {
	switch {
	case in == nil:
		return nil, nil
	case in.MoveToColdStorageAfterDays != nil, in.OptInToArchiveForSupportedResources != nil, in.DeleteAfterEvent != "":
		return nil, wire.NotImplemented("backup: of a lifecycle the sandbox models DeleteAfterDays")
	case in.DeleteAfterDays == nil:
		return &backup.Lifecycle{}, nil
	case *in.DeleteAfterDays < 1:
		return nil, awserr.Invalid("InvalidParameterValueException", "DeleteAfterDays is %d: want 1 to 36500",
			*in.DeleteAfterDays)
	default:
		return &backup.Lifecycle{DeleteAfter: int(*in.DeleteAfterDays)}, nil
	}
}

func shownLifecycle(l backup.Lifecycle) *types.Lifecycle {
	if l.DeleteAfter == 0 {
		return nil
	}
	return &types.Lifecycle{DeleteAfterDays: aws.Int64(int64(l.DeleteAfter))}
}

func creator(by *backup.Creator) *types.RecoveryPointCreator {
	if by == nil {
		return nil
	}
	return &types.RecoveryPointCreator{
		BackupPlanArn:      &by.PlanArn,
		BackupPlanId:       &by.PlanID,
		BackupPlanName:     &by.PlanName,
		BackupPlanVersion:  &by.PlanVersion,
		BackupRuleId:       &by.RuleID,
		BackupRuleName:     &by.RuleName,
		BackupRuleCron:     &by.Cron,
		BackupRuleTimezone: &by.TimeZone,
	}
}

func resourceType() *string { return aws.String(backup.ResourceType) }

// done is how much of a job is done.
func done(state string) *string {
	if state == backup.Completed {
		return aws.String("100.00%")
	}
	return aws.String("0.00%")
}
