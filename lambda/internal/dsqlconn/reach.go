package dsqlconn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
)

// defaultPatience is the time for the first address to answer: four round trips of 150 ms, between the ends of a region
// set, and some reserve.
const defaultPatience = time.Second

// reached is a connection that has made its TLS handshake, and what was passed over on the way to it.
type reached struct {
	*tls.Conn
	passedOver error
}

// PassedOver is why addresses of the endpoint were passed over on the way to this connection: they refused it, or were
// silent for the dialer's Patience while another one answered. It is nil if the first address answered.
func PassedOver(conn *pgx.Conn) error {
	if r, ok := conn.PgConn().Conn().(*reached); ok {
		return r.passedOver
	}
	return nil
}

// progress is the furthest step of a connection's attempts, which run side by side.
type progress struct {
	mu       sync.Mutex
	furthest step
}

func (p *progress) to(s step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.furthest = max(p.furthest, s)
}

func (p *progress) step() step {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.furthest
}

// dialer is pgx's DialFunc: name resolution, TCP and TLS, so that an address counts as one that answers only when it
// has proved to be the endpoint. pgx knows the TCP step alone and would wait for an address that takes connections and
// says nothing.
func (d Dialer) dialer(endpoint string, at *progress) func(context.Context, string, string) (net.Conn, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: endpoint, RootCAs: d.RootCAs}
	return func(ctx context.Context, _, hostPort string) (net.Conn, error) {
		at.to(stepResolve)
		addresses, err := d.resolve(ctx, hostPort)
		if err != nil {
			return nil, err
		}
		at.to(stepReach)
		conn, passedOver, err := race(ctx, d.patience(),
			addresses, func(ctx context.Context, address string) (*tls.Conn, error) {
				return secure(ctx, address, config, at)
			})
		if err != nil {
			return nil, err
		}
		at.to(stepStartup)
		return &reached{conn, passedOver}, nil
	}
}

func (d Dialer) patience() time.Duration {
	if d.Patience > 0 {
		return d.Patience
	}
	return defaultPatience
}

// resolve gives the ip:port addresses of a host and port: those of HostAddr, else DNS's.
func (d Dialer) resolve(ctx context.Context, hostPort string) ([]string, error) {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	if addresses, ok := d.HostAddr[host]; ok {
		return addresses, nil
	}
	ips, err := net.DefaultResolver.LookupHost(ctx, host)
	var addresses []string
	for _, ip := range ips {
		addresses = append(addresses, net.JoinHostPort(ip, port))
	}
	return addresses, err
}

// attempt is one address's outcome.
type attempt struct {
	address string
	conn    *tls.Conn
	err     error
}

// race connects to the first address that answers. They are tried in their order: the next when one has failed, and all
// others beside it when one has been silent for the patience (as RFC 8305, "Happy Eyeballs", does for two families).
// The first has the time to itself, so that nothing is spent while all is well.
func race(ctx context.Context, patience time.Duration, addresses []string,
	dial func(context.Context, string) (*tls.Conn, error)) (conn *tls.Conn, passedOver, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends those that lost
	r := runners{outcomes: make(chan attempt, len(addresses)), dial: dial, silent: map[string]bool{}}
	impatient := time.NewTimer(patience)
	defer impatient.Stop()
	waiting := r.start(ctx, addresses, 1)
	for len(r.running) > 0 {
		select {
		case <-impatient.C:
			for _, address := range r.running {
				r.silent[address] = true
			}
			waiting = r.start(ctx, waiting, len(waiting))
		case a := <-r.outcomes:
			r.end(a.address)
			if a.err == nil {
				go r.discard(len(r.running))
				return a.conn, r.passedOver(a.address, patience), nil
			}
			r.failed = append(r.failed, a.err)
			waiting = r.start(ctx, waiting, min(1, len(waiting)))
		}
	}
	return nil, nil, errors.Join(r.failed...)
}

// runners are the attempts of a race.
type runners struct {
	dial     func(context.Context, string) (*tls.Conn, error)
	outcomes chan attempt
	running  []string
	silent   map[string]bool // when patience ended
	failed   []error
}

// start begins with the first n of the addresses and returns the others.
func (r *runners) start(ctx context.Context, addresses []string, n int) []string {
	for _, address := range addresses[:n] {
		r.running = append(r.running, address)
		go func() {
			conn, err := r.dial(ctx, address)
			r.outcomes <- attempt{address, conn, err}
		}()
	}
	return addresses[n:]
}

func (r *runners) end(address string) {
	r.running = slices.DeleteFunc(r.running, func(running string) bool { return running == address })
}

// discard closes the connections of attempts that came too late.
func (r *runners) discard(n int) {
	for range n {
		if a := <-r.outcomes; a.conn != nil {
			_ = a.conn.Close()
		}
	}
}

// passedOver is what kept the addresses before the winner's from being it.
func (r *runners) passedOver(winner string, patience time.Duration) error {
	var over []error
	for _, err := range r.failed {
		if !unroutable(err) {
			over = append(over, err)
		}
	}
	for _, address := range r.running {
		if r.silent[address] && !r.silent[winner] {
			over = append(over, fmt.Errorf("%s: no answer within %v", address, patience))
		}
	}
	return errors.Join(over...)
}

// unroutable tells an address that this machine cannot send to at all. Endpoints have IPv6 addresses, too, and a
// machine without IPv6 says nothing about them (Aurora DSQL User Guide, "Troubleshooting", NetworkUnreachable).
func unroutable(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

// secure connects to one address and makes the TLS handshake, as PostgreSQL has it: by request.
func secure(ctx context.Context, address string, config *tls.Config, at *progress) (_ *tls.Conn, err error) {
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = raw.Close()
		}
	}()
	if err := requestTLS(ctx, raw); err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	at.to(stepTLS)
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return conn, nil
}

// requestTLS asks the server for TLS (PostgreSQL documentation, "SSL Session Encryption").
func requestTLS(ctx context.Context, raw net.Conn) error {
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	request, err := (&pgproto3.SSLRequest{}).Encode(nil)
	if err != nil {
		return err
	}
	answer := make([]byte, 1)
	if _, err = raw.Write(request); err == nil {
		_, err = io.ReadFull(raw, answer)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err
	case answer[0] != 'S':
		return errors.New("server refused TLS connection")
	}
	return nil
}
