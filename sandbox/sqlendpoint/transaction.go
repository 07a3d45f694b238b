package sqlendpoint

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Limits of a transaction (Aurora DSQL User Guide, "Cluster quotas and database limits").
const (
	maxTransactionAge  = 5 * time.Minute
	maxTransactionRows = 3000
)

// savepoint is set before a statement that changes rows, so that a duplicate key can be looked at in the transaction
// that met it.
const savepoint = "dsql_sandbox"

// transaction is what the rules need to know of the open one.
type transaction struct {
	explicit bool // opened by the client's BEGIN; else it ends with the statement or the pipeline
	failed   bool // rolled back already, and waiting for the client's ROLLBACK
	began    time.Time
	ddl, dml bool
	rows     int64
}

// status is the transaction status the client is told.
func (tx *transaction) status() byte {
	switch {
	case tx == nil || !tx.explicit:
		return 'I'
	case tx.failed:
		return 'E'
	}
	return 'T'
}

// begin opens a transaction. Every statement of the client runs in one that was opened explicitly, so that its end is
// in the endpoint's hands.
func (s *session) begin(sql string, explicit bool) error {
	if _, err := s.own(sql); err != nil {
		return err
	}
	s.tx = &transaction{explicit: explicit, began: s.endpoint.clock.Now()}
	return nil
}

// beginClient carries out the client's BEGIN.
func (s *session) beginClient(st *statement) error {
	switch {
	case s.tx == nil:
		return s.begin(st.sql, true)
	case s.tx.explicit:
		s.warn(codeActiveTransaction, "there is already a transaction in progress")
	}
	s.tx.explicit = true
	return nil
}

// end carries out the client's COMMIT or ROLLBACK and returns the tag, which for a failed transaction is ROLLBACK.
func (s *session) end(st *statement) (string, error) {
	if s.tx == nil {
		s.warn(codeNoActiveTransaction, "there is no transaction in progress")
	}
	if s.tx == nil || st.kind == kindRollback || s.tx.failed {
		tag := "ROLLBACK"
		if s.tx == nil && st.kind == kindCommit {
			tag = "COMMIT"
		}
		return tag, s.rollback()
	}
	return "COMMIT", s.commit()
}

// admit applies the rules about what may follow what in a transaction (Aurora DSQL User Guide, "DDL and distributed
// transactions").
func (s *session) admit(st *statement) error {
	tx := s.tx
	if err := s.checkAge(); err != nil {
		return err
	}
	ddl := st.kind == kindDDL || st.kind == kindIndex || st.kind == kindIAM
	dml := st.kind == kindDML || st.kind == kindCopyIn
	switch {
	case ddl && tx.ddl:
		return unsupported("multiple ddl statements not supported in a transaction")
	case ddl && tx.dml, dml && tx.ddl:
		return unsupported("ddl and dml are not supported in the same transaction")
	}
	tx.ddl, tx.dml = tx.ddl || ddl, tx.dml || dml
	return nil
}

func (s *session) checkAge() error {
	age := s.endpoint.clock.Since(s.tx.began)
	if age <= maxTransactionAge {
		return nil
	}
	f := fail(codeLimit, "transaction age limit of %ds exceeded", int(maxTransactionAge.Seconds()))
	f.Detail = fmt.Sprintf("Current transaction age %ds exceeds %ds", int(age.Seconds()), int(maxTransactionAge.Seconds()))
	return f
}

// count adds the rows that a statement changed, which its tag tells.
func (s *session) count(tag string) error {
	verb, rest, _ := strings.Cut(tag, " ")
	switch verb {
	case "INSERT", "UPDATE", "DELETE", "MERGE", "COPY":
		rows, _ := strconv.ParseInt(rest[strings.LastIndexByte(rest, ' ')+1:], 10, 64)
		s.tx.rows += rows
	}
	if s.tx.rows > maxTransactionRows {
		return fail(codeLimit, "transaction row limit exceeded")
	}
	return nil
}

