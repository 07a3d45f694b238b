package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsbackup "github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/backup/types"
	awsdsql "github.com/aws/aws-sdk-go-v2/service/dsql"
	dsqltypes "github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/api"
	sandboxaws "aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
)

// vaults is a world whose two regions have a vault each, over a pair of clusters, and whose jobs take no time.
type vaults struct {
	*world
	t       *testing.T
	role    string // of the jobs
	cluster dsql.Cluster
}

func newVaults(t *testing.T) vaults {
	t.Helper()
	v := vaults{t: t}
	v.world = newWorld(t, func(c *api.Config) {
		require.NoError(t, c.Account.Close())
		c.Account = sandboxaws.NewAccount(sandboxaws.Options{
			Clock:        clock.New(1),
			Regions:      []string{"us-east-1", "us-east-2"},
			ClusterDelay: time.Millisecond,
			Backup: backup.Durations{
				Start:   time.Millisecond,
				Backup:  time.Millisecond,
				Copy:    time.Millisecond,
				Restore: time.Millisecond,
			},
		})
	})
	role, err := v.account.IAM.CreateRole(iam.Role{Name: "backups", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"backup.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	require.NoError(t, err)
	v.role = role.Arn
	_, err = v.account.IAM.PutRolePolicy(iam.RolePolicy{Role: role.Name, Name: "jobs", Policy: `{"Version":"2012-10-17",
		"Statement":[{"Effect":"Allow","Action":["dsql:*","backup:*"],"Resource":"*"}]}`})
	require.NoError(t, err)
	for _, region := range v.account.Regions() {
		key, err := region.KMS.CreateKey(kms.Key{})
		require.NoError(t, err)
		_, err = region.Backup.CreateVault(backup.Vault{Name: "vault", KMSKeyArn: key.Arn})
		require.NoError(t, err)
	}
	made, err := v.account.DSQL.Restore(dsql.RestoreInput{
		Witness:  "us-west-2",
		Clusters: []dsql.RestoredCluster{{Region: "us-east-1"}, {Region: "us-east-2"}},
	})
	require.NoError(t, err)
	v.account.DSQL.Restored(made[0].ARN, made[1].ARN)
	v.cluster = made[0]
	return v
}

// await waits for a change in us-east-1 until a condition holds.
func (v vaults) await(holds func() bool) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), 10*time.Second)
	defer cancel()
	for {
		changed := v.account.Region("us-east-1").Backup.Changed()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			v.t.Fatal("it never came to be")
		}
	}
}

func (v vaults) client() *awsbackup.Client { return awsbackup.NewFromConfig(v.admin("us-east-1")) }

// backUp backs the cluster up on demand.
func (v vaults) backUp() *awsbackup.DescribeBackupJobOutput {
	v.t.Helper()
	started, err := v.client().StartBackupJob(v.t.Context(), &awsbackup.StartBackupJobInput{
		BackupVaultName:  aws.String("vault"),
		ResourceArn:      &v.cluster.ARN,
		IamRoleArn:       &v.role,
		IdempotencyToken: aws.String(v.t.Name()),
		Lifecycle:        &types.Lifecycle{DeleteAfterDays: aws.Int64(35)},
	})
	require.NoError(v.t, err)
	var job *awsbackup.DescribeBackupJobOutput
	v.await(func() bool {
		job, err = v.client().DescribeBackupJob(v.t.Context(), &awsbackup.DescribeBackupJobInput{BackupJobId: started.BackupJobId})
		require.NoError(v.t, err)
		return job.CompletionDate != nil
	})
	require.Equal(v.t, types.BackupJobStateCompleted, job.State, aws.ToString(job.StatusMessage))
	return job
}

// restore restores a recovery point.
func (v vaults) restore(point *string, metadata map[string]string) *awsbackup.DescribeRestoreJobOutput {
	v.t.Helper()
	started, err := v.client().StartRestoreJob(v.t.Context(), &awsbackup.StartRestoreJobInput{
		RecoveryPointArn: point,
		IamRoleArn:       &v.role,
		ResourceType:     aws.String("DSQL"),
		Metadata:         metadata,
	})
	require.NoError(v.t, err)
	var job *awsbackup.DescribeRestoreJobOutput
	v.await(func() bool {
		job, err = v.client().DescribeRestoreJob(v.t.Context(), &awsbackup.DescribeRestoreJobInput{RestoreJobId: started.RestoreJobId})
		require.NoError(v.t, err)
		return job.CompletionDate != nil
	})
	require.Equal(v.t, types.RestoreJobStatusCompleted, job.Status, aws.ToString(job.StatusMessage))
	return job
}

