package backup

import (
	"strconv"
	"time"

	"aurora-dsql-dr/sandbox/cloudtrail"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/internal/must"
)

// Events are those of jobs and recovery points, best effort ("Monitoring AWS Backup events using Amazon EventBridge",
// AWS Backup Developer Guide). Some of them have a state and some a status, as the API has.

// announce puts an event on the default bus, away from whoever holds the lock: a rule's target may come back.
func (s *Service) announce(kind string, resources []string, detail map[string]any) {
	entry := events.Entry{
		Source:     "aws.backup",
		DetailType: kind + " State Change",
		Detail:     string(must.JSON(detail)),
		Resources:  resources,
		Time:       s.env.Now(),
	}
	s.begin(func() { _ = s.deps.Events.Announce(entry) }) // without EventBridge nobody hears of it
}

// recordDeleted has CloudTrail hear that a recovery point is gone, by its lifecycle or because somebody has deleted it,
// whose call has a record of its own ("Logging AWS Backup API calls with CloudTrail", AWS Backup Developer Guide). What
// AWS puts into serviceEventDetails is not documented.
func (s *Service) recordDeleted() {
	event := cloudtrail.Call{
		Source:    Principal,
		AWSRegion: s.env.Name,
		EventName: "BackupDeleted",
		EventType: cloudtrail.ServiceEvent,
		InvokedBy: Principal,
	}
	s.begin(func() { s.deps.Record(event) })
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// common is what most events have.
func common(message string, completed *time.Time, by *Creator) map[string]any {
	detail := map[string]any{"resourceType": ResourceType}
	if message != "" {
		detail["statusMessage"] = message
	}
	if completed != nil {
		detail["completionDate"] = stamp(*completed)
	}
	if by != nil {
		detail["createdBy"] = map[string]string{
			"backupPlanId":      by.PlanID,
			"backupPlanArn":     by.PlanArn,
			"backupPlanVersion": by.PlanVersion,
			"backupPlanRuleId":  by.RuleID,
		}
	}
	return detail
}

func (s *Service) announceBackup(j Job) {
	detail := common(j.Message, j.CompletedAt, j.CreatedBy)
	detail["backupJobId"], detail["state"], detail["creationDate"] = j.ID, j.State, stamp(j.CreatedAt)
	detail["backupVaultArn"], detail["backupVaultName"] = j.VaultArn, j.VaultName
	detail["iamRoleArn"], detail["resourceArn"], detail["startBy"] = j.RoleArn, j.ResourceArn, stamp(j.StartBy)
	detail["bytesTransferred"], detail["percentDone"] = strconv.FormatInt(j.Bytes, 10), 0
	var resources []string
	if j.State == Completed {
		resources = []string{j.PointArn}
		detail["backupSizeInBytes"], detail["percentDone"] = strconv.FormatInt(j.Bytes, 10), 100
	}
	s.announce("Backup Job", resources, detail)
}

func (s *Service) announceCopy(j CopyJob) {
	detail := common(j.Message, j.CompletedAt, j.CreatedBy)
	detail["copyJobId"], detail["state"], detail["creationDate"] = j.ID, j.State, stamp(j.CreatedAt)
	detail["backupSizeInBytes"], detail["iamRoleArn"], detail["resourceArn"] = j.Bytes, j.RoleArn, j.ResourceArn
	detail["sourceBackupVaultArn"], detail["destinationBackupVaultArn"] = j.SourceVaultArn, j.VaultArn
	detail["destinationRecoveryPointArn"] = map[string]any{}
	if j.PointArn != "" {
		detail["destinationRecoveryPointArn"] = j.PointArn
	}
	s.announce("Copy Job", []string{j.SourcePointArn}, detail)
}

func (s *Service) announceRestore(j RestoreJob) {
	detail := common(j.Message, j.CompletedAt, nil)
	detail["restoreJobId"], detail["status"], detail["creationDate"] = j.ID, j.State, stamp(j.CreatedAt)
	detail["backupSizeInBytes"], detail["iamRoleArn"] = strconv.FormatInt(j.Bytes, 10), j.RoleArn
	detail["percentDone"] = 0
	if j.State == Completed {
		detail["backupVaultArn"], detail["recoveryPointArn"] = j.VaultArn, j.PointArn
		detail["sourceResourceArn"], detail["createdResourceArn"] = j.SourceArn, j.CreatedArn
	}
	s.announce("Restore Job", []string{j.PointArn}, detail)
}

func (s *Service) announcePoint(p RecoveryPoint) {
	detail := common("", &p.CompletedAt, p.CreatedBy)
	detail["backupVaultName"], detail["backupVaultArn"], detail["status"] = p.VaultName, p.VaultArn, p.Status
	detail["creationDate"], detail["iamRoleArn"], detail["resourceArn"] = stamp(p.CreatedAt), p.RoleArn, p.ResourceArn
	detail["isEncrypted"], detail["storageClass"] = "true", "WARM"
	if at := p.DeleteAt(); at != nil {
		detail["lifecycle"] = map[string]int{"deleteAfterDays": p.Lifecycle.DeleteAfter}
		detail["calculatedLifeCycle"] = map[string]string{"deleteAt": stamp(*at)}
	}
	s.announce("Recovery Point", []string{p.Arn}, detail)
}
