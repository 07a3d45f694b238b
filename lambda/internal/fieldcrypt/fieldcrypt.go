// Package fieldcrypt encrypts fields of a row with a tink keyset that only a KMS key unwraps. A stored text says itself
// whether it is encrypted, so the list of encrypted fields may change while rows of both kinds exist.
package fieldcrypt

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// What a stored text begins with.
const (
	markPlain = "text:"
	// MarkEncrypted begins what is encrypted.
	MarkEncrypted = "aead:"
)

// Cipher encrypts the fields it was told to and decrypts any. It is safe for concurrent use; the zero value encrypts
// nothing and can decrypt nothing.
type Cipher struct {
	// Fields are the names of the fields to encrypt.
	Fields []string
	// Wrapper unwraps the keyset; nil if there is no key.
	Wrapper *Wrapper
	// Load reads the newest wrapped keyset, "" if there is none. Its errors are returned as they are.
	Load func(context.Context) (string, error)

	mu     sync.Mutex
	keys   *keys // nil until first needed
	missed map[uint32]time.Time
}

// lookAgain is how long a key that was not in the keyset is not looked for again: a page may have a hundred rows of it.
const lookAgain = 10 * time.Second

// keys is an unwrapped keyset.
type keys struct {
	tink.AEAD
	ids map[uint32]bool
}

// Seal gives a field of the row with the ID the form in which it is stored; an empty text stays empty. The error is
// *KeyError if the field is to be encrypted and there is no key for it.
func (c *Cipher) Seal(ctx context.Context, id, field, text string) (string, error) {
	switch {
	case text == "":
		return "", nil
	case !slices.Contains(c.Fields, field):
		return markPlain + text, nil
	}
	keys, err := c.get(ctx)
	if err != nil {
		return "", err
	}
	sealed, err := keys.Encrypt([]byte(text), associatedData(id, field))
	if err != nil {
		return "", &KeyError{fmt.Errorf("encrypt %s: %w", field, err)}
	}
	return MarkEncrypted + base64.RawStdEncoding.EncodeToString(sealed), nil
}

// Open is the reverse of Seal. The error is *KeyError if the key cannot be had, and Unreadable if that is this row's
// own fault.
func (c *Cipher) Open(ctx context.Context, id, field, stored string) (string, error) {
	if stored == "" {
		return "", nil
	}
	if text, ok := strings.CutPrefix(stored, markPlain); ok {
		return text, nil
	}
	encoded, ok := strings.CutPrefix(stored, MarkEncrypted)
	sealed, err := base64.RawStdEncoding.Strict().DecodeString(encoded)
	keyID, known := keyOf(sealed)
	if !ok || err != nil || !known {
		return "", fmt.Errorf("%s of transaction %s: %w", field, id,
			unreadable("the stored text is neither plain nor encrypted"))
	}
	keys, err := c.holding(ctx, keyID)
	if err != nil {
		return "", err
	}
	text, err := keys.Decrypt(sealed, associatedData(id, field))
	if err != nil {
		const changed unreadable = "the stored text cannot be decrypted, it was changed outside of the application"
		return "", fmt.Errorf("%s of transaction %s: %w: %w", field, id, changed, err)
	}
	return string(text), nil
}

// associatedData binds a ciphertext to its row and column, so that it cannot be moved to another.
func associatedData(id, field string) []byte { return []byte("app.transaction/" + id + "/" + field) }

// keyOf reads the ID of the key that a ciphertext begins with: a byte of 1, then four of the ID (Tink, "Wire format",
// output prefix).
func keyOf(sealed []byte) (uint32, bool) {
	if len(sealed) < 5 || sealed[0] != 1 {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[1:5]), true
}

// get is the keyset, loaded at the first call that succeeds.
func (c *Cipher) get(ctx context.Context) (*keys, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil {
		return c.load(ctx)
	}
	return c.keys, nil
}

// holding is the keyset with the key, loaded again if the one at hand lacks it: the keyset was rotated since.
func (c *Cipher) holding(ctx context.Context, keyID uint32) (*keys, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys != nil && c.keys.ids[keyID] {
		return c.keys, nil
	}
	missing := &KeyError{unreadable(fmt.Sprintf("key %d, which a stored field was encrypted with, is not in the keyset",
		keyID))}
	if time.Since(c.missed[keyID]) < lookAgain {
		return nil, missing
	}
	keys, err := c.load(ctx)
	if err != nil {
		return nil, err
	}
	if !keys.ids[keyID] {
		if c.missed == nil {
			c.missed = map[uint32]time.Time{}
		}
		c.missed[keyID] = time.Now()
		return nil, missing
	}
	return keys, nil
}

// load must be called with the mutex held.
func (c *Cipher) load(ctx context.Context) (*keys, error) {
	if c.Wrapper == nil {
		return nil, &KeyError{errors.New("no key is configured")}
	}
	wrapped, err := c.Load(ctx)
	if err != nil {
		return nil, err
	}
	if wrapped == "" {
		return nil, &KeyError{errors.New("there is no keyset in app.keyset; the deployment's migrate function makes it")}
	}
	handle, err := c.Wrapper.unwrap(ctx, wrapped)
	if err != nil {
		return nil, err
	}
	loaded, err := newKeys(handle)
	if err != nil {
		return nil, &KeyError{err}
	}
	c.keys = loaded
	return loaded, nil
}

func newKeys(handle *keyset.Handle) (*keys, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	k := &keys{AEAD: primitive, ids: map[uint32]bool{}}
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("keyset: %w", err)
		}
		if entry.KeyStatus() == keyset.Enabled {
			k.ids[entry.KeyID()] = true
		}
	}
	return k, nil
}
