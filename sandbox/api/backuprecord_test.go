package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsbackup "github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	sandboxaws "aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/sqs"
)

// heard are the events of a region that a rule matches, one at a time.
func heard(t *testing.T, region *sandboxaws.Region, pattern string) func() (string, map[string]any) {
	t.Helper()
	queue, err := region.SQS.CreateQueue(sqs.Queue{Name: "heard", Policy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`})
	require.NoError(t, err)
	_, err = region.Events.PutRule(events.Rule{Name: "heard", EventPattern: pattern})
	require.NoError(t, err)
	_, err = region.Events.PutTarget(events.Target{Rule: "heard", TargetID: "queue", Arn: queue.Arn})
	require.NoError(t, err)
	return func() (string, map[string]any) {
		t.Helper()
		messages, err := region.SQS.Receive(t.Context(), queue.URL, 1, time.Hour, 10*time.Second)
		require.NoError(t, err)
		require.Len(t, messages, 1)
		var event struct {
			Kind   string `json:"detail-type"`
			Detail map[string]any
		}
		require.NoError(t, json.Unmarshal([]byte(messages[0].Body), &event))
		return event.Kind, event.Detail
	}
}

func TestCloudTrailHearsOfWhatIsChangedInBackups(t *testing.T) {
	v := newVaults(t)
	region := v.account.Region("us-east-1")
	point := v.backUp().RecoveryPointArn
	plan, err := region.Backup.CreatePlan(backup.Plan{Name: "plan", Rules: []backup.Rule{{Name: "daily", VaultName: "vault"}}})
	require.NoError(t, err)
	selection, err := region.Backup.CreateSelection(backup.Selection{
		Name: "clusters", PlanID: plan.ID, RoleArn: v.role, Resources: []string{v.cluster.ARN},
	})
	require.NoError(t, err)
	next := heard(t, region, `{"source":["aws.backup"],"detail-type":[{"prefix":"AWS "}]}`)
	client, ctx, vault := v.client(), t.Context(), aws.String("vault")
	rules := []types.BackupRuleInput{{RuleName: aws.String("daily"), TargetBackupVaultName: vault}}
	for name, call := range inOrder(
		"PutBackupVaultLockConfiguration", func() error {
			_, err := client.PutBackupVaultLockConfiguration(ctx, &awsbackup.PutBackupVaultLockConfigurationInput{
				BackupVaultName: vault, MinRetentionDays: aws.Int64(1)})
			return err
		},
		"DeleteBackupVaultLockConfiguration", func() error {
			_, err := client.DeleteBackupVaultLockConfiguration(ctx, &awsbackup.DeleteBackupVaultLockConfigurationInput{
				BackupVaultName: vault})
			return err
		},
		"PutBackupVaultAccessPolicy", func() error {
			_, err := client.PutBackupVaultAccessPolicy(ctx, &awsbackup.PutBackupVaultAccessPolicyInput{
				BackupVaultName: vault, Policy: aws.String(`{"Version":"2012-10-17","Statement":[
					{"Effect":"Deny","Principal":"*","Action":"backup:StartCopyJob","Resource":"*"}]}`)})
			return err
		},
		"DeleteBackupVaultAccessPolicy", func() error {
			_, err := client.DeleteBackupVaultAccessPolicy(ctx, &awsbackup.DeleteBackupVaultAccessPolicyInput{
				BackupVaultName: vault})
			return err
		},
		"UpdateRecoveryPointLifecycle", func() error {
			out, err := client.UpdateRecoveryPointLifecycle(ctx, &awsbackup.UpdateRecoveryPointLifecycleInput{
				BackupVaultName: vault, RecoveryPointArn: point, Lifecycle: &types.Lifecycle{DeleteAfterDays: aws.Int64(2)}})
			if err == nil {
				assert.EqualValues(t, 2, *out.Lifecycle.DeleteAfterDays)
				assert.NotNil(t, out.CalculatedLifecycle.DeleteAt)
			}
			return err
		},
		"UpdateBackupPlan", func() error {
			out, err := client.UpdateBackupPlan(ctx, &awsbackup.UpdateBackupPlanInput{BackupPlanId: &plan.ID,
				BackupPlan: &types.BackupPlanInput{BackupPlanName: aws.String("plan"), Rules: rules}})
			if err == nil {
				assert.NotEqual(t, plan.Version, *out.VersionId)
			}
			return err
		},
		"DeleteBackupSelection", func() error {
			_, err := client.DeleteBackupSelection(ctx, &awsbackup.DeleteBackupSelectionInput{
				BackupPlanId: &plan.ID, SelectionId: &selection.ID})
			return err
		},
		"DeleteBackupPlan", func() error {
			_, err := client.DeleteBackupPlan(ctx, &awsbackup.DeleteBackupPlanInput{BackupPlanId: &plan.ID})
			return err
		},
		"UpdateRegionSettings", func() error {
			_, err := client.UpdateRegionSettings(ctx, &awsbackup.UpdateRegionSettingsInput{
				ResourceTypeOptInPreference: map[string]bool{"DSQL": true}})
			return err
		},
	) {
		require.NoError(t, call(), name)
		kind, record := next()
		assert.Equal(t, "AWS API Call via CloudTrail", kind)
		assert.Equal(t, name, record["eventName"])
		assert.Equal(t, "backup.amazonaws.com", record["eventSource"])
		assert.NotContains(t, record, "errorCode")
		assert.NotEmpty(t, record["requestParameters"])
	}
	_, err = client.DescribeBackupVault(ctx, &awsbackup.DescribeBackupVaultInput{BackupVaultName: vault}) // changes nothing
	require.NoError(t, err)

	deletion := &awsbackup.DeleteRecoveryPointInput{BackupVaultName: vault, RecoveryPointArn: point}
	_, err = awsbackup.NewFromConfig(v.function(t, "us-east-1")).DeleteRecoveryPoint(ctx, deletion)
	require.Error(t, err)
	_, record := next()
	assert.Equal(t, "AccessDenied", record["errorCode"])
	_, err = client.DeleteRecoveryPoint(ctx, deletion)
	require.NoError(t, err)
	kinds := map[string]map[string]any{}
	for range 2 {
		kind, record := next()
		kinds[kind] = record
	}
	assert.Equal(t, map[string]any{"backupVaultName": "vault", "recoveryPointArn": *point},
		kinds["AWS API Call via CloudTrail"]["requestParameters"])
	gone := kinds["AWS Service Event via CloudTrail"]
	assert.Equal(t, "BackupDeleted", gone["eventName"])
	assert.Equal(t, map[string]any{"accountId": v.account.ID, "invokedBy": "backup.amazonaws.com"}, gone["userIdentity"])
}

// inOrder are calls with their names.
func inOrder(pairs ...any) func(yield func(string, func() error) bool) {
	return func(yield func(string, func() error) bool) {
		for i := 0; i < len(pairs); i += 2 {
			if !yield(pairs[i].(string), pairs[i+1].(func() error)) {
				return
			}
		}
	}
}
