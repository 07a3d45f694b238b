package contract

import "time"

// Environment keys of backups.
const (
	// EnvBackups is a JSON array of BackupPlan: what the health check watches the age of. Absent or empty without backups.
	EnvBackups = "BACKUPS"
	// EnvBackupHour is the length of an hour in MetricBackupAge and MetricRestoreTestAge (health check, restoretest). It
	// is an hour, but where calendars run faster.
	EnvBackupHour = "BACKUP_HOUR"
	// EnvBackupInterval is the least time between two looks of one environment at the vaults (health check).
	EnvBackupInterval = "BACKUP_INTERVAL"
	// EnvRestore is a RestoreSettings as JSON (restoretest).
	EnvRestore = "RESTORE"
	// EnvVerifierRole is the ARN of restoreverify's IAM role (restoregrant, which lets it in as EnvDatabaseRole).
	EnvVerifierRole = "VERIFIER_ROLE"
	// EnvLeftoverAge is how old a restored cluster is that the sweep deletes although a test runs (restoretest).
	EnvLeftoverAge = "LEFTOVER_AGE"
)

// BackupDurations is every environment key that backups give to the health check, with its default.
func BackupDurations() map[string]time.Duration {
	return map[string]time.Duration{
		EnvBackupHour:     time.Hour,
		EnvBackupInterval: 5 * time.Minute,
	}
}

// RestoreTestDurations is every environment key of the restoretest function that holds a duration, with its default.
func RestoreTestDurations() map[string]time.Duration {
	return map[string]time.Duration{
		EnvBackupHour:  time.Hour,
		EnvLeftoverAge: 6 * time.Hour,
	}
}

// BackupPlan is one plan as the health check watches it: it backs up a cluster into a vault of the cluster's region,
// and copies to a vault of the other data region.
type BackupPlan struct {
	Region     string `json:"region"`
	PlanID     string `json:"planId"`
	ClusterID  string `json:"clusterId"`
	ClusterARN string `json:"clusterArn"`
	Vault      string `json:"vault"`
	PeerRegion string `json:"peerRegion"`
	PeerVault  string `json:"peerVault"`
}

// Metrics of backups, in MetricNamespace.
const (
	// MetricBackupAge is the age of the newest recovery point of a plan's cluster that has a twin in the other data
	// region, in hours (None; CloudWatch has no unit for hours), or the plan's own age until there is one. Dimensions are
	// ClusterDimensions. Every observer publishes it to both data regions in each run; one that has looked and found
	// nothing out says UnknownBackupAge.
	MetricBackupAge = "BackupAge"
	// MetricRestoreTestAge is how long ago the last restore test of a region passed, in hours (None), or the age of its
	// state machine until one has; its dimension is DimensionRegion.
	MetricRestoreTestAge = "RestoreTestAge"
)

// UnknownBackupAge is more hours than any age that is accepted: of several observers the one that knows most is heard,
// and if none knows, that is told as soon as an age that is too high.
const UnknownBackupAge = 9999

// AlertRestoreTest is the kind of the message about a restore test that has ended, an AttributeKind.
const AlertRestoreTest = "restore-test"

// LogEvidence is the message of the restoretest function's log line that has a test's Evidence.
const LogEvidence = "restore test evidence"

// RestoreSettings are what the restoretest function works on.
type RestoreSettings struct {
	// Clusters are the ARNs of the stack's clusters, the own region's first. They are never deleted.
	Clusters []string `json:"clusters"`
	// Vault is the own region's vault, by its name, PeerVault that of the other data region, and Witness the third region.
	Vault      string `json:"vault"`
	PeerRegion string `json:"peerRegion"`
	PeerVault  string `json:"peerVault"`
	Witness    string `json:"witness"`
	// RoleARN is the role that AWS Backup restores tests with, and nothing else.
	RoleARN string `json:"roleArn"`
	// TopicARN is the own region's topic.
	TopicARN string `json:"topicArn"`
}

// Steps of the restoretest function, as the state machine and its schedules ask for them.
const (
	// StepFind takes the newest recovery point that has a twin.
	StepFind = "find"
	// StepStart starts its restore; repeated, it finds the one that runs.
	StepStart = "start"
	// StepPoll asks how far the restore is.
	StepPoll = "poll"
	// StepCleanUp deletes what the execution has restored; the test is Gone once nothing is left.
	StepCleanUp = "cleanUp"
	// StepReport writes the evidence and tells people.
	StepReport = "report"
	// StepSweep deletes what executions that ended otherwise have left, and publishes MetricRestoreTestAge. Its Test has
	// the machine only.
	StepSweep = "sweep"
)

// RestoreTestEvent is an invocation of restoretest, restoreverify or restoregrant by the state machine. Each answers
// with the test as it is then.
type RestoreTestEvent struct {
	// Step is for restoretest; the others have one.
	Step string      `json:"step,omitempty"`
	Test RestoreTest `json:"test"`
}

// States of a restore job that a state machine decides about (AWS Backup API Reference, DescribeRestoreJob).
const (
	RestoreCompleted = "COMPLETED"
	RestoreFailed    = "FAILED"
	RestoreAborted   = "ABORTED"
)

// Results of a restore test.
const (
	RestoreTestPassed = "passed"
	RestoreTestFailed = "failed"
)

