package workload

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"

	"aurora-dsql-dr/sandbox/clock"
)

// resolver looks names up at the DNS server of a region and believes an answer for as long as its TTL, as the resolvers
// of clients there do. No answer is believed as well (RFC 2308).
type resolver struct {
	clock  *clock.Clock
	server string

	mu    sync.Mutex
	known map[string]answer // by host name
}

type answer struct {
	addrs []netip.Addr
	code  string // the response code in words
	until time.Time
}

func newResolver(clk *clock.Clock, server string) *resolver {
	return &resolver{clock: clk, server: server, known: map[string]answer{}}
}

// lookUp finds the IPv4 addresses of a host, in the answer's order.
func (r *resolver) lookUp(ctx context.Context, host string) ([]netip.Addr, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.known[host]
	if !ok || !r.clock.Now().Before(a.until) {
		var err error
		if a, err = r.ask(ctx, host); err != nil {
			return nil, fmt.Errorf("look up %s: %w", host, err)
		}
		r.known[host] = a
	}
	if len(a.addrs) == 0 {
		return nil, fmt.Errorf("look up %s: no address: %s", host, a.code)
	}
	return a.addrs, nil
}

// ask asks the server.
func (r *resolver) ask(ctx context.Context, host string) (answer, error) {
	question := new(dns.Msg).SetQuestion(dns.Fqdn(host), dns.TypeA)
	asked := r.clock.Now()
	m, _, err := new(dns.Client).ExchangeContext(ctx, question, r.server)
	if err != nil {
		return answer{}, err
	}
	if m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return answer{}, fmt.Errorf("the server answers %s", dns.RcodeToString[m.Rcode])
	}
	a := answer{code: dns.RcodeToString[m.Rcode]}
	lasts := uint32(0)
	for i, rr := range append(m.Answer, m.Ns...) {
		if i == 0 || rr.Header().Ttl < lasts {
			lasts = rr.Header().Ttl
		}
		if found, ok := rr.(*dns.A); ok {
			addr, _ := netip.AddrFromSlice(found.A.To4()) // the server has written it
			a.addrs = append(a.addrs, addr)
		}
	}
	a.until = asked.Add(time.Duration(lasts) * time.Second)
	return a, nil
}
