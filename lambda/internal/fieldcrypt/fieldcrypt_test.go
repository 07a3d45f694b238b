package fieldcrypt_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go-awskms/v3/integration/awskms"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/apptest"
	"aurora-dsql-dr/lambda/internal/fieldcrypt"
)

// store is the table of keysets.
type store struct {
	mu      sync.Mutex
	wrapped string
	err     error
}

func (s *store) load(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wrapped, s.err
}

func (s *store) set(wrapped string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrapped = wrapped
}

func wrapper(t testing.TB, kms *apptest.KMS, region string) *fieldcrypt.Wrapper {
	t.Helper()
	w, err := fieldcrypt.NewWrapper(t.Context(), apptest.KeyARN(region), kms)
	require.NoError(t, err)
	return w
}

// newCipher is a cipher for the field details, in a region whose replica wrapped the keyset.
func newCipher(t testing.TB) (*fieldcrypt.Cipher, *apptest.KMS, *store) {
	t.Helper()
	kms, s := apptest.NewKMS(), &store{}
	w := wrapper(t, kms, apptest.East)
	wrapped, err := w.NewKeyset(t.Context())
	require.NoError(t, err)
	s.set(wrapped)
	return &fieldcrypt.Cipher{Fields: []string{"details"}, Wrapper: w, Load: s.load}, kms, s
}

func seal(t *testing.T, c *fieldcrypt.Cipher, id, field, text string) string {
	t.Helper()
	stored, err := c.Seal(t.Context(), id, field, text)
	require.NoError(t, err)
	return stored
}

func TestAFieldIsEncryptedAndReadInTheOtherRegion(t *testing.T) {
	east, kms, s := newCipher(t)
	ohio := &fieldcrypt.Cipher{Wrapper: wrapper(t, kms, apptest.Ohio), Load: s.load}

	stored := seal(t, east, "test-001", "details", "the secret")
	assert.True(t, strings.HasPrefix(stored, "aead:"))
	assert.NotContains(t, stored, "secret")
	assert.NotEqual(t, stored, seal(t, east, "test-001", "details", "the secret"), "equal texts are not seen to be equal")

	text, err := ohio.Open(t.Context(), "test-001", "details", stored)
	require.NoError(t, err)
	assert.Equal(t, "the secret", text)
	assert.Equal(t, int64(2), kms.Decrypts.Load(), "the keyset is unwrapped once in each environment")
}

func TestACiphertextCannotBeMovedOrChanged(t *testing.T) {
	c, _, _ := newCipher(t)
	stored := seal(t, c, "test-001", "details", "the secret")
	changed := stored[:len(stored)-1] + map[bool]string{true: "B", false: "A"}[strings.HasSuffix(stored, "A")]
	for name, test := range map[string][3]string{
		"another row":    {"test-002", "details", stored},
		"another column": {"test-001", "reference", stored},
		"changed":        {"test-001", "details", changed},
		"no mark":        {"test-001", "details", "the secret"},
		"not base64":     {"test-001", "details", "aead:!"},
		"too short":      {"test-001", "details", "aead:AQ"},
	} {
		_, err := c.Open(t.Context(), test[0], test[1], test[2])
		var key *fieldcrypt.KeyError
		require.Error(t, err, name)
		assert.NotErrorAs(t, err, &key, name)
		why, itself := fieldcrypt.Unreadable(err)
		assert.True(t, itself, name)
		assert.Regexp(t,
			"^the stored text (is neither plain nor encrypted|cannot be decrypted, it was changed outside of the application)$",
			why)
	}
}

func TestAKeyThatIsNotInTheKeysetIsLookedForOnceInAWhile(t *testing.T) {
	other, _, _ := newCipher(t)
	foreign := seal(t, other, "test-001", "details", "the secret")
	c, kms, _ := newCipher(t)
	for range 100 {
		_, err := c.Open(t.Context(), "test-001", "details", foreign)
		var key *fieldcrypt.KeyError
		require.ErrorAs(t, err, &key)
		why, itself := fieldcrypt.Unreadable(err)
		assert.True(t, itself)
		assert.Regexp(t, `^key \d+, which a stored field was encrypted with, is not in the keyset$`, why)
	}
	assert.Equal(t, int64(1), kms.Decrypts.Load(), "a page of such rows asks KMS once")
}

func TestAKeyThatCannotBeUsedIsNoRowsFault(t *testing.T) {
	c, kms, _ := newCipher(t)
	stored := seal(t, c, "test-001", "details", "the secret")
	kms.Disabled.Store(true)
	cold, _, s := newCipher(t)
	cold.Wrapper, cold.Load = wrapper(t, kms, apptest.East), s.load
	_, err := cold.Open(t.Context(), "test-001", "details", stored)
	require.Error(t, err)
	_, itself := fieldcrypt.Unreadable(err)
	assert.False(t, itself)
}

func TestPlainFieldsStayPlainWhateverTheyLookLike(t *testing.T) {
	c, kms, _ := newCipher(t)
	for _, text := range []string{"INV 7", "aead:AQIDBAU", "text:x"} {
		stored := seal(t, c, "test-001", "reference", text)
		assert.Equal(t, "text:"+text, stored)
		opened, err := c.Open(t.Context(), "test-001", "reference", stored)
		require.NoError(t, err)
		assert.Equal(t, text, opened)
	}
	assert.Empty(t, seal(t, c, "test-001", "details", ""), "nothing is nothing")
	assert.Zero(t, kms.Decrypts.Load(), "no key is needed for what is plain")
}

