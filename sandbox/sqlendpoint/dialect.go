package sqlendpoint

import (
	"slices"
	"strings"
)

// refused are the statements that Aurora DSQL does not have, by their first words, with its own words for them. An
// alternative "A|B" stands for either word, a leading "?" marks a word that may be missing. The first match counts.
// Messages in the form "unsupported statement: X" name PostgreSQL's parse node.
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
	{"REFRESH", "unsupported statement: RefreshMatView"},
	{"SECURITY", "unsupported statement: SecLabel"},
	{"DISCARD", "unsupported statement: Discard"},
	{"SAVEPOINT", "unsupported transaction statement: SAVEPOINT"},
	{"RELEASE", "unsupported transaction statement: RELEASE"},
	{"ROLLBACK ?WORK|TRANSACTION TO", "unsupported transaction statement: ROLLBACK TO"},
	{"PREPARE TRANSACTION", "unsupported transaction statement: PREPARE TRANSACTION"},
	{"COMMIT PREPARED", "unsupported transaction statement: COMMIT PREPARED"},
	{"ROLLBACK PREPARED", "unsupported transaction statement: ROLLBACK PREPARED"},
	{"ALTER SYSTEM", "unsupported statement: AlterSystem"},
	{"ALTER DATABASE", "unsupported statement: AlterDatabase"},
	{"ALTER TYPE", "ALTER TYPE not supported"},
	{"DROP DATABASE", "unsupported statement: Dropdb"},
	{"CREATE DATABASE", "unsupported statement: Createdb"},
	{"CREATE EXTENSION", "unsupported statement: CreateExtension"},
	{"CREATE ?OR ?REPLACE ?CONSTRAINT TRIGGER", "CREATE TRIGGER not supported"},
	{"CREATE EVENT TRIGGER", "unsupported statement: CreateEventTrig"},
	{"CREATE ?OR ?REPLACE ?GLOBAL|LOCAL TEMP|TEMPORARY TABLE", "TEMPORARY or TEMP table not supported for CREATE TABLE"},
	{"CREATE ?OR ?REPLACE ?GLOBAL|LOCAL TEMP|TEMPORARY", "TEMPORARY or TEMP objects not supported"},
	{"CREATE UNLOGGED", "UNLOGGED table not supported for CREATE TABLE"},
	{"CREATE MATERIALIZED VIEW", "unsupported statement: CreateTableAs"},
	{"CREATE TYPE", "CREATE TYPE not supported"},
	{"CREATE TABLESPACE", "unsupported statement: CreateTableSpace"},
	{"CREATE FOREIGN TABLE", "unsupported statement: CreateForeignTable"},
	{"CREATE FOREIGN DATA", "unsupported statement: CreateFdw"},
	{"CREATE SERVER", "unsupported statement: CreateForeignServer"},
	{"CREATE PUBLICATION", "unsupported statement: CreatePublication"},
	{"CREATE SUBSCRIPTION", "unsupported statement: CreateSubscription"},
	{"CREATE ?OR ?REPLACE RULE", "unsupported statement: Rule"},
	{"CREATE ?OR ?REPLACE PROCEDURE", "CREATE PROCEDURE not supported"},
	{"CREATE ?OR ?REPLACE AGGREGATE", "CREATE AGGREGATE not supported"},
	{"CREATE ?OR ?REPLACE ?TRUSTED ?PROCEDURAL LANGUAGE", "unsupported statement: CreatePLang"},
	{"SET SESSION CHARACTERISTICS", `setting configuration parameter "SESSION CHARACTERISTICS" not supported`},
}

// fixedParameters are the settings the endpoint relies on or Aurora DSQL does not let a session change.
var fixedParameters = []string{"DEFAULT_TRANSACTION_ISOLATION", "TRANSACTION_ISOLATION", "LOCK_TIMEOUT"}

// refuse says why Aurora DSQL does not accept a statement, in its words, whatever the transaction; nil when it does.
func refuse(st *statement) *failure {
	for _, row := range refused {
		if st.matches(row.words) {
			return unsupported("%s", row.message)
		}
	}
	for _, rule := range []func(*statement) *failure{
		refuseIsolation, refuseSetting, refuseChain, refuseIndex, refuseTableAs, refuseLanguage, refuseSequence, refuseSerial,
		refuseAlterTable, refuseCopy, refuseGrant,
	} {
		if f := rule(st); f != nil {
			return f
		}
	}
	return nil
}

// matches tells whether the statement begins with the words of a row of refused.
func (st *statement) matches(pattern string) bool {
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
			return false
		}
	}
	return true
}

// refuseIsolation: Aurora DSQL has repeatable read only.
func refuseIsolation(st *statement) *failure {
	if st.kind != kindBegin && !st.begins("SET", "TRANSACTION") {
		return nil
	}
	if level := st.find("LEVEL", 0); level >= 0 {
		name := strings.TrimSpace(st.word(level+1) + " " + secondWordOfLevel(st, level+1))
		if name != "REPEATABLE READ" {
			return unsupported("Unsupported isolation level: %s", name)
		}
	}
	if st.kind != kindBegin {
		return unsupported(`setting configuration parameter "TRANSACTION" not supported`)
	}
	return nil
}

func secondWordOfLevel(st *statement, at int) string {
	if word := st.word(at); word == "READ" || word == "REPEATABLE" {
		return st.word(at + 1)
	}
	return ""
}

