package sqlendpoint

import (
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// withheld are the functions of PostgreSQL that Aurora DSQL does not have (AWS's agent-plugins,
// dsql/references/pg-migrations/function-compatibility.md), and those of their kind. Its words for one are known from
// clients' reports: "function pg_advisory_lock not supported" (golang-migrate/migrate issue 1289).
var withheld = []string{
	// Settings pass the rules of SET.
	"set_config",
	// What depends on the session's history, and on how rows are stored.
	"lastval", "pg_table_size", "pg_total_relation_size",
	// Locks that are not rows: there is no lock manager (User Guide, "Concurrency control").
	"pg_advisory_lock", "pg_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_all",
	"pg_advisory_unlock_shared", "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared", "pg_try_advisory_lock",
	"pg_try_advisory_lock_shared", "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared",
	// LISTEN and NOTIFY.
	"pg_notify", "pg_listening_channels", "pg_notification_queue_usage",
	// Large objects.
	"lo_close", "lo_creat", "lo_create", "lo_export", "lo_from_bytea", "lo_get", "lo_import", "lo_lseek",
	"lo_lseek64", "lo_open", "lo_put", "lo_tell", "lo_tell64", "lo_truncate", "lo_truncate64", "lo_unlink",
	"loread", "lowrite",
	// Other sessions, and the server itself.
	"pg_cancel_backend", "pg_terminate_backend", "pg_log_backend_memory_contexts", "pg_reload_conf",
	"pg_rotate_logfile", "pg_export_snapshot", "pg_current_logfile", "pg_create_restore_point", "pg_switch_wal",
	// Text that is run as SQL and returned as XML, a type that there is not.
	"query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "cursor_to_xmlschema",
	"table_to_xml", "table_to_xmlschema", "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xmlschema",
	"schema_to_xml_and_xmlschema", "database_to_xml", "database_to_xmlschema", "database_to_xml_and_xmlschema",
	"ts_stat",
}

// withheldFunctions are the same, for looking one up.
var withheldFunctions = func() map[string]bool {
	names := map[string]bool{}
	for _, name := range withheld {
		names[name] = true
	}
	return names
}()

// unsupportedFunction tells whether PostgreSQL has refused a function that Aurora DSQL does not have.
func unsupportedFunction(e *pgproto3.ErrorResponse) (name string, ok bool) {
	name, ok = strings.CutPrefix(e.Message, "permission denied for function ")
	return name, ok && e.Code == codePrivilege && withheldFunctions[name]
}
