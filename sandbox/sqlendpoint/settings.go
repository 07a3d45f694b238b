package sqlendpoint

import (
	"slices"
	"strings"
)

// settings are what a session may change, at its start and by SET and RESET; set_config() is withheld. What clients
// have met refusals for is not among them: client_min_messages (pgadmin4 issue 9433), role (flyway issue 4088),
// statement_timeout (TablePro pull request 851), default_transaction_read_only (pistachio pull request 319). Nor is
// what the lexer or the endpoint relies on.
var settings = []string{
	"application_name", "client_encoding", "datestyle", "extra_float_digits", "intervalstyle", "search_path", "timezone",
}

// maySet tells whether a session may give a setting a value. The only encoding is UTF-8 (User Guide, "Considerations
// for PostgreSQL compatibility"); in others a byte of a character may pass for a quote's escape.
func maySet(name, value string) bool {
	name = strings.ToLower(name)
	if name == "client_encoding" {
		value = strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(value))
		return slices.Contains([]string{"utf8", "unicode", "default", ""}, value)
	}
	return slices.Contains(settings, name)
}

func notSettable(name string) *failure {
	return unsupported(`setting configuration parameter "%s" not supported`, name)
}

// refuseSetting lets SET and RESET change only what a session may change.
func refuseSetting(st *statement) *failure {
	if !st.begins("SET") && !st.begins("RESET") {
		return nil
	}
	at := st.settingAt()
	switch st.word(at) {
	case "TRANSACTION", "CHARACTERISTICS": // see refuseIsolation
		return nil
	case "CONSTRAINTS", "ALL":
		return nil
	case "AUTHORIZATION":
		return notSettable("session_authorization")
	}
	if name, value := st.setting(at); !maySet(name, value) {
		return notSettable(name)
	}
	return nil
}

// settingAt is the position behind SET or RESET, and LOCAL or SESSION.
func (st *statement) settingAt() int {
	if word := st.word(1); word == "LOCAL" || word == "SESSION" {
		return 2
	}
	return 1
}

// setting is the name of the setting at a position and the value behind it, "" for none.
func (st *statement) setting(at int) (name, value string) {
	alias := map[string]string{
		"TIME":   "timezone",
		"SCHEMA": "search_path",
		"NAMES":  "client_encoding",
		"XML":    "xmloption",
	}
	if name, ok := alias[st.word(at)]; ok {
		if st.word(at+1) == "ZONE" {
			at++
		}
		return name, st.text(at + 1)
	}
	end := st.qualified(at)
	for i := at; i < end; i++ {
		if st.tokens[i].text == "." {
			name += "."
		} else {
			name += st.identifier(i)
		}
	}
	if word := st.text(end); word == "=" || word == "TO" {
		end++
	}
	return name, st.text(end)
}

// refuseIsolation: Aurora DSQL has repeatable read only. Of SET TRANSACTION and its kin it has what makes a session
// read only (seen by pistachio on a cluster).
func refuseIsolation(st *statement) *failure {
	of := ""
	if st.begins("SET") || st.begins("RESET") {
		of = st.word(st.settingAt())
	}
	if st.kind != kindBegin && of != "TRANSACTION" && of != "CHARACTERISTICS" {
		return nil
	}
	if level := st.find("LEVEL", 0); level >= 0 && !st.begins("RESET") {
		name := strings.TrimSpace(st.word(level+1) + " " + secondWordOfLevel(st, level+1))
		if name != "REPEATABLE READ" {
			return unsupported("Unsupported isolation level: %s", name)
		}
	}
	if of == "TRANSACTION" {
		return notSettable("TRANSACTION")
	}
	return nil
}

func secondWordOfLevel(st *statement, at int) string {
	if word := st.word(at); word == "READ" || word == "REPEATABLE" {
		return st.word(at + 1)
	}
	return ""
}