func TestABackupIsMadeListedAndDeletedByTheSDK(t *testing.T) {
	v := newVaults(t)
	job, client, ctx := v.backUp(), v.client(), t.Context()
	assert.Equal(t, v.cluster.Identifier, *job.ResourceName)
	assert.Equal(t, "DSQL", *job.ResourceType)
	assert.WithinDuration(t, job.CreationDate.Add(8*time.Hour), *job.StartBy, time.Second)

	jobs, err := client.ListBackupJobs(ctx, &awsbackup.ListBackupJobsInput{
		ByResourceArn: &v.cluster.ARN,
		ByState:       types.BackupJobStateCompleted,
	})
	require.NoError(t, err)
	require.Len(t, jobs.BackupJobs, 1)
	assert.Equal(t, *job.BackupJobId, *jobs.BackupJobs[0].BackupJobId)
	jobs, err = client.ListBackupJobs(ctx, &awsbackup.ListBackupJobsInput{ByState: types.BackupJobStateFailed})
	require.NoError(t, err)
	assert.Empty(t, jobs.BackupJobs)

	in := &awsbackup.DescribeRecoveryPointInput{BackupVaultName: aws.String("vault"), RecoveryPointArn: job.RecoveryPointArn}
	point, err := client.DescribeRecoveryPoint(ctx, in)
	require.NoError(t, err)
	assert.Equal(t, *job.CreationDate, *point.CreationDate)
	assert.Equal(t, 35*24*time.Hour, point.CalculatedLifecycle.DeleteAt.Sub(*point.CreationDate))
	assert.Equal(t, types.RecoveryPointStatusCompleted, point.Status)
	listed, err := client.ListRecoveryPointsByBackupVault(ctx, &awsbackup.ListRecoveryPointsByBackupVaultInput{
		BackupVaultName: aws.String("vault"),
		ByCreatedAfter:  aws.Time(point.CreationDate.Add(-time.Minute)),
	})
	require.NoError(t, err)
	require.Len(t, listed.RecoveryPoints, 1)
	assert.Equal(t, *point.RecoveryPointArn, *listed.RecoveryPoints[0].RecoveryPointArn)
	ofResource, err := client.ListRecoveryPointsByResource(ctx, &awsbackup.ListRecoveryPointsByResourceInput{
		ResourceArn: &v.cluster.ARN,
	})
	require.NoError(t, err)
	require.Len(t, ofResource.RecoveryPoints, 1)
	metadata, err := client.GetRecoveryPointRestoreMetadata(ctx, &awsbackup.GetRecoveryPointRestoreMetadataInput{
		BackupVaultName: aws.String("vault"), RecoveryPointArn: job.RecoveryPointArn,
	})
	require.NoError(t, err)
	_, err = client.StartRestoreJob(ctx, &awsbackup.StartRestoreJobInput{
		RecoveryPointArn: job.RecoveryPointArn, IamRoleArn: &v.role, Metadata: metadata.RestoreMetadata,
	})
	requireCode(t, err, "InvalidParameterValueException", "cluster_id")

	vault, err := client.DescribeBackupVault(ctx, &awsbackup.DescribeBackupVaultInput{BackupVaultName: aws.String("vault")})
	require.NoError(t, err)
	assert.EqualValues(t, 1, vault.NumberOfRecoveryPoints)
	assert.False(t, *vault.Locked)
	_, err = client.DeleteRecoveryPoint(ctx, &awsbackup.DeleteRecoveryPointInput{
		BackupVaultName: aws.String("vault"), RecoveryPointArn: job.RecoveryPointArn,
	})
	require.NoError(t, err)
	_, err = client.DescribeRecoveryPoint(ctx, in)
	var missing *types.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
}