// commit ends the transaction, with all of its effects or, with an error, none.
func (s *session) commit() error {
	tx, begun := s.tx, s.endpoint.clock.Now()
	err := s.tryCommit()
	if err == nil {
		s.endpoint.usage.committed(s.cluster, tx, s.endpoint.clock.Since(begun))
		return nil
	}
	if rollbackErr := s.rollback(); rollbackErr != nil {
		return rollbackErr
	}
	return err
}

// tryCommit is the one place where a transaction becomes visible, and so the place for injected conflicts and a stalled
// commit, which only transactions that wrote meet.
func (s *session) tryCommit() error {
	if err := s.checkAge(); err != nil {
		return err
	}
	if s.endpoint.faults.touchCommits() {
		wrote, err := s.own("SELECT pg_current_xact_id_if_assigned()")
		if err != nil {
			return err
		}
		if wrote != "" {
			if err := s.endpoint.faults.commit(s.ctx); err != nil {
				return err
			}
		}
	}
	unavailable, committed := s.endpoint.faults.end()
	if unavailable && !committed {
		return serverUnavailable()
	}
	_, refusal, err := s.upstream.run("COMMIT")
	if err != nil {
		return err
	}
	s.forget()
	switch {
	case refusal != nil:
		return s.face(refusal, &statement{})
	case unavailable:
		return serverUnavailable()
	}
	return nil
}

// rollback ends the transaction without effect; without one it does nothing.
func (s *session) rollback() error {
	open := s.tx != nil && !s.tx.failed
	s.forget()
	if !open {
		return nil
	}
	_, err := s.own("ROLLBACK")
	return err
}

// forget drops what lasts as long as a transaction.
func (s *session) forget() {
	s.tx = nil
	clear(s.portals)
}

// abort is what every error does to the transaction: its effects are gone at once, and an explicit one then waits for
// the client to acknowledge that.
func (s *session) abort() error {
	explicit := s.tx != nil && s.tx.explicit
	if err := s.rollback(); err != nil {
		return err
	}
	if explicit {
		s.tx = &transaction{explicit: true, failed: true}
	}
	return nil
}

// own carries out a statement of the session's own that cannot fail unless the connection does.
func (s *session) own(sql string) (string, error) {
	value, refusal, err := s.upstream.run(sql)
	if err == nil && refusal != nil {
		err = refusal
	}
	return value, err
}

func (s *session) warn(code, message string) {
	s.client.Send(
		&pgproto3.NoticeResponse{
			Severity:            "WARNING",
			SeverityUnlocalized: "WARNING",
			Code:                code,
			Message:             message,
		},
	)
}

// face gives an error of PostgreSQL the face it has in Aurora DSQL.
func (s *session) face(e *failure, st *statement) *failure {
	if conflict, ok := conflictOf(&e.ErrorResponse, st); ok {
		f := conflict.failure()
		f.Detail = e.Message
		return f
	}
	if name, ok := unsupportedFunction(&e.ErrorResponse); ok {
		return unsupported("function %s not supported", name)
	}
	return e
}

// raced tells whether a duplicate key is a lost race, which Aurora DSQL reports as a conflict, or plain. It is plain
// when a row with that key is visible to the transaction itself. That is asked within the transaction, after going back
// to the savepoint before the statement: same snapshot, own changes included, so the answer is exact even if the row
// was changed again since.
func (s *session) raced(e *failure) (bool, error) {
	if e.Code != codeUniqueViolation || e.SchemaName == "pg_catalog" {
		return false, nil
	}
	if _, err := s.own("ROLLBACK TO SAVEPOINT " + savepoint); err != nil {
		return false, err
	}
	visible, err := s.own(
		"SELECT sandbox.key_visible(" + literal(
			e.SchemaName,
		) + ", " + literal(
			e.ConstraintName,
		) + ", " + literal(
			e.Detail,
		) + ")",
	)
	return visible == "f", err
}
