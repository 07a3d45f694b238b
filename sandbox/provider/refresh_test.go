package provider

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
)

const openPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}]}`

func TestARefreshSeesWhatHasDrifted(t *testing.T) {
	w := newWorld(t, Options{})
	i := w.in(primary)
	inputs := object{"displayName": "alerts"}
	made := i.mustCreate(topicKind, "alerts", inputs)
	assert.Equal(t, "DIFF_NONE", i.diff(i.mustRefresh(made), inputs).GetChanges().String())

	topic, err := w.Region(primary).SNS.Topic(made.id)
	require.NoError(t, err)
	topic.DisplayName = "by hand"
	_, err = w.Region(primary).SNS.UpdateTopic(topic)
	require.NoError(t, err)
	assert.Equal(t, []string{"displayName"}, i.diff(i.mustRefresh(made), inputs).GetDiffs())

	bare := i.mustCreate("aws:kms/key:Key", "key", object{})
	key, err := w.Region(primary).KMS.Key(bare.id)
	require.NoError(t, err)
	key.EnableKeyRotation = true
	_, err = w.Region(primary).KMS.UpdateKey(key)
	require.NoError(t, err)
	assert.Equal(t, []string{"enableKeyRotation"}, i.diff(i.mustRefresh(bare), object{}).GetDiffs(), "the program never gave it")
}

func TestWhatIsGoneDisappearsFromTheState(t *testing.T) {
	w := newWorld(t, Options{})
	i := w.in(primary)
	topic := i.mustCreate(topicKind, "alerts", object{})
	require.NoError(t, w.Region(primary).SNS.DeleteTopic(topic.id))
	assert.Empty(t, i.mustRefresh(topic).id)
	assert.NoError(t, i.delete(topic), "deleting what is gone is done")

	key := i.mustCreate("aws:kms/key:Key", "key", object{})
	require.NoError(t, i.delete(key))
	assert.Empty(t, i.mustRefresh(key).id, "a key that waits for its deletion counts as gone")
}

func TestAPolicyResourceIsNoDriftOfItsTopic(t *testing.T) {
	i := newWorld(t, Options{}).in(primary)
	topic := i.mustCreate(topicKind, "alerts", object{})
	policy := i.mustCreate(policyKind, "policy", object{"arn": topic.id, "policy": openPolicy})
	assert.Equal(t, "DIFF_NONE", i.diff(i.mustRefresh(topic), object{}).GetChanges().String())

	spelled := object{"arn": topic.id, "policy": " " + openPolicy + "\n"}
	policy, err := i.update(policy, spelled)
	require.NoError(t, err)
	assert.Equal(t, "DIFF_NONE", i.diff(i.mustRefresh(policy), spelled).GetChanges().String(), "spelling is no drift")
}

func TestRegionsAreKeptPerConnection(t *testing.T) {
	w := newWorld(t, Options{})
	first, second := w.in(primary), w.in(secondary)
	a := first.mustCreate(topicKind, "alerts", object{})
	b := second.mustCreate(topicKind, "alerts", object{})
	assert.Contains(t, a.id, ":us-east-1:")
	assert.Contains(t, b.id, ":us-east-2:")
	assert.Len(t, w.Region(primary).SNS.Topics(), 1)
	assert.Len(t, w.Region(secondary).SNS.Topics(), 1)
}

func TestASecretStaysSecret(t *testing.T) {
	i := newWorld(t, Options{}).in(primary)
	secret := resource.MakeSecret(resource.NewProperty(resource.NewPropertyMapFromMap(object{"token": "t"})))
	inputs, err := marshal(resource.PropertyMap{"tags": secret, "name": resource.NewProperty("alerts")})
	require.NoError(t, err)
	created, err := i.client.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(topicKind, "alerts"), Type: topicKind, Properties: inputs})
	require.NoError(t, err)
	read, err := i.client.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(topicKind, "alerts"), Type: topicKind, Id: created.GetId(), Properties: created.GetProperties(), Inputs: inputs})
	require.NoError(t, err)
	for _, s := range []*structpb.Struct{created.GetProperties(), read.GetProperties()} {
		properties, err := unmarshal(s)
		require.NoError(t, err)
		assert.True(t, properties["tags"].IsSecret())
		assert.True(t, properties["tagsAll"].IsSecret(), "the copy too")
	}
	again, err := unmarshal(read.GetInputs())
	require.NoError(t, err)
	assert.True(t, again["tags"].IsSecret())
	diff, err := i.client.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urn(topicKind, "alerts"), Type: topicKind, OldInputs: read.GetInputs(), News: inputs})
	require.NoError(t, err)
	assert.Equal(t, "DIFF_NONE", diff.GetChanges().String())
}
