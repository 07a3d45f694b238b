package sqlendpoint

import (
	"context"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgproto3"
)

// ownStatement and ownPortal are the names under which the session runs statements of its own beside the client's.
const ownStatement, ownPortal = "dsql_sandbox_statement", "dsql_sandbox_portal"

// upstream is a session's connection to PostgreSQL. It is used by one goroutine.
type upstream struct {
	conn     net.Conn
	frontend *pgproto3.Frontend
	key      pgproto3.BackendKeyData
	// notify receives what PostgreSQL says unasked: parameter changes and notices.
	notify func(pgproto3.BackendMessage)
}

// connectUpstream starts a session of PostgreSQL with the parameters and returns when it is ready. A refusal by
// PostgreSQL is a *failure.
func connectUpstream(
	ctx context.Context,
	socket string,
	parameters map[string]string,
	notify func(pgproto3.BackendMessage),
) (*upstream, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	u := &upstream{conn: conn, frontend: pgproto3.NewFrontend(conn, conn), notify: notify}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	u.frontend.Send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: parameters})
	refusal, err := u.receive(func(m pgproto3.BackendMessage) {
		if key, ok := m.(*pgproto3.BackendKeyData); ok {
			u.key = pgproto3.BackendKeyData{ProcessID: key.ProcessID, SecretKey: append([]byte(nil), key.SecretKey...)}
		}
	})
	if refusal != nil {
		err = refusal
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return u, nil
}

// exchange sends messages and a Sync, gives every answer but errors to handle and returns when PostgreSQL is ready
// again: with PostgreSQL's error, if there was one, or an error of the connection.
func (u *upstream) exchange(
	handle func(pgproto3.BackendMessage),
	messages ...pgproto3.FrontendMessage,
) (*failure, error) {
	for _, m := range messages {
		u.frontend.Send(m)
	}
	u.frontend.Send(&pgproto3.Sync{})
	return u.receive(handle)
}

// receive flushes what was sent and reads until PostgreSQL is ready or, as it does for a refused connection, hangs up.
func (u *upstream) receive(handle func(pgproto3.BackendMessage)) (*failure, error) {
	if err := u.frontend.Flush(); err != nil {
		return nil, fmt.Errorf("send to PostgreSQL: %w", err)
	}
	var refusal *failure
	for {
		message, err := u.frontend.Receive()
		if err != nil && refusal != nil && refusal.Severity == "FATAL" {
			return refusal, nil
		}
		if err != nil {
			return nil, fmt.Errorf("receive from PostgreSQL: %w", err)
		}
		switch m := message.(type) {
		case *pgproto3.ErrorResponse:
			refusal = &failure{*m}
		case *pgproto3.ReadyForQuery:
			return refusal, nil
		case *pgproto3.ParameterStatus, *pgproto3.NoticeResponse:
			u.notify(m)
		case *pgproto3.CopyInResponse:
			if err := u.endCopy(); err != nil {
				return nil, err
			}
		default:
			handle(m)
		}
	}
}

// endCopy ends a COPY that nobody has data for. PostgreSQL, which waits for it, has ignored the Sync that was sent.
func (u *upstream) endCopy() error {
	u.frontend.Send(&pgproto3.CopyFail{Message: "unexpected COPY"})
	u.frontend.Send(&pgproto3.Sync{})
	if err := u.frontend.Flush(); err != nil {
		return fmt.Errorf("send to PostgreSQL: %w", err)
	}
	return nil
}

// run carries out one statement of the session's own and returns the first column of its last row ("" for none or
// NULL).
func (u *upstream) run(sql string) (value string, refusal *failure, err error) {
	refusal, err = u.exchange(func(m pgproto3.BackendMessage) {
		if row, ok := m.(*pgproto3.DataRow); ok && len(row.Values) > 0 {
			value = string(row.Values[0])
		}
	},
		&pgproto3.Close{ObjectType: 'S', Name: ownStatement}, // left behind by one that failed
		&pgproto3.Parse{Name: ownStatement, Query: sql},
		&pgproto3.Close{ObjectType: 'P', Name: ownPortal},
		&pgproto3.Bind{DestinationPortal: ownPortal, PreparedStatement: ownStatement},
		&pgproto3.Execute{Portal: ownPortal},
	)
	return value, refusal, err
}

// cancelUpstream asks PostgreSQL to cancel what the session with the key is doing. It is a request: there is no answer.
func cancelUpstream(ctx context.Context, socket string, processID uint32, secretKey []byte) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	request, err := (&pgproto3.CancelRequest{ProcessID: processID, SecretKey: secretKey}).Encode(nil)
	if err != nil {
		return err
	}
	if _, err := conn.Write(request); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, conn) // PostgreSQL hangs up when it has passed the request on
	return err
}
