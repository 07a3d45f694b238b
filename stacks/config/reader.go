package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reader reads configuration values and collects what is wrong with them. A default stands in for a missing key only;
// a malformed value is a problem.
type reader struct {
	// secrets are the top-level keys that no message may quote.
	secrets  map[string]bool
	problems []error
}

// object is a level of the configuration, and the path to it for messages. Values are as the engine hands them over:
// text as it is, anything else as JSON.
type object struct {
	prefix string
	values map[string]string
	texts  map[string]bool // keys of a structured value that are text
	used   map[string]bool // keys asked for
}

func (o object) path(key string) string { return o.prefix + key }

func (o object) look(key string) (string, bool) {
	o.used[key] = true
	value, ok := o.values[key]
	return value, ok
}

func (r *reader) problem(path, value, accepted string) {
	if r.secrets[path[:strings.IndexAny(path+".", ".[")]] {
		value = "[secret]"
	}
	r.problems = append(r.problems, fmt.Errorf("%s is %q: want %s", path, value, accepted))
}

func top(values map[string]string) object {
	return object{values: values, used: map[string]bool{}}
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
	o := object{
		prefix: prefix,
		values: map[string]string{},
		texts:  map[string]bool{},
		used:   map[string]bool{},
	}
	for key, raw := range fields {
		o.values[key] = string(raw)
		var text *string
		if json.Unmarshal(raw, &text) == nil && text != nil {
			o.values[key], o.texts[key] = *text, true
		}
	}
	return o
}

// leftOver reports the keys that nobody asked for: a misspelt key must not pass for its default.
func (r *reader) leftOver(objects ...object) {
	for _, o := range objects {
		accepted := slices.Sorted(maps.Keys(o.used))
		for _, key := range slices.Sorted(maps.Keys(o.values)) {
			if !o.used[key] {
				r.problems = append(r.problems, fmt.Errorf("%s is not a key: want %s; the nearest is %s",
					o.path(key), strings.Join(accepted, ", "), nearest(key, accepted)))
			}
		}
	}
}

// text reads a text. Of the top level all scalars come as text; below it a number is none: it would not be what was
// typed, as a telephone number without its plus.
func (r *reader) text(from object, key, missing string) string {
	value, ok := from.look(key)
	if !ok {
		return missing
	}
	structured := strings.HasPrefix(value, "[") || strings.HasPrefix(value, "{")
	if from.texts != nil && !from.texts[key] || from.texts == nil && structured && json.Valid([]byte(value)) {
		r.problem(from.path(key), value, "a text, in quotes where YAML takes it for something else")
	}
	return value
}

// texts reads one text, or a list of them.
func (r *reader) texts(from object, key string) []string {
	value, ok := from.look(key)
	if !ok || from.texts[key] {
		return []string{value}
	}
	var list []string
	if err := decodeJSON(value, &list); err != nil || len(list) == 0 {
		r.problem(from.path(key), value, "a text or a list of texts")
	}
	return list
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

// none says that there is to be no limit.
const none = "none"

// concurrency reads how many runs there may be at a time; 0 is none, no reservation at all.
func (r *reader) concurrency(from object, key string) int {
	raw, ok := from.look(key)
	value, err := strconv.Atoi(raw)
	switch {
	case !ok:
		return 10
	case raw == none:
		return 0
	case err == nil && value >= 2 && value <= 1000:
		return value
	}
	r.problem(from.path(key), raw,
		"a whole number from 2 to 1000 (a deployment checks while the schedule runs), or none to reserve nothing")
	return 0
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
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}
