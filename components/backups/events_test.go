package backups

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	sandboxclock "aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/region"
)

func TestWhatEndsOrWeakensTheStacksBackupsIsReported(t *testing.T) {
	const done, refused, nowhere = "done", "refused", ""
	type request = map[string]any
	ofVault := func(name string) request { return request{"backupVaultName": name} }
	ofPlan := func(id string) request { return request{"backupPlanId": id} }
	optIn := func(on bool) request {
		return request{"resourceTypeOptInPreference": map[string]bool{"DSQL": on, "EBS": false}}
	}
	for intent, c := range map[string]struct {
		call    string
		request request
		code    string // of an error
		told    string // by which rule
	}{
		"a recovery point is deleted":      {"DeleteRecoveryPoint", ofVault("own"), "", done},
		"its life is shortened":            {"UpdateRecoveryPointLifecycle", ofVault("own"), "", done},
		"the vault is opened":              {"PutBackupVaultAccessPolicy", ofVault("own"), "", done},
		"its policy is deleted":            {"DeleteBackupVaultAccessPolicy", ofVault("own"), "", done},
		"its lock is changed":              {"PutBackupVaultLockConfiguration", ofVault("own"), "", done},
		"its lock is taken off":            {"DeleteBackupVaultLockConfiguration", ofVault("own"), "", done},
		"the vault is deleted":             {"DeleteBackupVault", ofVault("own"), "", done},
		"the plan is changed":              {"UpdateBackupPlan", ofPlan("plan"), "", done},
		"the plan is deleted":              {"DeleteBackupPlan", ofPlan("plan"), "", done},
		"the cluster is backed up no more": {"DeleteBackupSelection", ofPlan("plan"), "", done},
		"Aurora DSQL is switched off":      {"UpdateRegionSettings", optIn(false), "", done},
		"Aurora DSQL is switched on":       {"UpdateRegionSettings", optIn(true), "", nowhere},
		"another service is switched off":  {"UpdateRegionSettings", request{"resourceTypeOptInPreference": request{"EBS": false}}, "", nowhere},
		"another vault's point is deleted": {"DeleteRecoveryPoint", ofVault("other"), "", nowhere},
		"another plan is deleted":          {"DeleteBackupPlan", ofPlan("other"), "", nowhere},
		"a backup is made":                 {"StartBackupJob", ofVault("own"), "", nowhere},
		"a twin is made":                   {"StartCopyJob", request{"sourceBackupVaultName": "own"}, "", nowhere},
		"a point is restored":              {"StartRestoreJob", request{}, "", nowhere},
		"the vault is read":                {"DescribeBackupVault", ofVault("own"), "", nowhere},
		"a deletion is refused":            {"DeleteRecoveryPoint", ofVault("own"), "AccessDenied", refused},
		"that of another vault's":          {"DeleteRecoveryPoint", ofVault("other"), "AccessDenied", nowhere},
		"that of nobody knows which":       {"DeleteRecoveryPoint", nil, "AccessDenied", refused},
		"a plan's deletion is refused":     {"DeleteBackupPlan", ofPlan("plan"), "AccessDenied", refused},
		"that of another plan":             {"DeleteBackupPlan", ofPlan("other"), "AccessDenied", nowhere},
		"to switch it off is refused":      {"UpdateRegionSettings", optIn(false), "AccessDenied", refused},
		"to switch it on is refused":       {"UpdateRegionSettings", optIn(true), "AccessDenied", nowhere},
		"a backup is refused":              {"StartBackupJob", nil, "AccessDenied", nowhere},
	} {
		told := nowhere
		for rule, isRefused := range map[string]bool{done: false, refused: true} {
			if matches(t, isRefused, "AWS API Call via CloudTrail", c.call, c.request, c.code) {
				told += rule
			}
		}
		assert.Equal(t, c.told, told, intent)
	}
}

// A recovery point whose time has come is deleted by AWS Backup itself, of which the record is no call of the API.
func TestAnExpiringRecoveryPointIsNotReported(t *testing.T) {
	assert.False(t, matches(t, false, "AWS Service Event via CloudTrail", "BackupDeleted", nil, ""))
}

// "Amazon EventBridge quotas": 2,048 characters a pattern.
func TestAPatternFitsEventBridge(t *testing.T) {
	pattern, err := callPattern(true, strings.Repeat("v", 50), strings.Repeat("p", 36))
	require.NoError(t, err)
	assert.LessOrEqual(t, len(pattern), 2048)
}

// matches is whether a rule's pattern matches CloudTrail's record of a call.
func matches(t *testing.T, refused bool, kind, call string, request map[string]any, code string) bool {
	t.Helper()
	pattern, err := callPattern(refused, "own", "plan")
	require.NoError(t, err)
	detail := map[string]any{
		"eventSource":       "backup.amazonaws.com",
		"eventName":         call,
		"requestParameters": request,
	}
	if code != "" {
		detail["errorCode"] = code
	}
	event, err := json.Marshal(map[string]any{
		"id": "1", "account": "123456789012", "region": "us-east-1", "time": "2026-11-29T00:00:00Z", "resources": []string{},
		"source": "aws.backup", "detail-type": kind, "detail": detail,
	})
	require.NoError(t, err)
	service := events.New(region.New("us-east-1", "123456789012", sandboxclock.New(1)), events.Deps{})
	t.Cleanup(service.Close)
	is, err := service.TestPattern(pattern, string(event))
	require.NoError(t, err)
	return is
}
