package sandbox

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/route53"
)

func TestEachRegionHasADNSServerAndRecordsAreLeftovers(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, Options{})
	zone, _, err := s.Account.Route53.CreateZone("example.com", "once", "")
	require.NoError(t, err)
	assert.Empty(t, s.Leftovers(), "a stack is given its zone")
	ttl := int64(60)
	var changes []route53.Change
	for _, r := range s.Account.Regions() {
		changes = append(changes, route53.Change{Action: route53.Create, Set: route53.RecordSet{Name: "where.example.com", Type: "TXT",
			SetIdentifier: r.Name, Region: r.Name, TTL: &ttl, Values: []string{`"` + r.Name + `"`}}})
	}
	_, err = s.Account.Route53.ChangeRecordSets(zone.ID, "", changes)
	require.NoError(t, err)
	s.Account.Region("us-east-1").SetDown(true) // with the API of Route 53, whose answers go on
	for region, address := range s.DNS {
		resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}}
		found, err := resolver.LookupTXT(t.Context(), "where.example.com")
		require.NoError(t, err)
		assert.Equal(t, []string{region}, found)
	}
	assert.Len(t, s.DNS, 3)
	assert.Contains(t, s.Leftovers(), "global record where.example.com. TXT")
}
