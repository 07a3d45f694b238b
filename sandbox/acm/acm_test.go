package acm

import (
	"crypto/x509"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/internal/must"
	"aurora-dsql-dr/sandbox/region"
)

const account = "123456789012"

// dns is what public DNS answers.
type dns struct {
	sync.Mutex
	records map[string]string
	ca      *authority.CA
}

func (d *dns) cname(name string) (string, bool) {
	d.Lock()
	defer d.Unlock()
	value, ok := d.records[name]
	return value, ok
}

func (d *dns) add(v Validation) {
	d.Lock()
	defer d.Unlock()
	d.records[v.Name] = strings.TrimSuffix(v.Value, ".") // a zone's spelling
}

func newService(t *testing.T, name string) (*Service, *dns) {
	t.Helper()
	d := &dns{records: map[string]string{}, ca: must.Have(authority.New())}
	return New(region.New(name, account, clock.New(1)), Deps{CA: d.ca, CNAME: d.cname}), d
}

func asked(names ...string) Certificate {
	return Certificate{
		DomainName:              names[0],
		SubjectAlternativeNames: names[1:],
		ValidationMethod:        DNS,
		KeyAlgorithm:            "EC_prime256v1",
	}
}

func requested(t *testing.T, s *Service, names ...string) Certificate {
	t.Helper()
	c, err := s.Request(asked(names...), "")
	require.NoError(t, err)
	return c
}

func TestACertificateIsIssuedOnceTheRecordOfEveryNameExists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newService(t, "us-east-1")
		c := requested(t, s, "api.example.com", "*.example.org")
		assert.Equal(t, PendingValidation, c.Status)
		require.Len(t, c.Validations, 2)
		read := func() Certificate {
			t.Helper()
			s.Tick(s.env.Now())
			now, err := s.Certificate(c.Arn)
			require.NoError(t, err)
			return now
		}
		assert.Equal(t, PendingValidation, read().Status)
		d.add(c.Validations[0])
		half := read()
		assert.Equal(t, PendingValidation, half.Status, "one name of two")
		assert.Equal(t, Success, half.Validations[0].Status)
		_, err := s.Serve(c.Arn)
		require.ErrorIs(t, err, awserr.ErrNotFound)

		d.add(c.Validations[1])
		issued := read()
		assert.Equal(t, Issued, issued.Status)
		assert.Equal(t, 198*24*time.Hour-time.Second, issued.NotAfter.Sub(*issued.NotBefore))
		served, err := s.Serve(c.Arn)
		require.NoError(t, err)
		for _, host := range []string{"api.example.com", "a.example.org"} {
			_, err = served.Leaf.Verify(x509.VerifyOptions{Roots: d.ca.Pool(), DNSName: host, CurrentTime: time.Now()})
			require.NoError(t, err, host)
			assert.True(t, issued.Covers(host))
		}
		assert.False(t, issued.Covers("a.b.example.org"), "a wildcard stands for one label")

		time.Sleep(validity + 24*time.Hour)
		assert.Equal(t, Expired, read().Status)
		assert.Empty(t, s.Metrics(s.env.Now()))
	})
}

func TestACertificateWhoseRecordsDoNotComeTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newService(t, "us-east-1")
		c := requested(t, s, "api.example.com")
		d.records[c.Validations[0].Name] = "somebody.else.acm-validations.aws"
		time.Sleep(72*time.Hour - time.Second)
		s.Tick(s.env.Now())
		now, err := s.Certificate(c.Arn)
		require.NoError(t, err)
		assert.Equal(t, PendingValidation, now.Status)
		time.Sleep(time.Second)
		s.Tick(s.env.Now())
		now, err = s.Certificate(c.Arn)
		require.NoError(t, err)
		assert.Equal(t, ValidationTimedOut, now.Status)
		assert.Equal(t, Failed, now.Validations[0].Status)
		d.add(c.Validations[0])
		s.Tick(s.env.Now())
		now, err = s.Certificate(c.Arn)
		require.NoError(t, err)
		assert.Equal(t, ValidationTimedOut, now.Status, "it is too late")
	})
}

