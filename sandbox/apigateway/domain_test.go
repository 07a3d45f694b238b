package apigateway

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/awserr"
)

const host = "api.example.com"

// certificate is an ARN of an issued certificate, or of one that waits.
func (w *world) certificateFor(t *testing.T, issued bool, names ...string) string {
	t.Helper()
	c, err := w.certificates.Request(acm.Certificate{
		DomainName:              names[0],
		SubjectAlternativeNames: names[1:],
		ValidationMethod:        acm.DNS,
		KeyAlgorithm:            "EC_prime256v1",
	}, "")
	require.NoError(t, err)
	if issued {
		w.mu.Lock()
		for _, v := range c.Validations {
			w.records[v.Name] = v.Value
		}
		w.mu.Unlock()
		w.certificates.Tick(w.region.Now())
	}
	return c.Arn
}

func domainWith(certificate string) DomainName {
	return DomainName{Name: host, Configuration: Configuration{
		CertificateArn: certificate,
		EndpointType:   "REGIONAL",
		SecurityPolicy: "TLS_1_2",
	}}
}

// mapped makes the domain name and leads it to the API.
func (w *world) mappedDomain(t *testing.T) (DomainName, Mapping) {
	t.Helper()
	d, err := w.CreateDomainName(domainWith(w.certificateFor(t, true, host)))
	require.NoError(t, err)
	m, err := w.CreateMapping(Mapping{DomainName: host, APIID: w.api.ID, Stage: defaultStage})
	require.NoError(t, err)
	return d, m
}

// get asks a host of the region for its things, as a client that believes the sandbox's authority.
func (w *world) get(ctx context.Context, t *testing.T, name string) (int, string, error) {
	t.Helper()
	at, ok := w.Front()
	require.True(t, ok)
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: w.roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, at.String())
		},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+name+"/things", http.NoBody)
	require.NoError(t, err)
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { assert.NoError(t, answer.Body.Close()) }()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

func TestACustomDomainNameAnswersWithItsCertificate(t *testing.T) {
	w := newWorld(t)
	w.route(t, "GET /things", "")
	w.answer = func(_ context.Context, payload []byte) (any, error) {
		return map[string]any{"statusCode": 200, "body": string(payload)}, nil
	}
	d, m := w.mappedDomain(t)
	assert.Equal(t, "arn:aws:apigateway:us-east-1::/domainnames/"+host, d.Arn)
	assert.Regexp(t, `^d-[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com$`, d.Configuration.TargetDomainName)
	assert.Equal(t, "Z1UJRXOUMOOFQ8", d.Configuration.HostedZoneID)
	assert.Equal(t, "ipv4", d.Configuration.IPAddressType)

	status, body, err := w.get(t.Context(), t, host)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, `"domainName":"api.example.com","domainPrefix":"api"`)
	own := w.api.ID + ".execute-api.us-east-1.amazonaws.com"
	status, body, err = w.get(t.Context(), t, own)
	require.NoError(t, err, "the API's own host name, with a certificate of the authority")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, `"domainPrefix":"`+w.api.ID+`"`)
	_, _, err = w.get(t.Context(), t, "other.example.com")
	require.ErrorContains(t, err, "certificate is valid for *.execute-api.us-east-1.amazonaws.com")

	require.NoError(t, w.DeleteMapping(host, m.ID))
	status, body, err = w.get(t.Context(), t, host)
	require.NoError(t, err)
	assert.Equal(t, http.StatusForbidden, status)
	assert.JSONEq(t, `{"message":"Forbidden"}`, body)
}

func TestARegionThatIsLostHangsAtItsHostNames(t *testing.T) {
	w := newWorld(t)
	w.route(t, "GET /things", "")
	w.answer = func(context.Context, []byte) (any, error) { return map[string]any{"statusCode": 200}, nil }
	w.mappedDomain(t)
	w.region.SetDown(true)
	for _, name := range []string{host, w.api.ID + ".execute-api.us-east-1.amazonaws.com"} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, _, err := w.get(ctx, t, name)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded, name)
	}
	w.region.SetDown(false)
	status, _, err := w.get(t.Context(), t, host)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status)
}

