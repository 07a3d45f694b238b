package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Context holds the condition keys of a request, as in {"aws:SourceArn": "arn:…"}. Keys are compared without regard to
// case.
type Context map[string]string

func (c Context) get(key string) (string, bool) {
	if value, ok := c[key]; ok {
		return value, true
	}
	for k, value := range c {
		if strings.EqualFold(k, key) {
			return value, true
		}
	}
	return "", false
}

// with returns a copy of the context that also has these keys.
func (c Context) with(more Context) Context {
	merged := maps.Clone(more)
	maps.Copy(merged, c)
	return merged
}

// ResourceTags are the condition keys of the tags that a resource has.
func ResourceTags(tags map[string]string) Context { return tagKeys("aws:ResourceTag/", tags) }

// RequestTags are those of the tags that a request gives.
func RequestTags(tags map[string]string) Context { return tagKeys("aws:RequestTag/", tags) }

func tagKeys(prefix string, tags map[string]string) Context {
	keys := Context{}
	for name, value := range tags {
		keys[prefix+name] = value
	}
	return keys
}

type condition struct {
	compare  func(pattern, value string) bool
	negated  bool // no pattern may match, and a missing key is a match
	ifExists bool // a missing key is a match
	key      string
	patterns []string
}

// operators are the condition operators of the sandbox; each also exists with the suffix IfExists.
var operators = map[string]struct {
	compare func(pattern, value string) bool
	negated bool
}{
	"StringEquals":    {compare: func(pattern, value string) bool { return pattern == value }},
	"StringNotEquals": {compare: func(pattern, value string) bool { return pattern == value }, negated: true},
	"StringLike":      {compare: glob},
	"StringNotLike":   {compare: glob, negated: true},
	"ArnEquals":       {compare: arnLike},
	"ArnLike":         {compare: arnLike},
	"ArnNotLike":      {compare: arnLike, negated: true},
	"Bool":            {compare: strings.EqualFold},
}

func parseConditions(value json.RawMessage) ([]condition, error) {
	var byOperator map[string]map[string]json.RawMessage
	if err := json.Unmarshal(value, &byOperator); err != nil {
		return nil, fmt.Errorf("not an object of operators over objects of keys: %w", err)
	}
	var conditions []condition
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(byOperator)) {
		operator, ok := operators[strings.TrimSuffix(name, "IfExists")]
		if !ok {
			problems = append(problems, fmt.Errorf("operator %q: not modelled by the sandbox", name))
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(byOperator[name])) {
			patterns, err := parseConditionValues(byOperator[name][key])
			if err != nil {
				problems = append(problems, fmt.Errorf("%s %s: %w", name, key, err))
			}
			conditions = append(conditions, condition{
				compare: operator.compare, negated: operator.negated, ifExists: strings.HasSuffix(name, "IfExists"),
				key: key, patterns: patterns,
			})
		}
	}
	return conditions, errors.Join(problems...)
}

// parseConditionValues also accepts true and false, which IAM takes for their strings.
func parseConditionValues(value json.RawMessage) ([]string, error) {
	if s := string(value); s == "true" || s == "false" {
		return []string{s}, nil
	}
	return parseStrings(value)
}

func (c condition) holds(ctx Context) bool {
	value, present := ctx.get(c.key)
	if !present {
		return c.negated || c.ifExists
	}
	matches := slices.ContainsFunc(c.patterns, func(pattern string) bool { return c.compare(pattern, value) })
	return matches != c.negated
}
