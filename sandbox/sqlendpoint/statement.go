package sqlendpoint

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// kind is what a statement is to the rules of a transaction.
type kind int

const (
	kindOther    kind = iota // reads, and what the rules do not know
	kindDDL                  // changes the catalog, privileges included
	kindDML                  // changes rows
	kindCopyIn               // COPY … FROM STDIN: changes rows, and the client sends data
	kindBegin                //
	kindCommit               //
	kindRollback             //
	kindIndex                // CREATE INDEX ASYNC: answered with a job id
	kindIAM                  // AWS IAM GRANT and REVOKE: unknown to PostgreSQL
)

// statement is one SQL statement with what the dialect says about it.
type statement struct {
	sql     string // what PostgreSQL runs; for kindIndex without ASYNC, for kindIAM a function call
	tokens  []token
	kind    kind
	refusal *failure // why Aurora DSQL does not accept it; nil when it does
}

// newStatement classifies the statement made of tokens of sql.
func newStatement(sql string, tokens []token) *statement {
	first, last := tokens[0].start, tokens[len(tokens)-1].end
	st := &statement{sql: sql[first:last], tokens: make([]token, len(tokens))}
	for i, t := range tokens {
		t.start, t.end = t.start-first, t.end-first
		st.tokens[i] = t
	}
	st.kind = st.classify()
	st.refusal = refuse(st)
	if st.refusal == nil {
		st.translate()
	}
	return st
}

func (st *statement) classify() kind {
	switch {
	case st.begins("BEGIN"), st.begins("START", "TRANSACTION"):
		return kindBegin
	case st.begins("COMMIT"), st.begins("END"):
		return kindCommit
	case st.begins("ROLLBACK"), st.begins("ABORT"):
		return kindRollback
	case st.begins("AWS", "IAM"):
		return kindIAM
	case st.isIndex() && st.has("ASYNC", 0):
		return kindIndex
	case st.begins("CREATE"),
		st.begins("ALTER"),
		st.begins("DROP"),
		st.begins("GRANT"),
		st.begins("REVOKE"),
		st.begins("COMMENT"):
		return kindDDL
	case st.copyStream() == "FROM":
		return kindCopyIn
	case st.begins("INSERT"), st.begins("UPDATE"), st.begins("DELETE"), st.begins("EXECUTE"), st.changesRowsWithin():
		return kindDML
	}
	return kindOther
}

// isIndex tells CREATE [UNIQUE] INDEX.
func (st *statement) isIndex() bool {
	return st.begins("CREATE", "INDEX") || st.begins("CREATE", "UNIQUE", "INDEX")
}

// changesRowsWithin finds WITH x AS (INSERT …), WITH x AS (…) DELETE …, COPY (UPDATE …) TO and EXPLAIN ANALYZE INSERT:
// the word that opens a statement stands at the beginning of a parenthesis, directly behind one or behind ANALYZE.
func (st *statement) changesRowsWithin() bool {
	if !st.matches("WITH|COPY|EXPLAIN") || st.begins("EXPLAIN") && !st.anywhere("ANALYZE") && !st.anywhere("ANALYSE") {
		return false
	}
	for i, t := range st.tokens[1:] {
		switch before := st.tokens[i].text; before {
		case "(", ")", "ANALYZE", "ANALYSE", "VERBOSE":
			if t.kind == tokenWord && (t.text == "INSERT" || t.text == "UPDATE" || t.text == "DELETE" || t.text == "MERGE") {
				return true
			}
		}
	}
	return false
}

// local tells a statement that PostgreSQL is not asked to parse: the session carries it out itself.
func (st *statement) local() bool {
	switch st.kind {
	case kindBegin, kindCommit, kindRollback, kindIndex, kindIAM:
		return true
	default:
		return false
	}
}

// endsTransaction tells the only statements that a failed transaction still accepts.
func (st *statement) endsTransaction() bool { return st.kind == kindCommit || st.kind == kindRollback }