// Types of errors, as Lambda names them and a state machine's Retry and Catch ask for them.
const (
	// ErrorNotGranted is that of restoreverify when the restored database does not let it in: its IAM mapping or a grant
	// is not there, or its permission is still on its way.
	ErrorNotGranted = "NotGranted"
	// ErrorNoRecoveryPoint is that of StepFind when the own vault has none of the stack's clusters.
	ErrorNoRecoveryPoint = "NoRecoveryPoint"
	// ErrorNoTwin is that of StepFind when no recovery point of the own vault has a twin in the peer's.
	ErrorNoTwin = "NoTwin"
	// ErrorTestRuns is that of StepFind when another execution of the machine is RUNNING.
	ErrorTestRuns = "TestRuns"
)

// RestoreTest is the data of a state machine's execution.
type RestoreTest struct {
	// Machine is the state machine's ARN, Execution the execution's name, and Started when it began.
	Machine   string    `json:"machine"`
	Execution string    `json:"execution"`
	Started   time.Time `json:"started"`
	// Pair restores a peered pair, else one cluster.
	Pair bool `json:"pair"`

	Point    *RecoveryPoint `json:"point,omitempty"`
	JobID    string         `json:"jobId,omitempty"`
	JobState string         `json:"jobState,omitempty"`
	// JobMessage is AWS Backup's word on a job that did not complete.
	JobMessage string `json:"jobMessage,omitempty"`
	// Restored are the new clusters, the own region's first, and RestoredAt when they were there.
	Restored   []RestoredCluster `json:"restored,omitempty"`
	RestoredAt *time.Time        `json:"restoredAt,omitempty"`
	// Granted tells that the restored database had no mapping for the verifier, and was given one.
	Granted      bool          `json:"granted,omitempty"`
	Verification *Verification `json:"verification,omitempty"`
	// Failure is what a step failed with, as Step Functions writes it.
	Failure *StepFailure `json:"failure,omitempty"`
	// Gone tells that nothing restored is left.
	Gone bool `json:"gone"`
	// Result is RestoreTestPassed or RestoreTestFailed once the test is reported.
	Result string `json:"result,omitempty"`
}

// RecoveryPoint is one with its twin.
type RecoveryPoint struct {
	ARN        string    `json:"arn"`
	TwinARN    string    `json:"twinArn"`
	ClusterARN string    `json:"clusterArn"`
	CreatedAt  time.Time `json:"createdAt"`
	Bytes      int64     `json:"bytes"`
}

// RestoredCluster is one that a restore has made.
type RestoredCluster struct {
	Region   string `json:"region"`
	ARN      string `json:"arn"`
	Endpoint string `json:"endpoint"`
}

// StepFailure is the error output of a state.
type StepFailure struct {
	Error string `json:"Error"`
	Cause string `json:"Cause"`
}

// Verification is what restoreverify read.
type Verification struct {
	// SchemaVersion is the version that the restored database names, Program that of this program's migrations.
	SchemaVersion  int64 `json:"schemaVersion"`
	ProgramVersion int64 `json:"programVersion"`
	// SchemaHash is that of the restored schema, WantedHash that of the program's migrations up to SchemaVersion.
	SchemaHash string `json:"schemaHash"`
	WantedHash string `json:"wantedHash"`
	// Tables are the counts of rows.
	Tables []TableCount `json:"tables"`
	// NewestMarker is when the newest restored row of dr.marker was written, by the database's clock.
	NewestMarker *time.Time `json:"newestMarker,omitempty"`
	// EncryptedField tells whether one could be read: FieldOpened, or why it was not verified.
	EncryptedField string `json:"encryptedField"`
	// AnsweredAt is when the restored database had answered all of this.
	AnsweredAt time.Time `json:"answeredAt"`
	// Findings are what is wrong; none if the database is as it should be. Notes are what is worth knowing.
	Findings []string `json:"findings,omitempty"`
	Notes    []string `json:"notes,omitempty"`
}

// FieldOpened is the EncryptedField of a verification that decrypted one.
const FieldOpened = "opened"

// CountLimit is how many rows of a table are counted that is not append-only: a transaction of Aurora DSQL lives five
// minutes, in which it counts no table of any size.
const CountLimit = 1_000_000

// TableCount is the rows of a table. Of an append-only table both are those up to the newest restored marker less a
// minute, and must be equal. Of the others up to CountLimit are counted.
type TableCount struct {
	Table      string `json:"table"`
	Restored   int64  `json:"restored"`
	Source     int64  `json:"source"`
	AppendOnly bool   `json:"appendOnly"`
}

// Evidence is a restore test in a line: what an auditor asks of it.
type Evidence struct {
	RestoreTest
	// Region is where it ran, and Ended when it was reported.
	Region string    `json:"region"`
	Ended  time.Time `json:"ended"`
	// DataAgeSeconds is the measured RPO: from the newest restored marker to the test's beginning. 0 without a marker.
	DataAgeSeconds float64 `json:"dataAgeSeconds"`
	// RestoreSeconds is the measured RTO: from the test's beginning to the restored database's having answered. 0 if it
	// did not.
	RestoreSeconds float64 `json:"restoreSeconds"`
	// Deleted tells that no restored cluster is left.
	Deleted bool `json:"deleted"`
}
