package aws

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/sqs"
)

// told is an event of AWS Backup, and what it says of the state.
type told struct {
	Kind   string `json:"detail-type"`
	Detail struct {
		State  string `json:"state"`
		Status string `json:"status"`
	} `json:"detail"`
}

// queued reads the events that a rule has sent to a queue.
func queued(t *testing.T, r *Region, queue string) (all []string) {
	t.Helper()
	for {
		messages, err := r.SQS.Receive(context.Background(), queue, 10, -1, 0)
		require.NoError(t, err)
		if len(messages) == 0 {
			slices.Sort(all)
			return all
		}
		for _, m := range messages {
			var e told
			require.NoError(t, json.Unmarshal([]byte(m.Body), &e))
			all = append(all, e.Kind+" "+e.Detail.State+e.Detail.Status)
		}
	}
}

func TestAPlansJobsAreAnnouncedPublishedAndExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-east-1", "us-east-2"}})
		defer func() { assert.NoError(t, a.Close()) }()
		r := a.Region("us-east-1")
		queue, err := r.SQS.CreateQueue(sqs.Queue{Name: "events", Policy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`})
		require.NoError(t, err)
		_, err = r.Events.PutRule(events.Rule{Name: "backups", EventPattern: `{"source":["aws.backup"]}`})
		require.NoError(t, err)
		_, err = r.Events.PutTarget(events.Target{Rule: "backups", TargetID: "queue", Arn: queue.Arn})
		require.NoError(t, err)
		role, err := a.IAM.CreateRole(iam.Role{Name: "backups", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"Service":"backup.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
		require.NoError(t, err)
		_, err = a.IAM.PutRolePolicy(iam.RolePolicy{Role: role.Name, Name: "jobs", Policy: `{"Version":"2012-10-17",
			"Statement":[{"Effect":"Allow","Action":["dsql:*","backup:*"],"Resource":"*"}]}`})
		require.NoError(t, err)
		for _, region := range a.Regions() {
			key, err := region.KMS.CreateKey(kms.Key{})
			require.NoError(t, err)
			_, err = region.Backup.CreateVault(backup.Vault{Name: "vault", KMSKeyArn: key.Arn})
			require.NoError(t, err)
		}
		made, err := a.DSQL.Restore(dsql.RestoreInput{Clusters: []dsql.RestoredCluster{{Region: "us-east-1"}}})
		require.NoError(t, err)
		a.DSQL.Restored(made[0].ARN)
		plan, err := r.Backup.CreatePlan(backup.Plan{Name: "daily", Rules: []backup.Rule{{
			Name: "daily", VaultName: "vault", Schedule: "cron(0 3 * * ? *)", Lifecycle: &backup.Lifecycle{DeleteAfter: 1},
			CopyActions: []backup.CopyAction{{VaultArn: a.Region("us-east-2").ARN("backup", "backup-vault:vault")}},
		}}})
		require.NoError(t, err)
		_, err = r.Backup.CreateSelection(backup.Selection{
			Name: "clusters", PlanID: plan.ID, RoleArn: role.Arn, Resources: []string{made[0].ARN},
		})
		require.NoError(t, err)

		time.Sleep(3*time.Hour + 15*time.Minute + time.Second)
		synctest.Wait()
		assert.Equal(t, []string{
			"Backup Job State Change COMPLETED", "Backup Job State Change CREATED", "Backup Job State Change RUNNING",
			"Copy Job State Change COMPLETED", "Copy Job State Change CREATED", "Copy Job State Change RUNNING",
			"Recovery Point State Change COMPLETED",
		}, queued(t, r, queue.URL))
		three := time.Date(2000, 1, 1, 3, 0, 0, 0, time.UTC)
		for _, metric := range []string{"NumberOfBackupJobsCompleted", "NumberOfCopyJobsCompleted"} {
			assert.True(t, Publishes("AWS/Backup", metric))
			points, err := r.CloudWatch.GetMetricStatistics(cloudwatch.Metric{
				Namespace:  "AWS/Backup",
				Name:       metric,
				Dimensions: map[string]string{"BackupVaultName": "vault", "ResourceType": "DSQL"},
			}, three, three.Add(15*time.Minute), 15*time.Minute, "")
			require.NoError(t, err)
			require.Len(t, points, 1, metric)
			assert.InDelta(t, 1, points[0].Sum, 0, metric)
		}

		time.Sleep(24 * time.Hour)
		synctest.Wait()
		for _, region := range a.Regions() {
			points, err := region.Backup.PointsOfVault("vault")
			require.NoError(t, err)
			assert.Len(t, points, 1, "the first has expired, the second is there")
		}
	})
}
