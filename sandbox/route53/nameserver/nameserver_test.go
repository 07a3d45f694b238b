package nameserver

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/route53"
)

func on[T any](value T) *T { return &value }

// zones is a Route 53 with a zone that a stack would make: an API in two regions, by latency.
func zones(t testing.TB) *route53.Service {
	t.Helper()
	s := route53.New(route53.Options{Clock: clock.New(1), Target: func(name string) (route53.Target, bool) {
		addr, err := netip.ParseAddr(strings.TrimSuffix(name, ".test"))
		return route53.Target{ZoneID: "ZAPI", Addrs: []netip.Addr{addr}}, err == nil
	}})
	t.Cleanup(s.Close)
	z, _, err := s.CreateZone("example.com", "once", "")
	require.NoError(t, err)
	api := func(region, address string) route53.Change {
		return route53.Change{Action: route53.Create, Set: route53.RecordSet{Name: "api.example.com", Type: "A", SetIdentifier: region, Region: region,
			Alias: &route53.Alias{Name: address + ".test", ZoneID: "ZAPI", EvaluateTargetHealth: true}}}
	}
	plain := func(name, kind string, values ...string) route53.Change {
		return route53.Change{Action: route53.Create, Set: route53.RecordSet{Name: name, Type: kind, TTL: on(int64(300)), Values: values}}
	}
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("192.0.2.%d", i))
	}
	_, err = s.ChangeRecordSets(z.ID, "", []route53.Change{
		api("us-east-1", "127.0.0.11"), api("us-east-2", "127.0.0.12"),
		plain("text.example.com", "TXT", `"v=1; a=b" "more"`),
		plain("example.com", "CAA", `0 issue "amazon.com"`),
		plain("www.example.com", "CNAME", "api.example.com"),
		plain("six.example.com", "AAAA", "2001:db8::1"),
		plain("many.example.com", "A", many...),
		plain("sub.example.com", "NS", "ns.example.org"),
	})
	require.NoError(t, err)
	return s
}

