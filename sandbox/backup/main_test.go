package backup

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudtrail"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/region"
)

const (
	account                     = "123456789012"
	primary, secondary, witness = "us-east-1", "us-east-2", "us-west-2"

	invalid = "InvalidParameterValueException"
	missing = "ResourceNotFoundException"
	refused = "InvalidRequestException"
	taken   = "AlreadyExistsException"
)

// rowsOf is Data whose rows are one text for each cluster.
type rowsOf struct {
	mu    sync.Mutex
	text  map[string]string
	n     int // snapshots that are kept
	takes time.Duration
	fails error
}

// kept is how many snapshots are kept.
func (d *rowsOf) kept() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.n
}

// fail has whatever is tried fail, and slow makes copies take a time.
func (d *rowsOf) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails = err
}

func (d *rowsOf) slow(takes time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.takes = takes
}

type text struct {
	of    *rowsOf
	value string
}

func (t *text) Bytes() int64 { return int64(len(t.value)) }

func (t *text) Remove() error {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	t.of.n--
	return nil
}

func (d *rowsOf) Copy(ctx context.Context, arn string) (Snapshot, error) {
	d.mu.Lock()
	takes := d.takes
	d.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		return nil, d.fails
	}
	d.n++
	return &text{d, d.text[arn]}, nil
}

func (d *rowsOf) Fill(_ context.Context, arn string, s Snapshot) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		return d.fails
	}
	d.text[arn] = s.(*text).value
	return nil
}

func (d *rowsOf) set(arn, value string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.text[arn] = value
}

func (d *rowsOf) get(arn string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text[arn]
}

// world is two regions with a vault each, a pair of clusters, and a role that may do everything that jobs do.
type world struct {
	t       *testing.T
	env     map[string]*region.Env
	backup  map[string]*Service
	kms     map[string]*kms.Service
	iam     *iam.Service
	dsql    *dsql.ControlPlane
	data    *rowsOf
	role    string
	cluster map[string]dsql.Cluster

	mu       sync.Mutex
	recorded []cloudtrail.Call
}

func (w *world) record(c cloudtrail.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recorded = append(w.recorded, c)
}

func run(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		t.Cleanup(func() { // also when the test has failed: a plan never ends by itself
			for _, s := range w.backup {
				s.Close()
			}
			w.dsql.Close()
		})
		test(w)
	})
}

func newWorld(t *testing.T) *world {
	clk := clock.New(1)
	w := &world{
		t:       t,
		env:     map[string]*region.Env{},
		backup:  map[string]*Service{},
		kms:     map[string]*kms.Service{},
		iam:     iam.New(account, clk),
		dsql:    dsql.New(dsql.Options{Account: account, Clock: clk}),
		data:    &rowsOf{text: map[string]string{}},
		cluster: map[string]dsql.Cluster{},
	}
	w.role = w.newRole("backups", `{"Effect":"Allow","Action":["dsql:*","backup:*","kms:*"],"Resource":"*"}`)
	for _, name := range []string{primary, secondary} {
		env := region.New(name, account, clk)
		w.env[name], w.kms[name] = env, kms.New(env, w.iam)
		w.backup[name] = New(env, Deps{
			IAM:    w.iam,
			KMS:    w.kms[name],
			Events: events.New(env, events.Deps{IAM: w.iam, KMS: w.kms[name]}),
			DSQL:   w.dsql,
			Data:   w.data,
			Peer:   func(region string) *Service { return w.backup[region] },
			Record: w.record,
		})
		w.newVault(name, "vault")
	}
	w.newPair()
	return w
}

