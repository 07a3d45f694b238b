package dsqlconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// Reason is why the database could not be used.
type Reason int

// The reasons, in the order in which a connection meets them.
const (
	// ReasonNone is the reason of a nil error.
	ReasonNone Reason = iota
	// ReasonLocal is a failure of the caller's own, which says nothing about the database: cancelled, no credentials.
	ReasonLocal
	// ReasonDNS is a host name that could not be resolved, in time or at all.
	ReasonDNS
	// ReasonConnect is a connection refused, unreachable, or closed before the server was ready for statements.
	ReasonConnect
	// ReasonTLS is a handshake that failed: certificate of another host or authority, no common version, no TLS.
	ReasonTLS
	// ReasonAuth is a token that the server refused, a user it does not let in, or one who may not do what the statement
	// does.
	ReasonAuth
	// ReasonQuery is a statement that failed, or a connection lost under it.
	ReasonQuery
	// ReasonConflict is a transaction that lost against a concurrent one; see IsConflict.
	ReasonConflict
	// ReasonUnavailable is a server that could not carry a transaction out, on a connection that lives; see IsUnavailable.
	ReasonUnavailable
	// ReasonTimeout is a step, name resolution apart, that did not end before its deadline.
	ReasonTimeout
)

// String is the lower-case word used in reports and metrics; ReasonNone is empty.
func (r Reason) String() string {
	switch r {
	case ReasonNone:
		return ""
	case ReasonLocal:
		return "local"
	case ReasonDNS:
		return "dns"
	case ReasonConnect:
		return "connect"
	case ReasonTLS:
		return "tls"
	case ReasonAuth:
		return "auth"
	case ReasonQuery:
		return "query"
	case ReasonConflict:
		return "conflict"
	case ReasonUnavailable:
		return "unavailable"
	case ReasonTimeout:
		return "timeout"
	default:
		return fmt.Sprintf("Reason(%d)", int(r))
	}
}

// step is how far a connection attempt came.
type step int

const (
	stepPrepare step = iota // credentials and token
	stepResolve             // DNS
	stepReach               // TCP, and asking for TLS
	stepTLS                 // handshake
	stepStartup             // user, token, session
)

// ConnectError is a failed Dialer.Connect.
type ConnectError struct {
	// Endpoint is the host name that was to be connected to.
	Endpoint string
	step     step
	err      error
}

func (e *ConnectError) Error() string { return fmt.Sprintf("connect to %s: %v", e.Endpoint, e.err) }

// Unwrap gives the driver's error.
func (e *ConnectError) Unwrap() error { return e.err }

// reason is the reason of a failure that is neither local nor a timeout.
func (e *ConnectError) reason() Reason {
	switch e.step {
	case stepPrepare:
		return ReasonLocal
	case stepResolve:
		return ReasonDNS
	case stepReach, stepTLS:
		if isNetwork(e.err) {
			return ReasonConnect
		}
		return ReasonTLS
	default:
		if isAuth(e.err) {
			return ReasonAuth
		}
		return ReasonConnect
	}
}

// localError marks a failure of the caller's own.
type localError struct{ error }

func (e *localError) Unwrap() error { return e.error }

// Classify names the reason of an error of Dialer.Connect or of a statement on its connection.
func Classify(err error) Reason {
	var local *localError
	var connect *ConnectError
	connecting := errors.As(err, &connect)
	switch {
	case err == nil:
		return ReasonNone
	case errors.As(err, &local), errors.Is(err, context.Canceled):
		return ReasonLocal
	case connecting && connect.step == stepResolve:
		return ReasonDNS
	case isTimeout(err):
		return ReasonTimeout
	case connecting:
		return connect.reason()
	case IsConflict(err):
		return ReasonConflict
	case IsUnavailable(err):
		return ReasonUnavailable
	case isAuth(err):
		return ReasonAuth
	default:
		return ReasonQuery
	}
}

// IsConflict tells whether the transaction lost against a concurrent one and may be repeated: SQLSTATE 40001, which
// DSQL gives with OC000 (another transaction changed the data) or OC001 (the schema changed) in the message, usually
// at COMMIT (Aurora DSQL User Guide, "Concurrency control").
func IsConflict(err error) bool {
	pg := pgError(err)
	return pg != nil && (pg.Code == "40001" || pg.Code == "OC000" || pg.Code == "OC001")
}

// IsUnavailable tells whether the server answered that it was unavailable: SQLSTATE XX000, "server unavailable". The
// connection lives, the whole transaction is to be repeated, and the outcome of a commit is uncertain (Aurora DSQL User
// Guide, "Troubleshooting"). Other internal errors share the code.
func IsUnavailable(err error) bool {
	pg := pgError(err)
	return pg != nil && pg.Code == "XX000" && strings.Contains(strings.ToLower(pg.Message), "unavailable")
}

// isTimeout knows the three faces of a deadline: the context's, the socket's, and the server's (57014, query_canceled).
func isTimeout(err error) bool {
	if pg := pgError(err); pg != nil && pg.Code == "57014" {
		return true
	}
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}

// isAuth knows SQLSTATE class 28, DSQL's own answer to a bad token, 08006 "unable to accept connection, access denied",
// and 42501 (insufficient_privilege), the answer to a statement whose grant is missing.
func isAuth(err error) bool {
	pg := pgError(err)
	return pg != nil && (strings.HasPrefix(pg.Code, "28") || pg.Code == "42501" ||
		strings.Contains(strings.ToLower(pg.Message), "access denied"))
}

// isNetwork tells whether the network failed, or the other side ended the connection without a word.
func isNetwork(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func pgError(err error) *pgconn.PgError {
	var pg *pgconn.PgError
	errors.As(err, &pg)
	return pg
}
