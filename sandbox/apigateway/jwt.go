package apigateway

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/clock"
)

// claims are what a token says, with numbers as they are spelled.
type claims map[string]any

// hashes are the signature algorithms API Gateway accepts, all of RSA, with their digests.
var hashes = map[string]func(signed []byte) (crypto.Hash, []byte){
	"RS256": func(b []byte) (crypto.Hash, []byte) { d := sha256.Sum256(b); return crypto.SHA256, d[:] },
	"RS384": func(b []byte) (crypto.Hash, []byte) { d := sha512.Sum384(b); return crypto.SHA384, d[:] },
	"RS512": func(b []byte) (crypto.Hash, []byte) { d := sha512.Sum512(b); return crypto.SHA512, d[:] },
}

// verify checks a token's signature and claims as API Gateway documents it ("Control access to HTTP APIs with JWT
// authorizers", API Gateway Developer Guide). Tokens tell the wall's time.
func (a *authorizer) verify(ctx context.Context, token string) (claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("the token is not a JWT")
	}
	var header struct{ Alg, Kid string }
	var says claims
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err = errors.Join(decodePart(parts[0], &header), decodePart(parts[1], &says), err); err != nil {
		return nil, errors.New("the token is not a JWT")
	}
	digest, ok := hashes[header.Alg]
	if !ok {
		return nil, fmt.Errorf("the token's algorithm is %s: want an RSA-based one", header.Alg)
	}
	key, err := a.keys.find(ctx, header.Kid)
	if err != nil {
		return nil, err
	}
	hash, sum := digest([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(key, hash, sum, signature) != nil {
		return nil, errors.New("the token's signature is not valid")
	}
	return says, says.check(*a.JWTConfiguration, time.Now())
}

func decodePart(part string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

func (c claims) check(want JWTConfiguration, now time.Time) error {
	if c["iss"] != want.Issuer {
		return errors.New("the token does not have a valid issuer")
	}
	audiences := c.list("aud")
	if len(audiences) == 0 { // the client's id counts only without an audience
		audiences = c.list("client_id")
	}
	if !slices.ContainsFunc(audiences, func(a string) bool { return slices.Contains(want.Audiences, a) }) {
		return errors.New("the token does not have a valid audience")
	}
	if expires, ok := c.time("exp"); !ok || !expires.After(now) {
		return errors.New("the token has expired")
	}
	for _, name := range []string{"nbf", "iat"} {
		if begins, ok := c.time(name); ok && begins.After(now) {
			return errors.New("the token is not valid yet")
		}
	}
	return nil
}

// list is a claim that may be one text or several.
func (c claims) list(name string) (list []string) {
	switch value := c[name].(type) {
	case string:
		return []string{value}
	case []any:
		for _, item := range value {
			list = append(list, fmt.Sprint(item))
		}
	}
	return list
}

func (c claims) time(name string) (time.Time, bool) {
	number, ok := c[name].(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := number.Float64()
	return time.Unix(int64(seconds), 0), err == nil
}

// scopes are in scope, divided by spaces, or in scp.
func (c claims) scopes() []string {
	if scope, ok := c["scope"].(string); ok {
		return strings.Fields(scope)
	}
	return c.list("scp")
}

// texts are the claims as the function receives them.
func (c claims) texts() map[string]string {
	texts := map[string]string{}
	for name, value := range c {
		texts[name] = fmt.Sprint(value)
	}
	return texts
}

// keySet holds the public keys of an issuer, which its discovery document leads to.
type keySet struct {
	issuer   string
	internet *http.Client
	clock    *clock.Clock

	mu      sync.Mutex
	keys    map[string]*rsa.PublicKey
	fetched time.Time
}

// keysLast is how long API Gateway keeps an issuer's keys.
const keysLast = 2 * time.Hour

// find finds a key by its id. Keys that are too old are fetched again, and once for one that is not known.
func (k *keySet) find(ctx context.Context, id string) (*rsa.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.keys[id]; ok && k.clock.Since(k.fetched) < keysLast {
		return key, nil
	}
	keys, err := k.fetch(ctx)
	if err != nil {
		return nil, fmt.Errorf("the issuer's keys cannot be fetched: %w", err)
	}
	k.keys, k.fetched = keys, k.clock.Now()
	if key, ok := keys[id]; ok {
		return key, nil
	}
	return nil, errors.New("the token's key is not one of the issuer's")
}

func (k *keySet) fetch(ctx context.Context) (map[string]*rsa.PublicKey, error) {
	var discovery struct {
		JWKSURI string `json:"jwks_uri"`
	}
	if err := k.get(ctx, strings.TrimSuffix(k.issuer, "/")+"/.well-known/openid-configuration", &discovery); err != nil {
		return nil, err
	}
	var set struct {
		Keys []struct{ Kty, Kid, N, E string }
	}
	if err := k.get(ctx, discovery.JWKSURI, &set); err != nil {
		return nil, err
	}
	keys := map[string]*rsa.PublicKey{}
	for _, key := range set.Keys {
		modulus, errN := base64.RawURLEncoding.DecodeString(key.N)
		exponent, errE := base64.RawURLEncoding.DecodeString(key.E)
		if key.Kty == "RSA" && errN == nil && errE == nil {
			keys[key.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(new(big.Int).SetBytes(exponent).Int64())}
		}
	}
	return keys, nil
}

func (k *keySet) get(ctx context.Context, url string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := k.internet.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, answer.Status)
	}
	return json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(into)
}
