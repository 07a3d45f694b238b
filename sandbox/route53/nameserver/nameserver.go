// Package nameserver answers DNS queries over UDP and TCP from the zones of the sandbox's Route 53. There is a server
// for each region, since latency records depend on where the asker is, and each takes its askers for somebody there.
package nameserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/miekg/dns"

	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/route53"
)

// Zones are what is asked: a route53.Service.
type Zones interface {
	Resolve(name, kind, region string) (route53.Resolution, bool)
}

// Server is the DNS server of one region. Create it with Listen and end it with Close.
type Server struct {
	// Address is where it listens, by UDP and TCP.
	Address string

	zones    Zones
	region   string
	udp, tcp *dns.Server
}

// Listen answers for askers in a region, on loopback and any port that is free for both protocols.
func Listen(zones Zones, region string) (*Server, error) {
	packets, streams, err := ports()
	if err != nil {
		return nil, fmt.Errorf("DNS in %s: %w", region, err)
	}
	s := &Server{Address: packets.LocalAddr().String(), zones: zones, region: region}
	s.udp = &dns.Server{PacketConn: packets, Handler: s}
	s.tcp = &dns.Server{Listener: streams, Handler: s}
	for _, server := range []*dns.Server{s.udp, s.tcp} {
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go func() { _ = server.ActivateAndServe() }() // until Close
		<-started
	}
	return s, nil
}

// attempts is how often a port is looked for: one that is free for TCP may not be for UDP.
const attempts = 20

func ports() (packets net.PacketConn, streams net.Listener, err error) {
	var config net.ListenConfig
	ctx := context.Background()
	for range attempts {
		if streams, err = config.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			return nil, nil, err
		}
		if packets, err = config.ListenPacket(ctx, "udp", streams.Addr().String()); err == nil {
			return packets, streams, nil
		}
		_ = streams.Close()
	}
	return nil, nil, err
}

// Close ends the server.
func (s *Server) Close() error { return errors.Join(s.udp.Shutdown(), s.tcp.Shutdown()) }

// ServeDNS answers one query.
func (s *Server) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	defer edge.Recover("DNS in "+s.region, func(error) {
		_ = w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeServerFailure))
	})
	m := s.answer(q)
	if w.LocalAddr().Network() == "udp" {
		m.Truncate(room(q))
	}
	_ = w.WriteMsg(m) // an asker that has gone needs no answer
}

// most is the largest answer over UDP: what passes every network ("DNS flag day 2020").
const most = 1232

// room is how long an answer over UDP may be.
func room(q *dns.Msg) int {
	if opt := q.IsEdns0(); opt != nil {
		return min(max(int(opt.UDPSize()), dns.MinMsgSize), most)
	}
	return dns.MinMsgSize
}

// answer is the whole answer to a query.
func (s *Server) answer(q *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	m.Compress = true
	if opt := q.IsEdns0(); opt != nil {
		m.SetEdns0(most, false)
		if opt.Version() != 0 {
			m.Rcode = dns.RcodeBadVers
			return m
		}
	}
	if m.Rcode = refusal(q); m.Rcode != dns.RcodeSuccess {
		return m
	}
	asked := q.Question[0]
	found, ok := s.zones.Resolve(asked.Name, dns.Type(asked.Qtype).String(), s.region)
	if !ok || !dns.IsSubDomain(found.Zone, asked.Name) { // a dot may be part of a label
		m.Rcode = dns.RcodeRefused
		return m
	}
	fill(m, asked.Name, found)
	return m
}

// refusal is the response code for what is not asked of a zone.
func refusal(q *dns.Msg) int {
	if q.Opcode != dns.OpcodeQuery {
		return dns.RcodeNotImplemented
	}
	if len(q.Question) != 1 {
		return dns.RcodeFormatError
	}
	switch asked := q.Question[0]; {
	case asked.Qclass != dns.ClassINET, asked.Qtype == dns.TypeAXFR, asked.Qtype == dns.TypeIXFR:
		return dns.RcodeRefused
	case asked.Qtype == dns.TypeANY:
		return dns.RcodeNotImplemented
	default:
		return dns.RcodeSuccess
	}
}

// fill says what was found: records, a delegation, or that there is none, with the time for which to believe it.
func fill(m *dns.Msg, asked string, found route53.Resolution) {
	m.Authoritative = len(found.Authority) == 0
	m.Answer = records(found.Records, asked)
	m.Ns = records(found.Authority, asked)
	if len(m.Answer) > 0 || len(m.Ns) > 0 {
		return
	}
	if !found.Exists {
		m.Rcode = dns.RcodeNameError
	}
	m.Ns = records([]route53.Record{found.SOA}, asked)
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			soa.Hdr.Ttl = min(soa.Hdr.Ttl, soa.Minttl) // RFC 2308
		}
	}
}

// records are records as they travel. The asked name is spelled as it was asked.
func records(found []route53.Record, asked string) (all []dns.RR) {
	for _, r := range found {
		rr, err := dns.NewRR(fmt.Sprintf(". %d IN %s %s", r.TTL, r.Type, r.Value))
		if err != nil || rr == nil { // was refused when it was to be stored
			continue
		}
		rr.Header().Name = r.Name
		if strings.EqualFold(r.Name, asked) {
			rr.Header().Name = asked
		}
		all = append(all, rr)
	}
	return all
}
