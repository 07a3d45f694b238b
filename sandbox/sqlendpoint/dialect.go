package sqlendpoint

import (
	"slices"
	"strings"
)

// refused are the statements that Aurora DSQL does not have, by their first words, with its own words for them. An
// alternative "A|B" stands for either word, a leading "?" marks a word that may be missing. The first match counts.
// Messages in the form "unsupported statement: X" name PostgreSQL's parse node. docs/sandbox-sql.md names the sources.
var refused = []struct{ words, message string }{
	{"TRUNCATE", "unsupported statement: Truncate"},
	{"VACUUM", "unsupported VACUUM statement"},
	{"LISTEN", "unsupported statement: Listen"},
	{"NOTIFY", "unsupported statement: Notify"},
	{"UNLISTEN", "unsupported statement: Unlisten"},
	{"DO", "unsupported statement: Do"},
	{"LOCK", "unsupported statement: Lock"},
	{"CLUSTER", "unsupported statement: Cluster"},
	{"REINDEX", "unsupported statement: Reindex"},
	{"CHECKPOINT", "unsupported statement: CheckPoint"},
	{"LOAD", "unsupported statement: Load"},
	{"MERGE", "unsupported statement type: MERGE"},
	{"REFRESH", "unsupported statement: RefreshMatView"},
	{"REASSIGN", "unsupported statement: ReassignOwned"},
	{"SECURITY", "unsupported statement: SecLabel"},
	{"IMPORT", "unsupported statement: ImportForeignSchema"},
	{"DISCARD", "unsupported statement: Discard"},
	{"SAVEPOINT", "unsupported transaction statement: SAVEPOINT"},
	{"RELEASE", "unsupported transaction statement: RELEASE"},
	{"ROLLBACK ?WORK|TRANSACTION TO", "unsupported transaction statement: ROLLBACK TO"},
	{"PREPARE TRANSACTION", "unsupported transaction statement: PREPARE TRANSACTION"},
	{"COMMIT PREPARED", "unsupported transaction statement: COMMIT PREPARED"},
	{"ROLLBACK PREPARED", "unsupported transaction statement: ROLLBACK PREPARED"},
	{"ALTER SYSTEM", "unsupported statement: AlterSystem"},
	{"ALTER DATABASE", "unsupported statement: AlterDatabase"},
	{"DROP DATABASE", "unsupported statement: Dropdb"},
	{"CREATE DATABASE", "unsupported statement: Createdb"},
	{"CREATE EXTENSION", "unsupported statement: CreateExtension"},
	{"CREATE ?OR ?REPLACE ?CONSTRAINT TRIGGER", "CREATE TRIGGER not supported"},
	{"CREATE EVENT TRIGGER", "unsupported statement: CreateEventTrig"},
	{"CREATE ?OR ?REPLACE ?GLOBAL|LOCAL TEMP|TEMPORARY TABLE", "TEMPORARY or TEMP table not supported for CREATE TABLE"},
	{"CREATE ?OR ?REPLACE ?GLOBAL|LOCAL TEMP|TEMPORARY", "TEMPORARY or TEMP objects not supported"},
	{"CREATE UNLOGGED", "UNLOGGED table not supported for CREATE TABLE"},
	{"CREATE MATERIALIZED VIEW", "unsupported statement: CreateTableAs"},
	{"CREATE TABLESPACE", "unsupported statement: CreateTableSpace"},
	{"CREATE FOREIGN TABLE", "unsupported statement: CreateForeignTable"},
	{"CREATE FOREIGN DATA", "unsupported statement: CreateFdw"},
	{"CREATE SERVER", "unsupported statement: CreateForeignServer"},
	{"CREATE USER MAPPING", "unsupported statement: CreateUserMapping"},
	{"CREATE POLICY", "unsupported statement: CreatePolicy"},
	{"CREATE PUBLICATION", "unsupported statement: CreatePublication"},
	{"CREATE SUBSCRIPTION", "unsupported statement: CreateSubscription"},
	{"CREATE ?OR ?REPLACE RULE", "unsupported statement: Rule"},
	{"CREATE ?OR ?REPLACE PROCEDURE", "PROCEDURE is not supported"},
	{"CREATE ?OR ?REPLACE ?TRUSTED ?PROCEDURAL LANGUAGE", "unsupported statement: CreatePLang"},
	{"DROP INDEX CONCURRENTLY", "DROP INDEX CONCURRENTLY must be first action in transaction"},
}

