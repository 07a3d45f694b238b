package stacks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reader reads configuration values and collects what is wrong with them. A default stands in for a missing key only;
// a malformed value is a problem.
type reader struct{ problems []error }

// object is a level of the configuration: a look-up, and the path to it for messages.
type object struct {
	prefix string
	get    func(key string) (string, bool)
	keys   []string        // of a structured value, for left-over keys
	used   map[string]bool // keys asked for
}

func (o object) path(key string) string { return o.prefix + key }

func (o object) look(key string) (string, bool) {
	o.used[key] = true
	return o.get(key)
}

func (r *reader) problem(key, value, accepted string) {
	r.problems = append(r.problems, fmt.Errorf("%s is %q, want %s", key, value, accepted))
}

func (r *reader) top(get func(string) (string, bool)) object {
	return object{get: get, used: map[string]bool{}}
}

// object reads a structured value; missing, it is an empty one.
func (r *reader) object(from object, key string) object {
	fields := map[string]json.RawMessage{}
	if raw, ok := from.look(key); ok {
		if err := decodeJSON(raw, &fields); err != nil {
			r.problem(from.path(key), raw, "an object of key: value pairs")
		}
	}
	return fieldsObject(from.path(key)+".", fields)
}

func fieldsObject(prefix string, fields map[string]json.RawMessage) object {
	o := object{prefix: prefix, used: map[string]bool{}}
	for key := range fields {
		o.keys = append(o.keys, key)
	}
	slices.Sort(o.keys)
	o.get = func(key string) (string, bool) {
		raw, ok := fields[key]
		if !ok {
			return "", false
		}
		var text string
		if json.Unmarshal(raw, &text) == nil {
			return text, true
		}
		return string(raw), true
	}
	return o
}

// leftOver reports keys of structured values that nobody asked for: a misspelt key must not pass for its default.
func (r *reader) leftOver(objects ...object) {
	for _, o := range objects {
		accepted := make([]string, 0, len(o.used))
		for key := range o.used {
			accepted = append(accepted, key)
		}
		slices.Sort(accepted)
		for _, key := range o.keys {
			if !o.used[key] {
				r.problems = append(r.problems, fmt.Errorf("%s is not a key; accepted are %s", o.path(key), strings.Join(accepted, ", ")))
			}
		}
	}
}

func (r *reader) text(from object, key, missing string) string {
	if value, ok := from.look(key); ok {
		return value
	}
	return missing
}

func (r *reader) boolean(from object, key string, missing bool) bool {
	raw, ok := from.look(key)
	switch {
	case !ok:
		return missing
	case raw == "true", raw == "false":
		return raw == "true"
	}
	r.problem(from.path(key), raw, "true or false")
	return missing
}

func (r *reader) integer(from object, key string, missing, least, most int) int {
	raw, ok := from.look(key)
	if !ok {
		return missing
	}
	value, err := strconv.Atoi(raw)
	if err != nil || value < least || value > most {
		r.problem(from.path(key), raw, fmt.Sprintf("a whole number from %d to %d", least, most))
		return missing
	}
	return value
}

func (r *reader) duration(from object, key string, missing, least, most time.Duration) time.Duration {
	raw, ok := from.look(key)
	if !ok {
		return missing
	}
	value, err := time.ParseDuration(raw)
	if err != nil || value < least || value > most || value%time.Second != 0 {
		r.problem(from.path(key), raw, fmt.Sprintf("whole seconds from %v to %v, as in 15s or 2m", least, most))
		return missing
	}
	return value
}

// choice reads one of the accepted values, of which the first is the default.
func (r *reader) choice(from object, key string, accepted ...string) string {
	raw, ok := from.look(key)
	if !ok {
		return accepted[0]
	}
	if !slices.Contains(accepted, raw) {
		r.problem(from.path(key), raw, strings.Join(accepted, " or "))
		return accepted[0]
	}
	return raw
}

// decodeJSON reads exactly one JSON value.
func decodeJSON(raw string, into any) error {
	decoder := json.NewDecoder(bytes.NewBufferString(raw))
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if decoder.More() {
		return errors.New("more than one value")
	}
	return nil
}