func TestEndpointsAreFoundByTheirNames(t *testing.T) {
	w := newWorld(t)
	d, _ := w.mappedDomain(t)
	at, _ := w.Front()
	for _, name := range []string{d.Configuration.TargetDomainName, w.api.ID + ".execute-api.us-east-1.amazonaws.com"} {
		zone, addr, ok := w.Target(name)
		assert.True(t, ok, name)
		assert.Equal(t, "Z1UJRXOUMOOFQ8", zone)
		assert.Equal(t, at.Addr(), addr)
		assert.True(t, addr.IsLoopback())
	}
	target := d.Configuration.TargetDomainName
	assert.False(t, w.DualStack(target))
	d.Configuration.IPAddressType = "dualstack"
	_, err := w.UpdateDomainName(d)
	require.NoError(t, err)
	assert.True(t, w.DualStack(target))
	for _, name := range []string{host, "d-none.execute-api.us-east-1.amazonaws.com",
		w.api.ID + ".execute-api.us-east-2.amazonaws.com"} {
		_, _, ok := w.Target(name)
		assert.False(t, ok, name)
	}
}

func TestWhatADomainNameUsesIsKept(t *testing.T) {
	w := newWorld(t)
	d, m := w.mappedDomain(t)
	require.ErrorContains(t, w.certificates.Delete(d.Configuration.CertificateArn), "is in use")
	require.ErrorContains(t, w.DeleteAPI(w.api.ID), "Please remove all API mappings for the API")
	require.ErrorContains(t, w.DeleteStage(w.api.ID, defaultStage), "Please remove all API mappings for the stage")

	changed := domainWith(w.certificateFor(t, true, "*.example.com"))
	after, err := w.UpdateDomainName(changed)
	require.NoError(t, err)
	assert.Equal(t, d.Configuration.TargetDomainName, after.Configuration.TargetDomainName)
	require.NoError(t, w.certificates.Delete(d.Configuration.CertificateArn), "the new one is used")

	found, err := w.Mapping(host, m.ID)
	require.NoError(t, err)
	assert.Equal(t, m, found)
	require.NoError(t, w.DeleteDomainName(host))
	_, err = w.DomainName(host)
	require.ErrorIs(t, err, awserr.ErrNotFound)
	require.NoError(t, w.certificates.Delete(changed.Configuration.CertificateArn))
	require.NoError(t, w.DeleteAPI(w.api.ID))
}

func TestDomainNamesAreRefusedAsByAWS(t *testing.T) {
	w := newWorld(t)
	good := domainWith(w.certificateFor(t, true, "*.example.com"))
	with := func(change func(*DomainName)) DomainName {
		d := good
		change(&d)
		return d
	}
	elsewhere := strings.Replace(good.Configuration.CertificateArn, "us-east-1", "us-east-2", 1)
	for want, d := range map[string]DomainName{
		"Certificate must be in 'us-east-1'.":                      domainWith(elsewhere),
		"The provided certificate does not exist.":                 domainWith(w.region.ARN("acm", "certificate/1")),
		"is PENDING_VALIDATION: want ISSUED":                       domainWith(w.certificateFor(t, false, "b.example.org")),
		"is not covered by the provided certificate.":              with(func(d *DomainName) { d.Name = "a.b.example.com" }),
		"Value 'a_b.example.com' at 'domainName'":                  with(func(d *DomainName) { d.Name = "a_b.example.com" }),
		`endpoint type is "EDGE": the sandbox models REGIONAL`:     with(func(d *DomainName) { d.Configuration.EndpointType = "EDGE" }),
		`security policy is "TLS_1_0": the sandbox models TLS_1_2`: with(func(d *DomainName) { d.Configuration.SecurityPolicy = "TLS_1_0" }),
		`IP address type is "ipv6": want ipv4 or dualstack`:        with(func(d *DomainName) { d.Configuration.IPAddressType = "ipv6" }),
	} {
		_, err := w.CreateDomainName(d)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "BadRequestException")
	}
	_, err := w.CreateDomainName(good)
	require.NoError(t, err)
	_, err = w.CreateDomainName(good)
	require.ErrorContains(t, err, "The domain name you provided already exists.")

	mapping := Mapping{DomainName: host, APIID: w.api.ID, Stage: defaultStage}
	for want, m := range map[string]Mapping{
		`API mapping key is "v1": the sandbox models the empty one`: {host, w.api.ID, defaultStage, "v1", ""},
		"Invalid domain name identifier specified":                  {"b.example.com", w.api.ID, defaultStage, "", ""},
		"Invalid API identifier specified none":                     {host, "none", defaultStage, "", ""},
		"Invalid Stage identifier specified prod":                   {host, w.api.ID, "prod", "", ""},
	} {
		_, err := w.CreateMapping(m)
		require.ErrorContains(t, err, want)
	}
	_, err = w.CreateMapping(mapping)
	require.NoError(t, err)
	_, err = w.CreateMapping(mapping)
	require.ErrorContains(t, err, "ConflictException: ApiMapping key already exists for this domain name")
}
