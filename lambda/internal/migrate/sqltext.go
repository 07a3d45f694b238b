package migrate

import (
	"errors"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// AWS IAM GRANT and CALL take no parameters, so names and values go into the text of a statement.

var plainIdentifier = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// identifier quotes a name unless it is plain: AWS shows its own statements with bare names.
func identifier(name string) string {
	if plainIdentifier.MatchString(name) {
		return name
	}
	return pgx.Identifier{name}.Sanitize()
}

// literal quotes a string. Backslashes need no care: standard_conforming_strings is on.
func literal(value string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(value, "\x00", ""), "'", "''") + "'"
}

// describe is the error with the parts of the database's answer that pgx leaves out.
func describe(err error) string {
	text := err.Error()
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		if pg.Detail != "" {
			text += "; detail: " + pg.Detail
		}
		if pg.Hint != "" {
			text += "; hint: " + pg.Hint
		}
	}
	return text
}
