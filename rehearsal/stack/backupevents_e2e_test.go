//go:build e2e

package stack

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsbackup "github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/backup"
)

// robbed is a region whose backups somebody takes away, as far as the lock and the policy of the vault let them. It
// returns what people are to be told of it, and the last call is one of these: of what comes before and tells nobody,
// as the end of recovery points whose time has come and the vault of another team, they would have been told by then.
func (l life) robbed(out Outputs, region string) (told []string) {
	l.t.Helper()
	kept, ctx, vault := l.Account.Region(region).Backup, l.t.Context(), aws.String(out.BackupVaultNames[region])
	client := awsbackup.New(awsbackup.Options{Region: region, BaseEndpoint: &l.Endpoint, Credentials: l.Admin()})
	by := " on AWS Backup in " + region + " by " + l.Account.IAM.Admin().Principal.ARN
	points, err := kept.PointsOfVault(*vault)
	require.NoError(l.t, err)
	require.NotEmpty(l.t, points)
	deletion := &awsbackup.DeleteRecoveryPointInput{BackupVaultName: vault, RecoveryPointArn: &points[0].Arn}

	_, err = client.DeleteRecoveryPoint(ctx, deletion)
	require.ErrorContains(l.t, err, "AccessDenied")
	told = append(told, "REFUSED (AccessDenied): DeleteRecoveryPoint"+by)
	_, err = client.DeleteBackupVaultLockConfiguration(ctx,
		&awsbackup.DeleteBackupVaultLockConfigurationInput{BackupVaultName: vault})
	require.NoError(l.t, err)
	told = append(told, "DeleteBackupVaultLockConfiguration"+by)
	_, err = client.PutBackupVaultAccessPolicy(ctx, &awsbackup.PutBackupVaultAccessPolicyInput{
		BackupVaultName: vault,
		Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",
			"Action":"backup:DeleteRecoveryPoint","Resource":"*"}]}`),
	})
	require.NoError(l.t, err)
	told = append(told, "PutBackupVaultAccessPolicy"+by)
	_, err = client.DeleteRecoveryPoint(ctx, deletion)
	require.NoError(l.t, err)
	told = append(told, "DeleteRecoveryPoint"+by)

	kept.Tick(time.Now().Add(2 * RetentionDays * 24 * time.Hour))
	own, err := kept.Vault(*vault)
	require.NoError(l.t, err)
	require.Zero(l.t, own.RecoveryPoints, "their time has come")
	_, err = kept.CreateVault(backup.Vault{Name: "theirs", KMSKeyArn: own.KMSKeyArn})
	require.NoError(l.t, err)
	_, err = client.DeleteBackupVault(ctx, &awsbackup.DeleteBackupVaultInput{BackupVaultName: aws.String("theirs")})
	require.NoError(l.t, err)

	for _, on := range []bool{true, false} {
		_, err = client.UpdateRegionSettings(ctx, &awsbackup.UpdateRegionSettingsInput{
			ResourceTypeOptInPreference: map[string]bool{backup.ResourceType: on},
		})
		require.NoError(l.t, err)
	}
	return append(told, "UpdateRegionSettings"+by)
}
