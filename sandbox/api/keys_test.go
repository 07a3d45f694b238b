package api_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/kms"
)

// describeKey is what KMS says of a key.
func describeKey(t *testing.T, client *awskms.Client, id string) *types.KeyMetadata {
	t.Helper()
	out, err := client.DescribeKey(t.Context(), &awskms.DescribeKeyInput{KeyId: &id})
	require.NoError(t, err)
	return out.KeyMetadata
}

func TestAKeyHasItsDates(t *testing.T) {
	w := newWorld(t, nil)
	key, err := w.account.Region("us-east-1").KMS.CreateKey(kms.Key{})
	require.NoError(t, err)
	client := awskms.NewFromConfig(w.admin("us-east-1"))
	assert.WithinDuration(t, time.Now(), *describeKey(t, client, key.Arn).CreationDate, time.Minute)
	gone, err := client.ScheduleKeyDeletion(t.Context(),
		&awskms.ScheduleKeyDeletionInput{KeyId: &key.Arn, PendingWindowInDays: aws.Int32(7)})
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(7*24*time.Hour), *gone.DeletionDate, time.Minute)
	assert.Equal(t, *gone.DeletionDate, *describeKey(t, client, key.Arn).DeletionDate)
}

func TestKeysAreListedAndAWSsOwnAreLookedAtButNotChanged(t *testing.T) {
	w := newWorld(t, nil)
	for range 2 {
		_, err := w.account.Region("us-east-1").KMS.CreateKey(kms.Key{})
		require.NoError(t, err)
	}
	client := awskms.NewFromConfig(w.admin("us-east-1"))
	var listed []string
	for p := awskms.NewListKeysPaginator(client, &awskms.ListKeysInput{Limit: aws.Int32(2)}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		require.NoError(t, err)
		for _, k := range page.Keys {
			listed = append(listed, *k.KeyArn)
		}
	}
	own := describeKey(t, client, kms.AliasSNS)
	assert.Len(t, listed, 3)
	assert.Contains(t, listed, *own.Arn)
	assert.Equal(t, types.KeyManagerTypeAws, own.KeyManager)
	_, err := client.DisableKey(t.Context(), &awskms.DisableKeyInput{KeyId: own.Arn})
	requireCode(t, err, "AccessDeniedException", "kms:DisableKey on resource: "+*own.Arn)
	_, err = client.DisableKey(t.Context(), &awskms.DisableKeyInput{KeyId: aws.String(kms.AliasSNS)})
	var missing *types.NotFoundException
	require.ErrorAs(t, err, &missing, "an alias names no key that is to be changed")
	_, err = client.ListKeys(t.Context(), &awskms.ListKeysInput{Marker: aws.String("made up")})
	var badMarker *types.InvalidMarkerException
	require.ErrorAs(t, err, &badMarker)
}

// What a role may do with a key is said by its policies, where the key's policy delegates to the account.
func TestEachOperationOnKeysNeedsItsPermission(t *testing.T) {
	w := newWorld(t, nil)
	key, err := w.account.Region("us-east-1").KMS.CreateKey(kms.Key{})
	require.NoError(t, err)
	client := awskms.NewFromConfig(w.function(t, "us-east-1"))
	steps := []struct {
		action string
		call   func() error
	}{
		{"kms:ListKeys", func() error { _, err := client.ListKeys(t.Context(), nil); return err }},
		{"kms:DescribeKey", func() error {
			_, err := client.DescribeKey(t.Context(), &awskms.DescribeKeyInput{KeyId: &key.Arn})
			return err
		}},
		{"kms:DisableKey", func() error {
			_, err := client.DisableKey(t.Context(), &awskms.DisableKeyInput{KeyId: &key.Arn})
			return err
		}},
		{"kms:EnableKey", func() error {
			_, err := client.EnableKey(t.Context(), &awskms.EnableKeyInput{KeyId: &key.Arn})
			return err
		}},
		{"kms:ScheduleKeyDeletion", func() error {
			_, err := client.ScheduleKeyDeletion(t.Context(), &awskms.ScheduleKeyDeletionInput{KeyId: &key.Arn})
			return err
		}},
		{"kms:CancelKeyDeletion", func() error {
			_, err := client.CancelKeyDeletion(t.Context(), &awskms.CancelKeyDeletionInput{KeyId: &key.Arn})
			return err
		}},
	}
	for _, s := range steps {
		requireCode(t, s.call(), "AccessDeniedException", "is not authorized to perform: "+s.action)
		w.allow(t, s.action, "*", "")
		require.NoError(t, s.call(), s.action)
	}
}

func TestAPrimaryKeyWaitsForItsReplicas(t *testing.T) {
	w := newWorld(t, nil)
	primary, err := w.account.Region("us-east-1").KMS.CreateKey(kms.Key{MultiRegion: true})
	require.NoError(t, err)
	replica, err := w.account.Region("us-east-2").KMS.ReplicateKey(kms.Replica{PrimaryKeyArn: primary.Arn})
	require.NoError(t, err)
	here, there := awskms.NewFromConfig(w.admin("us-east-1")), awskms.NewFromConfig(w.admin("us-east-2"))
	for client, kind := range map[*awskms.Client]types.MultiRegionKeyType{
		here:  types.MultiRegionKeyTypePrimary,
		there: types.MultiRegionKeyTypeReplica,
	} {
		family := describeKey(t, client, primary.KeyID).MultiRegionConfiguration
		assert.Equal(t, kind, family.MultiRegionKeyType)
		assert.Equal(t, primary.Arn, *family.PrimaryKey.Arn)
		require.Len(t, family.ReplicaKeys, 1)
		assert.Equal(t, replica.Arn, *family.ReplicaKeys[0].Arn)
		assert.Equal(t, "us-east-2", *family.ReplicaKeys[0].Region)
	}
	out, err := here.ScheduleKeyDeletion(t.Context(),
		&awskms.ScheduleKeyDeletionInput{KeyId: &primary.Arn, PendingWindowInDays: aws.Int32(8)})
	require.NoError(t, err)
	assert.Equal(t, types.KeyStatePendingReplicaDeletion, out.KeyState)
	assert.Nil(t, out.DeletionDate, "not known until the last replica is gone")
	seen := describeKey(t, here, primary.Arn)
	assert.EqualValues(t, 8, *seen.PendingDeletionWindowInDays)
	_, err = here.EnableKey(t.Context(), &awskms.EnableKeyInput{KeyId: &primary.Arn})
	requireCode(t, err, "KMSInvalidStateException", "is pending replica deletion")
}
