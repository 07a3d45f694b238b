package provider

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/route53"
)

const (
	certificateKind = "aws:acm/certificate:Certificate"
	validationKind  = "aws:acm/certificateValidation:CertificateValidation"
)

func certificateOf(names ...any) object {
	return object{
		"domainName":              names[0],
		"subjectAlternativeNames": names[1:],
		"validationMethod":        "DNS",
		"keyAlgorithm":            "EC_prime256v1",
	}
}

// validate puts the records of a certificate into a zone.
func (w *world) validate(zone string, s stateOf) (fqdns []any) {
	w.t.Helper()
	ttl := int64(60)
	for _, option := range s.outputs["domainValidationOptions"].([]any) {
		o := option.(object)
		_, err := w.Route53.ChangeRecordSets(zone, "", []route53.Change{{Action: "UPSERT", Set: route53.RecordSet{
			Name: o["resourceRecordName"].(string), Type: o["resourceRecordType"].(string), TTL: &ttl,
			Values: []string{o["resourceRecordValue"].(string)},
		}}})
		require.NoError(w.t, err)
		fqdns = append(fqdns, o["resourceRecordName"])
	}
	return fqdns
}

func TestAValidationWaitsUntilTheCertificateIsIssued(t *testing.T) {
	w := newWorld(t, Options{})
	zone, _, err := w.Route53.CreateZone("example.com", "one", "")
	require.NoError(t, err)
	i, cert := w.in(primary), certificateOf("api.example.com", "*.example.com")
	c := i.mustCreate(certificateKind, "api", cert)
	assert.Equal(t, acm.PendingValidation, c.outputs["status"])
	assert.Equal(t, []any{"api.example.com", "*.example.com"}, c.outputs["subjectAlternativeNames"])
	fqdns := w.validate(zone.ID, c)

	_, err = i.create(validationKind, "part", object{"certificateArn": c.id, "validationRecordFqdns": fqdns[:1]})
	require.ErrorContains(t, err, "missing *.example.com DNS validation record: _")
	v := i.mustCreate(validationKind, "api", object{"certificateArn": c.id, "validationRecordFqdns": fqdns})
	assert.Equal(t, "0001-01-01 00:00:00 +0000 UTC", v.id, "it was not issued when the wait began")
	again := i.mustCreate(validationKind, "again", object{"certificateArn": c.id})
	assert.NotEqual(t, v.id, again.id)

	fresh := i.mustRefresh(c)
	assert.Equal(t, acm.Issued, fresh.outputs["status"])
	assert.NotEmpty(t, fresh.outputs["notAfter"])
	assert.Equal(t, "DIFF_NONE", i.diff(fresh, cert).GetChanges().String(), "the domain name is no drift")
	i.mustRefresh(v)
	assert.Equal(t, []string{"domainName"}, i.diff(fresh, certificateOf("b.example.com", "*.example.com")).GetReplaces())
	require.NoError(t, i.delete(v))
	require.NoError(t, i.delete(c))
}

func TestAValidationTimesOut(t *testing.T) {
	w := newWorld(t, Options{Timeout: short})
	i := w.in(primary)
	c := i.mustCreate(certificateKind, "api", certificateOf("api.example.com"))
	_, err := i.create(validationKind, "api", object{"certificateArn": c.id})
	assert.ErrorContains(t, err, "timeout while waiting for state to become 'ISSUED' "+
		"(last state: 'PENDING_VALIDATION', timeout: 300ms)")
}

func TestWhatACertificateDoesNotHaveHereIsRefused(t *testing.T) {
	i := newWorld(t, Options{}).in(primary)
	cert := certificateOf("api.example.com")
	cert["privateKey"] = "key"
	_, err := i.create(certificateKind, "api", cert)
	assert.ErrorContains(t, err, "the sandbox does not model this")
}
