package wire

import (
	"encoding/base64"
	"strconv"

	"aurora-dsql-dr/sandbox/awserr"
)

// Page is the part of a list that a request asks for by the token of the page before, and the token of the page after,
// nil at the end. It is false for a token that is none of ours.
func Page[T any](items []T, token *string, size int) ([]T, *string, bool) {
	from, ok := Offset(token)
	if !ok {
		return nil, nil, false
	}
	from = min(from, len(items)) // items may have gone since the page before
	to := min(from+size, len(items))
	if to == len(items) {
		return items[from:], nil, true
	}
	return items[from:to], TokenOf(to), true
}

// TokenOf is the token of a page that begins there.
func TokenOf(offset int) *string {
	token := base64.RawURLEncoding.EncodeToString([]byte("from:" + strconv.Itoa(offset)))
	return &token
}

// Offset is where the page of a token begins; false for a token that is none of ours.
func Offset(token *string) (int, bool) {
	if token == nil || *token == "" {
		return 0, true
	}
	text, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil || len(text) < len("from:") {
		return 0, false
	}
	n, err := strconv.Atoi(string(text[len("from:"):]))
	return n, err == nil && n >= 0
}

// Limit is how many items a request asks for, from 1 to highest. The error has the service's code for a bad value.
func Limit(asked *int32, byDefault, highest int, member, code string) (int, error) {
	switch {
	case asked == nil:
		return byDefault, nil
	case *asked < 1 || int(*asked) > highest:
		return 0, awserr.Invalid(code, "1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: "+
			"Member must have value from 1 to %d", *asked, member, highest)
	default:
		return int(*asked), nil
	}
}
