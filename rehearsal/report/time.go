package report

import (
	"encoding/json"
	"time"

	"aurora-dsql-dr/rehearsal/script"
)

// Offset is a time since the first fault, or a length of time. It is written in seconds.
type Offset time.Duration

// MarshalJSON writes seconds.
func (o Offset) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(o).Seconds()) }

func (o Offset) String() string { return script.Short(time.Duration(o)) }

// Time is when something happened, or that it never did. It is written in seconds, never as null.
type Time struct {
	Happened bool
	After    time.Duration
}

func at(d time.Duration) Time { return Time{true, d} }

// MarshalJSON writes seconds or null.
func (t Time) MarshalJSON() ([]byte, error) {
	if !t.Happened {
		return []byte("null"), nil
	}
	return json.Marshal(t.After.Seconds())
}

func (t Time) String() string {
	if !t.Happened {
		return "never"
	}
	return script.Short(t.After)
}