func TestAPairIsCopiedRestoredAndDeletedByTheSDK(t *testing.T) {
	v := newVaults(t)
	job, client, ctx := v.backUp(), v.client(), t.Context()
	started, err := client.StartCopyJob(ctx, &awsbackup.StartCopyJobInput{
		SourceBackupVaultName:     aws.String("vault"),
		RecoveryPointArn:          job.RecoveryPointArn,
		DestinationBackupVaultArn: aws.String(v.account.Region("us-east-2").ARN("backup", "backup-vault:vault")),
		IamRoleArn:                &v.role,
	})
	require.NoError(t, err)
	var copied *types.CopyJob
	v.await(func() bool {
		out, err := client.DescribeCopyJob(ctx, &awsbackup.DescribeCopyJobInput{CopyJobId: started.CopyJobId})
		require.NoError(t, err)
		copied = out.CopyJob
		return copied.CompletionDate != nil
	})
	require.Equal(t, types.CopyJobStateCompleted, copied.State, aws.ToString(copied.StatusMessage))
	copies, err := client.ListCopyJobs(ctx, &awsbackup.ListCopyJobsInput{BySourceRecoveryPointArn: job.RecoveryPointArn})
	require.NoError(t, err)
	require.Len(t, copies.CopyJobs, 1)
	there, err := awsbackup.NewFromConfig(v.admin("us-east-2")).ListRecoveryPointsByBackupVault(ctx,
		&awsbackup.ListRecoveryPointsByBackupVaultInput{BackupVaultName: aws.String("vault")})
	require.NoError(t, err)
	require.Len(t, there.RecoveryPoints, 1)
	twin := there.RecoveryPoints[0]
	assert.Equal(t, *copied.DestinationRecoveryPointArn, *twin.RecoveryPointArn)
	assert.Equal(t, *job.CreationDate, *twin.CreationDate)
	assert.Equal(t, *job.ResourceName, *twin.ResourceName)
	assert.Equal(t, *job.BackupVaultArn, *twin.SourceBackupVaultArn)

	restored := v.restore(job.RecoveryPointArn, map[string]string{
		"witnessRegion":               "us-west-2",
		"useMultiRegionOrchestration": "true",
		"peerRegion":                  `["us-east-2"]`,
		"regionalConfig":              `[{"region":"us-east-2","isDeletionProtectionEnabled":false}]`,
	})
	assert.Equal(t, v.cluster.ARN, *restored.SourceResourceArn)
	restores, err := client.ListRestoreJobs(ctx, &awsbackup.ListRestoreJobsInput{ByStatus: types.RestoreJobStatusCompleted})
	require.NoError(t, err)
	require.Len(t, restores.RestoreJobs, 1)
	assert.Equal(t, *restored.CreatedResourceArn, *restores.RestoreJobs[0].CreatedResourceArn)

	clusters := awsdsql.NewFromConfig(v.admin("us-east-1"))
	arn := *restored.CreatedResourceArn
	id := aws.String(arn[strings.LastIndex(arn, "/")+1:])
	cluster, err := clusters.GetCluster(ctx, &awsdsql.GetClusterInput{Identifier: id})
	require.NoError(t, err)
	assert.Len(t, cluster.MultiRegionProperties.Clusters, 2)
	_, err = clusters.DeleteCluster(ctx, &awsdsql.DeleteClusterInput{Identifier: id})
	requireCode(t, err, "ValidationException", "deletion protection")
	_, err = clusters.UpdateCluster(ctx, &awsdsql.UpdateClusterInput{Identifier: id, DeletionProtectionEnabled: aws.Bool(false)})
	require.NoError(t, err)
	deleted, err := clusters.DeleteCluster(ctx, &awsdsql.DeleteClusterInput{Identifier: id})
	require.NoError(t, err)
	assert.Equal(t, dsqltypes.ClusterStatusPendingDelete, deleted.Status)
}