// columns are the columns of a local statement's result; nil when it has none.
func (st *statement) columns() []pgproto3.FieldDescription {
	if st.kind != kindIndex {
		return nil
	}
	const textOID = 25
	return []pgproto3.FieldDescription{{
		Name:         []byte("job_id"),
		DataTypeOID:  textOID,
		DataTypeSize: -1,
		TypeModifier: -1,
	}}
}

// word is the i-th token if it is a word, else "".
func (st *statement) word(i int) string {
	if i >= len(st.tokens) || st.tokens[i].kind != tokenWord {
		return ""
	}
	return st.tokens[i].text
}

// text is the i-th token, "" behind the end.
func (st *statement) text(i int) string {
	if i >= len(st.tokens) {
		return ""
	}
	return st.tokens[i].text
}

// isName tells whether the i-th token is an identifier or a keyword that may be one.
func (st *statement) isName(i int) bool {
	return i < len(st.tokens) && st.tokens[i].kind <= tokenQuoted
}

// identifier is the name that the i-th token stands for: unquoted names are folded to lower case.
func (st *statement) identifier(i int) string {
	if t := st.tokens[i]; t.kind == tokenWord {
		return strings.ToLower(t.text)
	}
	return st.tokens[i].text
}

// qualified is the position behind the name, with or without a schema, that begins at a position.
func (st *statement) qualified(at int) int {
	if !st.isName(at) {
		return at
	}
	for at++; st.text(at) == "." && st.isName(at+1); at += 2 {
	}
	return at
}

// closing is the position behind the parenthesis that is opened at a position.
func (st *statement) closing(at int) int {
	for depth := st.tokens[at].depth; at < len(st.tokens); at++ {
		if t := st.tokens[at]; t.text == ")" && t.kind == tokenSymbol && t.depth == depth {
			return at + 1
		}
	}
	return at
}

// begins tells whether the statement begins with these words.
func (st *statement) begins(words ...string) bool {
	for i, word := range words {
		if st.word(i) != word {
			return false
		}
	}
	return true
}

// find is the position of a word outside of parentheses, at or behind from; -1 if there is none.
func (st *statement) find(word string, from int) int {
	for i := from; i < len(st.tokens); i++ {
		if t := st.tokens[i]; t.kind == tokenWord && t.depth == 0 && t.text == word {
			return i
		}
	}
	return -1
}

func (st *statement) has(word string, from int) bool { return st.find(word, from) >= 0 }

// anywhere tells whether the statement has a word, within parentheses or not.
func (st *statement) anywhere(word string) bool {
	return slices.ContainsFunc(st.tokens, func(t token) bool { return t.kind == tokenWord && t.text == word })
}

// split cuts SQL into its statements, without the semicolons and without the blanks and comments around them.
func split(sql string) []*statement {
	var statements []*statement
	var tokens []token
	finish := func() {
		if len(tokens) > 0 {
			statements = append(statements, newStatement(sql, tokens))
		}
		tokens = nil
	}
	body := 0
	for _, t := range tokenize(sql) {
		body = bodyDepth(body, tokens, t)
		if t.kind == tokenSymbol && t.text == ";" && t.depth == 0 && body == 0 {
			finish()
			continue
		}
		tokens = append(tokens, t)
	}
	finish()
	return statements
}

// bodyDepth counts the BEGIN ATOMIC … END around a token: a function body in SQL holds semicolons of its own.
func bodyDepth(depth int, before []token, t token) int {
	if t.kind != tokenWord {
		return depth
	}
	switch {
	case t.text == "ATOMIC" && len(before) > 0 && before[len(before)-1].text == "BEGIN" && before[0].text == "CREATE":
		return depth + 1
	case t.text == "CASE" && depth > 0:
		return depth + 1
	case t.text == "END" && depth > 0:
		return depth - 1
	}
	return depth
}

// without is the statement's SQL without its i-th token.
func (st *statement) without(i int) string {
	t := st.tokens[i]
	return st.sql[:t.start] + strings.TrimLeft(st.sql[t.end:], " \t\r\n")
}
