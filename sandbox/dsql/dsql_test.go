package dsql

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudtrail"
)

const (
	primary, secondary, witness = "us-east-1", "us-east-2", "us-west-2"
	delay                       = time.Second
)

// world is a control plane under test with what its hooks reported.
type world struct {
	*ControlPlane
	t      *testing.T
	keys   map[string]error
	events []cloudtrail.Call

	mu      sync.Mutex
	serving map[string]bool
}

// run gives the test a control plane in a bubble of its own, so that delays cost nothing.
func run(t *testing.T, opts Options, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, keys: map[string]error{}, serving: map[string]bool{}}
		opts.Account, opts.Clock, opts.Delay = "123456789012", clock.New(1), delay
		opts.UseKey = func(use KeyUse) (string, error) {
			if err, known := w.keys[use.Key]; !known || err != nil {
				return "", errors.Join(err, errors.New("cannot use "+use.Key+" as "+use.Principal))
			}
			return use.Key, nil
		}
		opts.OnServing = func(c Cluster, serving bool) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.serving[c.ARN] = serving
		}
		opts.OnEvent = func(e cloudtrail.Call) { w.events = append(w.events, e) }
		w.ControlPlane = New(opts)
		defer w.Close()
		test(w)
	})
}

func (w *world) create(region string, in CreateClusterInput) Cluster {
	w.t.Helper()
	c, err := w.Region(region).CreateCluster(in)
	require.NoError(w.t, err)
	return c
}

func (w *world) createSide(region string) Cluster {
	w.t.Helper()
	return w.create(region, CreateClusterInput{MultiRegionProperties: &MultiRegionProperties{WitnessRegion: witness}})
}

func (w *world) peer(c, with Cluster) error {
	_, err := w.Region(c.Region).UpdateCluster(UpdateClusterInput{Identifier: c.Identifier,
		MultiRegionProperties: &MultiRegionProperties{WitnessRegion: witness, Clusters: []string{with.ARN}}})
	return err
}

func (w *world) pair() (Cluster, Cluster) {
	w.t.Helper()
	a, b := w.createSide(primary), w.createSide(secondary)
	settle()
	require.NoError(w.t, w.peer(a, b))
	require.NoError(w.t, w.peer(b, a))
	settle()
	return w.get(a), w.get(b)
}

func (w *world) get(c Cluster) Cluster {
	w.t.Helper()
	got, err := w.Region(c.Region).GetCluster(c.Identifier)
	require.NoError(w.t, err)
	return got
}

func (w *world) update(c Cluster, in UpdateClusterInput) error {
	in.Identifier = c.Identifier
	_, err := w.Region(c.Region).UpdateCluster(in)
	return err
}

func (w *world) delete(c Cluster) error {
	_, err := w.Region(c.Region).DeleteCluster(DeleteClusterInput{Identifier: c.Identifier})
	return err
}

func (w *world) serves(c Cluster) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.serving[c.ARN]
}

// settle lets one state change pass.
func settle() {
	time.Sleep(delay)
	synctest.Wait()
}

func code(t *testing.T, err error) string {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	return e.Base.Code
}

func TestASingleRegionClusterIsCreatingThenActive(t *testing.T) {
	run(t, Options{}, func(w *world) {
		c := w.create(primary, CreateClusterInput{Tags: map[string]string{"a": "b"}})
		assert.Equal(t, Creating, c.Status)
		assert.False(t, w.serves(c))
		settle()
		c = w.get(c)
		assert.Equal(t, Active, c.Status)
		assert.True(t, w.serves(c))
		assert.Len(t, c.Identifier, 26)
		assert.Equal(t, c.Identifier+".dsql.us-east-1.on.aws", c.Endpoint)
		assert.Equal(t, "arn:aws:dsql:us-east-1:123456789012:cluster/"+c.Identifier, c.ARN)
		assert.Equal(t, EncryptionDetails{EncryptionType: AWSOwnedKey, EncryptionStatus: EncryptionEnabled}, c.EncryptionDetails)
		assert.Equal(t, map[string]string{"a": "b"}, c.Tags)
		assert.Nil(t, c.MultiRegionProperties)
	})
}

func TestPendingSetupIsStableUntilBothSidesNameEachOther(t *testing.T) {
	run(t, Options{}, func(w *world) {
		a, b := w.createSide(primary), w.createSide(secondary)
		assert.Equal(t, []string{a.ARN}, a.MultiRegionProperties.Clusters, "the answer lists the cluster itself")
		time.Sleep(time.Hour)
		assert.Equal(t, PendingSetup, w.get(a).Status)

		require.NoError(t, w.peer(a, b))
		time.Sleep(time.Hour)
		assert.Equal(t, PendingSetup, w.get(a).Status, "one side alone changes nothing")
		assert.Equal(t, PendingSetup, w.get(b).Status)

		require.NoError(t, w.peer(b, a))
		assert.Equal(t, Creating, w.get(a).Status)
		assert.Equal(t, Creating, w.get(b).Status)
		assert.False(t, w.serves(a) || w.serves(b))
		settle()
		assert.Equal(t, Active, w.get(a).Status)
		assert.Equal(t, Active, w.get(b).Status)
		assert.True(t, w.serves(a) && w.serves(b))
		assert.Equal(t, []string{a.ARN, b.ARN}, w.get(a).MultiRegionProperties.Clusters)
	})
}

