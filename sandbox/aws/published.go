package aws

import (
	"slices"
	"strings"
)

// published are the metrics of AWS's own services that the sandbox publishes, by namespace.
var published = map[string][]string{
	"AWS/ApiGateway": {"Count", "4xx", "5xx", "Latency", "IntegrationLatency"},
	"AWS/AuroraDSQL": {"TotalTransactions", "ReadOnlyTransactions", "OccConflicts", "CommitLatency"},
	"AWS/Backup": {
		"NumberOfBackupJobsCreated", "NumberOfBackupJobsRunning", "NumberOfBackupJobsAborted",
		"NumberOfBackupJobsCompleted", "NumberOfBackupJobsFailed", "NumberOfBackupJobsExpired",
		"NumberOfCopyJobsCreated", "NumberOfCopyJobsRunning", "NumberOfCopyJobsCompleted", "NumberOfCopyJobsFailed",
		"NumberOfRestoreJobsPending", "NumberOfRestoreJobsRunning", "NumberOfRestoreJobsCompleted",
		"NumberOfRestoreJobsFailed", "NumberOfRecoveryPointsCompleted",
	},
	"AWS/CertificateManager": {"DaysToExpiry"},
	"AWS/Events": {
		"TriggeredRules", "Invocations", "FailedInvocations", "RetryInvocationAttempts",
		"InvocationsSentToDlq", "InvocationsFailedToBeSentToDlq",
	},
	"AWS/Lambda": {
		"Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions",
		"AsyncEventsDropped", "DestinationDeliveryFailures", "DeadLetterErrors",
	},
	"AWS/SNS": {"NumberOfMessagesPublished", "NumberOfNotificationsDelivered", "NumberOfNotificationsFailed"},
	"AWS/Scheduler": {
		"InvocationAttemptCount", "TargetErrorCount", "TargetErrorThrottledCount", "InvocationDroppedCount",
		"InvocationsSentToDeadLetterCount", "InvocationsFailedToBeSentToDeadLetterCount",
	},
	"AWS/States": {
		"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted",
		"ExecutionTime",
	},
	"AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible", "NumberOfMessagesSent"},
}

// Publishes says whether the sandbox ever has data of a metric: an account's own it takes whatever they are called, of
// AWS's services it publishes some.
func Publishes(namespace, metric string) bool {
	return !strings.HasPrefix(namespace, "AWS/") || slices.Contains(published[namespace], metric)
}
