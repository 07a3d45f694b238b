package sandbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
)

// connect connects as admin to a cluster that is ACTIVE.
func (s *Sandbox) connect(t *testing.T, c dsql.Cluster) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig("host=localhost sslmode=verify-full")
	require.NoError(t, err)
	config.Host, config.User, config.Database, config.Fallbacks = c.Endpoint, AdminUser, "postgres", nil
	config.Password, err = Token(t.Context(), c, AdminUser, s.Account.IAM.Admin())
	require.NoError(t, err)
	pem, err := os.ReadFile(s.CAFile)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	config.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.Endpoint, RootCAs: roots}
	config.LookupFunc = func(context.Context, string) ([]string, error) {
		return []string{s.Account.Region(c.Region).SQL.Addr()}, nil
	}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// await waits for a change of a region's jobs until a condition holds.
func await(t *testing.T, service *backup.Service, holds func() bool) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		changed := service.Changed()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatal("it never came to be")
		}
	}
}

func TestDeletedRowsComeBackInANewCluster(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, Options{Backup: backup.Durations{Start: time.Millisecond}})
	role, err := s.Account.IAM.CreateRole(iam.Role{Name: "backups", AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"backup.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	require.NoError(t, err)
	_, err = s.Account.IAM.PutRolePolicy(iam.RolePolicy{Role: role.Name, Name: "jobs", Policy: `{"Version":"2012-10-17",
		"Statement":[{"Effect":"Allow","Action":["dsql:*","backup:*"],"Resource":"*"}]}`})
	require.NoError(t, err)
	for _, region := range []string{"us-east-1", "us-east-2"} {
		key, err := s.Account.Region(region).KMS.CreateKey(kms.Key{})
		require.NoError(t, err)
		_, err = s.Account.Region(region).Backup.CreateVault(backup.Vault{Name: "vault", KMSKeyArn: key.Arn})
		require.NoError(t, err)
	}
	made, err := s.Account.DSQL.Restore(dsql.RestoreInput{
		Witness:  "us-west-2",
		Clusters: []dsql.RestoredCluster{{Region: "us-east-1"}, {Region: "us-east-2"}},
	})
	require.NoError(t, err)
	s.Account.DSQL.Restored(made[0].ARN, made[1].ARN)
	old := s.connect(t, made[0])
	for _, statement := range []string{
		"CREATE TABLE public.orders (id bigint PRIMARY KEY, item text)",
		"CREATE INDEX ASYNC ON public.orders (item)",
		"INSERT INTO public.orders SELECT i, 'item ' || i FROM generate_series(1, 1000) i",
		"CREATE ROLE app WITH LOGIN",
		"AWS IAM GRANT app TO 'arn:aws:iam::123456789012:role/app'",
		"GRANT SELECT ON public.orders TO app",
	} {
		_, err := old.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}

	service := s.Account.Region("us-east-1").Backup
	started, err := service.StartBackup(backup.Job{
		VaultName: "vault", ResourceArn: made[0].ARN, RoleArn: role.Arn,
	}, 0, 0, "")
	require.NoError(t, err)
	var job backup.Job
	await(t, service, func() bool {
		job, err = service.BackupJob(started.ID)
		require.NoError(t, err)
		return job.CompletedAt != nil
	})
	require.Equal(t, backup.Completed, job.State, job.Message)
	assert.Positive(t, job.Bytes)
	_, err = old.Exec(t.Context(), "DELETE FROM public.orders")
	require.NoError(t, err, "the connection that was open is")

	copied, err := service.StartCopy(backup.CopyJob{
		SourceVault: "vault", SourcePointArn: job.PointArn, RoleArn: role.Arn,
		VaultArn: s.Account.Region("us-east-2").ARN("backup", "backup-vault:vault"),
	}, "")
	require.NoError(t, err)
	await(t, service, func() bool {
		copied, err = service.CopyJob(copied.ID)
		require.NoError(t, err)
		return copied.CompletedAt != nil
	})
	require.Equal(t, backup.Completed, copied.State, copied.Message)
	require.NoError(t, service.DeletePoint("vault", job.PointArn), "its twin has the rows all the same")

	there := s.Account.Region("us-east-2").Backup
	target, err := backup.ReadMetadata("us-east-2", nil)
	require.NoError(t, err)
	restoring, err := there.StartRestore(backup.RestoreJob{PointArn: copied.PointArn, RoleArn: role.Arn, Target: target}, "")
	require.NoError(t, err)
	var restored backup.RestoreJob
	await(t, there, func() bool {
		restored, err = there.RestoreJob(restoring.ID)
		require.NoError(t, err)
		return restored.CompletedAt != nil
	})
	require.Equal(t, backup.Completed, restored.State, restored.Message)
	c, ok := s.Account.DSQL.Cluster(restored.CreatedArn)
	require.True(t, ok)
	fresh := s.connect(t, c)
	count := func(conn *pgx.Conn, what string) (n int) {
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM "+what).Scan(&n))
		return n
	}
	assert.Equal(t, 1000, count(fresh, "public.orders"))
	assert.Zero(t, count(old, "public.orders"), "the old pair is as it was")
	assert.Equal(t, 1, count(old, "sys.iam_pg_role_mappings"))
	assert.Zero(t, count(fresh, "sys.iam_pg_role_mappings"))
	assert.Equal(t, 1, count(fresh, "pg_indexes WHERE indexname = 'orders_item_idx'"))
	var may bool
	require.NoError(t, fresh.QueryRow(t.Context(), "SELECT has_table_privilege('app', 'public.orders', 'SELECT')").Scan(&may))
	assert.True(t, may)
	assert.Contains(t, s.Leftovers(), "us-east-2 backup vault vault")
}
