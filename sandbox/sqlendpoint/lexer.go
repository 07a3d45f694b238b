package sqlendpoint

import "strings"

type tokenKind int

const (
	tokenWord    tokenKind = iota // keyword or unquoted identifier; text is upper case
	tokenQuoted                   // "identifier"; text is its content
	tokenLiteral                  // 'string' or $$string$$; text is its content, escapes of E'…' left as they are
	tokenSymbol                   // everything else: an operator, a number, a parameter
)

// token is one lexical element. Depth counts the parentheses and brackets around it.
type token struct {
	kind       tokenKind
	text       string
	depth      int
	start, end int
}

// lexer cuts SQL into tokens the way PostgreSQL does (PostgreSQL documentation, "Lexical Structure"): nested comments,
// doubled quotes, escapes of E strings, dollar quoting. It knows no grammar.
type lexer struct {
	sql   string
	at    int
	depth int
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
		t.kind, t.text = tokenLiteral, l.quotedText('\'', false)
	case c == '"':
		t.kind, t.text = tokenQuoted, l.quotedText('"', false)
	case c == '$':
		t.kind, t.text = l.dollar()
	case isWordStart(c):
		t.kind, t.text = l.word()
	default:
		t.kind, t.text = tokenSymbol, l.symbol(c)
		t.depth = min(t.depth, l.depth)
	}
	t.end = l.at
	return t, true
}

// skipBlank passes over white space and comments.
func (l *lexer) skipBlank() {
	for l.at < len(l.sql) {
		rest := l.sql[l.at:]
		switch {
		case strings.ContainsRune(" \t\r\n\f\v", rune(rest[0])):
			l.at++
		case strings.HasPrefix(rest, "--"):
			if end := strings.IndexByte(rest, '\n'); end >= 0 {
				l.at += end
			} else {
				l.at = len(l.sql)
			}
		case strings.HasPrefix(rest, "/*"):
			l.skipComment()
		default:
			return
		}
	}
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

// quotedText reads up to the closing quote; a doubled quote stands for one.
func (l *lexer) quotedText(quote byte, backslash bool) string {
	var text strings.Builder
	for l.at++; l.at < len(l.sql); l.at++ {
		switch c := l.sql[l.at]; {
		case c == '\\' && backslash && l.at+1 < len(l.sql):
			text.WriteString(l.sql[l.at : l.at+2])
			l.at++
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

// word reads a word, or the E'string' that begins with one.
func (l *lexer) word() (tokenKind, string) {
	start := l.at
	for l.at < len(l.sql) && isWordPart(l.sql[l.at]) {
		l.at++
	}
	text := strings.ToUpper(l.sql[start:l.at])
	if text == "E" && l.at < len(l.sql) && l.sql[l.at] == '\'' {
		return tokenLiteral, l.quotedText('\'', true)
	}
	return tokenWord, text
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
	case '0' <= c && c <= '9':
		for l.at < len(l.sql) && (isWordPart(l.sql[l.at]) || l.sql[l.at] == '.') {
			l.at++
		}
	}
	return l.sql[start:l.at]
}

func isWordStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

func isWordPart(c byte) bool { return isWordStart(c) || '0' <= c && c <= '9' || c == '$' }

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
	l, body := lexer{sql: sql}, 0
	for t, ok := l.next(); ok; t, ok = l.next() {
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