func TestAPeerCanBeNamedAtCreation(t *testing.T) {
	run(t, Options{}, func(w *world) {
		a := w.createSide(primary)
		settle()
		b := w.create(secondary, CreateClusterInput{MultiRegionProperties: &MultiRegionProperties{WitnessRegion: witness, Clusters: []string{a.ARN}}})
		require.NoError(t, w.peer(a, b))
		settle() // b ends its first CREATING, and both begin the second
		settle()
		assert.Equal(t, Active, w.get(a).Status)
		assert.Equal(t, Active, w.get(b).Status)
	})
}

func TestWhatIsRefusedAtCreation(t *testing.T) {
	tests := map[string]struct{ region, witness, says string }{
		"a region without the service":        {"us-west-1", "us-west-2", "not available in us-west-1"},
		"no witness":                          {primary, "", "witnessRegion is required"},
		"the cluster's region as witness":     {primary, primary, "must differ"},
		"a witness of another region set":     {primary, "eu-west-1", "us-east-1, us-east-2, us-west-2"},
		"a witness in no set, like us-west-1": {primary, "us-west-1", "not in the Region set"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			run(t, Options{}, func(w *world) {
				_, err := w.Region(test.region).CreateCluster(CreateClusterInput{
					MultiRegionProperties: &MultiRegionProperties{WitnessRegion: test.witness}})
				assert.Equal(t, "ValidationException", code(t, err))
				assert.ErrorContains(t, err, test.says)
				assert.Empty(t, w.Clusters())
			})
		})
	}
}

func TestPeersAreCheckedAndAnEstablishedPairIsFixed(t *testing.T) {
	run(t, Options{}, func(w *world) {
		a, twin := w.createSide(primary), w.createSide(primary)
		european := w.create("eu-west-1", CreateClusterInput{MultiRegionProperties: &MultiRegionProperties{WitnessRegion: "eu-west-2"}})
		settle()
		assert.ErrorContains(t, w.peer(a, Cluster{ARN: "arn:aws:dsql:us-east-2:123456789012:cluster/none"}), "does not exist")
		assert.ErrorContains(t, w.peer(a, twin), "another Region")
		assert.ErrorContains(t, w.peer(a, european), "Region set")
	})
	run(t, Options{}, func(w *world) {
		a, b := w.pair()
		assert.ErrorContains(t, w.update(a, UpdateClusterInput{MultiRegionProperties: &MultiRegionProperties{WitnessRegion: "ca-west-1", Clusters: []string{b.ARN}}}), "cannot be changed")
		assert.ErrorContains(t, w.update(a, UpdateClusterInput{MultiRegionProperties: &MultiRegionProperties{WitnessRegion: witness, Clusters: []string{a.ARN}}}),
			"cannot be changed", "the peer list of the first answer, sent back")
		assert.NoError(t, w.update(a, UpdateClusterInput{MultiRegionProperties: &MultiRegionProperties{WitnessRegion: witness, Clusters: []string{a.ARN, b.ARN}}}))
	})
	run(t, Options{}, func(w *world) {
		single := w.create(primary, CreateClusterInput{})
		settle()
		assert.ErrorContains(t, w.update(single, UpdateClusterInput{MultiRegionProperties: &MultiRegionProperties{WitnessRegion: witness}}), "cannot become multi-Region")
	})
}

func TestDifferentWitnessesNeverMakeAPair(t *testing.T) {
	run(t, Options{}, func(w *world) {
		a := w.createSide(primary)
		b := w.create(secondary, CreateClusterInput{MultiRegionProperties: &MultiRegionProperties{WitnessRegion: "ca-west-1"}})
		settle()
		require.NoError(t, w.peer(a, b))
		require.NoError(t, w.update(b, UpdateClusterInput{MultiRegionProperties: &MultiRegionProperties{Clusters: []string{a.ARN}}}))
		time.Sleep(time.Hour)
		assert.Equal(t, PendingSetup, w.get(a).Status)
		assert.Equal(t, PendingSetup, w.get(b).Status)
	})
}

func TestAProtectedClusterIsNotDeleted(t *testing.T) {
	run(t, Options{}, func(w *world) {
		on, off := true, false
		c := w.create(primary, CreateClusterInput{DeletionProtectionEnabled: &on})
		settle()
		err := w.delete(c)
		assert.Equal(t, "ValidationException", code(t, err))
		var refused *Error
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, "deletionProtectionEnabled", refused.Fields["reason"])
		assert.Equal(t, Active, w.get(c).Status)

		require.NoError(t, w.update(c, UpdateClusterInput{DeletionProtectionEnabled: &off}))
		assert.Equal(t, Active, w.get(c).Status, "protection changes at once, without UPDATING")
		require.NoError(t, w.delete(c))
		assert.Equal(t, Deleting, w.get(c).Status)
		assert.False(t, w.serves(c))
		settle()
		_, err = w.Region(primary).GetCluster(c.Identifier)
		assert.Equal(t, "ResourceNotFoundException", code(t, err))
		assert.Equal(t, "ResourceNotFoundException", code(t, w.delete(c)))
	})
}

