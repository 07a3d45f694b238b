package dsqlconn

import (
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Unreachable tells whether an error of a connection, a pool or a statement means that the endpoint could not be
// reached, was lost, said itself that it was unavailable, or did not answer in time, which another endpoint need not
// suffer from. Any answer to a statement, a refused token, and a failure of the caller's own are something else.
func Unreachable(err error) bool {
	switch Classify(err) {
	case ReasonDNS, ReasonConnect, ReasonTLS, ReasonUnavailable, ReasonTimeout:
		return true
	case ReasonQuery:
		if pg := pgError(err); pg != nil {
			// Class 08 is a failed connection, class 57 the server's operator ending it.
			return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P")
		}
		var connect *pgconn.ConnectError // what a pool's attempt to connect gives
		// What is safe to repeat was never sent: the driver knew that the connection was gone.
		return errors.As(err, &connect) || isNetwork(err) || pgconn.SafeToRetry(err) ||
			errors.Is(err, net.ErrClosed) || errors.Is(err, pgconn.ErrConnClosed)
	default:
		return false
	}
}
