package wire

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ahead is a sandbox whose clock is a day ahead of the wall's.
type ahead struct{}

func (ahead) FromWall(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
func (ahead) ToWall(t time.Time) time.Time   { return t.AddDate(0, 0, -1) }

type entry struct{ At *time.Time }

type dated struct {
	At      time.Time
	Entries []entry
	Named   map[string]time.Time
}

// Wherever a time is in a request or an answer, and however its protocol spells it, it changes clocks.
func TestTimesChangeClocksWhereTheyAreBound(t *testing.T) {
	wall := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	inside := wall.AddDate(0, 0, 1)
	tree := object{
		"At":      float64(wall.Unix()),
		"Entries": []any{object{"At": wall.Format(time.RFC3339)}},
		"Named":   object{"a": wall},
	}
	var into dated
	require.NoError(t, bind(tree, &into, ahead{}))
	want := dated{At: inside, Entries: []entry{{&inside}}, Named: map[string]time.Time{"a": inside}}
	assert.Equal(t, want, into)
	assert.Equal(t, object{
		"at":      wall,
		"entries": []any{object{"at": wall}},
		"named":   dict{"a": wall},
	}, unbind(into, true, ahead{}))
}
