package sqlendpoint

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
)

// translate turns a statement of Aurora DSQL that PostgreSQL does not know into what PostgreSQL runs.
func (st *statement) translate() {
	switch st.kind {
	case kindIndex:
		st.sql = st.without(st.find("ASYNC", 0))
	case kindIAM:
		if st.refusal = st.checkIAM(); st.refusal == nil {
			st.sql = st.callIAM()
		}
	default: // PostgreSQL's own, or the session's
	}
}

// checkIAM accepts AWS IAM GRANT role TO 'arn' and AWS IAM REVOKE role FROM 'arn' (Aurora DSQL User Guide, "Using
// database roles and IAM authentication").
func (st *statement) checkIAM() *failure {
	preposition := map[string]string{"GRANT": "TO", "REVOKE": "FROM"}[st.word(2)]
	if len(st.tokens) == 6 && preposition != "" && st.tokens[3].kind <= tokenQuoted && st.word(4) == preposition &&
		st.tokens[5].kind == tokenLiteral {
		return nil
	}
	return fail(codeSyntax, "syntax error: want AWS IAM GRANT role TO 'arn' or AWS IAM REVOKE role FROM 'arn'")
}

// callIAM is what PostgreSQL runs instead.
func (st *statement) callIAM() string {
	return "SELECT sandbox.iam_" + strings.ToLower(
		st.word(2),
	) + "(" + literal(
		st.identifier(3),
	) + ", " + literal(
		st.tokens[5].text,
	) + ")"
}

// literal quotes a text as a string constant.
func literal(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// newJobID has the form of Aurora DSQL's: a random UUID in lower-case base 32.
func newJobID() string {
	id := make([]byte, 16)
	rand.Read(id)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(id))
}

// withoutUnique is a unique index's translated SQL as that of an ordinary one.
func (st *statement) withoutUnique() string {
	unique := st.tokens[1]
	return st.sql[:unique.start] + st.sql[unique.end:]
}
