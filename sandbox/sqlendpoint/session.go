package sqlendpoint

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgproto3"
)

// flushAt is how much of a result is collected before it is sent on: results are never held as a whole.
const flushAt = 32 << 10

// session is one authenticated connection of a client. Like a backend of PostgreSQL it is one goroutine that takes a
// message, carries it out and takes the next, so a client that pipelines meets the same order and the same
// back-pressure.
type session struct {
	endpoint *Endpoint
	ctx      context.Context // ends with the connection
	cancel   context.CancelCauseFunc
	client   *pgproto3.Backend
	upstream *upstream
	from     string      // region of the client
	first    bool        // it came to the first of the endpoint's addresses
	cluster  string      // ARN
	stop     func() bool // the end of the connection no longer closes the upstream one

	tx       *transaction
	prepared map[string]*statement
	portals  map[string]*statement
	// skipping is set by an error in the extended protocol: everything up to the next Sync is ignored.
	skipping bool
	unsent   int // bytes of a result not yet flushed, about
}

// serve carries out the client's messages until the connection ends.
func (s *session) serve() error {
	for {
		message, err := s.client.Receive()
		if err != nil {
			return err
		}
		if err := s.endpoint.reach(s.ctx, s.from); err != nil {
			return err
		}
		if err := s.endpoint.faults.pass(s.ctx, s.first, message); err != nil {
			return err
		}
		if _, ended := message.(*pgproto3.Terminate); ended {
			return nil
		}
		if err := s.handle(message); err != nil {
			return err
		}
	}
}

// endWith ends the session. A client that is cut off by the sandbox hears nothing, one that hung up nothing either, but
// what PostgreSQL still does for it is cancelled.
func (s *session) endWith(err error) {
	if err == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), cancelTimeout)
	defer cancel()
	_ = cancelUpstream(
		ctx,
		s.endpoint.databases.Socket(),
		s.upstream.key.ProcessID,
		s.upstream.key.SecretKey,
	) // best effort
}

// close ends the upstream connection, and with it the transaction.
func (s *session) close() {
	s.stop()
	s.upstream.conn.Close()
}

// handle carries out one message. An error ends the connection; a *failure is told to the client instead.
func (s *session) handle(message pgproto3.FrontendMessage) error {
	switch m := message.(type) {
	case *pgproto3.Query:
		return s.simpleQuery(m.String)
	case *pgproto3.Sync:
		s.skipping = false
		return s.finish(nil)
	case *pgproto3.Flush:
		return s.client.Flush()
	case *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail:
		return nil // the rest of a COPY that has failed
	}
	if s.skipping {
		return nil
	}
	err := s.extended(message)
	if f, ok := errors.AsType[*failure](err); ok {
		s.skipping = true
		return s.refuse(f)
	}
	return err
}

// extended carries out a message of the extended query protocol.
func (s *session) extended(message pgproto3.FrontendMessage) error {
	switch m := message.(type) {
	case *pgproto3.Parse:
		return s.parse(m)
	case *pgproto3.Bind:
		return s.bind(m)
	case *pgproto3.Describe:
		return s.describe(m)
	case *pgproto3.Execute:
		return s.execute(m)
	case *pgproto3.Close:
		return s.closeObject(m)
	default:
		return fail(codeProtocolViolation, "unsupported message %T", m)
	}
}

// tell tells the client an error.
func (s *session) tell(f *failure) {
	if f.Code == codeSerialization {
		s.endpoint.usage.conflicted(s.cluster)
	}
	s.client.Send(&f.ErrorResponse)
}

// refuse tells the client an error, which also ends what the transaction did.
func (s *session) refuse(f *failure) error {
	s.tell(f)
	return s.abort()
}

// simpleQuery carries out the statements of one string. Each is run by the extended protocol, all in one implicit
// transaction unless they say otherwise, as in PostgreSQL.
func (s *session) simpleQuery(sql string) error {
	delete(s.prepared, "")
	delete(s.portals, "")
	var last *outcome
	for _, st := range split(sql) {
		if last != nil {
			s.report(*last)
		}
		done, err := s.simpleStatement(st)
		if f, ok := errors.AsType[*failure](err); ok {
			if err := s.refuse(f); err != nil {
				return err
			}
			return s.finish(nil)
		}
		if err != nil {
			return err
		}
		last = &done
	}
	if last == nil {
		last = &outcome{empty: true}
	}
	return s.finish(last)
}

func (s *session) simpleStatement(st *statement) (outcome, error) {
	if err := s.accept(st); err != nil {
		return outcome{}, err
	}
	if st.local() {
		return s.runLocal(st, true)
	}
	if err := s.open(); err != nil {
		return outcome{}, err
	}
	return s.run(
		st,
		&pgproto3.Parse{Query: st.sql},
		&pgproto3.Bind{},
		&pgproto3.Describe{ObjectType: 'P'},
		&pgproto3.Execute{},
	)
}

