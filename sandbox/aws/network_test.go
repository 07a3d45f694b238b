package aws

import (
	"crypto/tls"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/apigateway"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/route53"
)

func TestAnAliasLeadsToACustomDomainName(t *testing.T) {
	a := NewAccount(Options{Clock: clock.New(60), Regions: []string{"us-east-1", "us-east-2"}})
	t.Cleanup(func() { assert.NoError(t, a.Close()) })
	zone, _, err := a.Route53.CreateZone("example.com", "one", "")
	require.NoError(t, err)
	r := a.Region("us-east-2")
	const host = "api.example.com"
	c, err := r.ACM.Request(acm.Certificate{DomainName: host, ValidationMethod: acm.DNS, KeyAlgorithm: "EC_prime256v1"}, "")
	require.NoError(t, err)
	ttl, v := int64(60), c.Validations[0]
	put := func(set route53.RecordSet) {
		_, err := a.Route53.ChangeRecordSets(zone.ID, "", []route53.Change{{Action: "CREATE", Set: set}})
		require.NoError(t, err)
	}
	put(route53.RecordSet{Name: v.Name, Type: v.Type, TTL: &ttl, Values: []string{v.Value}})
	require.Eventually(t, func() bool {
		found, err := r.ACM.Certificate(c.Arn)
		return err == nil && found.Status == acm.Issued
	}, time.Minute, 10*time.Millisecond)
	d, err := r.APIGateway.CreateDomainName(apigateway.DomainName{Name: host, Configuration: apigateway.Configuration{
		CertificateArn: c.Arn, EndpointType: "REGIONAL", SecurityPolicy: "TLS_1_2",
	}})
	require.NoError(t, err)
	put(route53.RecordSet{Name: host, Type: "A", Alias: &route53.Alias{
		Name: d.Configuration.TargetDomainName, ZoneID: d.Configuration.HostedZoneID,
	}})

	answer, ok := a.Route53.Resolve(host, "A", "us-east-1")
	require.True(t, ok)
	require.Len(t, answer.Records, 1)
	assert.Equal(t, "us-east-2", a.RegionAt(netip.MustParseAddr(answer.Records[0].Value)))
	assert.Empty(t, a.RegionAt(netip.MustParseAddr("127.0.0.1")))
	conn, err := a.Dial(t.Context(), "tcp", answer.Records[0].Value+":443")
	require.NoError(t, err)
	secure := tls.Client(conn, &tls.Config{RootCAs: a.ca.Pool(), ServerName: host, MinVersion: tls.VersionTLS12})
	require.NoError(t, secure.HandshakeContext(t.Context()))
	assert.Equal(t, host, secure.ConnectionState().PeerCertificates[0].Subject.CommonName)
	require.NoError(t, secure.Close())
}