func refuseSetting(st *statement) *failure {
	if !st.begins("SET") && !st.begins("RESET") {
		return nil
	}
	at := 1
	if word := st.word(at); word == "LOCAL" || word == "SESSION" {
		at++
	}
	for _, parameter := range fixedParameters {
		if at < len(st.tokens) && strings.EqualFold(st.tokens[at].text, parameter) {
			return unsupported(`setting configuration parameter "%s" not supported`, strings.ToLower(parameter))
		}
	}
	return nil
}

func refuseChain(st *statement) *failure {
	if st.endsTransaction() && st.has("CHAIN", 0) && !st.has("NO", 0) {
		return unsupported("unsupported transaction statement: AND CHAIN")
	}
	return nil
}

func refuseIndex(st *statement) *failure {
	if st.isIndex() && st.kind != kindIndex {
		return unsupported("unsupported mode. please use CREATE INDEX ASYNC.")
	}
	return nil
}

func refuseTableAs(st *statement) *failure {
	if st.begins("CREATE", "TABLE") && st.has("AS", 0) || st.begins("SELECT") && st.has("INTO", 0) {
		return unsupported("unsupported statement: CreateTableAs")
	}
	return nil
}

func refuseLanguage(st *statement) *failure {
	if !st.matches("CREATE ?OR ?REPLACE FUNCTION") {
		return nil
	}
	at := st.find("LANGUAGE", 0)
	if at < 0 || at+1 >= len(st.tokens) || strings.EqualFold(st.tokens[at+1].text, "sql") {
		return nil
	}
	return unsupported("CREATE FUNCTION with language %s not supported", strings.ToLower(st.tokens[at+1].text))
}

func refuseSequence(st *statement) *failure {
	if st.begins("CREATE", "SEQUENCE") && !st.has("CACHE", 0) {
		return unsupported("CREATE SEQUENCE is not supported without an explicit cache size. please define CACHE greater than or equal to 65536 or equal to 1")
	}
	return nil
}

// refuseSerial finds the type serial: the word behind a column's name.
func refuseSerial(st *statement) *failure {
	if !st.begins("CREATE", "TABLE") && !st.begins("ALTER", "TABLE") {
		return nil
	}
	for i, t := range st.tokens[1:] {
		before := st.tokens[i]
		isType := before.kind == tokenWord && before.text != "COLUMN" && before.text != "ADD" || before.kind == tokenQuoted
		switch {
		case t.kind != tokenWord || !isType:
		case t.text == "SERIAL", t.text == "BIGSERIAL", t.text == "SMALLSERIAL":
			return fail(codeUndefinedObject, `type "%s" does not exist`, strings.ToLower(t.text))
		}
	}
	return nil
}

// refuseAlterTable: a column is added bare, neither its type nor its NOT NULL can be changed later, and a constraint is
// added without looking at the rows that are there.
func refuseAlterTable(st *statement) *failure {
	if !st.begins("ALTER", "TABLE") {
		return nil
	}
	add, alter := st.find("ADD", 2), st.find("ALTER", 2)
	switch {
	case add >= 0 && slices.Contains(constraintWords, st.word(add+1)):
		if !st.has("VALID", add) && !st.has("USING", add) {
			return unsupported("unsupported ALTER TABLE ADD CONSTRAINT statement")
		}
	case add >= 0 && st.constrains(add+1):
		return unsupported("ALTER TABLE ADD COLUMN with constraint not supported")
	case st.has("VALIDATE", 2):
		return unsupported("unsupported ALTER TABLE VALIDATE CONSTRAINT statement")
	case alter >= 0 && st.has("TYPE", alter):
		return unsupported("unsupported ALTER TABLE ALTER COLUMN ... SET DATA TYPE statement")
	case alter >= 0 && st.has("SET", alter) && st.word(st.find("SET", alter)+1) == "NOT":
		return unsupported("unsupported ALTER TABLE ALTER COLUMN ... SET NOT NULL statement")
	}
	return nil
}

// constraintWords begin a table constraint; constraints of a column begin with these and columnWords.
var (
	constraintWords = []string{"CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE"}
	columnWords     = []string{"DEFAULT", "NOT", "REFERENCES", "GENERATED"}
)

// constrains tells whether a column definition at or behind from has more than a name and a type.
func (st *statement) constrains(from int) bool {
	for _, word := range slices.Concat(constraintWords, columnWords) {
		if i := st.find(word, from); i >= 0 && st.word(i+1) != "EXISTS" { // ADD COLUMN IF NOT EXISTS
			return true
		}
	}
	return false
}

// refuseCopy: only the client's own stream can be copied from and to, there is no server file system.
func refuseCopy(st *statement) *failure {
	if st.begins("COPY") && !st.has("STDIN", 0) && !st.has("STDOUT", 0) {
		return unsupported("COPY from or to a file is not supported")
	}
	return nil
}

// refuseGrant keeps PostgreSQL's predefined roles, some of which reach the server's files, and the schema public out of
// the hands of clients.
func refuseGrant(st *statement) *failure {
	if !st.begins("GRANT") && !st.begins("REVOKE") {
		return nil
	}
	for i, t := range st.tokens {
		name := strings.ToLower(t.text)
		switch {
		case t.kind > tokenQuoted:
		case strings.HasPrefix(name, "pg_") && !st.has("ON", 0):
			return unsupported("Role %s not supported", name)
		case name == "public" && i > 1 && st.word(i-1) == "SCHEMA" && st.word(i-2) == "ON":
			return unsupported("feature not supported on system entity")
		}
	}
	return nil
}
