package sqlendpoint

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// SQLSTATEs used by the endpoint itself (PostgreSQL documentation, "PostgreSQL Error Codes").
const (
	codeConnectionFailure   = "08006"
	codeUnsupported         = "0A000"
	codeSerialization       = "40001"
	codeLimit               = "54000"
	codeTransactionAborted  = "25P02"
	codeUniqueViolation     = "23505"
	codeLockNotAvailable    = "55P03"
	codeDeadlock            = "40P01"
	codeInternal            = "XX000"
	codePrivilege           = "42501"
	codeUndefinedObject     = "42704"
	codeSyntax              = "42601"
	codeUndefinedPortal     = "34000"
	codeUndefinedStatement  = "26000"
	codeUndefinedDatabase   = "3D000"
	codeProtocolViolation   = "08P01"
	codeInvalidRole         = "28000"
	codeActiveTransaction   = "25001"
	codeNoActiveTransaction = "25P01"
)

// Conflict is one of the two answers of Aurora DSQL to a transaction that lost against a concurrent one; both have
// SQLSTATE 40001 (Aurora DSQL User Guide, "Concurrency control").
type Conflict string

const (
	// DataConflict is another transaction's change of the same rows.
	DataConflict Conflict = "OC000"
	// SchemaConflict is another transaction's change of the catalog.
	SchemaConflict Conflict = "OC001"
)

func (c Conflict) failure() *failure {
	if c == SchemaConflict {
		return fail(codeSerialization, "schema has been updated by another transaction, please retry: (OC001)")
	}
	return fail(codeSerialization, "change conflicts with another transaction (OC000)")
}

// failure is an error that the client is told, after which its connection goes on.
type failure struct{ pgproto3.ErrorResponse }

func (f *failure) Error() string { return fmt.Sprintf("%s (SQLSTATE %s)", f.Message, f.Code) }

func fail(code, format string, arguments ...any) *failure {
	return &failure{pgproto3.ErrorResponse{
		Severity:            "ERROR",
		SeverityUnlocalized: "ERROR",
		Code:                code,
		Message:             fmt.Sprintf(format, arguments...),
	}}
}

// serverUnavailable is Aurora DSQL's answer when a part of it cannot be reached: the connection lives, the transaction
// is to be repeated as a whole, and whether a commit took effect is uncertain (Aurora DSQL User Guide,
// "Troubleshooting").
func serverUnavailable() *failure { return fail(codeInternal, "server unavailable") }

func unsupported(format string, arguments ...any) *failure {
	return fail(codeUnsupported, format, arguments...)
}

// fatal is a failure that ends the connection.
func fatal(code, message, hint string) *failure {
	f := fail(code, "%s", message)
	f.Severity, f.SeverityUnlocalized, f.Hint = "FATAL", "FATAL", hint
	return f
}

// accessDenied is Aurora DSQL's one answer to every token it does not accept; the hint says why.
func accessDenied(hint string, arguments ...any) *failure {
	return fatal(codeConnectionFailure, "unable to accept connection, access denied", fmt.Sprintf(hint, arguments...))
}

// conflictOf tells which error of PostgreSQL is a conflict in Aurora DSQL, where nothing waits for a lock. Duplicate
// keys of the client's own tables are not decided here; see session.raced.
//
// Waits for a row are told from waits for a table by the context of the message ("while updating tuple …"), which only
// the former have: a table is locked by DDL alone.
func conflictOf(e *pgproto3.ErrorResponse, st *statement) (Conflict, bool) {
	schemaOr := func(data bool) Conflict {
		if data && st.kind != kindDDL && st.kind != kindIndex {
			return DataConflict
		}
		return SchemaConflict
	}
	switch e.Code {
	case codeSerialization, codeDeadlock:
		return schemaOr(true), true
	case codeLockNotAvailable:
		return schemaOr(strings.Contains(e.Where, "tuple") || strings.Contains(e.Message, "row")), true
	case codeUniqueViolation:
		return SchemaConflict, e.SchemaName == "pg_catalog"
	case codeInternal:
		return SchemaConflict, strings.HasPrefix(e.Message, "tuple concurrently")
	case codeUnsupported:
		return SchemaConflict, e.Message == "cached plan must not change result type"
	}
	return "", false
}
