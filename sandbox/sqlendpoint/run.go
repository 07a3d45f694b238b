package sqlendpoint

import (
	"errors"

	"github.com/jackc/pgx/v5/pgproto3"
)

// outcome is how a statement ended.
type outcome struct {
	tag       string
	empty     bool // there was no statement
	suspended bool // the client asked for no more rows for now
}

func (s *session) report(o outcome) {
	switch {
	case o.empty:
		s.client.Send(&pgproto3.EmptyQueryResponse{})
	case o.suspended:
		s.client.Send(&pgproto3.PortalSuspended{})
	default:
		s.client.Send(&pgproto3.CommandComplete{CommandTag: []byte(o.tag)})
	}
}

// run has PostgreSQL carry out a statement by the given messages, the last of which executes it, and passes the result
// on.
func (s *session) run(st *statement, messages ...pgproto3.FrontendMessage) (outcome, error) {
	if s.tx == nil || s.tx.failed {
		return outcome{}, fail(codeUndefinedPortal, "portal does not exist")
	}
	if err := s.admit(st); err != nil {
		return outcome{}, err
	}
	guarded := st.kind == kindDML || st.kind == kindCopyIn
	if guarded {
		if _, err := s.own("SAVEPOINT " + savepoint); err != nil {
			return outcome{}, err
		}
	}
	done, refusal, err := s.perform(st, messages)
	if err != nil {
		return outcome{}, err
	}
	if refusal != nil {
		return outcome{}, s.decide(refusal, st, guarded)
	}
	if guarded {
		if _, err := s.own("RELEASE SAVEPOINT " + savepoint); err != nil {
			return outcome{}, err
		}
	}
	return done, s.count(done.tag)
}

// perform sends the messages and passes the rows on, but not the end, which is returned.
func (s *session) perform(
	st *statement,
	messages []pgproto3.FrontendMessage,
) (done outcome, refusal *failure, err error) {
	handle := func(message pgproto3.BackendMessage) {
		switch m := message.(type) {
		case *pgproto3.CommandComplete:
			done.tag = string(m.CommandTag)
		case *pgproto3.EmptyQueryResponse:
			done.empty = true
		case *pgproto3.PortalSuspended:
			done.suspended = true
		case *pgproto3.ParseComplete, *pgproto3.BindComplete, *pgproto3.NoData:
		default:
			s.relay(m)
		}
	}
	if st.kind == kindCopyIn {
		refusal, err = s.copyIn(handle, messages)
	} else {
		refusal, err = s.upstream.exchange(handle, messages...)
	}
	return done, refusal, err
}

// decide gives an error of a statement its face: a conflict, or what PostgreSQL said.
func (s *session) decide(refusal *failure, st *statement, guarded bool) error {
	if guarded {
		raced, err := s.raced(refusal)
		if err != nil {
			return err
		}
		if raced {
			f := DataConflict.failure()
			f.Detail = refusal.Message
			return f
		}
	}
	return s.face(refusal, st)
}

// copyIn passes the client's data on. There is no Sync behind the Execute, because PostgreSQL ignores one within a COPY
// (PostgreSQL documentation, "COPY Operations"), so a Flush makes it answer.
func (s *session) copyIn(handle func(pgproto3.BackendMessage), messages []pgproto3.FrontendMessage) (*failure, error) {
	for _, m := range messages {
		s.upstream.frontend.Send(m)
	}
	s.upstream.frontend.Send(&pgproto3.Flush{})
	if err := s.upstream.frontend.Flush(); err != nil {
		return nil, err
	}
	for {
		message, err := s.upstream.frontend.Receive()
		if err != nil {
			return nil, err
		}
		switch m := message.(type) {
		case *pgproto3.ErrorResponse:
			refusal := &failure{*m}
			_, err := s.upstream.exchange(ignore)
			return refusal, err
		case *pgproto3.CopyInResponse:
			s.client.Send(m)
			if err := s.client.Flush(); err != nil {
				return nil, err
			}
			if err := s.copyData(); err != nil {
				return nil, err
			}
			return s.upstream.exchange(handle)
		case *pgproto3.CommandComplete: // it wanted nothing of the client
			handle(m)
			return s.upstream.exchange(handle)
		default:
			handle(m)
		}
	}
}

// copyData passes messages on until the client ends the copy.
func (s *session) copyData() error {
	unsent := 0
	for {
		message, err := s.client.Receive()
		if err != nil {
			return err
		}
		switch m := message.(type) {
		case *pgproto3.CopyData:
			s.upstream.frontend.Send(m)
			if unsent += len(m.Data); unsent < flushAt {
				continue
			}
			unsent = 0
			if err := s.upstream.frontend.Flush(); err != nil {
				return err
			}
		case *pgproto3.CopyDone, *pgproto3.CopyFail:
			s.upstream.frontend.Send(m)
			return nil
		case *pgproto3.Flush, *pgproto3.Sync: // ignored within a COPY
		default:
			return errors.New("the client left a COPY unfinished")
		}
	}
}

// runLocal carries out a statement that PostgreSQL does not know.
func (s *session) runLocal(st *statement, describe bool) (outcome, error) {
	switch st.kind {
	case kindBegin:
		return outcome{tag: "BEGIN"}, s.beginClient(st)
	case kindCommit, kindRollback:
		tag, err := s.end(st)
		return outcome{tag: tag}, err
	default: // runs in a transaction
	}
	if err := s.open(); err != nil {
		return outcome{}, err
	}
	if err := s.admit(st); err != nil {
		return outcome{}, err
	}
	if st.kind == kindIAM {
		return outcome{tag: "AWS IAM " + st.word(2)}, s.try(st, st.sql)
	}
	id, err := s.createIndex(st)
	if err != nil {
		return outcome{}, err
	}
	if describe {
		s.describeLocal(st)
	}
	s.client.Send(&pgproto3.DataRow{Values: [][]byte{[]byte(id)}})
	return outcome{tag: "CREATE INDEX"}, nil
}

func (s *session) describeLocal(st *statement) {
	if columns := st.columns(); columns != nil {
		s.client.Send(&pgproto3.RowDescription{Fields: columns})
		return
	}
	s.client.Send(&pgproto3.NoData{})
}

// try runs SQL on behalf of a statement.
func (s *session) try(st *statement, sql string) error {
	_, refusal, err := s.upstream.run(sql)
	return s.failed(refusal, err, st)
}

// createIndex builds the index at once and records the job. A unique index over rows that contradict it ends as in
// Aurora DSQL: the statement succeeds, the job fails and the index stays INVALID.
func (s *session) createIndex(st *statement) (string, error) {
	id := newJobID()
	if _, err := s.own("SAVEPOINT " + savepoint); err != nil {
		return "", err
	}
	_, refusal, err := s.upstream.run(st.sql)
	if err != nil {
		return "", err
	}
	reason := "NULL"
	if refusal != nil && refusal.Code == codeUniqueViolation && st.word(1) == "UNIQUE" &&
		refusal.SchemaName != "pg_catalog" {
		reason = literal(refusal.Message)
		if _, err := s.own("ROLLBACK TO SAVEPOINT " + savepoint); err != nil {
			return "", err
		}
		_, refusal, err = s.upstream.run(st.withoutUnique())
	}
	if err := s.failed(refusal, err, st); err != nil {
		return "", err
	}
	return id, s.try(st, "SELECT sandbox.record_index_build("+literal(id)+", "+reason+")")
}
