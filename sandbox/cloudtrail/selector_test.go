package cloudtrail

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/clock"
)

const home = "us-east-1"

func management(more ...Field) []AdvancedSelector {
	category := Field{Name: "eventCategory", Equals: []string{"Management"}}
	return []AdvancedSelector{{Name: "s", Fields: append([]Field{category}, more...)}}
}

func TestSelectorsDecideWhatATrailLogs(t *testing.T) {
	call := Event{Source: "dsql.amazonaws.com", Name: "DeleteCluster", UserARN: "arn:aws:iam::123456789012:user/admin"}
	for name, c := range map[string]struct {
		basic    []Selector
		advanced []AdvancedSelector
		logs     bool
	}{
		"all":                  {[]Selector{{ReadWriteType: All, Management: true}}, nil, true},
		"writes":               {[]Selector{{ReadWriteType: WriteOnly, Management: true}}, nil, true},
		"reads":                {[]Selector{{ReadWriteType: ReadOnly, Management: true}}, nil, false},
		"data only":            {[]Selector{{ReadWriteType: All}}, nil, false},
		"another source":       {[]Selector{{ReadWriteType: All, Management: true, Excluded: []string{"kms.amazonaws.com"}}}, nil, true},
		"not this source":      {[]Selector{{ReadWriteType: All, Management: true, Excluded: []string{call.Source}}}, nil, false},
		"one of two":           {[]Selector{{ReadWriteType: ReadOnly, Management: true}, {ReadWriteType: WriteOnly, Management: true}}, nil, true},
		"advanced":             {nil, management(), true},
		"advanced writes":      {nil, management(Field{Name: "readOnly", Equals: []string{"false"}}), true},
		"advanced reads":       {nil, management(Field{Name: "readOnly", Equals: []string{"true"}}), false},
		"not from KMS":         {nil, management(Field{Name: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}), true},
		"not from this source": {nil, management(Field{Name: "eventSource", NotEquals: []string{call.Source}}), false},
		"by the name's begin":  {nil, management(Field{Name: "eventName", StartsWith: []string{"Create", "Delete"}}), true},
		"by the name's end":    {nil, management(Field{Name: "eventName", NotEndsWith: []string{"Cluster"}}), false},
		"other users":          {nil, management(Field{Name: "userIdentity.arn", NotStartsWith: []string{"arn:aws:iam::123456789012:user/"}}), false},
		"data events": {nil, []AdvancedSelector{{Fields: []Field{{Name: "eventCategory", Equals: []string{"Data"}},
			{Name: "resources.type", Equals: []string{"AWS::S3::Object"}}}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := New("123456789012", clock.New(1), home)
			_, err := s.Select(home, FirstTrail, c.basic, c.advanced)
			require.NoError(t, err)
			assert.Equal(t, c.logs, s.Logs(call))
		})
	}
}

func TestSelectorsThatCloudTrailRefuses(t *testing.T) {
	for says, c := range map[string]struct {
		basic    []Selector
		advanced []AdvancedSelector
	}{
		"no selectors are given":         {},
		"want at most 5":                 {make([]Selector, 6), nil},
		`ReadWriteType is "Some"`:        {[]Selector{{ReadWriteType: "Some"}}, nil},
		"InvalidParameterCombination":    {[]Selector{{ReadWriteType: All}}, management()},
		"has no eventCategory":           {nil, []AdvancedSelector{{}}},
		"field readOnly of selector":     {nil, management(Field{Name: "readOnly"})},
		`field of selector "s" is "who"`: {nil, management(Field{Name: "who", Equals: []string{"a"}})},
	} {
		s := New("123456789012", clock.New(1), home)
		_, err := s.Select(home, FirstTrail, c.basic, c.advanced)
		require.ErrorContains(t, err, says)
		assert.True(t, s.Logs(Event{}), "the trail logs what it did")
	}
}