func TestEveryCertificateForANameAsksForTheSameRecord(t *testing.T) {
	east, _ := newService(t, "us-east-1")
	west, _ := newService(t, "us-west-2")
	one, two := requested(t, east, "example.com", "*.example.com"), requested(t, west, "example.com", "a.example.com")
	assert.Equal(t, one.Validations[0], two.Validations[0])
	assert.Equal(t, one.Validations[0].Name, one.Validations[1].Name, "a wildcard has the record of its name")
	assert.NotEqual(t, two.Validations[0].Value, two.Validations[1].Value)
	assert.Regexp(t, `^_[0-9a-f]{32}\.example\.com\.$`, one.Validations[0].Name)
	assert.Regexp(t, `^_[0-9a-f]{32}\.[a-z]{10}\.acm-validations\.aws\.$`, one.Validations[0].Value)
}

func TestATokenIsOneRequestForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newService(t, "us-east-1")
		request := func(name string) string {
			c, err := s.Request(asked(name), "token")
			require.NoError(t, err)
			return c.Arn
		}
		first := request("a.example.com")
		assert.Equal(t, first, request("a.example.com"))
		other := request("b.example.com")
		assert.NotEqual(t, first, other)
		time.Sleep(tokenLife)
		assert.NotEqual(t, other, request("b.example.com"))
	})
}

func TestACertificateInUseIsNotDeleted(t *testing.T) {
	s, d := newService(t, "us-east-1")
	c := requested(t, s, "api.example.com")
	require.ErrorContains(t, s.Use(c.Arn, "one"), "is PENDING_VALIDATION")
	d.add(c.Validations[0])
	s.Tick(s.env.Now())
	require.NoError(t, s.Use(c.Arn, "one"))
	require.NoError(t, s.Use(c.Arn, "two"))
	err := s.Delete(c.Arn)
	require.EqualError(t, err, "ResourceInUseException: Certificate "+c.Arn+" in account "+account+" is in use.")
	s.Release(c.Arn, "one")
	require.Error(t, s.Delete(c.Arn))
	s.Release(c.Arn, "two")
	require.NoError(t, s.Delete(c.Arn))
	require.ErrorIs(t, s.Delete(c.Arn), awserr.ErrNotFound)
}

func TestDaysToExpiryAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newService(t, "us-east-1")
		c := requested(t, s, "api.example.com")
		assert.Empty(t, s.Metrics(s.env.Now()))
		d.add(c.Validations[0])
		s.Tick(s.env.Now())
		days := func() float64 {
			data := s.Metrics(s.env.Now())
			require.Len(t, data, 1)
			assert.Equal(t, map[string]string{"CertificateArn": c.Arn}, data[0].Dimensions)
			return *data[0].Value
		}
		first := days()
		assert.InDelta(t, 197, first, 0)
		time.Sleep(day)
		assert.InDelta(t, first-1, days(), 0)
	})
}

func TestACMRefusesWhatAWSRefuses(t *testing.T) {
	s, _ := newService(t, "us-east-1")
	long := strings.Repeat("a", 63) + ".example.com"
	var many []string
	for i := range 11 {
		many = append(many, fmt.Sprintf("%d.example.com", i))
	}
	with := func(change func(*Certificate)) Certificate {
		c := asked("api.example.com")
		change(&c)
		return c
	}
	for want, c := range map[string]Certificate{
		"can be no longer than 64 characters":                       asked(long),
		"Value 'example.com.' at 'domainName'":                      asked("example.com."),
		"Value 'a_b.example.com' at 'subjectAlternativeNames'":      asked("example.com", "a_b.example.com"),
		"LimitExceededException: Certificate has too many domains.": asked(many...),
		`key algorithm is "RSA_4096"`:                               with(func(c *Certificate) { c.KeyAlgorithm = "RSA_4096" }),
		`validation method is "EMAIL": the sandbox models DNS`:      with(func(c *Certificate) { c.ValidationMethod = "EMAIL" }),
		"the sandbox models transparency logging":                   with(func(c *Certificate) { c.Options = &Options{Export: "ENABLED"} }),
		"not begin with aws:":                                       with(func(c *Certificate) { c.Tags = map[string]string{"aws:a": ""} }),
	} {
		_, err := s.Request(c, "")
		require.ErrorContains(t, err, want)
	}
	_, err := s.Request(asked("example.com"), "not-a-word")
	require.ErrorContains(t, err, "at 'idempotencyToken'")
	_, err = s.Request(asked("example.com", long), "")
	require.NoError(t, err, "an alternative name may be long")
	assert.Len(t, s.Certificates(), 1)
}