func TestOneSideOfAPairWaitsForTheOthersDeletion(t *testing.T) {
	run(t, Options{}, func(w *world) {
		a, b := w.pair()
		require.NoError(t, w.delete(a))
		time.Sleep(time.Hour)
		assert.Equal(t, PendingDelete, w.get(a).Status)
		assert.Equal(t, Active, w.get(b).Status)
		assert.True(t, !w.serves(a) && w.serves(b))

		require.NoError(t, w.delete(b))
		assert.Equal(t, Deleting, w.get(a).Status)
		assert.Equal(t, Deleting, w.get(b).Status)
		settle()
		assert.Empty(t, w.Clusters())
	})
}

func TestAClusterThatWasNeverPeeredIsDeletedAlone(t *testing.T) {
	run(t, Options{}, func(w *world) {
		a, b := w.createSide(primary), w.createSide(secondary)
		settle()
		require.NoError(t, w.peer(a, b))
		require.NoError(t, w.delete(a))
		settle()
		assert.Len(t, w.Clusters(), 1)
	})
}

func TestWhileAClusterChangesItRefusesUpdateAndDeletion(t *testing.T) {
	run(t, Options{}, func(w *world) {
		c := w.create(primary, CreateClusterInput{})
		on := true
		assert.Equal(t, "ConflictException", code(t, w.update(c, UpdateClusterInput{DeletionProtectionEnabled: &on})))
		assert.Equal(t, "ConflictException", code(t, w.delete(c)))
	})
}

func TestAClientTokenMakesARequestHappenOnce(t *testing.T) {
	run(t, Options{}, func(w *world) {
		first := w.create(primary, CreateClusterInput{ClientToken: "once"})
		second := w.create(primary, CreateClusterInput{ClientToken: "once"})
		assert.Equal(t, first, second)
		assert.Len(t, w.Clusters(), 1)
		_, err := w.Region(primary).CreateCluster(CreateClusterInput{ClientToken: "once", Tags: map[string]string{"x": "y"}})
		assert.Equal(t, "ConflictException", code(t, err))
		w.create(secondary, CreateClusterInput{ClientToken: "once"})
		assert.Len(t, w.Clusters(), 2, "tokens are regional")
		assert.Len(t, w.Region(primary).ListClusters(), 1)
	})
}

func TestTheQuotaOfMultiRegionClusters(t *testing.T) {
	run(t, Options{}, func(w *world) {
		for range MultiRegionQuota.Default {
			w.createSide(primary)
		}
		_, err := w.Region(primary).CreateCluster(CreateClusterInput{MultiRegionProperties: &MultiRegionProperties{WitnessRegion: witness}})
		assert.Equal(t, "ServiceQuotaExceededException", code(t, err))
	})
}

func TestCloudTrailHearsOfEveryChangeAndOfEveryRefusal(t *testing.T) {
	run(t, Options{}, func(w *world) {
		on := true
		c := w.create(primary, CreateClusterInput{DeletionProtectionEnabled: &on})
		settle()
		require.NoError(t, w.update(c, UpdateClusterInput{DeletionProtectionEnabled: &on}))
		_, err := w.Region(primary).PutClusterPolicy(PutClusterPolicyInput{Identifier: c.Identifier, Policy: "{}"})
		require.NoError(t, err)
		require.Error(t, w.delete(c))
		var names []string
		for _, e := range w.events {
			names = append(names, e.EventName)
			assert.Equal(t, primary, e.AWSRegion)
		}
		assert.Equal(t, []string{"CreateCluster", "UpdateCluster", "PutClusterPolicy", "DeleteCluster"}, names)
		assert.Equal(t, "ValidationException", w.events[3].ErrorCode)
	})
}

func TestTagsAndPolicy(t *testing.T) {
	run(t, Options{}, func(w *world) {
		r := w.Region(primary)
		c := w.create(primary, CreateClusterInput{Tags: map[string]string{"a": "1"}})
		require.NoError(t, r.TagResource(c.ARN, map[string]string{"b": "2"}))
		require.NoError(t, r.UntagResource(c.ARN, []string{"a"}))
		assert.Equal(t, map[string]string{"b": "2"}, w.get(c).Tags)
		_, err := r.GetClusterPolicy(c.Identifier)
		assert.Equal(t, "ResourceNotFoundException", code(t, err))
		_, err = r.PutClusterPolicy(PutClusterPolicyInput{Identifier: c.Identifier, Policy: "{}"})
		require.NoError(t, err)
		policy, err := r.GetClusterPolicy(c.Identifier)
		require.NoError(t, err)
		assert.Equal(t, "{}", policy)
	})
}
