package apigateway

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// issuer is an OpenID provider on loopback with one key.
type issuer struct {
	*httptest.Server
	key     *rsa.PrivateKey
	fetched atomic.Int32
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	i := &issuer{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		assert.NoError(t, json.NewEncoder(w).Encode(map[string]string{"jwks_uri": i.URL + "/keys"}))
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		i.fetched.Add(1)
		assert.NoError(t, json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{"kty": "RSA", "kid": "k1",
			"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes())}}}))
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// token signs claims, with header values instead of the usual ones.
func (i *issuer) token(t *testing.T, header, claims map[string]any) string {
	t.Helper()
	all := map[string]any{"alg": "RS256", "kid": "k1"}
	for name, value := range header {
		all[name] = value
	}
	head, err := json.Marshal(all)
	require.NoError(t, err)
	body, err := json.Marshal(claims)
	require.NoError(t, err)
	signed := encode(head) + "." + encode(body)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
	require.NoError(t, err)
	return signed + "." + encode(signature)
}

func TestJWTAuthorization(t *testing.T) {
	w, i := newWorld(t), newIssuer(t)
	authorizer, err := w.CreateAuthorizer(Authorizer{APIID: w.api.ID, Name: "users", AuthorizerType: "JWT",
		IdentitySources: []string{"$request.header.Authorization"}, JWTConfiguration: &JWTConfiguration{Issuer: i.URL, Audiences: []string{"transactions"}}})
	require.NoError(t, err)
	for key, scopes := range map[string][]string{"GET /": nil, "GET /scoped": {"read", "write"}} {
		_, err := w.CreateRoute(Route{APIID: w.api.ID, RouteKey: key, Target: w.target, AuthorizationType: authorizeJWT, AuthorizerID: authorizer.ID, AuthorizationScopes: scopes})
		require.NoError(t, err)
	}
	var got struct {
		RequestContext struct {
			Authorizer struct {
				JWT struct{ Claims map[string]string }
			}
		}
	}
	w.answer = func(_ context.Context, payload []byte) (any, error) { return "ok", json.Unmarshal(payload, &got) }
	claims := func(edit map[string]any) map[string]any {
		all := map[string]any{"iss": i.URL, "aud": "transactions", "exp": time.Now().Add(time.Hour).Unix(), "sub": "somebody"}
		for name, value := range edit {
			all[name] = value
			if value == nil {
				delete(all, name)
			}
		}
		return all
	}
	past, future := time.Now().Add(-time.Minute).Unix(), time.Now().Add(time.Minute).Unix()
	call := func(path, token string) reply {
		t.Helper()
		r := w.request(t, http.MethodGet, path, "")
		if token != "" {
			r.Header.Set("Authorization", token)
		}
		answer, _ := do(t, r)
		return answer
	}
	for name, token := range map[string]string{
		"with the prefix":           "Bearer " + i.token(t, nil, claims(nil)),
		"without it":                i.token(t, nil, claims(nil)),
		"one of several audiences":  i.token(t, nil, claims(map[string]any{"aud": []string{"other", "transactions"}})),
		"a client without audience": i.token(t, nil, claims(map[string]any{"aud": nil, "client_id": "transactions"})),
		"since a minute":            i.token(t, nil, claims(map[string]any{"nbf": past, "iat": past})),
	} {
		assert.Equal(t, http.StatusOK, call("/", token).StatusCode, name)
	}
	assert.Equal(t, "somebody", got.RequestContext.Authorizer.JWT.Claims["sub"])
	assert.EqualValues(t, 1, i.fetched.Load(), "the keys are kept")

	stranger := newIssuer(t)
	for want, token := range map[string]string{
		"":                               "",
		"is not a JWT":                   "nonsense",
		"signature is not valid":         stranger.token(t, nil, claims(nil)),
		"not one of the issuer's":        i.token(t, map[string]any{"kid": "k2"}, claims(nil)),
		"algorithm is none":              i.token(t, map[string]any{"alg": "none"}, claims(nil)),
		"want an RSA-based one":          i.token(t, map[string]any{"alg": "ES256"}, claims(nil)),
		"does not have a valid issuer":   i.token(t, nil, claims(map[string]any{"iss": stranger.URL})),
		"does not have a valid audience": i.token(t, nil, claims(map[string]any{"aud": "other", "client_id": "transactions"})),
		"has expired":                    i.token(t, nil, claims(map[string]any{"exp": past})),
		"the token is not valid yet":     i.token(t, nil, claims(map[string]any{"nbf": future})),
		"token is not valid yet":         i.token(t, nil, claims(map[string]any{"iat": future})),
		"expired":                        i.token(t, nil, claims(map[string]any{"exp": nil})),
	} {
		answer := call("/", token)
		assert.Equal(t, http.StatusUnauthorized, answer.StatusCode, want)
		assert.Contains(t, answer.Header.Get("Www-Authenticate"), want)
	}
	assert.Equal(t, http.StatusForbidden, call("/scoped", i.token(t, nil, claims(map[string]any{"scope": "other"}))).StatusCode)
	assert.Equal(t, http.StatusOK, call("/scoped", i.token(t, nil, claims(map[string]any{"scope": "other read"}))).StatusCode)
	assert.Equal(t, http.StatusOK, call("/scoped", i.token(t, nil, claims(map[string]any{"scp": []string{"write"}}))).StatusCode)
}

func TestAnIssuerMustBeTrustworthy(t *testing.T) {
	w := newWorld(t)
	a := Authorizer{APIID: w.api.ID, Name: "users", AuthorizerType: "JWT", IdentitySources: []string{"$request.header.Authorization"},
		JWTConfiguration: &JWTConfiguration{Audiences: []string{"x"}}}
	for _, url := range []string{"", "http://example.com", "ftp://127.0.0.1", "https://"} {
		a.JWTConfiguration.Issuer = url
		_, err := w.CreateAuthorizer(a)
		require.ErrorContains(t, err, "Invalid issuer", url)
	}
	a.JWTConfiguration.Issuer = "https://login.example.com"
	created, err := w.CreateAuthorizer(a)
	require.NoError(t, err)
	created.Name = "people"
	_, err = w.UpdateAuthorizer(created)
	require.NoError(t, err)
	require.NoError(t, w.DeleteAuthorizer(w.api.ID, created.ID))
	a.IdentitySources = []string{"$request.querystring.token"}
	_, err = w.CreateAuthorizer(a)
	assert.ErrorContains(t, err, "models JWT in $request.header.Authorization")
}
