package sqlendpoint

import "slices"

// constraintWords begin a table constraint; constraints of a column begin with these and columnWords.
var (
	constraintWords = []string{"CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE"}
	columnWords     = []string{"DEFAULT", "NOT", "REFERENCES", "GENERATED"}
)

// noneOf are clauses of CREATE TABLE that are not in Aurora DSQL's (User Guide, "CREATE TABLE").
var noneOf = []string{"PARTITION", "INHERITS", "TABLESPACE", "WITH", "WITHOUT", "USING", "OF"}

// refuseTable looks at the clauses of CREATE TABLE and at its columns.
func refuseTable(st *statement) *failure {
	at := st.matched("CREATE TABLE ?IF ?NOT ?EXISTS")
	if at < 0 {
		return nil
	}
	for i := st.qualified(at); i < len(st.tokens); i++ {
		t := st.tokens[i]
		if t.kind != tokenWord || t.depth > 0 || !slices.Contains(noneOf, t.text) {
			continue
		}
		if next := st.word(i + 1); t.text == "PARTITION" {
			return unsupported("PARTITION %s clause not supported for CREATE TABLE", next)
		}
		return unsupported("%s clause not supported for CREATE TABLE", t.text)
	}
	for _, c := range st.elements(st.qualified(at)) {
		if f := c.refuse(); f != nil {
			return f
		}
	}
	return nil
}

// elements are the columns and constraints in the parenthesis at a position.
func (st *statement) elements(at int) (elements []column) {
	if st.text(at) != "(" {
		return nil
	}
	end := st.closing(at)
	from := at + 1
	for i := from; i < end; i++ {
		if t := st.tokens[i]; i == end-1 || t.text == "," && t.depth == 1 && t.kind == tokenSymbol {
			if i > from {
				elements = append(elements, column{st.tokens[from:i]})
			}
			from = i + 1
		}
	}
	return elements
}

// refuseAlterTable: a column is added bare, neither its type nor its NOT NULL can be changed later, and a constraint is
// added without looking at the rows that are there.
func refuseAlterTable(st *statement) *failure {
	if !st.begins("ALTER", "TABLE") {
		return nil
	}
	if at := st.matched("ALTER TABLE ASYNC"); at >= 0 && st.isName(at) && st.has("VALIDATE", at) {
		return unsupported("ALTER TABLE ASYNC ... VALIDATE CONSTRAINT not supported by the sandbox")
	}
	at := st.matched("ALTER TABLE ?IF ?EXISTS ?ONLY")
	for _, a := range st.actions(st.qualified(at)) {
		if f := a.refuse(); f != nil {
			return f
		}
	}
	return nil
}

// action is a part of an ALTER TABLE, as if it were a statement of its own.
type action struct{ *statement }

func (st *statement) actions(from int) (actions []action) {
	for i := from; i <= len(st.tokens); i++ {
		if i == len(st.tokens) || st.tokens[i].text == "," && st.tokens[i].depth == 0 && st.tokens[i].kind == tokenSymbol {
			if i > from {
				actions = append(actions, action{&statement{tokens: st.tokens[from:i]}})
			}
			from = i + 1
		}
	}
	return actions
}

// refusedActions are the actions of ALTER TABLE that Aurora DSQL does not have and that their first words tell.
var refusedActions = []struct{ words, message string }{
	{"VALIDATE", "unsupported ALTER TABLE VALIDATE CONSTRAINT statement"},
	{"ENABLE|DISABLE|FORCE ROW", "unsupported ALTER TABLE ENABLE ROW SECURITY statement"},
	{"NO FORCE", "unsupported ALTER TABLE ENABLE ROW SECURITY statement"},
	{"ENABLE|DISABLE", "unsupported ALTER TABLE ENABLE TRIGGER statement"},
	{"ATTACH", "unsupported ALTER TABLE ATTACH PARTITION statement"},
	{"DETACH", "unsupported ALTER TABLE DETACH PARTITION statement"},
	{"INHERIT", "unsupported ALTER TABLE INHERIT statement"},
	{"NO INHERIT", "unsupported ALTER TABLE NO INHERIT statement"},
	{"CLUSTER", "unsupported ALTER TABLE CLUSTER ON statement"},
	{"SET TABLESPACE", "unsupported ALTER TABLE SET TABLESPACE statement"},
	{"SET LOGGED", "unsupported ALTER TABLE SET LOGGED statement"},
	{"SET UNLOGGED", "unsupported ALTER TABLE SET UNLOGGED statement"},
	{"SET ACCESS", "unsupported ALTER TABLE SET ACCESS METHOD statement"},
	{"REPLICA", "unsupported ALTER TABLE REPLICA IDENTITY statement"},
}

