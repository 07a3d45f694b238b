package sqlendpoint

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"aurora-dsql-dr/sandbox/edge"
)

const (
	// startupTimeout bounds the time until a client has shown its token, in wall time: clients have no other.
	startupTimeout = 30 * time.Second
	// maxConnectionAge is Aurora DSQL's (User Guide, "Cluster quotas and database limits").
	maxConnectionAge = time.Hour
	// lockTimeout is how long a statement waits for another transaction. Aurora DSQL waits for none, but PostgreSQL's
	// locks also guard its own short operations.
	lockTimeout = 50 * time.Millisecond
	// cancelTimeout bounds the request to cancel, which nobody waits for.
	cancelTimeout = 5 * time.Second
)

// connection is one TCP connection on its way to a session.
type connection struct {
	endpoint *Endpoint
	ctx      context.Context
	cancel   context.CancelCauseFunc
	client   *pgproto3.Backend
	from     string // region of the client, once it has shown its token
	first    bool   // it came to the first of the endpoint's addresses
}

// serve does it all; errors end the connection and concern the client alone.
func (c *connection) serve(conn net.Conn) {
	welcome, err := c.endpoint.faults.accept(c.ctx, c.first)
	if err != nil || !welcome {
		return
	}
	_ = conn.SetDeadline(time.Now().Add(startupTimeout)) // fails only on a closed connection, as the next read does
	secured, err := c.negotiate(conn)
	if err != nil || secured == nil {
		return
	}
	session, err := c.startup(secured)
	if f, ok := errors.AsType[*failure](err); ok {
		f.Severity, f.SeverityUnlocalized = "FATAL", "FATAL"
		c.client.Send(&f.ErrorResponse)
		_ = c.client.Flush() // the connection ends in any case
	}
	if err != nil || session == nil {
		return
	}
	defer session.close()
	timer := c.endpoint.clock.AfterFunc(maxConnectionAge, func() { c.cancel(errLifetime) })
	defer timer.Stop()
	session.endWith(session.serve())
}

// peekedConn is a connection whose first bytes have been looked at.
type peekedConn struct {
	net.Conn
	reader *bufio.Reader
}

func (p peekedConn) Read(into []byte) (int, error) { return p.reader.Read(into) }

// negotiate brings the connection to TLS: at once, for a client that begins with it, or on its request. Requests to
// cancel come without TLS and without a token; they know the secret of the session. nil means that all is done.
func (c *connection) negotiate(conn net.Conn) (*tls.Conn, error) {
	peeked := peekedConn{conn, bufio.NewReader(conn)}
	const handshakeRecord = 0x16
	first, err := peeked.reader.Peek(1)
	if err != nil {
		return nil, err
	}
	if first[0] == handshakeRecord {
		return c.secure(peeked)
	}
	c.client = pgproto3.NewBackend(peeked, conn)
	for {
		message, err := c.client.ReceiveStartupMessage()
		if err != nil {
			return nil, err
		}
		switch m := message.(type) {
		case *pgproto3.SSLRequest:
			if _, err := conn.Write([]byte{'S'}); err != nil {
				return nil, err
			}
			return c.secure(peeked)
		case *pgproto3.GSSEncRequest:
			if _, err := conn.Write([]byte{'N'}); err != nil {
				return nil, err
			}
		case *pgproto3.CancelRequest:
			return nil, c.cancelQuery(m)
		default:
			c.client.Send(
				&fatal(
					codeConnectionFailure,
					"unable to accept connection, SSL is required",
					"Connect with sslmode=verify-full.",
				).ErrorResponse,
			)
			return nil, c.client.Flush()
		}
	}
}

func (c *connection) secure(conn net.Conn) (*tls.Conn, error) {
	secured := tls.Server(conn, c.endpoint.tls)
	return secured, secured.HandshakeContext(c.ctx)
}

func (c *connection) cancelQuery(m *pgproto3.CancelRequest) error {
	ctx, cancel := context.WithTimeout(c.ctx, cancelTimeout)
	defer cancel()
	return cancelUpstream(ctx, c.endpoint.databases.Socket(), m.ProcessID, m.SecretKey)
}

