package workload

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"os"
	"time"

	"aurora-dsql-dr/sandbox"
)

// Named is the deployed application behind its one name, which the clients look up where they are. Afterwards its
// transactions are looked for through the regional APIs.
type Named struct {
	*Application
	sandbox   *sandbox.Sandbox
	domain    string
	roots     *x509.CertPool
	resolvers map[string]*resolver // by region
}

// PrepareNamed adds the name to an application: the program's output trafficDomain.
func PrepareNamed(s *sandbox.Sandbox, a *Application, domain string) (*Named, error) {
	if domain == "" {
		return nil, errors.New(`the stack has no name for the workload to look up: deploy it with "traffic"`)
	}
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		return nil, err
	}
	n := &Named{
		Application: a,
		sandbox:     s,
		domain:      domain,
		roots:       x509.NewCertPool(),
		resolvers:   map[string]*resolver{},
	}
	n.roots.AppendCertsFromPEM(pem)
	for region, server := range s.DNS {
		n.resolvers[region] = newResolver(s.Clock, server)
	}
	return n, nil
}

// Dial is the workload's Dial: the name, for a client in a region, or that region's own API.
func (n *Named) Dial(client, endpoint string) Endpoint {
	if endpoint != n.domain {
		return n.Application.Dial(client, endpoint)
	}
	return &nameEndpoint{named: n, client: client, http: n.httpClient(client)}
}

const (
	// handshakeTime bounds a TLS handshake, and idleTime the life of a connection that is not used: those of Go's default
	// transport are 10 s and 90 s, of many others a minute or less. Both are sandbox time.
	handshakeTime = 10 * time.Second
	idleTime      = time.Minute
)

// httpClient is an ordinary HTTP client in a region: HTTP/2 if the server has it, one connection for all requests, the
// name looked up for each new one.
func (n *Named) httpClient(region string) *http.Client {
	clk := n.sandbox.Clock
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return n.connect(ctx, n.resolvers[region], network, address)
		},
		TLSClientConfig:     &tls.Config{RootCAs: n.roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: max(clk.Wall(handshakeTime), time.Second),
		IdleConnTimeout:     clk.Wall(idleTime),
		ForceAttemptHTTP2:   true,
	}}
}

// connect looks a host up and tries its addresses one after the other.
func (n *Named) connect(ctx context.Context, at *resolver, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := at.lookUp(ctx, host)
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, addr := range addrs {
		conn, err := n.sandbox.Account.Dial(ctx, network, net.JoinHostPort(addr.String(), port))
		if err == nil {
			return conn, nil
		}
		problems = append(problems, err)
	}
	return nil, errors.Join(problems...)
}

// nameEndpoint is the name as one client uses it.
type nameEndpoint struct {
	named  *Named
	client string
	http   *http.Client
}

// Write records a transaction at whatever the name leads to. The connection tells which region that is.
func (e *nameEndpoint) Write(ctx context.Context, id string) (by string, err error) {
	var at net.Addr
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { at = info.Conn.RemoteAddr() },
	})
	caller, err := e.named.caller(e.client, "", e.http)
	if err != nil {
		return "", err
	}
	url := "https://" + e.named.domain + transactions
	if err := call(ctx, caller, http.MethodPost, url, order(id), nil); err != nil {
		return "", err
	}
	addr, err := netip.ParseAddrPort(at.String())
	return e.named.sandbox.Account.RegionAt(addr.Addr()), err
}

// Stored is no use of the name: it leads to one region, and all are asked.
func (e *nameEndpoint) Stored(context.Context) (map[string]bool, error) {
	return nil, fmt.Errorf("%s is for writing: rows are looked for in each region", e.named.domain)
}

// Close ends the connections.
func (e *nameEndpoint) Close() { e.http.CloseIdleConnections() }