func TestPlansVaultsAndSettingsAreRead(t *testing.T) {
	v := newVaults(t)
	region := v.account.Region("us-east-1")
	lifecycle := &backup.Lifecycle{DeleteAfter: 35}
	p, err := region.Backup.CreatePlan(backup.Plan{Name: "plan", Rules: []backup.Rule{{
		Name: "daily", VaultName: "vault", Schedule: "cron(0 3 * * ? *)", Lifecycle: lifecycle,
		CopyActions: []backup.CopyAction{{VaultArn: v.account.Region("us-east-2").ARN("backup", "backup-vault:vault")}},
	}}})
	require.NoError(t, err)
	_, err = region.Backup.CreateSelection(backup.Selection{
		Name: "clusters", PlanID: p.ID, RoleArn: v.role, Resources: []string{v.cluster.ARN},
	})
	require.NoError(t, err)
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",` +
		`"Action":"backup:DeleteRecoveryPoint","Resource":"*"}]}`
	_, err = region.Backup.PutPolicy(backup.VaultPolicy{VaultName: "vault", Document: document})
	require.NoError(t, err)

	client, ctx := v.client(), t.Context()
	plans, err := client.ListBackupPlans(ctx, nil)
	require.NoError(t, err)
	require.Len(t, plans.BackupPlansList, 1)
	plan, err := client.GetBackupPlan(ctx, &awsbackup.GetBackupPlanInput{BackupPlanId: plans.BackupPlansList[0].BackupPlanId})
	require.NoError(t, err)
	require.Len(t, plan.BackupPlan.Rules, 1)
	assert.Equal(t, "cron(0 3 * * ? *)", *plan.BackupPlan.Rules[0].ScheduleExpression)
	assert.EqualValues(t, 35, *plan.BackupPlan.Rules[0].Lifecycle.DeleteAfterDays)
	assert.Len(t, plan.BackupPlan.Rules[0].CopyActions, 1)
	selections, err := client.ListBackupSelections(ctx, &awsbackup.ListBackupSelectionsInput{BackupPlanId: &p.ID})
	require.NoError(t, err)
	require.Len(t, selections.BackupSelectionsList, 1)
	list, err := client.ListBackupVaults(ctx, nil)
	require.NoError(t, err)
	require.Len(t, list.BackupVaultList, 1)
	policy, err := client.GetBackupVaultAccessPolicy(ctx, &awsbackup.GetBackupVaultAccessPolicyInput{BackupVaultName: aws.String("vault")})
	require.NoError(t, err)
	assert.Equal(t, document, *policy.Policy)

	job := v.backUp()
	_, err = client.DeleteRecoveryPoint(ctx, &awsbackup.DeleteRecoveryPointInput{
		BackupVaultName: aws.String("vault"), RecoveryPointArn: job.RecoveryPointArn,
	})
	requireCode(t, err, "AccessDeniedException", "explicit deny in a resource-based policy")

	settings, err := client.DescribeRegionSettings(ctx, nil)
	require.NoError(t, err)
	assert.True(t, settings.ResourceTypeOptInPreference["DSQL"])
	optOut := &awsbackup.UpdateRegionSettingsInput{ResourceTypeOptInPreference: map[string]bool{"DSQL": false}}
	_, err = client.UpdateRegionSettings(ctx, optOut)
	require.NoError(t, err)
	_, err = client.StartBackupJob(ctx, &awsbackup.StartBackupJobInput{
		BackupVaultName: aws.String("vault"), ResourceArn: &v.cluster.ARN, IamRoleArn: &v.role,
	})
	requireCode(t, err, "InvalidRequestException", "not opted in")
}