func TestRotationKeepsOldTextsReadableAndReachesWarmEnvironments(t *testing.T) {
	warm, kms, s := newCipher(t)
	before := seal(t, warm, "test-001", "details", "before")

	rotated, err := wrapper(t, kms, apptest.Ohio).Rotate(t.Context(), s.wrapped)
	require.NoError(t, err)
	s.set(rotated)
	fresh := &fieldcrypt.Cipher{Fields: []string{"details"}, Wrapper: wrapper(t, kms, apptest.Ohio), Load: s.load}
	after := seal(t, fresh, "test-002", "details", "after")
	assert.NotEqual(t, before[:10], after[:10], "the new key encrypts")

	for _, c := range []*fieldcrypt.Cipher{fresh, warm} {
		text, err := c.Open(t.Context(), "test-001", "details", before)
		require.NoError(t, err)
		assert.Equal(t, "before", text)
		text, err = c.Open(t.Context(), "test-002", "details", after)
		require.NoError(t, err, "a warm environment loads the keyset again when it meets a key that it does not know")
		assert.Equal(t, "after", text)
	}
}

func TestAKeysetOfAHundredRotationsIsWrappedAndOpened(t *testing.T) {
	c, kms, s := newCipher(t)
	first := seal(t, c, "test-001", "details", "the first key's")
	w := wrapper(t, kms, apptest.East)
	for range 100 {
		rotated, err := w.Rotate(t.Context(), s.wrapped)
		require.NoError(t, err, "KMS itself encrypts 4,096 bytes, some forty keys")
		s.set(rotated)
	}
	ohio := &fieldcrypt.Cipher{Wrapper: wrapper(t, kms, apptest.Ohio), Load: s.load}
	text, err := ohio.Open(t.Context(), "test-001", "details", first)
	require.NoError(t, err)
	assert.Equal(t, "the first key's", text)
}

// Until keysets had data keys of their own KMS encrypted them itself.
func TestAKeysetThatKMSItselfHasEncryptedStillOpens(t *testing.T) {
	kms, s := apptest.NewKMS(), &store{}
	remote, err := awskms.NewAEADWithContext(t.Context(), apptest.KeyARN(apptest.East), awskms.WithKMS(kms))
	require.NoError(t, err)
	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	require.NoError(t, err)
	var sealed bytes.Buffer
	require.NoError(t, handle.WriteWithContext(t.Context(), keyset.NewBinaryWriter(&sealed), remote,
		[]byte(contract.KeysetAssociatedData)))
	s.set(base64.StdEncoding.EncodeToString(sealed.Bytes()))

	c := &fieldcrypt.Cipher{Fields: []string{"details"}, Wrapper: wrapper(t, kms, apptest.Ohio), Load: s.load}
	stored := seal(t, c, "test-001", "details", "old")
	rotated, err := wrapper(t, kms, apptest.East).Rotate(t.Context(), s.wrapped)
	require.NoError(t, err)
	s.set(rotated)
	fresh := &fieldcrypt.Cipher{Wrapper: c.Wrapper, Load: s.load}
	text, err := fresh.Open(t.Context(), "test-001", "details", stored)
	require.NoError(t, err, "rotated, it is in the new form with the old key in it")
	assert.Equal(t, "old", text)
}

func TestWithoutTheKeyNothingIsStoredOrShown(t *testing.T) {
	sealed, _, _ := newCipher(t)
	stored := seal(t, sealed, "test-001", "details", "the secret")
	stranger, _, _ := newCipher(t)

	disabled, kms, _ := newCipher(t)
	kms.Disabled.Store(true)
	foreign, _, s := newCipher(t)
	foreign.Wrapper = wrapper(t, apptest.NewKMS(), apptest.East)
	missing, _, none := newCipher(t)
	none.set("")
	garbage, _, broken := newCipher(t)
	broken.set("!")
	for name, test := range map[string]struct {
		cipher *fieldcrypt.Cipher
		reason string
	}{
		"disabled key":         {disabled, "DisabledException"},
		"another key":          {foreign, "InvalidCiphertextException"},
		"no keyset":            {missing, "there is no keyset in app.keyset"},
		"keyset that is none":  {garbage, "cannot unwrap the keyset"},
		"no key is configured": {&fieldcrypt.Cipher{Fields: []string{"details"}, Load: s.load}, "no key is configured"},
	} {
		var key *fieldcrypt.KeyError
		text, err := test.cipher.Seal(t.Context(), "test-001", "details", "the secret")
		require.ErrorAs(t, err, &key, name)
		assert.ErrorContains(t, err, test.reason, name)
		assert.Empty(t, text, name)
		text, err = test.cipher.Open(t.Context(), "test-001", "details", stored)
		require.ErrorAs(t, err, &key, name)
		assert.Empty(t, text, name)
	}
	_, err := stranger.Open(t.Context(), "test-001", "details", stored)
	assert.ErrorContains(t, err, "is not in the keyset")

	kms.Disabled.Store(false)
	_, err = disabled.Seal(t.Context(), "test-001", "details", "the secret")
	assert.NoError(t, err, "a failure is not remembered")
}

func TestADatabaseThatCannotBeReadIsNotTakenForAMissingKey(t *testing.T) {
	c, _, s := newCipher(t)
	s.err = errors.New("connection lost")
	_, err := c.Seal(t.Context(), "test-001", "details", "the secret")
	assert.Equal(t, s.err, err)
}

func BenchmarkSealAndOpen(b *testing.B) {
	c, _, _ := newCipher(b)
	text := strings.Repeat("x", 200)
	for b.Loop() {
		stored, err := c.Seal(b.Context(), "test-001", "details", text)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Open(b.Context(), "test-001", "details", stored); err != nil {
			b.Fatal(err)
		}
	}
}
