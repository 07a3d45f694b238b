package asl

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Path is a Reference Path: it leads to one place in a state's data, as "$.list[0]['a name']" does, or in the context
// object, as "$$.Execution.Name" does. The zero value is "$", all data.
type Path struct {
	text    string // as it is written
	context bool
	steps   []any // string: a member, int: an element
	nothing bool  // null: it leads nowhere
}

var stepForm = regexp.MustCompile(`^(?:\.([\p{L}\p{N}_-]+)|\[(\d{1,9})\]|\['([^'\\]+)'\]|\["([^"\\]+)"\])`)

// ParsePath reads a path. The other operators of JSONPath are refused: Step Functions has those of Jayway's library,
// from which those of RFC 9535, and with it Go's libraries, differ.
func ParsePath(text string) (Path, error) {
	p := Path{text: text, context: strings.HasPrefix(text, "$$")}
	root := "$"
	if p.context {
		root = "$$"
	}
	rest, ok := strings.CutPrefix(text, root)
	for ok && rest != "" {
		parts := stepForm.FindStringSubmatch(rest)
		if parts == nil {
			ok = false
			break
		}
		rest = rest[len(parts[0]):]
		if parts[2] != "" {
			n, _ := strconv.Atoi(parts[2]) // nine digits at most
			p.steps = append(p.steps, n)
			continue
		}
		p.steps = append(p.steps, parts[1]+parts[3]+parts[4])
	}
	if !ok {
		return Path{}, fmt.Errorf("'%s' is no Reference Path: the sandbox models $.name, $['name'] and [0]", text)
	}
	return p, nil
}

// Get finds what the path leads to; false if there is nothing. Null leads to an empty object.
func (p Path) Get(s Scope) (any, bool) {
	if p.nothing {
		return map[string]any{}, true
	}
	value := s.Data
	if p.context {
		value = s.Context
	}
	for _, step := range p.steps {
		var found bool
		switch at := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value, found = object[at]
		case int:
			list, _ := value.([]any)
			if found = at < len(list); found {
				value = list[at]
			}
		}
		if !found {
			return nil, false
		}
	}
	return value, true
}

// set puts a value where the path leads, into a copy of the data: members that are missing on the way are made.
func (p Path) set(data, value any) (any, *Failure) {
	if p.nothing {
		return data, nil
	}
	changed, ok := put(data, p.steps, value)
	if !ok {
		return nil, &Failure{
			ResultPathMatchFailure,
			fmt.Sprintf("Unable to apply ReferencePath %s to input %s", p.text, Encode(data)),
		}
	}
	return changed, nil
}

func put(data any, steps []any, value any) (any, bool) {
	if len(steps) == 0 {
		return value, true
	}
	var ok bool
	switch at := steps[0].(type) {
	case string:
		object, isObject := data.(map[string]any)
		if !isObject {
			return nil, false
		}
		child, exists := object[at]
		if !exists {
			child = map[string]any{}
		}
		object = maps.Clone(object)
		object[at], ok = put(child, steps[1:], value)
		return object, ok
	case int:
		list, isList := data.([]any)
		if !isList || at >= len(list) {
			return nil, false
		}
		list = slices.Clone(list)
		list[at], ok = put(list[at], steps[1:], value)
		return list, ok
	}
	return nil, false
}
