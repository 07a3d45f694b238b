package provider

import (
	"context"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/emptypb"

	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/kms"
)

// short is a timeout for what waits in vain.
const short = 300 * time.Millisecond

func side(protected bool) object {
	return object{"deletionProtectionEnabled": protected, "multiRegionProperties": object{"witnessRegion": witness}}
}

func peeringOf(own, other stateOf) object {
	return object{"identifier": own.id, "clusters": []any{other.outputs["arn"]}, "witnessRegion": witness}
}

// pair is a peered pair of clusters as a program deploys it.
type pair struct {
	a, b               *testInstance
	clusterA, clusterB stateOf
	peeringA           stateOf
}

func (w *world) pair(protected bool) pair {
	w.t.Helper()
	p := pair{a: w.in(primary), b: w.in(secondary)}
	p.clusterA, p.clusterB = p.a.mustCreate(clusterKind, "a", side(protected)), p.b.mustCreate(clusterKind, "b", side(protected))
	var both errgroup.Group
	both.Go(func() (err error) {
		p.peeringA, err = p.a.create(peeringKind, "a", peeringOf(p.clusterA, p.clusterB))
		return err
	})
	both.Go(func() error {
		_, err := p.b.create(peeringKind, "b", peeringOf(p.clusterB, p.clusterA))
		return err
	})
	require.NoError(w.t, both.Wait())
	return p
}

func TestUnchainedPeeringsComplete(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.pair(false)
	for _, c := range w.DSQL.Clusters() {
		assert.Equal(t, dsql.Active, c.Status)
	}
	assert.Equal(t, p.clusterA.id, p.peeringA.id, "a peering's id is its cluster's")
}

func TestAChainedPeeringHangsUntilItsTimeout(t *testing.T) {
	w := newWorld(t, Options{Timeout: short})
	a, b := w.in(primary), w.in(secondary)
	clusterA, clusterB := a.mustCreate(clusterKind, "a", side(false)), b.mustCreate(clusterKind, "b", side(false))
	_, err := a.create(peeringKind, "a", peeringOf(clusterA, clusterB)) // the other waits for this one
	assert.ErrorContains(t, err, "timeout while waiting for state to become 'ACTIVE' (last state: 'PENDING_SETUP', timeout: 300ms)")
}

func TestTimeoutsOfTheResourceComeFirst(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.in(primary), w.in(secondary)
	clusterA, clusterB := a.mustCreate(clusterKind, "a", side(false)), b.mustCreate(clusterKind, "b", side(false))
	inputs := peeringOf(clusterA, clusterB)
	inputs["timeouts"] = object{"create": "200ms"}
	_, err := a.create(peeringKind, "a", inputs)
	assert.ErrorContains(t, err, "timeout: 200ms")
}

func TestAPeeringDemandsExactlyPendingSetup(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.pair(false)
	_, err := p.a.create(peeringKind, "again", peeringOf(p.clusterA, p.clusterB))
	assert.ErrorContains(t, err, "is not in a valid state to create a peering: ACTIVE")
}

func TestAPeeringCannotChangeAndItsDeletionDoesNothing(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.pair(false)
	changed := peeringOf(p.clusterA, p.clusterB)
	changed["witnessRegion"] = "ca-west-1"
	diff := p.a.diff(p.peeringA, changed)
	assert.Empty(t, diff.GetReplaces())
	_, err := p.a.update(p.peeringA, changed)
	assert.ErrorContains(t, err, "a peering cannot be changed")
	require.NoError(t, p.a.delete(p.peeringA))
	assert.Equal(t, dsql.Active, w.DSQL.Clusters()[0].Status)
}