// finish ends an implicit transaction and tells the client that it may go on. The last statement's completion is held
// back until then, because a client takes it as the word that its change has been made.
func (s *session) finish(last *outcome) error {
	if s.tx != nil && !s.tx.explicit {
		err := s.commit()
		if f, ok := errors.AsType[*failure](err); ok {
			s.tell(f)
			last = nil
		} else if err != nil {
			return err
		}
	}
	if last != nil {
		s.report(*last)
	}
	s.client.Send(&pgproto3.ReadyForQuery{TxStatus: s.tx.status()})
	s.unsent = 0
	return s.client.Flush()
}

// accept refuses what Aurora DSQL does not have, and everything in a failed transaction but its end.
func (s *session) accept(st *statement) error {
	if s.tx != nil && s.tx.failed && !st.endsTransaction() {
		return fail(codeTransactionAborted, "current transaction is aborted, commands ignored until end of transaction block")
	}
	if st.refusal != nil {
		return st.refusal
	}
	return nil
}

// open makes sure that there is a transaction for a statement to run in.
func (s *session) open() error {
	if s.tx != nil {
		return nil
	}
	return s.begin("BEGIN", false)
}

func (s *session) parse(m *pgproto3.Parse) error {
	st := &statement{sql: m.Query}
	if statements := split(m.Query); len(statements) == 1 {
		st = statements[0] // PostgreSQL itself refuses several at once
	}
	if err := s.accept(st); err != nil {
		return err
	}
	if !st.local() {
		refusal, err := s.upstream.exchange(
			ignore,
			&pgproto3.Parse{Name: m.Name, Query: st.sql, ParameterOIDs: m.ParameterOIDs},
		)
		if err := s.failed(refusal, err, st); err != nil {
			return err
		}
	}
	s.prepared[m.Name] = st
	s.client.Send(&pgproto3.ParseComplete{})
	return nil
}

func (s *session) bind(m *pgproto3.Bind) error {
	st := s.prepared[m.PreparedStatement]
	if st == nil {
		return fail(codeUndefinedStatement, `prepared statement "%s" does not exist`, m.PreparedStatement)
	}
	if err := s.accept(st); err != nil {
		return err
	}
	if !st.local() {
		if err := s.open(); err != nil {
			return err
		}
		refusal, err := s.upstream.exchange(ignore, m)
		if err := s.failed(refusal, err, st); err != nil {
			return err
		}
	}
	s.portals[m.DestinationPortal] = st
	s.client.Send(&pgproto3.BindComplete{})
	return nil
}

func (s *session) describe(m *pgproto3.Describe) error {
	st, err := s.named(m.ObjectType, m.Name)
	if err != nil {
		return err
	}
	if !st.local() {
		refusal, err := s.upstream.exchange(s.relay, m)
		return s.failed(refusal, err, st)
	}
	if m.ObjectType == 'S' {
		s.client.Send(&pgproto3.ParameterDescription{})
	}
	s.describeLocal(st)
	return nil
}

// named finds a prepared statement ('S') or a portal ('P').
func (s *session) named(objectType byte, name string) (*statement, error) {
	if objectType == 'S' {
		if st := s.prepared[name]; st != nil {
			return st, nil
		}
		return nil, fail(codeUndefinedStatement, `prepared statement "%s" does not exist`, name)
	}
	if st := s.portals[name]; st != nil {
		return st, nil
	}
	return nil, fail(codeUndefinedPortal, `portal "%s" does not exist`, name)
}

func (s *session) execute(m *pgproto3.Execute) error {
	st, err := s.named('P', m.Portal)
	if err != nil {
		return err
	}
	var done outcome
	if st.local() {
		done, err = s.runLocal(st, false)
	} else {
		done, err = s.run(st, m)
	}
	if err != nil {
		return err
	}
	s.report(done)
	return nil
}

func (s *session) closeObject(m *pgproto3.Close) error {
	objects := s.portals
	if m.ObjectType == 'S' {
		objects = s.prepared
	}
	if st := objects[m.Name]; st != nil && !st.local() {
		refusal, err := s.upstream.exchange(ignore, m)
		if err := s.failed(refusal, err, st); err != nil {
			return err
		}
	}
	delete(objects, m.Name)
	s.client.Send(&pgproto3.CloseComplete{})
	return nil
}

// failed turns the two ways in which an exchange fails into one error.
func (s *session) failed(refusal *failure, err error, st *statement) error {
	switch {
	case err != nil:
		return err
	case refusal != nil:
		return s.face(refusal, st)
	}
	return nil
}

func ignore(pgproto3.BackendMessage) {}

// relay passes a message of PostgreSQL on to the client.
func (s *session) relay(m pgproto3.BackendMessage) {
	s.client.Send(m)
	switch m := m.(type) {
	case *pgproto3.DataRow:
		for _, value := range m.Values {
			s.unsent += len(value) + 4
		}
	case *pgproto3.CopyData:
		s.unsent += len(m.Data)
	}
	if s.unsent >= flushAt {
		s.unsent = 0
		if err := s.client.Flush(); err != nil {
			s.cancel(fmt.Errorf("send to the client: %w", err))
		}
	}
}
