package apptest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"maps"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
)

// KMS is one multi-region key with a replica in every region. It really encrypts, under the encryption context it is
// given.
type KMS struct {
	// Disabled refuses every use.
	Disabled atomic.Bool
	// Denied refuses so many uses, as KMS does while the policy of the caller's role is not in force everywhere.
	Denied atomic.Int64
	// Decrypts counts the calls of Decrypt.
	Decrypts atomic.Int64

	key cipher.AEAD
}

// NewKMS makes a key.
func NewKMS() *KMS {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	block, err := aes.NewCipher(secret)
	if err != nil {
		panic(err) // the length is right
	}
	key, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // so is the block
	}
	return &KMS{key: key}
}

// KeyARN is the replica of a region.
func KeyARN(region string) string { return "arn:aws:kms:" + region + ":123456789012:key/mrk-0123" }

func (k *KMS) usable(keyID *string) error {
	switch {
	case k.Denied.Load() > 0:
		k.Denied.Add(-1)
		return &smithy.GenericAPIError{
			Code:    "AccessDeniedException",
			Message: "User is not authorized to perform: kms:Encrypt",
		}
	case k.Disabled.Load():
		return &types.DisabledException{}
	case !strings.HasSuffix(*keyID, "key/mrk-0123"):
		return &types.NotFoundException{}
	default:
		return nil
	}
}

func bound(encryptionContext map[string]string) []byte {
	var text strings.Builder
	for name, value := range maps.All(encryptionContext) {
		text.WriteString(name + "=" + value)
	}
	return []byte(text.String())
}

// Encrypt is KMS's, which takes 4,096 bytes at most.
func (k *KMS) Encrypt(_ context.Context, in *kms.EncryptInput, _ ...func(*kms.Options)) (*kms.EncryptOutput, error) {
	if err := k.usable(in.KeyId); err != nil {
		return nil, err
	}
	if len(in.Plaintext) > 4096 {
		return nil, &smithy.GenericAPIError{
			Code: "ValidationException",
			Message: "1 validation error detected: Value at 'plaintext' " +
				"failed to satisfy constraint: Member must have length less than or equal to 4096",
		}
	}
	//nolint:gosec // NewGCMWithRandomNonce makes the nonce, and wants none
	sealed := k.key.Seal(nil, nil, in.Plaintext, bound(in.EncryptionContext))
	return &kms.EncryptOutput{CiphertextBlob: sealed}, nil
}

// Decrypt is KMS's.
func (k *KMS) Decrypt(_ context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	k.Decrypts.Add(1)
	if err := k.usable(in.KeyId); err != nil {
		return nil, err
	}
	plain, err := k.key.Open(nil, nil, in.CiphertextBlob, bound(in.EncryptionContext))
	if err != nil {
		return nil, &types.InvalidCiphertextException{}
	}
	return &kms.DecryptOutput{Plaintext: plain}, nil
}
