package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// plan is what a deployment would do with the parts of the pair, in their order, and how much it would create.
type plan struct {
	steps   []step
	created int
}

// step is what a deployment would do with a part.
type step struct {
	part
	apitype.StepEventMetadata
}

// planned reads the engine's preview. A part that it does not mention has the operation "".
func planned(h heard, parts []part) plan {
	p := plan{created: h.counts[apitype.OpCreate]}
	for _, part := range parts {
		next := step{part: part}
		for _, told := range h.steps {
			if resource.URN(told.URN).Name() == part.name && told.Type == part.kind && told.Op != apitype.OpRefresh {
				next.StepEventMetadata = told
				break
			}
		}
		p.steps = append(p.steps, next)
	}
	return p
}

// inPlace refuses a plan that does not leave the pair as it is: keys and clusters may be updated, a peering can not
// (terraform-provider-aws 5.100.0, cluster_peering.go). The error names the properties that differ.
func (p plan) inPlace() error {
	var problems []error
	for _, s := range p.steps {
		switch {
		case s.Op == apitype.OpSame, s.Op == apitype.OpUpdate && s.kind != kindPeering:
		case s.Op == "":
			problems = append(problems, fmt.Errorf("the preview does not have %s", s.name))
		default:
			problems = append(problems, fmt.Errorf("a deployment would %s %s, where (as it is -> as the program has it)%s",
				s.verb(), s.name, lines(s.differences())))
		}
	}
	return errors.Join(problems...)
}

// changes lists what a deployment would update.
func (p plan) changes() string {
	var b strings.Builder
	for _, s := range p.steps {
		if s.Op == apitype.OpUpdate {
			fmt.Fprintf(&b, "  %s%s\n", s.name, lines(s.differences()))
		}
	}
	return b.String()
}

func lines(of []string) string {
	var b strings.Builder
	for _, line := range of {
		b.WriteString("\n    " + line)
	}
	return b.String()
}

// replace is the verb of what replaces.
const replace = "replace"

// verb is what a deployment does with the part.
func (s step) verb() string {
	switch s.Op {
	case apitype.OpCreateReplacement, apitype.OpDeleteReplaced:
		return replace
	default:
		return string(s.Op)
	}
}

// differences are the properties that differ, each with what AWS has and what the program wants.
func (s step) differences() []string {
	var found []string
	for _, path := range s.paths() {
		found = append(found, fmt.Sprintf("%s: %s -> %s", path, shown(s.Old, path), shown(s.New, path)))
	}
	return found
}

// paths are those of the properties that differ. Of a replacement they are those that make it one.
func (s step) paths() []string {
	if s.verb() == replace {
		var forcing []string
		for path, change := range s.DetailedDiff {
			if strings.HasSuffix(string(change.Kind), "-"+replace) {
				forcing = append(forcing, path)
			}
		}
		if len(forcing) == 0 {
			forcing = slices.Clone(s.Keys)
		}
		return slices.Sorted(slices.Values(forcing))
	}
	return slices.Sorted(maps.Keys(s.DetailedDiff))
}

// longest is how many characters of a value are shown.
const longest = 50

// shown is a property of a state: "none" if it is not there.
func shown(state *apitype.StepEventStateMetadata, path string) string {
	parsed, err := resource.ParsePropertyPath(path)
	if state == nil || err != nil {
		return "none"
	}
	for _, properties := range []map[string]any{state.Inputs, state.Outputs} {
		found, there := parsed.Get(resource.NewProperty(resource.NewPropertyMapFromMap(properties)))
		if !there {
			continue
		}
		return short(found)
	}
	return "none"
}

// short is the beginning of a value on one line: a text as it is, anything else as JSON.
func short(value resource.PropertyValue) string {
	text, isText := value.Mappable().(string)
	if !isText {
		body, err := json.Marshal(value.Mappable())
		if err != nil {
			return err.Error() // of no value that came as JSON
		}
		text = string(body)
	}
	text = strings.Join(strings.Fields(text), " ")
	if all := []rune(text); len(all) > longest {
		return string(all[:longest]) + "…"
	}
	return text
}
