package transaction

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestACursorLeadsBackToItsPosition(t *testing.T) {
	position := Position{CreatedAt: time.UnixMicro(1767236400123456), ID: "a:b.c"}
	limit, parsed, err := ParsePage("7", position.Cursor())
	require.NoError(t, err)
	assert.Equal(t, 7, limit)
	assert.Equal(t, position, parsed)

	limit, parsed, err = ParsePage("", "")
	require.NoError(t, err)
	assert.Equal(t, DefaultLimit, limit)
	assert.True(t, parsed.IsZero())
}

func TestPagesThatAreRefused(t *testing.T) {
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for _, limit := range []string{"0", "-1", "101", "x", "1.5", "1,2", "99999999999999999999"} {
		_, _, err := ParsePage(limit, "")
		assert.EqualError(t, err, "limit: want a whole number from 1 to 100", limit)
	}
	for _, cursor := range []string{
		"!", "x", encode("1"), encode("1/"), encode("x/a"), encode("1/a b"), encode("-1/a"), encode("01/a"), encode("+1/a"),
		encode("9223372036854775807/a"), encode("99999999999999999999/a"), encode("1/a") + "=",
	} {
		_, _, err := ParsePage("", cursor)
		assert.EqualError(t, err, "cursor: want the next_cursor of a page, unchanged", cursor)
	}
	_, _, err := ParsePage("0", "!")
	assert.EqualError(t, err,
		"limit: want a whole number from 1 to 100; cursor: want the next_cursor of a page, unchanged")
}

func FuzzCursor(f *testing.F) {
	f.Add(Position{CreatedAt: time.UnixMicro(1767236400123456), ID: "test-001"}.Cursor())
	f.Fuzz(func(t *testing.T, cursor string) {
		if _, position, err := ParsePage("", cursor); err == nil && cursor != "" {
			require.Equal(t, cursor, position.Cursor())
		}
	})
}
