package sqlendpoint

import (
	"strconv"
	"strings"
)

// decodeEscape writes what the escape behind a backslash in an E'string' stands for and returns how long it is
// (PostgreSQL documentation, "String Constants with C-Style Escapes").
func decodeEscape(into *strings.Builder, escape string) int {
	for _, numeric := range []struct {
		prefix   string
		base     int
		min, max int // digits
		char     bool
	}{{"x", 16, 1, 2, false}, {"u", 16, 4, 4, true}, {"U", 16, 8, 8, true}, {"", 8, 1, 3, false}} {
		digits, ok := strings.CutPrefix(escape, numeric.prefix)
		if !ok {
			continue
		}
		n := 0
		for n < len(digits) && n < numeric.max && isIn(digits[n], numeric.base) {
			n++
		}
		if n < numeric.min {
			continue
		}
		value, _ := strconv.ParseUint(digits[:n], numeric.base, 32) // checked digit by digit
		if numeric.char {
			into.WriteRune(rune(value)) //nolint:gosec // what is no character becomes U+FFFD
		} else {
			into.WriteByte(byte(value)) //nolint:gosec // PostgreSQL takes the low eight bits of an octal escape, too
		}
		return len(numeric.prefix) + n
	}
	if plain, ok := map[byte]byte{
		'b': '\b',
		'f': '\f',
		'n': '\n',
		'r': '\r',
		't': '\t',
	}[escape[0]]; ok {
		into.WriteByte(plain)
	} else {
		into.WriteByte(escape[0])
	}
	return 1
}

func isIn(c byte, base int) bool {
	if base == 8 {
		return '0' <= c && c <= '7'
	}
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// decodeUnicode is what the content of a U& string stands for (PostgreSQL documentation, "String Constants with Unicode
// Escapes"). What is malformed stays as it is: PostgreSQL refuses it.
func decodeUnicode(text, escape string) string {
	if len(escape) != 1 {
		return text
	}
	var decoded strings.Builder
	for text != "" {
		before, rest, found := strings.Cut(text, escape)
		decoded.WriteString(before)
		if !found {
			break
		}
		digits, width := rest, 4
		if strings.HasPrefix(rest, "+") {
			digits, width = rest[1:], 6
		}
		value, err := strconv.ParseUint(digits[:min(width, len(digits))], 16, 32)
		switch {
		case strings.HasPrefix(rest, escape):
			decoded.WriteString(escape)
			text = rest[1:]
		case err == nil && len(digits) >= width:
			decoded.WriteRune(rune(value)) //nolint:gosec // what is no character becomes U+FFFD
			text = digits[width:]
		default:
			decoded.WriteString(escape)
			text = rest
		}
	}
	return decoded.String()
}
