// Package openid is an OpenID provider on this machine: somebody else's on the internet, whose tokens the APIs of an
// account may accept. It has one key, which never leaves the process, and no users: whoever holds the Provider says who
// its tokens are about.
package openid

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"

	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/edge"
)

const (
	keyBits = 2048 // the least that API Gateway accepts
	keyID   = "1"
)

// Provider is a running OpenID provider. Create it with Listen and end it with Close.
type Provider struct {
	// Issuer is its URL, which its tokens carry.
	Issuer string
	// Address is where it listens.
	Address string

	key    *rsa.PrivateKey
	server *http.Server
}

// Listen starts a provider with a host name of its own, which is certified by ca, on loopback and any free port.
func Listen(ca *authority.CA, host string) (*Provider, error) {
	certificate, err := ca.Issue(host)
	if err != nil {
		return nil, err
	}
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", host, err)
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", host, err)
	}
	p := &Provider{
		Issuer:  "https://" + host + "/",
		Address: listener.Addr().String(),
		key:     key,
	}
	p.server = &http.Server{
		Handler:           edge.Handler(host, p.documents()),
		ReadHeaderTimeout: 10 * time.Second,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		ErrorLog:          log.New(io.Discard, "", 0), // clients that leave a handshake are no news
	}
	go func() { _ = p.server.ServeTLS(listener, "", "") }() // returns when the provider is closed
	return p, nil
}

// Close ends the provider.
func (p *Provider) Close() error { return p.server.Close() }

// documents are what verifiers of tokens fetch (OpenID Connect Discovery 1.0; RFC 7517).
func (p *Provider) documents() http.Handler {
	mux := http.NewServeMux()
	keys := p.Issuer + "keys"
	mux.HandleFunc("GET /.well-known/openid-configuration", serve(map[string]any{
		"issuer":                                p.Issuer,
		"jwks_uri":                              keys,
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}))
	mux.HandleFunc("GET /keys", serve(map[string]any{"keys": []map[string]string{{
		"kty": "RSA",
		"kid": keyID,
		"use": "sig",
		"alg": "RS256",
		"n":   text(p.key.N.Bytes()),
		"e":   text(big.NewInt(int64(p.key.E)).Bytes()),
	}}}))
	return mux
}

func serve(document map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(document) // a client that has gone needs no answer
	}
}

// Token is a token about a subject and for an audience, valid from now on for so long, by the wall.
func (p *Provider) Token(subject, audience string, life time.Duration) (string, error) {
	now := time.Now()
	header, err := part(map[string]any{"alg": "RS256", "kid": keyID, "typ": "JWT"})
	if err != nil {
		return "", err
	}
	claims, err := part(map[string]any{
		"iss": p.Issuer,
		"sub": subject,
		"aud": audience,
		"iat": now.Unix(),
		"exp": now.Add(life).Unix(),
	})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(header + "." + claims))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	return header + "." + claims + "." + text(signature), err
}

func part(fields map[string]any) (string, error) {
	body, err := json.Marshal(fields)
	return text(body), err
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
