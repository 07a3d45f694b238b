package route53

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
)

// regional is a domain name of an API, of which newService knows one.
const (
	regional = "d-1.execute-api.us-east-1.amazonaws.com"
	dual     = "d-dual.execute-api.us-east-1.amazonaws.com" // with addresses of IPv6 as well
)

func newService(t *testing.T) (*Service, Zone) {
	t.Helper()
	s := New(Options{Clock: clock.New(1), Target: func(name string) (Target, bool) {
		return Target{ZoneID: "ZAPI", Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, DualStack: name == dual},
			name == regional || name == dual
	}})
	t.Cleanup(s.Close)
	z, _, err := s.CreateZone("Example.com", "once", "")
	require.NoError(t, err)
	return s, z
}

func requireCode(t *testing.T, err error, code string, says ...string) {
	t.Helper()
	var failed *awserr.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, code, failed.Code, failed.Message)
	for _, s := range says {
		require.Contains(t, failed.Message, s)
	}
}

func TestAZoneIsMadeWithNSAndSOAAndGoneWhenEmpty(t *testing.T) {
	s, z := newService(t)
	assert.Equal(t, "example.com.", z.Name)
	sets, err := s.RecordSets("/hostedzone/" + z.ID)
	require.NoError(t, err)
	require.Len(t, sets, 2)
	assert.Equal(t, "NS", sets[0].Type)
	assert.Len(t, sets[0].Values, 4)
	assert.Equal(t, "SOA", sets[1].Type)

	_, _, err = s.CreateZone("other.com", "once", "")
	requireCode(t, err, "HostedZoneAlreadyExists")
	_, _, err = s.CreateZone("a b.com", "again", "")
	requireCode(t, err, "InvalidDomainName", "unsupported characters")

	www := a("www.example.com", "192.0.2.1")
	_, err = s.ChangeRecordSets(z.ID, "", []Change{{Create, www}})
	require.NoError(t, err)
	_, err = s.DeleteZone(z.ID)
	requireCode(t, err, "HostedZoneNotEmpty")
	_, err = s.ChangeRecordSets(z.ID, "", []Change{{Delete, www}})
	require.NoError(t, err)
	_, err = s.DeleteZone(z.ID)
	require.NoError(t, err)
	_, err = s.Zone(z.ID)
	requireCode(t, err, "NoSuchHostedZone", z.ID)
}

func TestABatchIsMadeAsAWholeOrNotAtAll(t *testing.T) {
	s, z := newService(t)
	www, api := a("www.example.com", "192.0.2.1"), a("API.example.com.", "192.0.2.2")
	info, err := s.ChangeRecordSets(z.ID, "both", []Change{{Create, www}, {Create, api}})
	require.NoError(t, err)
	found, err := s.Change("/change/" + info.ID)
	require.NoError(t, err)
	assert.Equal(t, "both", found.Comment)

	moved := a("www.example.com", "192.0.2.9")
	_, err = s.ChangeRecordSets(z.ID, "", []Change{{Upsert, moved}, {Create, api}})
	requireCode(t, err, "InvalidChangeBatch",
		"[Tried to create resource record set [name='api.example.com.', type='A'] but it already exists]")
	answer, _ := s.Resolve("WWW.example.com", "A", "us-east-1")
	assert.Equal(t, []string{"192.0.2.1"}, values(answer.Records))

	_, err = s.ChangeRecordSets(z.ID, "", []Change{{Delete, www}, {Create, moved}})
	require.NoError(t, err, "a set is replaced in one batch")
	answer, _ = s.Resolve("www.example.com", "A", "us-east-1")
	assert.Equal(t, []string{"192.0.2.9"}, values(answer.Records))
}