// startup authenticates the client and opens its session; nil means that there is none and the client knows why.
func (c *connection) startup(conn *tls.Conn) (*session, error) {
	ahead := newReadAhead()
	c.endpoint.running.Go(func() {
		defer edge.Recover("SQL connection in "+c.endpoint.verifier.region, c.cancel)
		ahead.fill(c.ctx, conn, c.cancel)
	})
	c.client = pgproto3.NewBackend(ahead, conn)
	first, err := c.client.ReceiveStartupMessage()
	if err != nil {
		return nil, err
	}
	if m, ok := first.(*pgproto3.CancelRequest); ok {
		return nil, c.cancelQuery(m)
	}
	m, ok := first.(*pgproto3.StartupMessage)
	if !ok {
		return nil, fatal(codeProtocolViolation, "unexpected message within TLS", "")
	}
	parameters, protocol := maps.Clone(m.Parameters), m.ProtocolVersion
	host := conn.ConnectionState().ServerName
	clusterARN, err := c.admit(host, parameters)
	if err != nil {
		return nil, err
	}
	database, err := c.endpoint.databases.Of(c.ctx, clusterARN)
	if err != nil {
		return nil, err
	}
	if err := c.authenticate(host, clusterARN, parameters["user"], database); err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	if err := c.endpoint.clock.Sleep(c.ctx, c.endpoint.onConnect(clusterARN)); err != nil {
		return nil, err
	}
	if protocol > pgproto3.ProtocolVersion30 {
		c.client.Send(&pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: 0})
	}
	return c.open(clusterARN, database, parameters)
}

// admit checks what the client asks for before it asks who the client is.
func (c *connection) admit(host string, parameters map[string]string) (clusterARN string, err error) {
	clusterARN, known := c.endpoint.cluster(host)
	switch {
	case c.endpoint.faults.connect():
		return "", fatal(codeConnectionFailure, "unable to accept connection", "")
	case host == "":
		return "", fatal(codeConnectionFailure, "unable to accept connection, sni was not received", "")
	case !known:
		return "", fatal(codeConnectionFailure, "unable to accept connection, cluster does not exist", host)
	}
	if database := parameters["database"]; database != "" && database != "postgres" {
		return "", fatal(codeUndefinedDatabase, fmt.Sprintf(`database "%s" does not exist`, database), "")
	}
	for name, value := range parameters {
		if name != "user" && name != "database" && !strings.HasPrefix(name, "_pq_.") && !maySet(name, value) {
			return "", fatal(codeUnsupported, notSettable(name).Message, "")
		}
	}
	return clusterARN, nil
}

// authenticate asks for the token and checks it, the principal's policies and its mapping to the user.
func (c *connection) authenticate(host, clusterARN, user string, database *Database) error {
	c.client.Send(&pgproto3.AuthenticationCleartextPassword{})
	if err := c.client.Flush(); err != nil {
		return err
	}
	message, err := c.client.Receive()
	if err != nil {
		return err
	}
	password, ok := message.(*pgproto3.PasswordMessage)
	if !ok {
		return fatal(codeProtocolViolation, "expected a password", "")
	}
	signer, action, denied := c.endpoint.verifier.verify(password.Password, host, user)
	if denied != nil {
		return denied
	}
	// Nothing before the token tells where a client is.
	if err := c.endpoint.reach(c.ctx, signer.Region); err != nil {
		return err
	}
	c.from = signer.Region
	principal := signer.PrincipalARN
	if !c.endpoint.allowed(principal, action, clusterARN) {
		return accessDenied("User: %s is not authorized to perform: %s on resource: %s", principal, action, clusterARN)
	}
	if user == adminRole {
		return nil
	}
	mapped, err := database.mapped(c.ctx, user, principal)
	if err == nil && !mapped {
		return accessDenied("Database role %s is not mapped to %s: see AWS IAM GRANT", user, principal)
	}
	return err
}

// open connects to PostgreSQL as the client's role, so that its privileges are PostgreSQL's business.
func (c *connection) open(clusterARN string, database *Database, parameters map[string]string) (*session, error) {
	for name := range parameters {
		if strings.HasPrefix(name, "_pq_.") {
			delete(parameters, name)
		}
	}
	parameters["database"] = database.name
	parameters["options"] = fmt.Sprintf("-c lock_timeout=%d", lockTimeout.Milliseconds())
	s := &session{
		endpoint: c.endpoint,
		ctx:      c.ctx,
		cancel:   c.cancel,
		client:   c.client,
		from:     c.from,
		first:    c.first,
		cluster:  clusterARN,
		prepared: map[string]*statement{},
		portals:  map[string]*statement{},
	}
	c.client.Send(&pgproto3.AuthenticationOk{})
	upstream, err := connectUpstream(
		c.ctx,
		database.socket,
		parameters,
		func(m pgproto3.BackendMessage) { c.client.Send(m) },
	)
	if err != nil {
		return nil, err
	}
	s.upstream = upstream
	s.stop = context.AfterFunc(c.ctx, func() { upstream.conn.Close() })
	c.client.Send(&upstream.key)
	c.client.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if err := c.client.Flush(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}
