package events

import (
	"errors"
	"fmt"
	"slices"
)

// orKeyword joins patterns of which one suffices.
const orKeyword = "$or"

// reservedInOr are names that no field has within $or (aws/event-ruler, Constants).
var reservedInOr = []string{
	"exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr",
	"=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after",
	"date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
}

// newEither reads what is in $or ("Comparison operators for use in event patterns", EventBridge User Guide). It is
// refused in the words of aws/event-ruler, JsonRuleCompiler.
func newEither(value any, path string) ([]*pattern, error) {
	objects, ok := value.([]any)
	switch {
	case !ok:
		return nil, refusal("%sIt must be an Array followed with $or.", path)
	case len(objects) < 2:
		return nil, refusal("%sThere must have at least 2 Objects in $or relationship.", path)
	}
	var either []*pattern
	var problems []error
	for _, o := range objects {
		document, ok := o.(map[string]any)
		if !ok {
			return nil, refusal("%sOnly JSON object is allowed in array of $or relationship.", path)
		}
		p, err := newPattern(document, path, true)
		either, problems = append(either, p), append(problems, err)
	}
	return either, errors.Join(problems...)
}

// checkApart refuses a field that is in $or and beside it: AWS takes the one that is written last, and JSON that was
// read has no order.
func (p *pattern) checkApart(path string) error {
	alone := &pattern{fields: p.fields, matchers: p.matchers}
	beside := alone.leaves("")
	for _, alternative := range p.either {
		for _, field := range alternative.leaves("") {
			if slices.Contains(beside, field) {
				return fmt.Errorf("%s%s is in $or and beside it, which the sandbox does not model", path, field)
			}
		}
	}
	return nil
}

// leaves are the paths of all fields that have matchers.
func (p *pattern) leaves(path string) (paths []string) {
	for name := range p.matchers {
		paths = append(paths, path+name)
	}
	for name, field := range p.fields {
		paths = append(paths, field.leaves(path+name+".")...)
	}
	for _, alternative := range p.either {
		paths = append(paths, alternative.leaves(path)...)
	}
	return paths
}
