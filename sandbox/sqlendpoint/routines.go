package sqlendpoint

import (
	"slices"
	"strings"
)

// refuseFunction: functions are written in SQL, without settings of their own, and their bodies pass the same rules as
// what a client sends.
func refuseFunction(st *statement) *failure {
	at := st.matched("CREATE|ALTER ?OR ?REPLACE FUNCTION|ROUTINE")
	if at < 0 {
		return nil
	}
	end := len(st.tokens)
	if body := st.find("ATOMIC", at); body >= 0 {
		end = body
	}
	for i := at; i < end; i++ {
		switch t := st.tokens[i]; {
		case t.kind != tokenWord || t.depth > 0:
		case t.text == "LANGUAGE" && !strings.EqualFold(st.text(i+1), "sql"):
			return unsupported("CREATE FUNCTION with language %s not supported", strings.ToLower(st.text(i+1)))
		case (t.text == "SET" || t.text == "RESET") && st.word(i+1) != "SCHEMA":
			name, _ := st.setting(i + 1)
			return notSettable(name)
		case t.text == "AS" && i+1 < len(st.tokens) && st.tokens[i+1].kind == tokenLiteral:
			if f := refuseBody(st.tokens[i+1].text); f != nil {
				return f
			}
		}
	}
	return nil
}

// refuseBody: what a function does counts as its caller's query, so only what is one may stand in it.
func refuseBody(body string) *failure {
	for _, st := range split(body) {
		switch query := st.kind == kindOther || st.kind == kindDML; {
		case st.refusal != nil:
			return st.refusal
		case !query, st.begins("SET"), st.begins("RESET"):
			return unsupported("%s in the body of a function not supported", st.word(0))
		}
	}
	return nil
}

// refuseCopy: only the client's own stream can be copied from and to, there is no server file system.
func refuseCopy(st *statement) *failure {
	if st.begins("COPY") && st.copyStream() == "" {
		return unsupported("COPY from or to a file is not supported")
	}
	return nil
}

// copyStream tells the direction, FROM or TO, of a COPY from or to the client's stream, "" for everything else: COPY
// [BINARY] { name [ (columns) ] | (query) } { FROM | TO } { STDIN | STDOUT } …, where the last two words mean the same.
func (st *statement) copyStream() string {
	if !st.begins("COPY") {
		return ""
	}
	at := st.matched("COPY ?BINARY")
	if st.text(at) != "(" {
		at = st.qualified(at)
	}
	if st.text(at) == "(" {
		at = st.closing(at)
	}
	direction := st.word(at)
	if stream := st.word(at + 1); direction != "FROM" && direction != "TO" || stream != "STDIN" && stream != "STDOUT" {
		return ""
	}
	return direction
}

// refuseRole keeps roles to what an IAM principal connects as: PostgreSQL's predefined roles, attributes and settings
// are not for clients. PostgreSQL does not have them either (private.sql).
func refuseRole(st *statement) *failure {
	membership := st.matches("GRANT|REVOKE") && !st.has("ON", 0)
	if !membership && !st.matches("CREATE|ALTER|DROP ROLE|USER|GROUP") {
		return nil
	}
	attributes := []string{"SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION", "BYPASSRLS"}
	for i, t := range st.tokens {
		if i < 1 || t.kind > tokenQuoted {
			continue
		}
		switch name := st.identifier(i); {
		case strings.HasPrefix(name, "pg_"):
			return unsupported("Role %s not supported", name)
		case membership || t.kind == tokenQuoted || i < 3:
		case slices.Contains(attributes, t.text):
			return unsupported("%s not supported for CREATE ROLE", t.text)
		case t.text == "SET", t.text == "RESET":
			setting, _ := st.setting(i + 1)
			return notSettable(setting)
		}
	}
	return nil
}

// refuseGrant keeps the schema public as it is.
func refuseGrant(st *statement) *failure {
	if !st.matches("GRANT|REVOKE") {
		return nil
	}
	for i, t := range st.tokens {
		if i > 1 && t.kind <= tokenQuoted && st.identifier(i) == "public" && st.word(i-1) == "SCHEMA" &&
			st.word(i-2) == "ON" {
			return unsupported("feature not supported on system entity")
		}
	}
	return nil
}
