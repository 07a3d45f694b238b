package dsqlconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
)

func TestUnreachable(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":                   {nil, false},
		"out of time":               {fmt.Errorf("query: %w", context.DeadlineExceeded), true},
		"server's own timeout":      {&pgconn.PgError{Code: "57014"}, true},
		"lost under a statement":    {fmt.Errorf("query: %w", io.ErrUnexpectedEOF), true},
		"reset":                     {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, true},
		"closed":                    {net.ErrClosed, true},
		"refused":                   {&ConnectError{step: stepReach, err: syscall.ECONNREFUSED}, true},
		"no such host":              {&ConnectError{step: stepResolve, err: errors.New("no such host")}, true},
		"not accepting connections": {&pgconn.PgError{Code: "08006", Message: "unable to accept connection"}, true},
		"shutting down":             {&pgconn.PgError{Code: "57P01"}, true},
		"refused token": {&pgconn.PgError{
			Code:    "08006",
			Message: "unable to accept connection, access denied",
		}, false},
		"unavailable, each time":       {&pgconn.PgError{Code: "XX000", Message: "server unavailable"}, true},
		"conflict":                     {&pgconn.PgError{Code: "40001"}, false},
		"duplicate key":                {&pgconn.PgError{Code: "23505"}, false},
		"the caller went away":         {context.Canceled, false},
		"no credentials":               {&localError{errors.New("none")}, false},
		"something else in the driver": {errors.New("cannot scan"), false},
	} {
		assert.Equal(t, test.want, Unreachable(test.err), name)
	}
}
