package cloudtrail

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
)

// What a basic selector logs of management events.
const (
	All       = "All"
	ReadOnly  = "ReadOnly"
	WriteOnly = "WriteOnly"
)

// Selector is a basic event selector (CloudTrail API Reference, EventSelector).
type Selector struct {
	ReadWriteType string
	Management    bool
	Excluded      []string // event sources of management events
	Data          []DataResource
}

// DataResource are resources whose data events are logged.
type DataResource struct {
	Type   string
	Values []string // ARNs
}

// AdvancedSelector is an advanced event selector: all its fields have to match.
type AdvancedSelector struct {
	Name   string
	Fields []Field
}

// Field is what a field of an event must be (CloudTrail API Reference, AdvancedFieldSelector).
type Field struct {
	Name          string
	Equals        []string
	StartsWith    []string
	EndsWith      []string
	NotEquals     []string
	NotStartsWith []string
	NotEndsWith   []string
}

// Event is a management event as selectors see it.
type Event struct {
	Source   string // "dsql.amazonaws.com"
	Name     string
	Type     string // APICall if it is ""
	ReadOnly bool
	UserARN  string
}

// field is the value of a field; management events do not have those of data events.
func (e Event) field(name string) (string, bool) {
	value, ok := map[string]string{
		"eventCategory":    "Management",
		"eventSource":      e.Source,
		"eventName":        e.Name,
		"eventType":        cmp.Or(e.Type, APICall),
		"readOnly":         strconv.FormatBool(e.ReadOnly),
		"userIdentity.arn": e.UserARN,
	}[name]
	return value, ok
}

// selects says whether any selector of the trail takes an event.
func (t Trail) selects(e Event) bool {
	return slices.ContainsFunc(t.Basic, func(s Selector) bool { return s.takes(e) }) ||
		slices.ContainsFunc(t.Advanced, func(s AdvancedSelector) bool { return s.takes(e) })
}

func (s Selector) takes(e Event) bool {
	return s.Management && !slices.Contains(s.Excluded, e.Source) &&
		(s.ReadWriteType == All || (s.ReadWriteType == ReadOnly) == e.ReadOnly)
}

func (s AdvancedSelector) takes(e Event) bool {
	return !slices.ContainsFunc(s.Fields, func(f Field) bool { return !f.takes(e) })
}

func (f Field) takes(e Event) bool {
	value, ok := e.field(f.Name)
	if !ok {
		return false
	}
	is := func(other string) bool { return other == value }
	begins := func(prefix string) bool { return strings.HasPrefix(value, prefix) }
	ends := func(suffix string) bool { return strings.HasSuffix(value, suffix) }
	wanted := len(f.Equals)+len(f.StartsWith)+len(f.EndsWith) == 0 || slices.ContainsFunc(f.Equals, is) ||
		slices.ContainsFunc(f.StartsWith, begins) || slices.ContainsFunc(f.EndsWith, ends)
	return wanted && !slices.ContainsFunc(f.NotEquals, is) && !slices.ContainsFunc(f.NotStartsWith, begins) &&
		!slices.ContainsFunc(f.NotEndsWith, ends)
}

// maxSelectors is how many basic selectors a trail may have (API Reference, PutEventSelectors).
const maxSelectors = 5

// fields are those of advanced selectors of trails.
var fields = []string{
	"eventCategory", "eventName", "eventSource", "eventType", "readOnly", "resources.ARN", "resources.type",
	"sessionCredentialFromConsole", "userIdentity.arn",
}

func check(basic []Selector, advanced []AdvancedSelector) error {
	switch {
	case len(basic) > 0 && len(advanced) > 0:
		return awserr.Invalid("InvalidParameterCombinationException",
			"EventSelectors and AdvancedEventSelectors are both given: want one of them")
	case len(basic)+len(advanced) == 0:
		return invalid("no selectors are given: want EventSelectors or AdvancedEventSelectors")
	case len(basic) > maxSelectors:
		return invalid("%d event selectors: want at most %d", len(basic), maxSelectors)
	}
	for _, s := range basic {
		if !slices.Contains([]string{All, ReadOnly, WriteOnly}, s.ReadWriteType) {
			return invalid("ReadWriteType is %q: want %s, %s or %s", s.ReadWriteType, All, ReadOnly, WriteOnly)
		}
	}
	for _, s := range advanced {
		if err := s.check(); err != nil {
			return err
		}
	}
	return nil
}

func (s AdvancedSelector) check() error {
	categorised := false
	for _, f := range s.Fields {
		if !slices.Contains(fields, f.Name) {
			return invalid("field of selector %q is %q: want one of %s", s.Name, f.Name, strings.Join(fields, ", "))
		}
		all := slices.Concat(f.Equals, f.StartsWith, f.EndsWith, f.NotEquals, f.NotStartsWith, f.NotEndsWith)
		if len(all) == 0 {
			return invalid("field %s of selector %q has no values", f.Name, s.Name)
		}
		categorised = categorised || f.Name == "eventCategory" && len(f.Equals) == 1
	}
	if !categorised {
		return invalid("selector %q has no eventCategory: want one that Equals Management or Data", s.Name)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return awserr.Invalid("InvalidEventSelectorsException", format, args...)
}