func TestThePeerListIsStaleUntilARefresh(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.pair(true)
	stale := p.clusterA.outputs["multiRegionProperties"].(object)["clusters"]
	assert.Equal(t, []any{p.clusterA.outputs["arn"]}, stale, "the cluster itself")

	_, err := p.a.update(p.clusterA, side(false))
	assert.ErrorContains(t, err, "the peers of multi-Region cluster")

	fresh := p.a.mustRefresh(p.clusterA)
	assert.Equal(t, []any{p.clusterB.outputs["arn"]}, fresh.outputs["multiRegionProperties"].(object)["clusters"])
	assert.Equal(t, "DIFF_NONE", p.a.diff(fresh, side(true)).GetChanges().String(), "what AWS fills in is no drift")
	_, err = p.a.update(fresh, side(false))
	require.NoError(t, err)
	assert.False(t, w.cluster(p.clusterA).DeletionProtectionEnabled)
}

// active waits until a cluster is ACTIVE.
func (w *world) active(arn string) {
	for {
		changed := w.DSQL.Changed()
		if c, _ := w.DSQL.Cluster(arn); c.Status == dsql.Active {
			return
		}
		<-changed
	}
}

func (w *world) cluster(s stateOf) dsql.Cluster {
	w.t.Helper()
	for _, c := range w.DSQL.Clusters() {
		if c.Identifier == s.id {
			return c
		}
	}
	w.t.Fatalf("no cluster %s", s.id)
	return dsql.Cluster{}
}

func TestAnIdleClusterCannotBeUpdated(t *testing.T) {
	w := newWorld(t, Options{})
	i := w.in(primary)
	cluster := i.mustCreate(clusterKind, "c", object{"deletionProtectionEnabled": false})
	require.NoError(t, w.DSQL.Suspend(cluster.outputs["arn"].(string), dsql.Idle, 0))
	_, err := i.update(cluster, object{"deletionProtectionEnabled": true})
	assert.ErrorContains(t, err, "unexpected state 'IDLE', wanted target 'ACTIVE'")
}

func TestAProtectedClusterIsRefused(t *testing.T) {
	w := newWorld(t, Options{})
	i := w.in(primary)
	cluster := i.mustCreate(clusterKind, "c", object{"deletionProtectionEnabled": true})
	assert.ErrorContains(t, i.delete(cluster), "ValidationException")
}

func TestTheDeletionOfOneSideWaitsForTheOther(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.pair(false)
	err := p.a.deleteWithin(t.Context(), p.clusterA, short)
	assert.ErrorContains(t, err, "last state: 'PENDING_DELETE'")
	require.NoError(t, p.b.delete(p.clusterB))
	require.NoError(t, p.a.delete(p.clusterA))
	assert.Empty(t, w.DSQL.Clusters())
}

func TestClustersAndPeeringsAreImportedByIdentifier(t *testing.T) {
	w := newWorld(t, Options{})
	p := w.pair(true)
	cluster := p.a.mustRefresh(stateOf{kind: clusterKind, name: "a", id: p.clusterA.id})
	assert.Equal(t, side(true), cluster.inputs)
	assert.Equal(t, p.clusterA.outputs["arn"], cluster.outputs["arn"])
	peering := p.a.mustRefresh(stateOf{kind: peeringKind, name: "a", id: p.clusterA.id})
	assert.Equal(t, peeringOf(p.clusterA, p.clusterB), peering.inputs)
}

