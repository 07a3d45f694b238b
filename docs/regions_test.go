package docs

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/stacks/config"
)

func TestTheRegionSetsOfThePageAreThoseThatAreRefusedByName(t *testing.T) {
	_, err := config.Load(config.Values{Texts: map[string]string{
		"environment": "dev", "owner": "platform", "costCenter": "42",
		"regions": `{"primary":"us-east-1","secondary":"eu-west-1","witness":"us-west-2"}`,
	}})
	require.Error(t, err)
	_, sets, found := strings.Cut(err.Error(), "want three of ")
	require.True(t, found, err)
	page := read(t, "docs/deploying.md")
	for set := range strings.SplitSeq(sets, "; or ") {
		name, regions, _ := strings.Cut(set, ": ")
		want, got := strings.Split(regions, ", "), all(`([a-z]{2}-[a-z]+-\d)`, regexp.MustCompile(`(?m)^\| `+name+` \|.*$`).FindString(page))
		slices.Sort(want)
		slices.Sort(got)
		assert.Equal(t, want, got, name)
	}
}
