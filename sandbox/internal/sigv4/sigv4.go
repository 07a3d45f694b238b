// Package sigv4 verifies AWS Signature Version 4 of HTTP requests, in the header or in the query.
package sigv4

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	// maxSkew is how far a signature's time may be from the service's ("Elements of an AWS API request signature", IAM
	// User Guide).
	maxSkew = 5 * time.Minute
	// maxExpiry is the longest life of a presigned request.
	maxExpiry = 7 * 24 * time.Hour
)

// Signature is what a request says about its own signature (Signature Version 4), in the header or in the query.
type Signature struct {
	AccessKey       string
	Region, Service string   // that the request is for
	Headers         []string // that are signed, lower case
	Time            time.Time
	Expires         time.Duration // presigned requests only
	SessionToken    string

	date      string
	value     string // hexadecimal
	presigned bool
}

// scope is the credential scope.
func (s Signature) scope() string { return s.date + "/" + s.Region + "/" + s.Service + "/aws4_request" }

var errUnsigned = errors.New("request is not signed")

// Parse reads the signature of a request. Its error says what is malformed.
func Parse(r *http.Request) (Signature, error) {
	header, query := r.Header.Get("Authorization"), r.URL.Query()
	switch {
	case header != "":
		fields := map[string]string{}
		rest, ok := strings.CutPrefix(header, algorithm)
		if !ok {
			return Signature{}, fmt.Errorf("Authorization must begin with %s", algorithm)
		}
		for part := range strings.SplitSeq(rest, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			fields[name] = value
		}
		return newSignature(fields["Credential"], fields["SignedHeaders"], fields["Signature"],
			r.Header.Get("X-Amz-Date"), r.Header.Get("X-Amz-Security-Token"), "")
	case query.Get("X-Amz-Algorithm") == algorithm:
		if query.Get("X-Amz-Expires") == "" {
			return Signature{}, errors.New("X-Amz-Expires is missing")
		}
		return newSignature(query.Get("X-Amz-Credential"), query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Signature"),
			query.Get("X-Amz-Date"), query.Get("X-Amz-Security-Token"), query.Get("X-Amz-Expires"))
	}
	return Signature{}, errUnsigned
}

func newSignature(credential, signed, value, date, token, expires string) (Signature, error) {
	s := Signature{
		value:        value,
		SessionToken: token,
		presigned:    expires != "",
		Headers:      strings.Split(signed, ";"),
	}
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[4] != "aws4_request" {
		return s, errors.New("Credential must be <key>/<date>/<region>/<service>/aws4_request")
	}
	s.AccessKey = parts[0]
	s.date = parts[1]
	s.Region = parts[2]
	s.Service = parts[3]
	var err error
	if s.Time, err = time.Parse(timeFormat, date); err != nil {
		return s, errors.New("X-Amz-Date must be a time like 20060102T150405Z")
	}
	if s.date != date[:8] {
		return s, fmt.Errorf("the date in the Credential, %s, must be that of X-Amz-Date, %s", s.date, date[:8])
	}
	if s.presigned {
		seconds, err := strconv.Atoi(expires)
		s.Expires = time.Duration(seconds) * time.Second
		if err != nil || seconds < 1 || s.Expires > maxExpiry {
			return s, fmt.Errorf("X-Amz-Expires must be 1 to %d seconds", int(maxExpiry.Seconds()))
		}
	}
	if !slices.Contains(s.Headers, "host") {
		return s, errors.New("SignedHeaders must contain host")
	}
	return s, nil
}

// CheckTime says why a signature of a time is not valid now, in AWS's words. Both are the wall's.
func (s Signature) CheckTime(at, now time.Time) error {
	stamp := func(t time.Time) string { return t.UTC().Format(timeFormat) }
	expiry := at.Add(maxSkew)
	if s.presigned {
		expiry = at.Add(s.Expires)
	}
	switch {
	case now.After(expiry):
		return fmt.Errorf("Signature expired: %s is now earlier than %s (%s - %s)", stamp(at),
			stamp(now.Add(at.Sub(expiry))), stamp(now), expiry.Sub(at))
	case now.Add(maxSkew).Before(at):
		return fmt.Errorf("Signature not yet current: %s is still later than %s (%s + %s)", stamp(at),
			stamp(now.Add(maxSkew)), stamp(now), maxSkew)
	}
	return nil
}

// Matches reports whether the request, with its body, was signed with the secret.
func (s Signature) Matches(r *http.Request, body []byte, secret string) bool {
	want, err := hex.DecodeString(s.value)
	return err == nil && hmac.Equal(want, s.sign(r, body, secret))
}

func (s Signature) sign(r *http.Request, body []byte, secret string) []byte {
	canonical := sha256.Sum256([]byte(s.canonicalRequest(r, body)))
	toSign := strings.Join([]string{
		algorithm,
		s.Time.Format(timeFormat),
		s.scope(),
		hex.EncodeToString(canonical[:]),
	}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.Region, s.Service, "aws4_request"} {
		key = mac(key, part)
	}
	return mac(key, toSign)
}

func (s Signature) canonicalRequest(r *http.Request, body []byte) string {
	var b strings.Builder
	path, hash := canonicalPath(r.URL), hashOf(body)
	if s.Service == "s3" { // which signs paths as they are, and may leave the body out
		path = cmp.Or(r.URL.EscapedPath(), "/")
		hash = cmp.Or(r.Header.Get("X-Amz-Content-Sha256"), hash)
	}
	fmt.Fprintf(&b, "%s\n%s\n%s\n", r.Method, path, canonicalQuery(r.URL))
	for _, name := range s.Headers {
		fmt.Fprintf(&b, "%s:%s\n", name, canonicalHeader(r, name))
	}
	fmt.Fprintf(&b, "\n%s\n%s", strings.Join(s.Headers, ";"), hash)
	return b.String()
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// canonicalPath encodes the encoded path once more, as every service but S3 wants it.
func canonicalPath(u *url.URL) string {
	path := u.EscapedPath()
	if path == "" {
		return "/"
	}
	return strings.ReplaceAll(encode(path), "%2F", "/")
}

func canonicalQuery(u *url.URL) string {
	query := u.Query()
	query.Del("X-Amz-Signature")
	var pairs []string
	encoded := func(a, b string) int { return strings.Compare(encode(a), encode(b)) }
	for _, name := range slices.SortedFunc(maps.Keys(query), encoded) {
		for _, value := range slices.Sorted(slices.Values(query[name])) {
			pairs = append(pairs, encode(name)+"="+encode(value))
		}
	}
	return strings.Join(pairs, "&")
}

func canonicalHeader(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := slices.Clone(r.Header.Values(name))
	for i, value := range values {
		values[i] = strings.Join(strings.Fields(value), " ")
	}
	return strings.Join(values, ",")
}

// encode escapes all but RFC 3986's unreserved characters.
func encode(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func mac(key []byte, message string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(message))
	return h.Sum(nil)
}
