package aws

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"time"

	"aurora-dsql-dr/sandbox/route53"
)

// target finds the regional endpoint with a domain name, for the aliases of Route 53.
func (a *Account) target(domainName string) (route53.Target, bool) {
	for _, r := range a.regions {
		if zone, addr, ok := r.APIGateway.Target(domainName); ok {
			return route53.Target{
				ZoneID:    zone,
				Addrs:     []netip.Addr{addr},
				DualStack: r.APIGateway.DualStack(domainName),
			}, true
		}
	}
	return route53.Target{}, false
}

// RegionAt is the region that serves at an address; "" if none does.
func (a *Account) RegionAt(addr netip.Addr) string {
	for _, r := range a.regions {
		if at, ok := r.APIGateway.Front(); ok && at.Addr() == addr {
			return r.Name
		}
	}
	return ""
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

// Host has a host name of the internet, which is nobody's in AWS, lead to an address on this machine.
func (a *Account) Host(name, address string) {
	a.hosting.Lock()
	defer a.hosting.Unlock()
	a.hosts[name] = address
}

// fetchTime bounds what AWS waits for a document of somebody on the internet.
const fetchTime = 5 * time.Second

// internet is how AWS fetches documents of others: from the hosts that there are here, or else from those that there
// really are. Certificates of the sandbox's authority count as well.
func (a *Account) internet() *http.Client {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	roots.AppendCertsFromPEM(a.ca.PEM())
	return &http.Client{
		Timeout: fetchTime,
		Transport: &http.Transport{
			DialContext:     a.dialHost,
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		},
	}
}

func (a *Account) dialHost(ctx context.Context, network, address string) (net.Conn, error) {
	if name, port, err := net.SplitHostPort(address); err == nil && port == "443" {
		a.hosting.Lock()
		if at, ok := a.hosts[name]; ok {
			address = at
		}
		a.hosting.Unlock()
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}