func TestBatchesAreRefusedAsByRoute53(t *testing.T) {
	s, z := newService(t)
	cname := RecordSet{Name: "alias.example.com", Type: "CNAME", TTL: ttl(60), Values: []string{"example.org"}}
	txt := RecordSet{Name: "txt.example.com", Type: "TXT", TTL: ttl(60), Values: []string{`"a" "b\"c"`}}
	_, err := s.ChangeRecordSets(z.ID, "", []Change{
		{Create, a("www.example.com", "192.0.2.1")}, {Create, cname}, {Create, txt},
		{Create, a("weighted.example.com", "192.0.2.1", weight(1, "a"))},
		{Create, a("latency.example.com", "192.0.2.1", latency("us-east-1"))},
		{Create, a("failover.example.com", "192.0.2.1", failover(Primary))},
		{Create, alias("first.example.com", "www.example.com", false, elsewhere(z.ID))},
	})
	require.NoError(t, err)
	apexNS := RecordSet{Name: "example.com", Type: "NS", TTL: ttl(nsTTL)}
	for _, server := range NameServers {
		apexNS.Values = append(apexNS.Values, server+".")
	}
	slower := a("weighted.example.com", "192.0.2.2", weight(1, "b"))
	slower.TTL = ttl(31)
	tests := map[string]struct {
		change Change
		says   string
	}{
		"a name of another zone":    {Change{Create, a("www.example.org", "192.0.2.1")}, "RRSet with DNS name www.example.org. is not permitted in zone example.com."},
		"a bad name":                {Change{Create, a("a b.example.com", "192.0.2.1")}, "unsupported characters"},
		"an asterisk in the middle": {Change{Create, a("www.*.example.com", "192.0.2.1")}, "unsupported characters"},
		"no IPv4 address":           {Change{Create, a("x.example.com", "::1")}, "ARRDATAIllegalIPv4Address"},
		"text without quotes": {Change{Create, RecordSet{Name: "x.example.com", Type: "TXT", TTL: ttl(1), Values: []string{"a"}}},
			"Value should be enclosed in quotation marks"},
		"text of 256 characters": {Change{Create, RecordSet{Name: "x.example.com", Type: "TXT", TTL: ttl(1), Values: []string{`"` + strings.Repeat("a", 256) + `"`}}},
			"CharacterStringTooLong"},
		"a CNAME at the apex":     {Change{Create, RecordSet{Name: "example.com", Type: "CNAME", TTL: ttl(1), Values: []string{"a.b"}}}, "is not permitted at apex"},
		"a record beside a CNAME": {Change{Create, a("alias.example.com", "192.0.2.1")}, "conflicts with other records with the same DNS name"},
		"another routing policy":  {Change{Create, a("weighted.example.com", "192.0.2.1", latency("us-east-1"))}, "cannot be created as other RRSets exist with the same name and type."},
		"simple beside weighted":  {Change{Create, a("weighted.example.com", "192.0.2.1")}, "cannot be created as other RRSets exist"},
		"another TTL by weight":   {Change{Create, slower}, "weighted sets must contain the same TTL"},
		"a region twice": {Change{Create, a("latency.example.com", "192.0.2.2", latency("us-east-1"), func(r *RecordSet) { r.SetIdentifier = "x" })},
			"and Region Name=us-east-1 cannot be created because a latency RRSet with the same name, type and region already exists."},
		"two primaries":                    {Change{Create, a("failover.example.com", "192.0.2.2", failover(Primary), func(r *RecordSet) { r.SetIdentifier = "x" })}, "with the same name, type and Failover=PRIMARY"},
		"an alias to what is not there":    {Change{Create, alias("x.example.com", "none.example.com", true, elsewhere(z.ID))}, "but that target was not found"},
		"an alias out of the zone":         {Change{Create, alias("x.example.com", "example.org", true, elsewhere(z.ID))}, "does not lie within the target zone"},
		"an unknown resource":              {Change{Create, alias("x.example.com", "d-2.execute-api.us-east-1.amazonaws.com", true, elsewhere("ZAPI"))}, "that target was not found"},
		"a resource with another zone":     {Change{Create, alias("x.example.com", regional, true, elsewhere("ZOTHER"))}, "does not lie within the target zone"},
		"an alias of itself":               {Change{Upsert, alias("www.example.com", "first.example.com", true, elsewhere(z.ID))}, "alias of the record itself"},
		"a deletion of what is not there":  {Change{Delete, a("x.example.com", "192.0.2.1")}, "but it was not found"},
		"a deletion with other values":     {Change{Delete, a("www.example.com", "192.0.2.2")}, "but the values provided do not match the current values"},
		"the zone's own name servers gone": {Change{Delete, apexNS}, "must contain at least one NS record"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := s.ChangeRecordSets(z.ID, "", []Change{test.change})
			requireCode(t, err, "InvalidChangeBatch", test.says)
		})
	}
	_, err = s.ChangeRecordSets(z.ID, "", []Change{{Create, a("x.example.com", "192.0.2.1")}, {Upsert, a("x.example.com", "192.0.2.2")}})
	requireCode(t, err, "InvalidChangeBatch", "invalid set of changes for a resource record set 'A x.example.com.'")
	_, err = s.ChangeRecordSets(z.ID, "", nil)
	requireCode(t, err, "InvalidChangeBatch", "0 changes")
	_, err = s.ChangeRecordSets(z.ID, "", []Change{{Create, alias("x.example.com", regional, true, elsewhere("ZAPI"))}})
	require.NoError(t, err)
}

