package sqlendpoint

import (
	"slices"
	"strconv"
	"strings"
)

const wantCache = "please define CACHE greater than or equal to 65536 or equal to 1"

// column is the definition of a column, a constraint between columns or a key of an index: its tokens, a name first.
type column struct{ tokens []token }

// refuse says why a table cannot have the column.
func (c column) refuse() *failure {
	if first := c.tokens[0]; first.kind == tokenWord && slices.Contains(append(constraintWords, "LIKE"), first.text) {
		if slices.ContainsFunc(c.tokens, func(t token) bool { return t.isWord("EXCLUDE") }) {
			return unsupported("EXCLUDE constraint not supported")
		}
		return nil
	}
	if f := c.refuseType(); f != nil {
		return f
	}
	for _, t := range c.tokens[1:] {
		switch {
		case t.kind != tokenWord || t.depth > c.tokens[0].depth:
		case t.text == "COLLATE":
			return unsupported("COLLATE clause not supported")
		case t.text == "COMPRESSION":
			return unsupported("COMPRESSION clause not supported")
		}
	}
	name, _ := c.typeName()
	return c.refuseIdentity(name)
}

// unsupportedTypes are PostgreSQL's types that no column can have (User Guide, "Supported data types in Aurora DSQL").
// Whatever is neither these nor Aurora DSQL's is a domain, or does not exist.
var unsupportedTypes = []string{
	"money", "xml", "inet", "cidr", "macaddr", "macaddr8", "point", "line", "lseg", "box", "path", "polygon",
	"circle", "tsvector", "tsquery", "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange",
	"int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange", "bit",
	"bit varying", "pg_lsn", "pg_snapshot", "txid_snapshot", "jsonpath", "oid", "xid", "xid8", "cid", "tid",
	"name", "regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator",
	"regproc", "regprocedure", "regrole", "regtype", "refcursor", "aclitem", "oidvector", "int2vector",
	"gtsvector", "record",
}

// typeAliases are other names of a type, which Aurora DSQL tells as PostgreSQL displays it.
var typeAliases = map[string]string{
	"int": "integer", "int4": "integer", "int2": "smallint", "int8": "bigint", "float4": "real",
	"float8": "double precision", "float": "double precision", "double": "double precision", "bool": "boolean",
	"varchar": "character varying", "char": "character", "bpchar": "character", "decimal": "numeric",
	"dec": "numeric", "varbit": "bit varying", "timestamptz": "timestamp with time zone",
	"timetz": "time with time zone",
}

// typeWords go on behind the first word of a type's name.
var typeWords = []string{"PRECISION", "VARYING", "WITH", "WITHOUT", "TIME", "ZONE"}

// typeName is the type as PostgreSQL displays it, and whether it is an array of that.
func (c column) typeName() (name string, array bool) {
	st := statement{tokens: c.tokens}
	at := 1
	if !st.isName(at) {
		return "", false
	}
	if end := st.qualified(at); end > at+1 {
		at = end - 1
	}
	name = st.identifier(at)
	for at++; at < len(c.tokens); at++ {
		switch t := c.tokens[at]; {
		case t.kind == tokenWord && slices.Contains(typeWords, t.text):
			name += " " + strings.ToLower(t.text)
		case t.text == "[", t.isWord("ARRAY"):
			array = true
		case t.kind == tokenWord && t.depth == c.tokens[0].depth:
			at = len(c.tokens) // the constraints
		}
	}
	if known, ok := typeAliases[name]; ok {
		name = known
	}
	return name, array
}

func (c column) refuseType() *failure {
	name, array := c.typeName()
	switch {
	case name == "serial", name == "bigserial", name == "smallserial":
		return fail(codeUndefinedObject, `type "%s" does not exist`, name)
	case array:
		return unsupported("datatype %s[] not supported", name)
	case slices.Contains(unsupportedTypes, name):
		return unsupported("datatype %s not supported", name)
	}
	return nil
}

// refuseIdentity: an identity column counts in bigint and says how far ahead.
func (c column) refuseIdentity(typeName string) *failure {
	st := statement{tokens: c.tokens}
	identity := slices.IndexFunc(c.tokens, func(t token) bool { return t.isWord("IDENTITY") })
	if identity < 1 || st.word(identity-1) != "AS" {
		return nil
	}
	cache := slices.IndexFunc(c.tokens, func(t token) bool { return t.isWord("CACHE") })
	if cache < 0 || !goodCache(c.tokens[cache:]) {
		return unsupported("identity column is not supported without an explicit cache size. " + wantCache)
	}
	if typeName != "bigint" {
		return unsupported("datatype %s not supported, identity column type must be bigint", typeName)
	}
	return nil
}

// goodCache tells whether CACHE, the first of the tokens, has one of the sizes there are.
func goodCache(tokens []token) bool {
	st := statement{tokens: tokens}
	size, err := strconv.ParseUint(st.text(1), 10, 64)
	return err == nil && (size == 1 || size >= 65536)
}

// constrained tells whether a column has more than a name and a type, and its storage.
func (c column) constrained() bool {
	return slices.ContainsFunc(c.tokens[1:], func(t token) bool {
		return t.kind == tokenWord && t.depth == c.tokens[0].depth &&
			(slices.Contains(constraintWords, t.text) || slices.Contains(columnWords, t.text))
	})
}

// refuseKey says why an index cannot have the key: a column or an expression, and NULLS FIRST or LAST.
func (c column) refuseKey() *failure {
	st := statement{tokens: c.tokens}
	depth := c.tokens[0].depth
	behind := st.qualified(0)
	if st.text(behind) == "(" {
		behind = st.closing(behind)
	}
	for i := behind; i < len(c.tokens); i++ {
		switch t := c.tokens[i]; {
		case t.depth > depth:
		case t.kind == tokenWord && (t.text == "ASC" || t.text == "DESC"):
			return unsupported("specifying sort order not supported for index keys")
		case t.isWord("COLLATE"):
			return unsupported("COLLATE clause not supported")
		case t.isWord("NULLS"):
			return nil
		case t.kind <= tokenQuoted:
			return unsupported("opclass not supported for index keys")
		}
	}
	return nil
}
