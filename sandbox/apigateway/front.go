package apigateway

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/edge"
)

// front is where the region serves all its host names over TLS: a loopback address of its own.
type front struct {
	server *http.Server
	at     netip.AddrPort
	// own is the certificate of the region's own host names.
	own tls.Certificate
}

// frontAttempts is how often an address is looked for that nobody else on this machine uses.
const frontAttempts = 20

// Front is where the region serves TLS; false until it has an API or a domain name. Who may not have port 443 serves at
// another port.
func (s *Service) Front() (netip.AddrPort, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.front == nil {
		return netip.AddrPort{}, false
	}
	return s.front.at, true
}

// serveTLS begins to serve, unless it has.
func (s *Service) serveTLS() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.front != nil {
		return nil
	}
	own, err := s.deps.CA.Issue("*." + s.suffix())
	if err != nil {
		return err
	}
	listener, err := listen()
	if err != nil {
		return awserr.Unavailable("API Gateway in %s cannot listen: %v", s.env.Name, err)
	}
	f := &front{own: own, at: netip.MustParseAddrPort(listener.Addr().String())}
	f.server = &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler:           edge.Handler("API Gateway of "+s.env.Name, http.HandlerFunc(s.serveHost)),
		TLSConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			GetConfigForClient: s.greet,
			GetCertificate:     s.certificate,
		},
		ErrorLog: log.New(io.Discard, "", 0), // clients that leave a handshake are no news
	}
	s.front = f
	go func() { _ = f.server.ServeTLS(listener, "", "") }() // returns when the service is closed
	return nil
}

// frontPorts are where a region serves TLS: at 443, or at a port that is the same for all regions where that is not
// allowed, so that who follows the answers of DNS finds it.
var frontPorts = []uint16{443, 8443}

// listen listens at one of the ports of a loopback address that nobody uses.
func listen() (listener net.Listener, err error) {
	for range frontAttempts {
		var b [3]byte
		_, _ = rand.Read(b[:])                                                  // never fails
		addr := netip.AddrFrom4([4]byte{127, b[0] | 1, b[1], b[2]&0x7f | 0x40}) // never 127.0.0.1
		for _, port := range frontPorts {
			listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp4", netip.AddrPortFrom(addr, port).String())
			if err == nil {
				return listener, nil
			}
		}
	}
	return nil, err
}

// errLost is why a handshake ends that nobody has answered.
var errLost = errors.New("the region is lost")

// greet lets a handshake begin. A region that is lost says nothing: clients wait for as long as they are patient.
func (s *Service) greet(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	if !s.env.Down() {
		return nil, nil //nolint:nilnil // the server's own
	}
	_ = hello.Conn.SetDeadline(time.Time{}) // the server's patience does not count
	_, _ = io.Copy(io.Discard, hello.Conn)
	return nil, errLost
}

// certificate is the one of a custom domain name, or the region's own.
func (s *Service) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, ok := s.domains[strings.ToLower(hello.ServerName)]; ok {
		return s.deps.ACM.Serve(d.Configuration.CertificateArn)
	}
	return &s.front.own, nil
}

// serveHost answers a request to a host name: of a custom domain name by its mapping, or of an API.
func (s *Service) serveHost(w http.ResponseWriter, r *http.Request) {
	if id := s.apiOf(r.Host); id != "" {
		s.serve(id, w, r)
		return
	}
	if s.env.Down() {
		hang(r)
		return
	}
	a := refuse(http.StatusForbidden, "Forbidden", nil)
	w.Header().Set("Content-Type", a.header.Get("Content-Type"))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that has gone needs no answer
}

// apiOf is the API that a host name reaches; "" if it reaches none.
func (s *Service) apiOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(host)
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, ok := s.domains[host]; ok {
		if d.mapping == nil {
			return ""
		}
		return d.mapping.APIID
	}
	id, _ := strings.CutSuffix(host, "."+s.suffix())
	if _, ok := s.apis[id]; !ok {
		return ""
	}
	return id
}

// prefix is the first label of the host name that was asked; an API on a port of its own has its id for one.
func (q *request) prefix() string {
	label, _, named := strings.Cut(q.Host, ".")
	if q.TLS == nil || !named {
		return q.api.ID
	}
	return label
}
