package aws

import (
	"context"
	"net"
	"net/netip"

	"aurora-dsql-dr/sandbox/route53"
)

// target finds the regional endpoint with a domain name, for the aliases of Route 53.
func (a *Account) target(domainName string) (route53.Target, bool) {
	for _, r := range a.regions {
		if zone, addr, ok := r.APIGateway.Target(domainName); ok {
			return route53.Target{ZoneID: zone, Addrs: []netip.Addr{addr}}, true
		}
	}
	return route53.Target{}, false
}

// Dial connects as the internet does: port 443 of a region's address is where that region serves, also on a machine
// that does not let it have that port.
func (a *Account) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if asked, err := netip.ParseAddrPort(address); err == nil && asked.Port() == 443 {
		for _, r := range a.regions {
			if at, ok := r.APIGateway.Front(); ok && at.Addr() == asked.Addr() {
				address = at.String()
			}
		}
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}