func (w *world) newRole(name, statement string) string {
	w.t.Helper()
	role, err := w.iam.CreateRole(iam.Role{Name: name, AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"backup.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	require.NoError(w.t, err)
	w.grant(name, statement)
	return role.Arn
}

func (w *world) grant(role, statement string) {
	w.t.Helper()
	_, err := w.iam.PutRolePolicy(iam.RolePolicy{Role: role, Name: "p",
		Policy: `{"Version":"2012-10-17","Statement":[` + statement + `]}`})
	require.NoError(w.t, err)
}

func (w *world) newVault(region, name string) Vault {
	w.t.Helper()
	key, err := w.kms[region].CreateKey(kms.Key{})
	require.NoError(w.t, err)
	v, err := w.backup[region].CreateVault(Vault{Name: name, KMSKeyArn: key.Arn})
	require.NoError(w.t, err)
	return v
}

// newPair makes the pair of clusters, which is named "data".
func (w *world) newPair() {
	w.t.Helper()
	made, err := w.dsql.Restore(dsql.RestoreInput{
		Witness:  witness,
		Clusters: []dsql.RestoredCluster{{Region: primary}, {Region: secondary}},
		Tags:     map[string]string{"owner": "us"},
	})
	require.NoError(w.t, err)
	for _, c := range made {
		w.dsql.Restored(c.ARN)
		w.cluster[c.Region] = c
		w.data.set(c.ARN, "first")
	}
}

// arn is the cluster of a region.
func (w *world) arn(region string) string { return w.cluster[region].ARN }

// pass lets time pass, and everything that is due happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// asked is a backup of the primary region's cluster on demand.
func (w *world) asked() Job {
	return Job{
		VaultName:   "vault",
		ResourceArn: w.arn(primary),
		RoleArn:     w.role,
		Lifecycle:   Lifecycle{DeleteAfter: 35},
	}
}

func (w *world) start(j Job) Job {
	w.t.Helper()
	started, err := w.backup[primary].StartBackup(j, 0, 0, "")
	require.NoError(w.t, err)
	return started
}

func (w *world) job(id string) Job {
	w.t.Helper()
	j, err := w.backup[primary].BackupJob(id)
	require.NoError(w.t, err)
	return j
}

// backedUp is a recovery point of the primary region's cluster.
func (w *world) backedUp() RecoveryPoint {
	w.t.Helper()
	j := w.start(w.asked())
	pass(4 * time.Minute)
	j = w.job(j.ID)
	require.Equal(w.t, Completed, j.State, j.Message)
	return w.point(primary, j.PointArn)
}

func (w *world) point(region, arn string) RecoveryPoint {
	w.t.Helper()
	p, err := w.backup[region].Find(arn)
	require.NoError(w.t, err)
	return p
}

// copied is the twin of a recovery point, in the secondary region.
func (w *world) copied(p RecoveryPoint) RecoveryPoint {
	w.t.Helper()
	j := w.startCopy(w.copyOf(p))
	pass(4 * time.Minute)
	j = w.copyJob(j.ID)
	require.Equal(w.t, Completed, j.State, j.Message)
	return w.point(secondary, j.PointArn)
}

// copyOf is a copy of a recovery point to the secondary region, on demand.
func (w *world) copyOf(p RecoveryPoint) CopyJob {
	return CopyJob{SourceVault: "vault", SourcePointArn: p.Arn, VaultArn: w.vaultArn(secondary), RoleArn: w.role}
}

func (w *world) startCopy(j CopyJob) CopyJob {
	w.t.Helper()
	started, err := w.backup[primary].StartCopy(j, "")
	require.NoError(w.t, err)
	return started
}

func (w *world) copyJob(id string) CopyJob {
	w.t.Helper()
	j, err := w.backup[primary].CopyJob(id)
	require.NoError(w.t, err)
	return j
}

func (w *world) vaultArn(region string) string { return w.backup[region].vaultARN("vault") }

// points are the recovery points of a region's vault, the newest first.
func (w *world) points(region string) []RecoveryPoint {
	w.t.Helper()
	points, err := w.backup[region].PointsOfVault("vault")
	require.NoError(w.t, err)
	return points
}

func requireCode(t *testing.T, err error, code, says string) {
	t.Helper()
	var known *awserr.Error
	require.ErrorAs(t, err, &known)
	require.Equal(t, code, known.Code)
	require.Contains(t, known.Message, says)
}

// regionOf is the region of an ARN.
func regionOf(arn string) string { return strings.Split(arn, ":")[3] }