func TestAnAliasOfIPv6LeadsToWhatIsReachedByIt(t *testing.T) {
	s, z := newService(t)
	ipv6 := func(r *RecordSet) { r.Type = "AAAA" }
	_, err := s.ChangeRecordSets(z.ID, "", []Change{{Create, alias("x.example.com", regional, true, elsewhere("ZAPI"), ipv6)}})
	requireCode(t, err, "InvalidChangeBatch", "that target was not found")
	_, err = s.ChangeRecordSets(z.ID, "", []Change{{Create, alias("x.example.com", dual, true, elsewhere("ZAPI"), ipv6)}})
	require.NoError(t, err)
	answer, _ := s.Resolve("x.example.com", "AAAA", "us-east-1")
	assert.True(t, answer.Exists)
	assert.Empty(t, answer.Records, "the sandbox listens on IPv4 alone")
}

func TestChangesThatAreNoneAreRefused(t *testing.T) {
	s, z := newService(t)
	tests := map[string]struct {
		change Change
		says   string
	}{
		"an unknown action":         {Change{"REPLACE", a("x.example.com", "192.0.2.1")}, `action "REPLACE"`},
		"an unknown type":           {Change{Create, RecordSet{Name: "x.example.com", Type: "MX", TTL: ttl(1), Values: []string{"10 a"}}}, "the sandbox models A, AAAA, CAA"},
		"a policy without a name":   {Change{Create, a("x.example.com", "192.0.2.1", weight(1, ""))}, "Missing field 'SetIdentifier' in Change with [Action=CREATE, Name=x.example.com, Type=A, SetIdentifier=null]"},
		"a name without a policy":   {Change{Create, a("x.example.com", "192.0.2.1", func(r *RecordSet) { r.SetIdentifier = "a" })}, "or MultiValueAnswer], but found none"},
		"two policies":              {Change{Create, a("x.example.com", "192.0.2.1", weight(1, "a"), latency("us-east-1"))}, "or MultiValueAnswer], but found more than one"},
		"neither alias nor values":  {Change{Create, RecordSet{Name: "x.example.com", Type: "A"}}, "or TrafficPolicyInstanceId], but found none"},
		"an alias and values":       {Change{Create, alias("x.example.com", "y.example.com", true, func(r *RecordSet) { r.TTL = ttl(1) })}, "but found more than one"},
		"a weight of 256":           {Change{Create, a("x.example.com", "192.0.2.1", weight(256, "a"))}, "weight 256: want 0 to 255"},
		"a region of nowhere":       {Change{Create, a("x.example.com", "192.0.2.1", latency("mars-1"))}, `region "mars-1"`},
		"a third kind of failover":  {Change{Create, a("x.example.com", "192.0.2.1", failover("TERTIARY"))}, "want PRIMARY or SECONDARY"},
		"an alias of type NS":       {Change{Create, RecordSet{Name: "x.example.com", Type: "NS", Alias: &Alias{Name: "example.com", ZoneID: "Z"}}}, "cannot be an alias"},
		"a value twice":             {Change{Create, RecordSet{Name: "x.example.com", Type: "A", TTL: ttl(1), Values: []string{"192.0.2.1", "192.0.2.1"}}}, "Duplicate Resource Record"},
		"a CNAME with two values":   {Change{Create, RecordSet{Name: "x.example.com", Type: "CNAME", TTL: ttl(1), Values: []string{"a", "b"}}}, "2 values of type CNAME"},
		"a negative TTL":            {Change{Create, RecordSet{Name: "x.example.com", Type: "A", TTL: ttl(-1), Values: []string{"192.0.2.1"}}}, "TTL -1"},
		"everything wrong, at once": {Change{"x", RecordSet{Name: "x.example.com", Type: "y"}}, `type "y": the sandbox models A, AAAA, CAA, CNAME, NS, SOA, TXT; Expected exactly one of`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := s.ChangeRecordSets(z.ID, "", []Change{test.change})
			requireCode(t, err, "InvalidInput", test.says)
		})
	}
	_, err := s.ChangeRecordSets(z.ID, "", []Change{{Create, a("x.example.com", "192.0.2.1", latency("us-east-1"), checked("none"))}})
	requireCode(t, err, "NoSuchHealthCheck", "none")
	_, err = s.ChangeRecordSets("ZNONE", "", []Change{{Create, a("x.example.com", "192.0.2.1")}})
	requireCode(t, err, "NoSuchHostedZone", "ZNONE")
}