func TestEachOperationOnBackupsNeedsItsPermission(t *testing.T) {
	v := newVaults(t)
	job := v.backUp()
	client, ctx := awsbackup.NewFromConfig(v.function(t, "us-east-1")), t.Context()
	name, id := aws.String("vault"), aws.String("id")
	for action, call := range map[string]func() error{
		"backup:DescribeBackupJob": func() error {
			_, err := client.DescribeBackupJob(ctx, &awsbackup.DescribeBackupJobInput{BackupJobId: id})
			return err
		},
		"backup:ListBackupJobs": func() error { _, err := client.ListBackupJobs(ctx, nil); return err },
		"backup:StopBackupJob": func() error {
			_, err := client.StopBackupJob(ctx, &awsbackup.StopBackupJobInput{BackupJobId: id})
			return err
		},
		"backup:StartCopyJob": func() error {
			_, err := client.StartCopyJob(ctx, &awsbackup.StartCopyJobInput{SourceBackupVaultName: name, IamRoleArn: &v.role,
				RecoveryPointArn: job.RecoveryPointArn, DestinationBackupVaultArn: id})
			return err
		},
		"backup:DescribeCopyJob": func() error {
			_, err := client.DescribeCopyJob(ctx, &awsbackup.DescribeCopyJobInput{CopyJobId: id})
			return err
		},
		"backup:ListCopyJobs": func() error { _, err := client.ListCopyJobs(ctx, nil); return err },
		"backup:DescribeRestoreJob": func() error {
			_, err := client.DescribeRestoreJob(ctx, &awsbackup.DescribeRestoreJobInput{RestoreJobId: id})
			return err
		},
		"backup:ListRestoreJobs":  func() error { _, err := client.ListRestoreJobs(ctx, nil); return err },
		"backup:ListBackupVaults": func() error { _, err := client.ListBackupVaults(ctx, nil); return err },
		"backup:DescribeBackupVault": func() error {
			_, err := client.DescribeBackupVault(ctx, &awsbackup.DescribeBackupVaultInput{BackupVaultName: name})
			return err
		},
		"backup:GetBackupVaultAccessPolicy": func() error {
			_, err := client.GetBackupVaultAccessPolicy(ctx, &awsbackup.GetBackupVaultAccessPolicyInput{BackupVaultName: name})
			return err
		},
		"backup:DescribeRecoveryPoint": func() error {
			_, err := client.DescribeRecoveryPoint(ctx, &awsbackup.DescribeRecoveryPointInput{BackupVaultName: name,
				RecoveryPointArn: job.RecoveryPointArn})
			return err
		},
		"backup:DeleteRecoveryPoint": func() error {
			_, err := client.DeleteRecoveryPoint(ctx, &awsbackup.DeleteRecoveryPointInput{BackupVaultName: name,
				RecoveryPointArn: job.RecoveryPointArn})
			return err
		},
		"backup:UpdateRecoveryPointLifecycle": func() error {
			_, err := client.UpdateRecoveryPointLifecycle(ctx, &awsbackup.UpdateRecoveryPointLifecycleInput{BackupVaultName: name,
				RecoveryPointArn: job.RecoveryPointArn})
			return err
		},
		"backup:PutBackupVaultAccessPolicy": func() error {
			_, err := client.PutBackupVaultAccessPolicy(ctx, &awsbackup.PutBackupVaultAccessPolicyInput{BackupVaultName: name})
			return err
		},
		"backup:DeleteBackupVaultAccessPolicy": func() error {
			_, err := client.DeleteBackupVaultAccessPolicy(ctx,
				&awsbackup.DeleteBackupVaultAccessPolicyInput{BackupVaultName: name})
			return err
		},
		"backup:DeleteBackupVaultLockConfiguration": func() error {
			_, err := client.DeleteBackupVaultLockConfiguration(ctx,
				&awsbackup.DeleteBackupVaultLockConfigurationInput{BackupVaultName: name})
			return err
		},
		"backup:UpdateBackupPlan": func() error {
			_, err := client.UpdateBackupPlan(ctx, &awsbackup.UpdateBackupPlanInput{BackupPlanId: id,
				BackupPlan: &types.BackupPlanInput{BackupPlanName: name, Rules: []types.BackupRuleInput{}}})
			return err
		},
		"backup:DeleteBackupSelection": func() error {
			_, err := client.DeleteBackupSelection(ctx, &awsbackup.DeleteBackupSelectionInput{BackupPlanId: id, SelectionId: id})
			return err
		},
		"backup:GetRecoveryPointRestoreMetadata": func() error {
			_, err := client.GetRecoveryPointRestoreMetadata(ctx, &awsbackup.GetRecoveryPointRestoreMetadataInput{
				BackupVaultName: name, RecoveryPointArn: job.RecoveryPointArn})
			return err
		},
		"backup:ListRecoveryPointsByBackupVault": func() error {
			_, err := client.ListRecoveryPointsByBackupVault(ctx,
				&awsbackup.ListRecoveryPointsByBackupVaultInput{BackupVaultName: name})
			return err
		},
		"backup:ListRecoveryPointsByResource": func() error {
			_, err := client.ListRecoveryPointsByResource(ctx,
				&awsbackup.ListRecoveryPointsByResourceInput{ResourceArn: &v.cluster.ARN})
			return err
		},
		"backup:GetBackupPlan": func() error {
			_, err := client.GetBackupPlan(ctx, &awsbackup.GetBackupPlanInput{BackupPlanId: id})
			return err
		},
		"backup:ListBackupPlans": func() error { _, err := client.ListBackupPlans(ctx, nil); return err },
		"backup:ListBackupSelections": func() error {
			_, err := client.ListBackupSelections(ctx, &awsbackup.ListBackupSelectionsInput{BackupPlanId: id})
			return err
		},
		"backup:DescribeRegionSettings": func() error { _, err := client.DescribeRegionSettings(ctx, nil); return err },
		"backup:UpdateRegionSettings":   func() error { _, err := client.UpdateRegionSettings(ctx, nil); return err },
	} {
		requireCode(t, call(), "AccessDeniedException", "not authorized to perform: "+action+" on resource: ")
	}
}

