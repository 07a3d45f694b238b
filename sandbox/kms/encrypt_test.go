package kms

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/region"
)

func TestWhatIsEncryptedIsDecryptedWithTheSameContextOnly(t *testing.T) {
	s, identities := newService(t)
	admin, k := identities.Admin().Principal, create(t, s, root)
	bound := map[string]string{"table": "keyset", "column": "wrapped"}
	blob, arn, err := s.Encrypt(admin, k.KeyID, []byte("secret"), bound)
	require.NoError(t, err)
	assert.Equal(t, k.Arn, arn)
	assert.NotContains(t, string(blob), "secret")

	plaintext, arn, err := s.Decrypt(admin, "", blob, map[string]string{"column": "wrapped", "table": "keyset"})
	require.NoError(t, err)
	assert.Equal(t, "secret", string(plaintext))
	assert.Equal(t, k.Arn, arn, "the ciphertext names its key")

	other := create(t, s, root)
	tampered := bytes.Clone(blob)
	tampered[len(tampered)-1] ^= 1
	for _, c := range []struct {
		reason, key string
		blob        []byte
		bound       map[string]string
	}{
		{"InvalidCiphertextException", "", blob, nil},
		{"InvalidCiphertextException", "", tampered, bound},
		{"InvalidCiphertextException", "", []byte("not ours"), bound},
		{"InvalidCiphertextException", "", blob[:len(blobPrefix)+len(k.KeyID)+2], bound},
		{"IncorrectKeyException", other.Arn, blob, bound},
		{"NotFoundException", "nothing", blob, bound},
	} {
		_, _, err := s.Decrypt(admin, c.key, c.blob, c.bound)
		require.ErrorContains(t, err, c.reason)
	}
	_, _, err = s.Encrypt(admin, k.KeyID, make([]byte, maxPlaintext+1), nil)
	require.ErrorContains(t, err, "ValidationException")

	require.NoError(t, s.SetEnabled(k.KeyID, false))
	_, _, err = s.Decrypt(admin, "", blob, bound)
	require.ErrorContains(t, err, "DisabledException")
	_, _, err = s.Encrypt(admin, k.KeyID, []byte("secret"), bound)
	assert.ErrorContains(t, err, "DisabledException")
}

func TestAPolicyMayDemandTheEncryptionContext(t *testing.T) {
	s, identities := newService(t)
	k, caller := create(t, s, root), iam.Session(roleARN, "f")
	blob, _, err := s.Encrypt(identities.Admin().Principal, k.KeyID, []byte("x"), map[string]string{"for": "monitor"})
	require.NoError(t, err)
	_, err = identities.PutRolePolicy(iam.RolePolicy{Role: "monitor", Name: "key", Policy: `{"Version":"2012-10-17","Statement":{
		"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + k.Arn + `","Condition":{"StringEquals":{"kms:EncryptionContext:for":"monitor"}}}}`})
	require.NoError(t, err)
	_, _, err = s.Decrypt(caller, "", blob, map[string]string{"for": "monitor"})
	require.NoError(t, err)
	_, _, err = s.Decrypt(caller, "", blob, map[string]string{"for": "nobody"})
	require.ErrorIs(t, err, awserr.ErrDenied)
	_, _, err = s.Encrypt(caller, k.KeyID, []byte("x"), map[string]string{"for": "monitor"})
	assert.ErrorIs(t, err, awserr.ErrDenied, "decrypting is all it may")
}

func TestAReplicaDecryptsInItsRegionWhatThePrimaryEncrypted(t *testing.T) {
	clk := clock.New(1)
	identities, regions := iam.New(account, clk), map[string]*Service{}
	for _, name := range []string{"us-east-1", "us-west-2"} {
		regions[name] = New(region.New(name, account, clk), identities)
		regions[name].Connect(func(name string) *Service { return regions[name] })
	}
	east, west, admin := regions["us-east-1"], regions["us-west-2"], identities.Admin().Principal
	primary, err := east.CreateKey(Key{MultiRegion: true, EnableKeyRotation: true})
	require.NoError(t, err)
	blob, _, err := east.Encrypt(admin, primary.Arn, []byte("secret"), nil)
	require.NoError(t, err)
	_, _, err = west.Decrypt(admin, "", blob, nil)
	require.ErrorIs(t, err, awserr.ErrNotFound, "there is no replica yet")

	replica, err := west.ReplicateKey(Replica{PrimaryKeyArn: primary.Arn, Description: "replica"})
	require.NoError(t, err)
	assert.Equal(t, primary.KeyID, replica.KeyID)
	assert.Equal(t, "arn:aws:kms:us-west-2:"+account+":key/"+primary.KeyID, replica.Arn)
	assert.True(t, replica.KeyRotationEnabled, "a shared property")
	east.env.SetDown(true)
	plaintext, arn, err := west.Decrypt(admin, "", blob, nil)
	require.NoError(t, err, "also when the primary's region is lost")
	assert.Equal(t, "secret", string(plaintext))
	assert.Equal(t, replica.Arn, arn)
	east.env.SetDown(false)

	replica.Description = "changed"
	_, err = west.UpdateReplica(replica)
	require.NoError(t, err)
	_, _, err = west.Decrypt(admin, "", blob, nil)
	require.NoError(t, err, "an update keeps the material")
	require.NoError(t, west.SetEnabled(replica.KeyID, false))
	_, _, err = west.Decrypt(admin, "", blob, nil)
	require.ErrorContains(t, err, "DisabledException")
	_, _, err = east.Decrypt(admin, "", blob, nil)
	require.NoError(t, err, "its state is its own")

	_, err = west.ReplicateKey(Replica{PrimaryKeyArn: primary.Arn})
	require.ErrorContains(t, err, "AlreadyExistsException")
	single, err := east.CreateKey(Key{})
	require.NoError(t, err)
	_, err = west.ReplicateKey(Replica{PrimaryKeyArn: single.Arn})
	require.ErrorContains(t, err, "is not a multi-region primary key")
	_, err = east.ReplicateKey(Replica{PrimaryKeyArn: primary.Arn})
	require.ErrorContains(t, err, "another region")
	_, err = west.Replica("nothing")
	assert.ErrorIs(t, err, awserr.ErrNotFound)
}