func TestWhatIsImportedDiffersWhereAWSDiffersFromTheProgram(t *testing.T) {
	w := newWorld(t, Options{})
	i, there := w.in(primary), w.Region(primary)
	yes := true
	key, err := there.KMS.CreateKey(kms.Key{Description: "by hand", Policy: dsqlPolicy})
	require.NoError(t, err)
	made, err := there.DSQL.CreateCluster(dsql.CreateClusterInput{
		DeletionProtectionEnabled: &yes,
		KMSEncryptionKey:          &key.Arn,
		Tags:                      map[string]string{"aws:cloudformation:stack-name": "shop", "team": "shop"},
	})
	require.NoError(t, err)
	w.active(made.ARN)

	imported := i.mustRefresh(stateOf{kind: "aws:kms/key:Key", name: "key", id: key.KeyID})
	assert.Equal(t, object{"description": "by hand"}, imported.inputs, "defaults, and what AWS chooses, are not given")
	for intent, tt := range map[string]struct {
		program  object
		diffs    []string
		replaces []string
	}{
		"the same, spelled otherwise": {
			object{"description": "by hand", "policy": " " + dsqlPolicy, "isEnabled": true}, nil, nil,
		},
		"another policy, and rotation": {object{"description": "by hand", "enableKeyRotation": true, "policy": openKeyPolicy},
			[]string{"enableKeyRotation", "policy"}, nil},
		"a key of many regions": {object{"description": "by hand", "multiRegion": true},
			[]string{"multiRegion"}, []string{"multiRegion"}},
	} {
		diff := i.diff(imported, tt.program)
		assert.Equal(t, tt.diffs, diff.GetDiffs(), intent)
		assert.Equal(t, tt.replaces, diff.GetReplaces(), intent)
	}

	cluster := i.mustRefresh(stateOf{kind: clusterKind, name: "c", id: made.Identifier})
	assert.Equal(t, object{"team": "shop"}, cluster.inputs["tags"], "tags of AWS itself are nobody's")
	program := object{"deletionProtectionEnabled": true, "kmsEncryptionKey": key.Arn, "tags": object{"team": "shop"}}
	assert.Equal(t, "DIFF_NONE", i.diff(cluster, program).GetChanges().String())
	program["deletionProtectionEnabled"], program["tags"] = false, object{}
	assert.Equal(t, []string{"deletionProtectionEnabled", "tags"}, i.diff(cluster, program).GetDiffs())
	_, err = i.update(cluster, program)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"aws:cloudformation:stack-name": "shop"}, w.cluster(cluster).Tags, "they stay")
}

const (
	openKeyPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*",
		"Principal":{"AWS":"arn:aws:iam::123456789012:root"}}]}`
	dsqlPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*",
		"Principal":{"AWS":"arn:aws:iam::123456789012:root","Service":"dsql.amazonaws.com"}}]}`
)

func TestCancelEndsAWaitingOperation(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.in(primary), w.in(secondary)
	clusterA, clusterB := a.mustCreate(clusterKind, "a", side(false)), b.mustCreate(clusterKind, "b", side(false))
	changed := w.DSQL.Changed()
	failed := make(chan error, 1)
	go func() {
		_, err := a.create(peeringKind, "a", peeringOf(clusterA, clusterB))
		failed <- err
	}()
	select { // the peering has named its peer, or is about to
	case <-changed:
	case <-time.After(short):
	}
	_, err := a.client.Cancel(context.Background(), &emptypb.Empty{})
	require.NoError(t, err)
	assert.ErrorContains(t, <-failed, "cancelled")
}

func TestALostRegionFailsBoundedAndByName(t *testing.T) {
	w := newWorld(t, Options{})
	i := w.in(primary, object{"maxRetries": "2"})
	w.Region(primary).SetDown(true)
	_, err := i.create(topicKind, "alerts", object{})
	assert.ErrorContains(t, err, "creating SNS Topic (alerts): operation error SNS in us-east-1, exceeded maximum number of attempts, 2")
	_, err = i.client.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "aws:index/getCallerIdentity:getCallerIdentity"})
	assert.ErrorContains(t, err, "us-east-1")
	for _, region := range []string{primary, secondary} { // the API of IAM is in us-east-1
		_, err = w.in(region, object{"maxRetries": "1", "skipCredentialsValidation": "true", "stsRegion": secondary}).
			create(roleKind, "role", object{"assumeRolePolicy": "{}"})
		assert.ErrorContains(t, err, "operation error IAM in us-east-1")
	}
	w.Region(primary).SetDown(false)
	i.mustCreate(topicKind, "alerts", object{})
}