func (a action) refuse() *failure {
	for _, row := range refusedActions {
		if a.matches(row.words) {
			return unsupported("%s", row.message)
		}
	}
	switch {
	case a.begins("ADD"):
		return a.refuseAdd()
	case a.begins("ALTER") && a.word(1) != "CONSTRAINT":
		at := a.matched("ALTER ?COLUMN") + 1
		return a.refuseAlterColumn(at)
	}
	return nil
}

func (a action) refuseAdd() *failure {
	if slices.Contains(constraintWords, a.word(1)) {
		key := a.has("UNIQUE", 1) || a.has("PRIMARY", 1)
		switch {
		case a.has("USING", 1) && a.has("UNIQUE", 1):
			return nil
		case key && a.has("VALID", 1):
			kind := map[bool]string{true: "PRIMARY KEY", false: "UNIQUE"}[a.has("PRIMARY", 1)]
			return unsupported("%s constraints cannot be marked NOT VALID", kind)
		case !a.has("VALID", 1), a.has("EXCLUDE", 1):
			return unsupported("unsupported ALTER TABLE ADD CONSTRAINT statement")
		}
		return nil
	}
	at := a.matched("ADD ?COLUMN ?IF ?NOT ?EXISTS")
	if at >= len(a.tokens) {
		return nil
	}
	added := column{a.tokens[at:]}
	if added.constrained() {
		return unsupported("ALTER TABLE ADD COLUMN with constraint not supported")
	}
	return added.refuse()
}

func (a action) refuseAlterColumn(at int) *failure {
	what := a.word(at)
	if what == "SET" {
		what = "SET " + a.word(at+1)
	}
	switch what {
	case "TYPE", "SET DATA":
		return unsupported("unsupported ALTER TABLE ALTER COLUMN ... SET DATA TYPE statement")
	case "SET NOT":
		return unsupported("unsupported ALTER TABLE ALTER COLUMN ... SET NOT NULL statement")
	case "SET STATISTICS":
		return unsupported("unsupported ALTER TABLE ALTER COLUMN ... SET STATISTICS statement")
	case "SET COMPRESSION":
		return unsupported("unsupported ALTER TABLE ALTER COLUMN ... SET COMPRESSION statement")
	}
	if a.word(at) == "ADD" {
		return column{a.tokens[at-1:]}.refuseIdentity("bigint")
	}
	return nil
}

// refuseDomain: a domain's rules are those that it was made with, and its type one that a column may have.
func refuseDomain(st *statement) *failure {
	switch {
	case st.begins("ALTER", "DOMAIN") && st.has("ADD", 2):
		return unsupported("unsupported ALTER DOMAIN ADD CONSTRAINT statement")
	case st.begins("ALTER", "DOMAIN") && st.has("SET", 2) && st.word(st.find("SET", 2)+1) == "NOT":
		return unsupported("unsupported ALTER DOMAIN SET NOT NULL statement")
	case st.begins("DROP", "DOMAIN") && st.has("CASCADE", 2):
		return unsupported("DROP DOMAIN with CASCADE unsupported")
	case st.begins("CREATE", "DOMAIN"):
		at := st.qualified(2)
		if st.word(at) == "AS" {
			at++
		}
		return column{st.tokens[at-1:]}.refuseType() // the token in front stands for the name
	}
	return nil
}

// refuseIndex: indexes are built asynchronously, in ascending order and in one way.
func refuseIndex(st *statement) *failure {
	if !st.isIndex() {
		return nil
	}
	switch {
	case st.has("CONCURRENTLY", 0):
		return unsupported("CONCURRENTLY not supported for CREATE INDEX")
	case st.has("USING", 0) && st.word(st.find("USING", 0)+1) != "BTREE_INDEX":
		return unsupported("USING not supported for CREATE INDEX")
	case st.kind != kindIndex:
		return unsupported("unsupported mode. please use CREATE INDEX ASYNC.")
	}
	on := st.find("ON", 0)
	name := st.matched("CREATE ?UNIQUE INDEX ASYNC ?IF ?NOT ?EXISTS")
	if on > name+1 && st.text(name+1) == "." {
		return fail(codeSyntax, `syntax error at or near "."`)
	}
	at := on + 1
	if st.word(at) == "ONLY" {
		at++
	}
	for _, key := range st.elements(st.qualified(at)) {
		if f := key.refuseKey(); f != nil {
			return f
		}
	}
	return nil
}

// refuseSequence: a cache of one is a counter that everybody waits for, one that is small is neither.
func refuseSequence(st *statement) *failure {
	if !st.begins("CREATE", "SEQUENCE") && !st.begins("ALTER", "SEQUENCE") {
		return nil
	}
	at := st.find("CACHE", 0)
	if at < 0 && st.begins("ALTER") || at >= 0 && goodCache(st.tokens[at:]) {
		return nil
	}
	return unsupported("CREATE SEQUENCE is not supported without an explicit cache size. " + wantCache)
}