func listen(t *testing.T, zones Zones, region string) *Server {
	t.Helper()
	s, err := Listen(zones, region)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func ask(t *testing.T, s *Server, network, name string, kind uint16, edit ...func(*dns.Msg)) *dns.Msg {
	t.Helper()
	q := new(dns.Msg).SetQuestion(name, kind)
	for _, e := range edit {
		e(q)
	}
	answer, _, err := (&dns.Client{Net: network}).Exchange(q, s.Address)
	require.NoError(t, err)
	return answer
}

// lines are records as dig prints them.
func lines(records []dns.RR) (all []string) {
	for _, r := range records {
		all = append(all, strings.ReplaceAll(r.String(), "\t", " "))
	}
	return all
}

func TestEachRegionIsAnsweredWithItsNearest(t *testing.T) {
	z := zones(t)
	for region, want := range map[string]string{"us-east-1": "127.0.0.11", "us-east-2": "127.0.0.12", "us-west-2": "127.0.0.12"} {
		s := listen(t, z, region)
		for _, network := range []string{"udp", "tcp"} {
			answer := ask(t, s, network, "api.example.com.", dns.TypeA)
			assert.Equal(t, []string{"api.example.com. 60 IN A " + want}, lines(answer.Answer), region)
			assert.True(t, answer.Authoritative)
			assert.False(t, answer.RecursionAvailable)
		}
	}
}

func TestRecordsTravelWithTheirTTLs(t *testing.T) {
	s := listen(t, zones(t), "us-east-1")
	for kind, want := range map[uint16]string{
		dns.TypeTXT:  `text.example.com. 300 IN TXT "v=1; a=b" "more"`,
		dns.TypeCAA:  `example.com. 300 IN CAA 0 issue "amazon.com"`,
		dns.TypeAAAA: "six.example.com. 300 IN AAAA 2001:db8::1",
		dns.TypeSOA:  "example.com. 900 IN SOA ns-2048.awsdns-64.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400",
	} {
		answer := ask(t, s, "udp", strings.Fields(want)[0], kind)
		assert.Equal(t, []string{want}, lines(answer.Answer))
	}
	assert.Len(t, ask(t, s, "udp", "example.com.", dns.TypeNS).Answer, 4)
	answer := ask(t, s, "udp", "wWw.Example.com.", dns.TypeA)
	assert.Equal(t, []string{"wWw.Example.com. 300 IN CNAME api.example.com.", "api.example.com. 60 IN A 127.0.0.11"}, lines(answer.Answer),
		"as it was asked, and the CNAME with what it leads to")
}

func TestWhatIsNotThereIsSaidWithTheSOA(t *testing.T) {
	s := listen(t, zones(t), "us-east-1")
	soa := []string{"example.com. 900 IN SOA ns-2048.awsdns-64.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"}
	for name, test := range map[string]struct {
		asked string
		kind  uint16
		rcode int
		soa   []string
	}{
		"a name without this type": {"api.example.com.", dns.TypeTXT, dns.RcodeSuccess, soa},
		"an unknown type":          {"api.example.com.", 65_280, dns.RcodeSuccess, soa},
		"a name that is not there": {"none.example.com.", dns.TypeA, dns.RcodeNameError, soa},
		"another zone":             {"example.org.", dns.TypeA, dns.RcodeRefused, nil},
		"a dot within a label":     {`a\.example.com.`, dns.TypeA, dns.RcodeRefused, nil},
		"everything":               {"example.com.", dns.TypeANY, dns.RcodeNotImplemented, nil},
		"a transfer":               {"example.com.", dns.TypeIXFR, dns.RcodeRefused, nil},
	} {
		answer := ask(t, s, "udp", test.asked, test.kind)
		assert.Equal(t, test.rcode, answer.Rcode, name)
		assert.Empty(t, answer.Answer, name)
		assert.Equal(t, test.soa, lines(answer.Ns), name)
	}
	answer := ask(t, s, "udp", "x.sub.example.com.", dns.TypeA)
	assert.Equal(t, []string{"sub.example.com. 300 IN NS ns.example.org."}, lines(answer.Ns))
	assert.False(t, answer.Authoritative, "a delegation")
	chaos := ask(t, s, "udp", "version.bind.", dns.TypeTXT, func(q *dns.Msg) { q.Question[0].Qclass = dns.ClassCHAOS })
	assert.Equal(t, dns.RcodeRefused, chaos.Rcode)
}

func TestALongAnswerIsCutOverUDPAndWholeOverTCP(t *testing.T) {
	s := listen(t, zones(t), "us-east-1")
	short := ask(t, s, "udp", "many.example.com.", dns.TypeA)
	assert.True(t, short.Truncated)
	short.Compress = true // as it travelled
	assert.Less(t, short.Len(), 513)
	longer := ask(t, s, "udp", "many.example.com.", dns.TypeA, func(q *dns.Msg) { q.SetEdns0(4096, false) })
	assert.True(t, longer.Truncated)
	assert.Greater(t, len(longer.Answer), len(short.Answer))
	require.NotNil(t, longer.IsEdns0())
	whole := ask(t, s, "tcp", "many.example.com.", dns.TypeA)
	assert.False(t, whole.Truncated)
	assert.Len(t, whole.Answer, 100)
	later := ask(t, s, "udp", "many.example.com.", dns.TypeA, func(q *dns.Msg) { q.SetEdns0(1232, false); q.IsEdns0().SetVersion(1) })
	assert.Equal(t, dns.RcodeBadVers, later.Rcode)
}

// broken is a zone with a mistake of the sandbox's own.
type broken struct{}

func (broken) Resolve(string, string, string) (route53.Resolution, bool) { panic("a mistake") }

func TestAQueryThatPanicsFailsAlone(t *testing.T) {
	defer edge.Output(io.Discard)()
	s := listen(t, broken{}, "us-east-1")
	for range 2 {
		assert.Equal(t, dns.RcodeServerFailure, ask(t, s, "udp", "example.com.", dns.TypeA).Rcode)
	}
}

// Every message has an answer that can be sent.
func FuzzQueries(f *testing.F) {
	s := &Server{zones: zones(f), region: "us-east-1"}
	for name, kind := range map[string]uint16{"api.example.com.": dns.TypeA, "example.com.": dns.TypeNS, "*.example.com.": dns.TypeTXT,
		`\052.\000.example.com.`: dns.TypeANY, ".": dns.TypeSOA, "com.": dns.TypeA} {
		q := new(dns.Msg).SetQuestion(name, kind)
		q.SetEdns0(4096, true)
		packed, err := q.Pack()
		require.NoError(f, err)
		f.Add(packed)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packet []byte) {
		var q dns.Msg
		if q.Unpack(packet) != nil {
			return
		}
		m := s.answer(&q)
		m.Truncate(room(&q))
		packed, err := m.Pack()
		require.NoError(t, err)
		require.LessOrEqual(t, len(packed), dns.MaxMsgSize)
	})
}
