package provider

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/sqs"
)

// CloudTrail hears of what a deployment and a destroy do to backups: what must not tell people of it has to hear it.
func TestCloudTrailHearsOfTheBackupsOfAProgram(t *testing.T) {
	w := newWorld(t, Options{})
	i, region := w.in(primary), w.Region(primary)
	queue, err := region.SQS.CreateQueue(sqs.Queue{Name: "heard", Policy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`})
	require.NoError(t, err)
	_, err = region.Events.PutRule(events.Rule{Name: "heard", EventPattern: `{"detail-type":["AWS API Call via CloudTrail"],
		"source":["aws.backup"]}`})
	require.NoError(t, err)
	_, err = region.Events.PutTarget(events.Target{Rule: "heard", TargetID: "queue", Arn: queue.Arn})
	require.NoError(t, err)
	heard := func(name string, of ...string) {
		t.Helper()
		messages, err := region.SQS.Receive(t.Context(), queue.URL, 1, time.Hour, 10*time.Second)
		require.NoError(t, err)
		require.Len(t, messages, 1)
		var event struct {
			Detail struct {
				EventName         string
				RequestParameters map[string]any
			}
		}
		require.NoError(t, json.Unmarshal([]byte(messages[0].Body), &event))
		assert.Equal(t, name, event.Detail.EventName)
		if len(of) > 0 {
			assert.Equal(t, of[1], event.Detail.RequestParameters[of[0]])
		}
	}
	v, role := i.vault(), i.backupRole()
	heard("CreateBackupVault", "backupVaultName", v.id)
	policy := i.mustCreate(vaultPolicyKind, "policy", object{"backupVaultName": v.id, "policy": `{"Version":"2012-10-17",
		"Statement":[{"Effect":"Deny","Principal":"*","Action":"backup:DeleteRecoveryPoint","Resource":"*"}]}`})
	heard("PutBackupVaultAccessPolicy", "backupVaultName", v.id)
	lock := i.mustCreate(vaultLockKind, "lock", object{"backupVaultName": v.id, "minRetentionDays": 7})
	heard("PutBackupVaultLockConfiguration", "backupVaultName", v.id)
	plan := i.mustCreate(planKind, "daily", planOf(v, v.outputs["arn"].(string)))
	heard("CreateBackupPlan")
	_, err = i.update(plan, planOf(v, v.outputs["arn"].(string)))
	require.NoError(t, err)
	heard("UpdateBackupPlan", "backupPlanId", plan.id)
	selection := i.mustCreate(selectionKind, "clusters", object{"planId": plan.id, "iamRoleArn": role.outputs["arn"],
		"resources": []any{"arn:aws:dsql:us-east-1:123456789012:cluster/abc"}})
	heard("CreateBackupSelection", "backupPlanId", plan.id)

	require.NoError(t, i.delete(selection))
	heard("DeleteBackupSelection", "selectionId", selection.id)
	require.NoError(t, i.delete(plan))
	heard("DeleteBackupPlan", "backupPlanId", plan.id)
	require.NoError(t, i.delete(lock))
	heard("DeleteBackupVaultLockConfiguration", "backupVaultName", v.id)
	require.NoError(t, i.delete(policy))
	heard("DeleteBackupVaultAccessPolicy", "backupVaultName", v.id)
	require.NoError(t, i.delete(v))
	heard("DeleteBackupVault", "backupVaultName", v.id)
}
