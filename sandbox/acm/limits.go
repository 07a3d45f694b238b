package acm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"regexp"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// Names and tokens (API Reference, RequestCertificate), and the quota of names ("Quotas", ACM User Guide).
const (
	maxName       = 253
	maxCommonName = 64 // RFC 5280
	maxNames      = 10
	maxToken      = 32
)

// The name's pattern is AWS's, whose look-aheads a label's own pattern replaces here.
var (
	label    = `[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?`
	nameForm = regexp.MustCompile(`^(\*\.)?(` + label + `\.)+` + label + `$`)
	word     = regexp.MustCompile(`^\w+$`)
)

// keyPair is the key of a certificate.
type keyPair = crypto.Signer

// keys make the keys that a request may ask for.
var keys = map[string]func() (keyPair, error){
	defaultKeyAlgorithm: func() (keyPair, error) { return rsa.GenerateKey(rand.Reader, 2048) },
	"EC_prime256v1":     func() (keyPair, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
	"EC_secp384r1":      func() (keyPair, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) },
}

func newKey(algorithm string) (keyPair, error) { return keys[algorithm]() }

// check refuses what Certificate Manager refuses, and what the sandbox does not model.
func (c Certificate) check(token string) error {
	var k constraint.Check
	if token != "" {
		k.Pattern("idempotencyToken", token, 1, maxToken, word)
	}
	k.Pattern("domainName", c.DomainName, 1, maxName, nameForm)
	for _, name := range c.SubjectAlternativeNames[1:] {
		k.Pattern("subjectAlternativeNames", name, 1, maxName, nameForm)
	}
	if err := k.Err("ValidationException"); err != nil {
		return err
	}
	return firstError(c.checkLengths(), c.checkChoices(), checkTags(c.Tags))
}

func (c Certificate) checkLengths() error {
	switch {
	case len(c.DomainName) > maxCommonName:
		return awserr.Invalid("InvalidDomainValidationOptionsException",
			"The first domain name can be no longer than %d characters.", maxCommonName)
	case len(c.SubjectAlternativeNames) > maxNames:
		return awserr.Invalid("LimitExceededException", "Certificate has too many domains.")
	default:
		return nil
	}
}

func (c Certificate) checkChoices() error {
	if keys[c.KeyAlgorithm] == nil {
		return awserr.Invalid("InvalidParameterException", "key algorithm is %q: want %s", c.KeyAlgorithm,
			strings.Join(slices.Sorted(maps.Keys(keys)), ", "))
	}
	if c.ValidationMethod != DNS {
		return awserr.Invalid("InvalidParameterException", "validation method is %q: the sandbox models %s",
			c.ValidationMethod, DNS)
	}
	if want := (Options{enabled, disabled}); *c.Options != want {
		return awserr.Invalid("InvalidParameterException", "options are %+v: the sandbox models transparency logging "+
			"%s and export %s", *c.Options, enabled, disabled)
	}
	return nil
}

func checkTags(tags map[string]string) error {
	var k constraint.Check
	k.Tags(tags)
	return k.Err("ValidationException")
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Covers says whether a certificate is for a host name: a wildcard stands for one label.
func (c Certificate) Covers(host string) bool {
	_, parent, _ := strings.Cut(host, ".")
	return slices.ContainsFunc(c.SubjectAlternativeNames, func(name string) bool {
		return strings.EqualFold(name, host) || strings.EqualFold(name, "*."+parent)
	})
}
