package kms

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/must"
)

// maxPlaintext is what Encrypt takes, in bytes (KMS API Reference, Encrypt).
const maxPlaintext = 4096

// blobPrefix begins every ciphertext of the sandbox's KMS.
const blobPrefix = "sandbox-kms-1:"

// Encrypt encrypts up to 4096 bytes under a symmetric key for a caller who may (kms:Encrypt). The encryption context is
// bound to the ciphertext: only who names it again can decrypt. It returns the key's ARN as well.
func (s *Service) Encrypt(
	caller iam.Principal,
	key string,
	plaintext []byte,
	bound map[string]string,
) (blob []byte, arn string, err error) {
	if len(plaintext) == 0 || len(plaintext) > maxPlaintext {
		return nil, "", awserr.Invalid(
			"ValidationException",
			"plaintext of %d bytes: want 1 to %d",
			len(plaintext),
			maxPlaintext,
		)
	}
	if err := s.Use(caller, "kms:Encrypt", key, contextKeys(bound)); err != nil {
		return nil, "", err
	}
	k, err := s.find(key)
	if err != nil {
		return nil, "", err
	}
	head := append([]byte(blobPrefix+k.KeyID), 0)
	sealer := k.sealer()
	nonce := make([]byte, sealer.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return sealer.Seal(append(head, nonce...), nonce, plaintext, canonical(bound)), k.Arn, nil
}

// Decrypt decrypts what Encrypt has encrypted, for a caller who may (kms:Decrypt). The ciphertext names its key; in
// another region that is the replica of a multi-Region key. A key that is given must be that one.
func (s *Service) Decrypt(
	caller iam.Principal,
	key string,
	blob []byte,
	bound map[string]string,
) (plaintext []byte, arn string, err error) {
	rest, ok := bytes.CutPrefix(blob, []byte(blobPrefix))
	id, sealed, named := bytes.Cut(rest, []byte{0})
	if !ok || !named {
		return nil, "", invalidCiphertext()
	}
	if key != "" {
		k, err := s.find(key)
		if err != nil {
			return nil, "", err
		}
		if k.KeyID != string(id) {
			return nil, "", awserr.Invalid(
				"IncorrectKeyException",
				"The key ID in the request does not identify a CMK that can perform this operation.",
			)
		}
	}
	if err := s.Use(caller, "kms:Decrypt", string(id), contextKeys(bound)); err != nil {
		return nil, "", err
	}
	k, err := s.find(string(id))
	if err != nil {
		return nil, "", err
	}
	sealer := k.sealer()
	if len(sealed) < sealer.NonceSize() {
		return nil, "", invalidCiphertext()
	}
	nonce, sealed := sealed[:sealer.NonceSize()], sealed[sealer.NonceSize():]
	if plaintext, err = sealer.Open(nil, nonce, sealed, canonical(bound)); err != nil {
		return nil, "", invalidCiphertext()
	}
	return plaintext, k.Arn, nil
}

// invalidCiphertext says nothing about what is wrong, as KMS does.
func invalidCiphertext() error { return awserr.Invalid("InvalidCiphertextException", "") }

// newMaterial is the secret of a new key.
func newMaterial() []byte {
	material := make([]byte, 32)
	_, _ = rand.Read(material) // never fails
	return material
}

func (k storedKey) sealer() cipher.AEAD {
	block := must.Have(aes.NewCipher(k.material)) // 32 bytes are a key
	return must.Have(cipher.NewGCM(block))
}

// canonical spells an encryption context the same way whatever the order of its keys.
func canonical(bound map[string]string) []byte {
	if len(bound) == 0 {
		return nil
	}
	return must.JSON(bound) // sorts the keys
}

// contextKeys are the condition keys of an encryption context.
func contextKeys(bound map[string]string) iam.Context {
	keys := iam.Context{}
	for name, value := range bound {
		keys["kms:EncryptionContext:"+name] = value
	}
	return keys
}
