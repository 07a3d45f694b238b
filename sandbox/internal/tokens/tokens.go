// Package tokens reads the words of a small language one by one.
package tokens

import (
	"fmt"
	"regexp"
	"strings"
)

// Reader holds the tokens that have not been read yet.
type Reader struct{ tokens []string }

// Read cuts a text into tokens, with spaces between them or not. A token with a synonym is read as that.
func Read(text string, token *regexp.Regexp, synonyms map[string]string) (*Reader, error) {
	r := &Reader{}
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		t := token.FindString(rest)
		if t == "" {
			return nil, fmt.Errorf("expression %q: cannot read %q", text, rest)
		}
		rest = rest[len(t):]
		if s, ok := synonyms[t]; ok {
			t = s
		}
		r.tokens = append(r.tokens, t)
	}
	return r, nil
}

// Peek is the next token, "" at the end.
func (r *Reader) Peek() string {
	if len(r.tokens) == 0 {
		return ""
	}
	return r.tokens[0]
}

// Next reads the next token.
func (r *Reader) Next() string {
	t := r.Peek()
	if t != "" {
		r.tokens = r.tokens[1:]
	}
	return t
}

// Expect reads the next token, which has to be this one.
func (r *Reader) Expect(token string) error {
	if t := r.Next(); t != token {
		return fmt.Errorf("expected %q, found %q", token, t)
	}
	return nil
}