// refuse says why Aurora DSQL does not accept a statement, in its words, whatever the transaction; nil when it does.
func refuse(st *statement) *failure {
	for _, row := range refused {
		if st.matches(row.words) {
			return unsupported("%s", row.message)
		}
	}
	for _, rule := range []func(*statement) *failure{
		refuseType, refuseObject, refuseIsolation, refuseSetting, refuseChain, refuseIndex, refuseTableAs, refuseTable,
		refuseSequence, refuseAlterTable, refuseDomain, refuseSchema, refuseFunction, refuseCopy, refuseRole, refuseGrant,
		refuseQuery,
	} {
		if f := rule(st); f != nil {
			return f
		}
	}
	return nil
}

// matches tells whether the statement begins with the words of a row of refused.
func (st *statement) matches(pattern string) bool { return st.matched(pattern) >= 0 }

// matched is the position behind the words of a pattern, -1 if the statement does not begin with them.
func (st *statement) matched(pattern string) int {
	at := 0
	for alternatives := range strings.FieldsSeq(pattern) {
		alternatives, optional := strings.CutPrefix(alternatives, "?")
		found := false
		for word := range strings.SplitSeq(alternatives, "|") {
			found = found || st.word(at) == word
		}
		switch {
		case found:
			at++
		case !optional:
			return -1
		}
	}
	return at
}

// refuseType: there are no types of one's own but domains.
func refuseType(st *statement) *failure {
	switch {
	case st.begins("CREATE", "TYPE") && st.has("ENUM", 0):
		return unsupported("CREATE TYPE not supported")
	case st.begins("CREATE", "TYPE") && st.has("RANGE", 0):
		return unsupported("unsupported statement: CreateRange")
	case st.begins("CREATE", "TYPE") && st.has("AS", 0):
		return unsupported("unsupported statement: CompositeType")
	case st.begins("ALTER", "TYPE") && st.has("RENAME", 0) && !st.has("VALUE", 0):
		return unsupported("unsupported object in RENAME statement")
	}
	return nil
}

// objects are the kinds of object that can be created, altered and dropped (User Guide, "Supported SQL for Aurora
// DSQL").
var objects = []string{
	"DOMAIN", "FUNCTION", "GROUP", "INDEX", "ROLE", "ROUTINE", "SCHEMA", "SEQUENCE", "STATISTICS", "TABLE", "USER", "VIEW",
}

func refuseObject(st *statement) *failure {
	at := st.matched("CREATE|ALTER|DROP ?OR ?REPLACE ?UNIQUE ?RECURSIVE")
	object := st.word(max(at, 0))
	switch {
	case at < 0, object == "", slices.Contains(objects, object), st.begins("ALTER", "DEFAULT", "PRIVILEGES"):
		return nil
	case st.begins("DROP"):
		return unsupported("unsupported object in DROP statement")
	}
	return unsupported("%s %s not supported", st.word(0), object)
}

func refuseChain(st *statement) *failure {
	if st.endsTransaction() && st.has("CHAIN", 0) && !st.has("NO", 0) {
		return unsupported("unsupported transaction statement: AND CHAIN")
	}
	return nil
}

// refuseTableAs finds CREATE TABLE … AS and SELECT … INTO, also where EXPLAIN, WITH or parentheses stand in front.
func refuseTableAs(st *statement) *failure {
	makes := st.begins("CREATE", "TABLE") && st.has("AS", 0)
	for i := 1; i < len(st.tokens); i++ {
		before := st.word(i - 1)
		explained := st.begins("EXPLAIN") && st.word(i) == "CREATE" && before != "AS"
		makes = makes || explained || st.word(i) == "INTO" && before != "INSERT" && before != "MERGE"
	}
	if makes {
		return unsupported("unsupported statement: CreateTableAs")
	}
	return nil
}

// refuseSchema: the sandbox looks at a statement, and CREATE SCHEMA may hold several.
func refuseSchema(st *statement) *failure {
	if st.begins("CREATE", "SCHEMA") && (st.has("CREATE", 1) || st.has("GRANT", 1)) {
		return unsupported("CREATE SCHEMA with schema elements not supported")
	}
	return nil
}

// refuseQuery: the locking clauses of PostgreSQL but two, and samples.
func refuseQuery(st *statement) *failure {
	for i, t := range st.tokens {
		if t.kind != tokenWord {
			continue
		}
		switch next := st.word(i + 1); {
		case t.text == "FOR" && (next == "SHARE" || next == "NO" && st.word(i+2) == "KEY"):
			return unsupported("locking clauses other than FOR UPDATE/FOR KEY SHARE are not supported")
		case t.text == "TABLESAMPLE":
			return unsupported("TABLESAMPLE clause not supported")
		}
	}
	return nil
}
