package sqlendpoint

import "strings"

type tokenKind int

const (
	tokenWord    tokenKind = iota // keyword or unquoted identifier; text is upper case
	tokenQuoted                   // "identifier"; text is what it stands for
	tokenLiteral                  // 'string' or $$string$$; text is what it stands for
	tokenSymbol                   // everything else: an operator, a number, a parameter
)

// token is one lexical element. Depth counts the parentheses and brackets around it.
type token struct {
	kind       tokenKind
	text       string
	depth      int
	start, end int
	unicode    bool // U&"…" or U&'…', whose escape character may follow
}

// isWord tells whether the token is a word, given in upper case.
func (t token) isWord(word string) bool { return t.kind == tokenWord && t.text == word }

// lexer cuts SQL into tokens exactly as PostgreSQL does with standard_conforming_strings and in UTF-8, which no session
// can change (PostgreSQL documentation, "Lexical Structure"; src/backend/parser/scan.l): nested comments, doubled
// quotes, strings that go on behind a line break, escapes, dollar quoting. Names and strings are told as what they
// stand for, not as they are spelled. It knows no grammar.
type lexer struct {
	sql   string
	at    int
	depth int
}

// tokenize cuts SQL into its tokens, with U& strings decoded.
func tokenize(sql string) []token {
	var tokens []token
	l := lexer{sql: sql}
	for t, ok := l.next(); ok; t, ok = l.next() {
		last := len(tokens) - 1
		if t.kind == tokenLiteral && last > 0 && tokens[last].isWord("UESCAPE") && tokens[last-1].unicode {
			escaped := &tokens[last-1]
			escaped.text, escaped.end, escaped.unicode = decodeUnicode(escaped.text, t.text), t.end, false
			tokens = tokens[:last]
			continue
		}
		tokens = append(tokens, t)
	}
	for i, t := range tokens {
		if t.unicode {
			tokens[i].text = decodeUnicode(t.text, `\`)
		}
	}
	return tokens
}

// next returns the next token; false at the end.
func (l *lexer) next() (token, bool) {
	l.skipBlank()
	if l.at >= len(l.sql) {
		return token{}, false
	}
	t := token{start: l.at, depth: l.depth}
	switch c := l.sql[l.at]; {
	case c == '\'':
		t.kind, t.text = tokenLiteral, l.str(false)
	case c == '"':
		t.kind, t.text = tokenQuoted, l.quoted('"', false)
	case c == '$':
		t.kind, t.text = l.dollar()
	case isWordStart(c):
		l.word(&t)
	default:
		t.kind, t.text = tokenSymbol, l.symbol(c)
		t.depth = min(t.depth, l.depth)
	}
	t.end = l.at
	return t, true
}

// skipBlank passes over white space and comments and tells whether there was a line break.
func (l *lexer) skipBlank() (newline bool) {
	for l.at < len(l.sql) {
		rest := l.sql[l.at:]
		switch {
		case strings.ContainsRune(" \t\r\n\f\v", rune(rest[0])):
			newline = newline || rest[0] == '\n' || rest[0] == '\r'
			l.at++
		case strings.HasPrefix(rest, "--"):
			if end := strings.IndexAny(rest, "\r\n"); end >= 0 {
				l.at += end
			} else {
				l.at = len(l.sql)
			}
		case strings.HasPrefix(rest, "/*"):
			l.skipComment()
		default:
			return newline
		}
	}
	return newline
}

func (l *lexer) skipComment() {
	for level := 0; l.at < len(l.sql); {
		switch rest := l.sql[l.at:]; {
		case strings.HasPrefix(rest, "/*"):
			level, l.at = level+1, l.at+2
		case strings.HasPrefix(rest, "*/"):
			level, l.at = level-1, l.at+2
			if level == 0 {
				return
			}
		default:
			l.at++
		}
	}
}

// str reads a string, and what continues it behind a line break, in the same manner.
func (l *lexer) str(escapes bool) string {
	text := l.quoted('\'', escapes)
	for {
		end := l.at
		if newline := l.skipBlank(); !newline || l.at >= len(l.sql) || l.sql[l.at] != '\'' {
			l.at = end
			return text
		}
		text += l.quoted('\'', escapes)
	}
}

// quoted reads up to the closing quote; a doubled quote stands for one.
func (l *lexer) quoted(quote byte, escapes bool) string {
	var text strings.Builder
	for l.at++; l.at < len(l.sql); l.at++ {
		switch c := l.sql[l.at]; {
		case c == '\\' && escapes && l.at+1 < len(l.sql):
			l.at++
			l.at += decodeEscape(&text, l.sql[l.at:]) - 1
		case c != quote:
			text.WriteByte(c)
		case l.at+1 < len(l.sql) && l.sql[l.at+1] == quote:
			text.WriteByte(c)
			l.at++
		default:
			l.at++
			return text.String()
		}
	}
	return text.String()
}

// dollar reads a $tag$string$tag$, or else a parameter such as $1.
func (l *lexer) dollar() (tokenKind, string) {
	end := l.at + 1
	for end < len(l.sql) && isWordPart(l.sql[end]) && l.sql[end] != '$' {
		end++
	}
	tagged := end < len(l.sql) && l.sql[end] == '$' && (end == l.at+1 || isWordStart(l.sql[l.at+1]))
	if !tagged {
		text := l.sql[l.at:end]
		l.at = end
		return tokenSymbol, text
	}
	delimiter, body := l.sql[l.at:end+1], l.sql[end+1:]
	text, _, closed := strings.Cut(body, delimiter)
	l.at = end + 1 + len(text)
	if closed {
		l.at += len(delimiter)
	}
	return tokenLiteral, text
}

// word reads a word, or the E'string', U&'string' or U&"identifier" that begins with one.
func (l *lexer) word(t *token) {
	start := l.at
	for l.at < len(l.sql) && isWordPart(l.sql[l.at]) {
		l.at++
	}
	t.kind, t.text = tokenWord, upper(l.sql[start:l.at])
	switch rest := l.sql[l.at:]; {
	case t.text == "E" && strings.HasPrefix(rest, "'"):
		t.kind, t.text = tokenLiteral, l.str(true)
	case t.text == "U" && strings.HasPrefix(rest, "&'"):
		l.at++
		t.kind, t.text, t.unicode = tokenLiteral, l.str(false), true
	case t.text == "U" && strings.HasPrefix(rest, `&"`):
		l.at++
		t.kind, t.text, t.unicode = tokenQuoted, l.quoted('"', false), true
	}
}

// symbol reads a number or a single character, and counts parentheses.
func (l *lexer) symbol(c byte) string {
	start := l.at
	l.at++
	switch {
	case c == '(' || c == '[':
		l.depth++
	case c == ')' || c == ']':
		l.depth = max(0, l.depth-1)
	case isDigit(c):
		l.number()
	}
	return l.sql[start:l.at]
}

// number reads the rest of digits [. digits] [e [+-] digits].
func (l *lexer) number() {
	l.digits()
	if l.at < len(l.sql) && l.sql[l.at] == '.' {
		l.at++
		l.digits()
	}
	exponent := l.at + 1
	if exponent < len(l.sql) && (l.sql[exponent] == '+' || l.sql[exponent] == '-') {
		exponent++
	}
	if exponent < len(l.sql) && (l.sql[l.at] == 'e' || l.sql[l.at] == 'E') && isDigit(l.sql[exponent]) {
		l.at = exponent
		l.digits()
	}
}

func (l *lexer) digits() {
	for l.at < len(l.sql) && isDigit(l.sql[l.at]) {
		l.at++
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWordStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

func isWordPart(c byte) bool { return isWordStart(c) || isDigit(c) || c == '$' }

// upper is the upper case of ASCII alone, as PostgreSQL compares keywords: "ſet" is no SET.
func upper(word string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, word)
}
