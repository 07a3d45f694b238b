package sandbox

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/postgres/postgrestest"
)

func TestATakenPortIsNamed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, taken.Close()) })
	t.Setenv("TMPDIR", postgrestest.ReachableDir(t))
	_, err = Start(t.Context(), Options{Address: taken.Addr().String(), Template: postgrestest.Template(t)})
	assert.ErrorContains(t, err, "cannot listen on "+taken.Addr().String())
	assert.ErrorContains(t, err, "choose another address, or port 0")
	left, err := filepath.Glob(filepath.Join(os.TempDir(), statePrefix+"*"))
	require.NoError(t, err)
	assert.Empty(t, left, "a failed start leaves nothing behind")
}

func TestAKilledPostgreSQLEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, Options{})
	ctx, stop := s.Watch(t.Context())
	defer stop()
	require.NoError(t, syscall.Kill(s.postgres.PID(), syscall.SIGKILL))
	<-ctx.Done()
	assert.ErrorContains(t, context.Cause(ctx), "PostgreSQL has ended")
}

func TestStateOfTheLivingIsKept(t *testing.T) {
	t.Setenv("TMPDIR", postgrestest.ReachableDir(t))
	living, err := newState()
	require.NoError(t, err)
	dead, err := newState()
	require.NoError(t, err)
	require.NoError(t, dead.lock.Close()) // as the kernel does when the owner is killed
	unlocked, fresh := filepath.Join(os.TempDir(), statePrefix+"unlocked"), filepath.Join(os.TempDir(), statePrefix+"fresh")
	require.NoError(t, os.Mkdir(unlocked, 0o700))
	require.NoError(t, os.Mkdir(fresh, 0o700))
	before := time.Now().Add(-2 * makingTime)
	require.NoError(t, os.Chtimes(unlocked, before, before))
	elsewhere := t.TempDir()
	link := filepath.Join(os.TempDir(), statePrefix+"link")
	require.NoError(t, os.Symlink(elsewhere, link))

	next, err := newState()
	require.NoError(t, err)
	assert.DirExists(t, living.dir)
	assert.NoDirExists(t, dead.dir)
	assert.NoDirExists(t, unlocked, "its owner was killed before it could lock it")
	assert.DirExists(t, fresh, "its owner is about to lock it")
	assert.DirExists(t, elsewhere, "links are not followed")
	require.NoError(t, living.remove())
	require.NoError(t, next.remove())
	assert.NoDirExists(t, living.dir)
}

func TestAClusterKeyNeedsAPolicyThatAdmitsTheService(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, Options{})
	keys := s.Account.Region("us-east-1").KMS
	closed, err := keys.CreateKey(kms.Key{})
	require.NoError(t, err)
	_, err = s.Account.Region("us-east-1").DSQL.CreateCluster(dsql.CreateClusterInput{KMSEncryptionKey: &closed.Arn})
	assert.ErrorContains(t, err, "cannot be used by dsql.amazonaws.com")

	open, err := keys.CreateKey(kms.Key{Policy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"},
		{"Effect":"Allow","Principal":{"Service":"dsql.amazonaws.com"},"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*",
		 "Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}]}`})
	require.NoError(t, err)
	cluster, err := s.Account.Region("us-east-1").DSQL.CreateCluster(dsql.CreateClusterInput{KMSEncryptionKey: &open.Arn})
	require.NoError(t, err)

	require.NoError(t, keys.SetEnabled(open.Arn, false))
	s.Account.DSQL.CheckKeys("us-east-1")
	cluster, err = s.Account.Region("us-east-1").DSQL.GetCluster(cluster.Identifier)
	require.NoError(t, err)
	assert.Equal(t, dsql.EncryptionInaccessible, cluster.EncryptionDetails.EncryptionStatus)
}

func newSandbox(t *testing.T, opts Options) *Sandbox {
	t.Helper()
	opts.Template = postgrestest.Template(t)
	s, err := Start(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}
