// Package sqlendpoint is the SQL face of Aurora DSQL in one region: it takes TLS connections, checks their IAM tokens,
// applies what Aurora DSQL has beyond or below PostgreSQL, and has a real PostgreSQL carry out the rest. The two
// clusters of a pair, at the endpoints of two regions, share one Database.
//
// What still differs from Aurora DSQL is listed in docs/sandbox-sql.md.
package sqlendpoint

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/edge"
)

// Options describe an endpoint. Region, Database, CA and Credentials are required.
type Options struct {
	// Region is the region whose clusters the endpoint serves.
	Region string
	// Database is behind them: Pairs, or one Database behind all.
	Database Databases
	// CA signs the endpoint's certificate, *.dsql.<region>.on.aws.
	CA *authority.CA
	// Credentials looks up an access key.
	Credentials func(accessKeyID string) (Credential, bool)
	// Allowed tells whether a principal's IAM policies allow an action (dsql:DbConnect, dsql:DbConnectAdmin) on a cluster;
	// nil allows everything.
	Allowed func(principalARN, action, clusterARN string) bool
	// OnConnect hears of every connection that was let in and returns how long the cluster takes to wake, in sandbox time;
	// nil for clusters that never sleep.
	OnConnect func(clusterARN string) time.Duration
	// Reach waits until a client in the region gets through to this one, or returns why the context ended; nil for a
	// network that is never cut.
	Reach func(ctx context.Context, from string) error
	// Written is the time that a caller in a region has read from its clock; nil for callers whose clocks are right.
	Written func(region string, t time.Time) time.Time
	// Clock ages transactions and connections; nil runs as the wall does.
	Clock *clock.Clock
	// Now is the wall clock that tokens are signed by; nil means time.Now.
	Now func() time.Time
}

// Endpoint serves the clusters of one region on one port of 127.0.0.1 and tells them apart by the host name that the
// client asks for in TLS (SNI).
type Endpoint struct {
	databases Databases
	tls       *tls.Config
	verifier  verifier
	allowed   func(principalARN, action, clusterARN string) bool
	onConnect func(clusterARN string) time.Duration
	reach     func(ctx context.Context, from string) error
	clock     *clock.Clock
	faults    *faults
	ports     ports
	usage     usage

	ctx     context.Context
	cancel  context.CancelCauseFunc
	running sync.WaitGroup

	mu        sync.Mutex
	clusters  map[string]string // ARN by host name
	live      map[context.Context]context.CancelCauseFunc
	listeners []net.Listener // none while connections are refused
}

var (
	errClosed      = errors.New("the endpoint was closed")
	errConnections = errors.New("the connection was ended by the sandbox")
	errLifetime    = errors.New("the connection has lived for an hour")
)

// New starts an endpoint without clusters.
func New(o Options) (*Endpoint, error) {
	if o.Allowed == nil {
		o.Allowed = func(string, string, string) bool { return true }
	}
	if o.OnConnect == nil {
		o.OnConnect = func(string) time.Duration { return 0 }
	}
	if o.Reach == nil {
		o.Reach = func(context.Context, string) error { return nil }
	}
	if o.Written == nil {
		o.Written = func(_ string, t time.Time) time.Time { return t }
	}
	if o.Clock == nil {
		o.Clock = clock.New(1)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	certificate, err := o.CA.Issue("*.dsql." + o.Region + ".on.aws")
	if err != nil {
		return nil, err
	}
	ports, err := reservePorts()
	if err != nil {
		return nil, err
	}
	e := &Endpoint{
		databases: o.Database,
		tls: &tls.Config{
			MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}, NextProtos: []string{"postgresql"},
		},
		verifier: verifier{
			region:      o.Region,
			credentials: o.Credentials,
			written:     o.Written,
			now:         o.Now,
		},
		allowed:   o.Allowed,
		onConnect: o.OnConnect,
		reach:     o.Reach,
		clock:     o.Clock,
		faults:    newFaults(o.Clock),
		ports:     ports,
		clusters:  map[string]string{},
		live:      map[context.Context]context.CancelCauseFunc{},
	}
	e.ctx, e.cancel = context.WithCancelCause(context.Background())
	if err := e.listen(true); err != nil {
		ports.release()
		return nil, err
	}
	return e, nil
}

// Addr is the first ip:port that the endpoint listens on; it never changes.
func (e *Endpoint) Addr() string { return e.ports[0].addr.String() }

// Addrs are all that it listens on, in the order in which clients try them.
func (e *Endpoint) Addrs() []string {
	var all []string
	for _, p := range e.ports {
		all = append(all, p.addr.String())
	}
	return all
}

// AddCluster serves a cluster under its host name, <identifier>.dsql.<region>.on.aws.
func (e *Endpoint) AddCluster(host, clusterARN string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clusters[host] = clusterARN
}

// RemoveCluster stops letting new connections to the host in.
func (e *Endpoint) RemoveCluster(host string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.clusters, host)
}

func (e *Endpoint) cluster(host string) (arn string, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	arn, ok = e.clusters[host]
	return arn, ok
}

// SetFault makes the endpoint ill, or with the zero Fault well again. Live connections stay; see CloseAll.
func (e *Endpoint) SetFault(f Fault) error {
	e.faults.set(f)
	return e.listen(!f.Refuse)
}

// Fault is the present fault.
func (e *Endpoint) Fault() Fault {
	f, _ := e.faults.get()
	return f
}

// InjectConflicts replaces the conflicts to come.
func (e *Endpoint) InjectConflicts(c Conflicts) { e.faults.inject(c) }

// CloseAll ends all live connections, as the loss of a region does; transactions in them are rolled back.
func (e *Endpoint) CloseAll() { e.closeAll(errConnections) }

func (e *Endpoint) closeAll(reason error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, cancel := range e.live {
		cancel(reason)
	}
}

// Close ends the endpoint and its connections and returns when nothing of it runs any more.
func (e *Endpoint) Close() error {
	e.cancel(errClosed)
	err := e.listen(false)
	e.running.Wait()
	e.ports.release()
	return err
}

// listen starts or stops taking connections.
func (e *Endpoint) listen(on bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case on && e.listeners == nil && e.ctx.Err() == nil:
		listeners, err := e.ports.listen()
		if err != nil {
			return err
		}
		e.listeners = listeners
		for i, listener := range listeners {
			e.running.Go(func() { e.accept(listener, i == 0) })
		}
	case !on && e.listeners != nil:
		listeners := e.listeners
		e.listeners = nil
		return closeAll(listeners)
	}
	return nil
}

// accept serves every connection in a goroutine of its own until the listener is closed.
// First tells that it is the one of the address that clients try first.
func (e *Endpoint) accept(listener net.Listener, first bool) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		e.running.Go(func() { e.serve(conn, first) })
	}
}

// serve gives a connection a context that ends with it, and the connection an end when its context does.
func (e *Endpoint) serve(conn net.Conn, first bool) {
	defer edge.Recover("SQL connection in "+e.verifier.region, nil) // the client sees its connection end
	ctx, cancel := context.WithCancelCause(e.ctx)
	e.mu.Lock()
	e.live[ctx] = cancel
	e.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer func() {
		stop()
		cancel(nil)
		conn.Close()
		e.mu.Lock()
		delete(e.live, ctx)
		e.mu.Unlock()
	}()
	(&connection{
		endpoint: e,
		ctx:      ctx,
		cancel:   cancel,
		first:    first,
	}).serve(conn)
}
