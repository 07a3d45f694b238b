package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"aurora-dsql-dr/sandbox/awserr"
)

// pattern is a parsed event pattern: fields with alternatives, all of which must match (EventBridge User Guide,
// "Comparison operators for use in event patterns"). What is accepted, and the words of a refusal, are those of AWS's
// own library, aws/event-ruler, RuleCompiler; what the sandbox does not model it refuses by name.
type pattern struct {
	fields   map[string]*pattern
	matchers map[string][]matcher
	// either are the patterns of $or, one of which must match; nil without.
	either []*pattern
}

// parsePattern reads a pattern of so many characters at most.
func parsePattern(text string, longest int) (*pattern, error) {
	if n := utf8.RuneCountInString(text); n > longest {
		return nil, awserr.Invalid(
			"LimitExceededException",
			"The requested resource exceeds the maximum number allowed: an event pattern of %d characters, the quota is %d.",
			n,
			longest,
		)
	}
	document, err := readObject(text)
	if err != nil {
		return nil, invalidPattern(err)
	}
	p, err := newPattern(document, "", false)
	if err != nil {
		return nil, invalidPattern(err)
	}
	return p, nil
}

// eventFields are those that TestEventPattern demands of an event (API Reference, TestEventPattern).
var eventFields = []string{"account", "detail-type", "id", "region", "resources", "source", "time"}

// TestPattern says whether an event is one of a pattern's, as rules would see it. Both are JSON.
func (s *Service) TestPattern(pattern, event string) (bool, error) {
	if err := s.env.Available("events"); err != nil {
		return false, err
	}
	p, err := parsePattern(pattern, s.env.Limit(PatternQuota))
	if err != nil {
		return false, err
	}
	document, err := readObject(event)
	for _, field := range eventFields {
		if _, has := document[field]; !has && err == nil {
			err = fmt.Errorf("%s is required", field)
		}
	}
	if err != nil {
		return false, awserr.Invalid(validation, "Parameter Event is not valid. Reason: %v", err)
	}
	return p.matches(document), nil
}

// readObject reads one JSON object and keeps its numbers as they are written.
func readObject(text string) (map[string]any, error) {
	var document any
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	object, ok := document.(map[string]any)
	switch {
	case !ok:
		return nil, refusal("Filter is not an object")
	case decoder.More():
		return nil, errors.New("more than one JSON object")
	default:
		return object, nil
	}
}

func invalidPattern(err error) error {
	return awserr.Invalid("InvalidEventPatternException", "Event pattern is not valid. Reason: %v", err)
}

// refusal has AWS's words for what is wrong with a pattern.
func refusal(format string, args ...any) error { return fmt.Errorf(format, args...) }

// newPattern reads an object of a pattern, which may be within $or.
func newPattern(document map[string]any, path string, inOr bool) (*pattern, error) {
	p := &pattern{fields: map[string]*pattern{}, matchers: map[string][]matcher{}}
	var problems []error
	if len(document) == 0 {
		problems = append(problems, refusal("%sEmpty objects are not allowed", path))
	}
	for _, name := range slices.Sorted(maps.Keys(document)) {
		problems = append(problems, p.add(name, document[name], path, inOr))
	}
	return p, errors.Join(append(problems, p.checkApart(path))...)
}

// add reads a member of an object of a pattern.
func (p *pattern) add(name string, value any, path string, inOr bool) (err error) {
	if name == orKeyword {
		p.either, err = newEither(value, path)
		return err
	}
	if inOr && slices.Contains(reservedInOr, name) {
		return refusal("%s%s is Ruler reserved fieldName which cannot be used inside $or.", path, name)
	}
	switch value := value.(type) {
	case map[string]any:
		p.fields[name], err = newPattern(value, path+name+".", inOr)
		return err
	case []any:
		if p.matchers[name], err = newMatchers(value); err != nil {
			err = fmt.Errorf("%s%s: %w", path, name, err)
		}
		return err
	default:
		return fmt.Errorf("%s%q must be an object or an array", path, name)
	}
}

func newMatchers(alternatives []any) ([]matcher, error) {
	if len(alternatives) == 0 {
		return nil, refusal("Empty arrays are not allowed")
	}
	var matchers []matcher
	for _, alternative := range alternatives {
		m, err := newMatcher(alternative)
		if err != nil {
			return nil, err
		}
		matchers = append(matchers, m)
	}
	return matchers, nil
}

// matches looks at the leaves of an event: one element of an array suffices, whether it is a value or an object.
func (p *pattern) matches(document map[string]any) bool {
	matches := func(alternative *pattern) bool { return alternative.matches(document) }
	if p.either != nil && !slices.ContainsFunc(p.either, matches) {
		return false
	}
	for name, field := range p.fields {
		if !slices.ContainsFunc(objects(document[name]), field.matches) {
			return false
		}
	}
	for name, matchers := range p.matchers {
		values := leaves(document[name])
		if _, present := document[name]; !present {
			values = nil
		}
		if !slices.ContainsFunc(matchers, func(m matcher) bool { return m(values) }) {
			return false
		}
	}
	return true
}

// objects are the objects of a field; one without any is as good as empty.
func objects(value any) []map[string]any {
	switch v := value.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		var all []map[string]any
		for _, element := range v {
			if object, ok := element.(map[string]any); ok {
				all = append(all, object)
			}
		}
		if len(all) > 0 {
			return all
		}
	}
	return []map[string]any{{}}
}

// leaves are the values of a field that comparisons see: neither objects nor arrays, whose elements count instead.
func leaves(value any) []any {
	switch v := value.(type) {
	case map[string]any:
		return nil
	case []any:
		var all []any
		for _, element := range v {
			all = append(all, leaves(element)...)
		}
		return all
	default:
		return []any{v}
	}
}

// operatorsModelled lists the operators of newMatcher for people.
func operatorsModelled() string {
	return strings.Join(append(slices.Sorted(maps.Keys(comparisons)), "anything-but", "exists"), ", ") + " and $or"
}
