package fieldcrypt

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/tink-crypto/tink-go-awskms/v3/integration/awskms"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"aurora-dsql-dr/lambda/contract"
)

// KMS is the part of the KMS client that wrapping a keyset needs.
type KMS interface {
	Encrypt(ctx context.Context, in *kms.EncryptInput, opts ...func(*kms.Options)) (*kms.EncryptOutput, error)
	Decrypt(ctx context.Context, in *kms.DecryptInput, opts ...func(*kms.Options)) (*kms.DecryptOutput, error)
}

// KeyError is a key that cannot be had or used. Whoever gets it must not go on without encryption.
type KeyError struct{ err error }

func (e *KeyError) Error() string { return "field encryption: " + e.err.Error() }

// Unwrap gives the cause.
func (e *KeyError) Unwrap() error { return e.err }

// Wrapper wraps keysets with one KMS key, the region's replica of a multi-region key: what one replica wrapped, the
// other unwraps (KMS Developer Guide, "Multi-Region keys").
type Wrapper struct {
	keyARN string
	key    tink.AEADWithContext
}

// NewWrapper returns the wrapper of a key. client must be of the key's region.
func NewWrapper(ctx context.Context, keyARN string, client KMS) (*Wrapper, error) {
	key, err := awskms.NewAEADWithContext(ctx, keyARN, awskms.WithKMS(client))
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", keyARN, err)
	}
	return &Wrapper{keyARN: keyARN, key: key}, nil
}

// NewKeyset makes a keyset with one key and returns it wrapped.
//
// The keys are XAES-256-GCM: its nonces of 192 bits may be random for any number of messages, so that no counter says
// when a key must be rotated.
func (w *Wrapper) NewKeyset(ctx context.Context) (string, error) {
	handle, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return "", fmt.Errorf("new keyset: %w", err)
	}
	return w.wrap(ctx, handle)
}

// Rotate adds a key to a wrapped keyset, makes it the one that encrypts, and returns the result wrapped. The keys
// before it stay, to decrypt what they encrypted.
func (w *Wrapper) Rotate(ctx context.Context, wrapped string) (string, error) {
	handle, err := w.unwrap(ctx, wrapped)
	if err != nil {
		return "", err
	}
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(aead.XAES256GCM192BitNonceKeyTemplate())
	if err == nil {
		err = manager.SetPrimary(id)
	}
	if err != nil {
		return "", fmt.Errorf("add a key to the keyset: %w", err)
	}
	if handle, err = manager.Handle(); err != nil {
		return "", fmt.Errorf("rotated keyset: %w", err)
	}
	return w.wrap(ctx, handle)
}

// Open says whether a wrapped keyset can be opened with the key; the error says why not.
func (w *Wrapper) Open(ctx context.Context, wrapped string) error {
	_, err := w.unwrap(ctx, wrapped)
	return err
}

// markEnvelope begins a keyset that is encrypted with a data key of its own, which KMS has encrypted. KMS takes 4,096
// bytes at most (KMS API Reference, Encrypt), some forty keys. Without the mark, KMS has encrypted the keyset itself,
// as this program once had it do; base64 has no colon.
const markEnvelope = "envelope:"

func (w *Wrapper) wrap(ctx context.Context, handle *keyset.Handle) (string, error) {
	var sealed bytes.Buffer
	key := &witness{key: w.key}
	envelope, err := aead.NewKMSEnvelopeAEADWithContext(aead.AES256GCMKeyTemplate(), key)
	if err == nil {
		err = handle.WriteWithContext(ctx, keyset.NewBinaryWriter(&sealed), envelope, []byte(contract.KeysetAssociatedData))
	}
	if err != nil {
		return "", w.failure("wrap", cmp.Or(key.err, err))
	}
	return markEnvelope + base64.StdEncoding.EncodeToString(sealed.Bytes()), nil
}

func (w *Wrapper) unwrap(ctx context.Context, wrapped string) (*keyset.Handle, error) {
	encoded, enveloped := strings.CutPrefix(wrapped, markEnvelope)
	sealed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, w.failure("unwrap", err)
	}
	key := &witness{key: w.key}
	var opener tink.AEADWithContext = key
	if enveloped {
		if opener, err = aead.NewKMSEnvelopeAEADWithContext(aead.AES256GCMKeyTemplate(), key); err != nil {
			return nil, w.failure("unwrap", err)
		}
	}
	handle, err := keyset.ReadWithContext(ctx, keyset.NewBinaryReader(bytes.NewReader(sealed)), opener,
		[]byte(contract.KeysetAssociatedData))
	if err != nil {
		return nil, w.failure("unwrap", cmp.Or(key.err, err))
	}
	return handle, nil
}

// witness is the KMS key. It keeps KMS's own error, of which tink passes on the text at most, and names KMS the
// keyset's associated data for the data key as well, which tink encrypts without any: as the encryption context it is
// in CloudTrail.
type witness struct {
	key tink.AEADWithContext
	err error
}

func (w *witness) EncryptWithContext(ctx context.Context, plaintext, _ []byte) (out []byte, err error) {
	out, w.err = w.key.EncryptWithContext(ctx, plaintext, []byte(contract.KeysetAssociatedData))
	return out, w.err
}

func (w *witness) DecryptWithContext(ctx context.Context, ciphertext, _ []byte) (out []byte, err error) {
	out, w.err = w.key.DecryptWithContext(ctx, ciphertext, []byte(contract.KeysetAssociatedData))
	return out, w.err
}

func (w *Wrapper) failure(what string, err error) error {
	return &KeyError{fmt.Errorf("cannot %s the keyset with the KMS key %s: %w", what, w.keyARN, err)}
}