func TestWhoStartsJobsNeedsToPassTheirRole(t *testing.T) {
	v := newVaults(t)
	job := v.backUp()
	client, ctx := awsbackup.NewFromConfig(v.function(t, "us-east-1")), t.Context()
	start := func() error {
		_, err := client.StartBackupJob(ctx, &awsbackup.StartBackupJobInput{
			BackupVaultName: aws.String("vault"), ResourceArn: &v.cluster.ARN, IamRoleArn: &v.role,
		})
		return err
	}
	restore := func(metadata map[string]string) error {
		_, err := client.StartRestoreJob(ctx, &awsbackup.StartRestoreJobInput{
			RecoveryPointArn: job.RecoveryPointArn, IamRoleArn: &v.role, Metadata: metadata,
		})
		return err
	}
	requireCode(t, start(), "AccessDeniedException", "backup:StartBackupJob")
	requireCode(t, restore(map[string]string{}), "AccessDeniedException", "backup:StartRestoreJob on resource: "+*job.RecoveryPointArn)
	v.allow(t, "backup:StartBackupJob", "*", "")
	v.allow(t, "backup:StartRestoreJob", "*", "")
	v.allow(t, "iam:PassRole", v.role, `{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}`)
	requireCode(t, start(), "AccessDeniedException", "iam:PassRole on resource: "+v.role)
	requireCode(t, restore(map[string]string{}), "AccessDeniedException", "iam:PassRole")
	v.allow(t, "iam:PassRole", v.role, `{"StringEquals":{"iam:PassedToService":"backup.amazonaws.com"}}`)
	require.NoError(t, start())
	require.NoError(t, restore(map[string]string{}))

	pair := map[string]string{"witnessRegion": "us-west-2", "useMultiRegionOrchestration": "true", "peerRegion": `["us-east-2"]`}
	requireCode(t, restore(pair), "AccessDeniedException", "dsql:UpdateCluster")
	v.allow(t, "dsql:UpdateCluster", "arn:aws:dsql:us-east-1:*:cluster/*", "")
	v.allow(t, "dsql:AddPeerCluster", "*", "")
	v.allow(t, "dsql:RemovePeerCluster", "*", "")
	requireCode(t, restore(pair), "AccessDeniedException", "dsql:UpdateCluster on resource: arn:aws:dsql:us-east-2")
	v.allow(t, "dsql:UpdateCluster", "*", "")
	require.NoError(t, restore(pair))
}

func TestWhatOfBackupsIsNotModelledIsRefusedByName(t *testing.T) {
	v := newVaults(t)
	client, ctx := v.client(), t.Context()
	start := func(edit func(in *awsbackup.StartBackupJobInput)) error {
		in := &awsbackup.StartBackupJobInput{BackupVaultName: aws.String("vault"), ResourceArn: &v.cluster.ARN, IamRoleArn: &v.role}
		edit(in)
		_, err := client.StartBackupJob(ctx, in)
		return err
	}
	for says, err := range map[string]error{
		"of a lifecycle the sandbox models DeleteAfterDays": start(func(in *awsbackup.StartBackupJobInput) {
			in.Lifecycle = &types.Lifecycle{MoveToColdStorageAfterDays: aws.Int64(1), DeleteAfterDays: aws.Int64(91)}
		}),
		"options, indexes": start(func(in *awsbackup.StartBackupJobInput) {
			in.BackupOptions = map[string]string{"WindowsVSS": "enabled"}
		}),
		"of the filters of ListBackupJobs": func() error {
			_, err := client.ListBackupJobs(ctx, &awsbackup.ListBackupJobsInput{ByParentJobId: aws.String("id")})
			return err
		}(),
		"of the filters of ListRestoreJobs": func() error {
			_, err := client.ListRestoreJobs(ctx, &awsbackup.ListRestoreJobsInput{ByRestoreTestingPlanArn: aws.String("arn")})
			return err
		}(),
		"operation CreateRestoreTestingPlan is not modelled": func() error {
			_, err := client.CreateRestoreTestingPlan(ctx, &awsbackup.CreateRestoreTestingPlanInput{
				RestoreTestingPlan: &types.RestoreTestingPlanForCreate{
					RestoreTestingPlanName: aws.String("p"), ScheduleExpression: aws.String("cron(0 5 ? * * *)"),
					RecoveryPointSelection: &types.RestoreTestingRecoveryPointSelection{},
				},
			})
			return err
		}(),
	} {
		requireCode(t, err, "NotImplemented", says)
	}
	requireCode(t, start(func(in *awsbackup.StartBackupJobInput) {
		in.Lifecycle = &types.Lifecycle{DeleteAfterDays: aws.Int64(0)}
	}), "InvalidParameterValueException", "want 1 to 36500")
	_, err := client.ListBackupJobs(ctx, &awsbackup.ListBackupJobsInput{MaxResults: aws.Int32(1001)})
	requireCode(t, err, "InvalidParameterValueException", "maxResults")
}