func TestRecordsAreListedByReversedName(t *testing.T) {
	s, z := newService(t)
	_, err := s.ChangeRecordSets(z.ID, "", []Change{
		{Create, a("b.example.com", "192.0.2.1")}, {Create, a("*.a.example.com", "192.0.2.1")},
		{Create, a("a.example.com", "192.0.2.1", weight(1, "2"))}, {Create, a("a.example.com", "192.0.2.1", weight(1, "1"))},
	})
	require.NoError(t, err)
	sets, err := s.RecordSets(z.ID)
	require.NoError(t, err)
	var order []string
	for _, r := range sets {
		order = append(order, Escaped(r.Name)+" "+r.Type+r.SetIdentifier)
	}
	assert.Equal(t, []string{"example.com. NS", "example.com. SOA", "a.example.com. A1", "a.example.com. A2",
		`\052.a.example.com. A`, "b.example.com. A"}, order)
}

func TestTheLongestZoneAnswers(t *testing.T) {
	s, z := newService(t)
	below, _, err := s.CreateZone("api.example.com", "below", "")
	require.NoError(t, err)
	_, err = s.ChangeRecordSets(z.ID, "", []Change{{Create, a("www.example.com", "192.0.2.1")}})
	require.NoError(t, err)
	_, err = s.ChangeRecordSets(below.ID, "", []Change{{Create, a("www.api.example.com", "192.0.2.2")}})
	require.NoError(t, err)
	answer, ok := s.Resolve("www.api.example.com", "A", "us-east-1")
	require.True(t, ok)
	assert.Equal(t, "api.example.com.", answer.Zone)
	assert.Equal(t, []string{"192.0.2.2"}, values(answer.Records))
	assert.Equal(t, int64(soaTTL), answer.SOA.TTL)
	_, ok = s.Resolve("example.org", "A", "us-east-1")
	assert.False(t, ok)
}

func TestTagsOfZonesAndHealthChecks(t *testing.T) {
	s, z := newService(t)
	require.NoError(t, s.ChangeTags(HostedZones, z.ID, map[string]string{"a": "1", "b": "2"}, nil))
	require.NoError(t, s.ChangeTags(HostedZones, z.ID, map[string]string{"b": "3"}, []string{"a"}))
	tags, err := s.Tags(HostedZones, z.ID)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"b": "3"}, tags)
	requireCode(t, s.ChangeTags(HealthChecks, "none", nil, nil), "NoSuchHealthCheck")
	requireCode(t, s.ChangeTags("table", "none", nil, nil), "InvalidInput", "hostedzone")
	requireCode(t, s.ChangeTags(HostedZones, z.ID, map[string]string{"aws:x": ""}, nil), "InvalidInput", "aws:")
}
