package iam

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestGlobs(t *testing.T) {
	for pattern, values := range map[string]map[string]bool{
		"":        {"": true, "a": false},
		"*":       {"": true, "abc": true},
		"a*c":     {"ac": true, "abbc": true, "ab": false, "acb": false},
		"a?c":     {"abc": true, "ac": false},
		"*b*":     {"abc": true, "b": true, "ac": false},
		"a*b*c":   {"abbbc": true, "aXbXcXc": true, "acb": false},
		"**?":     {"": false, "a": true},
		"abc":     {"ab": false, "abc": true, "abcd": false},
		"ab*ab*b": {"ababab": true, "abab": false, "abxabyb": true},
		"*ab":     {"aab": true, "aba": false},
	} {
		for value, want := range values {
			assert.Equal(t, want, glob(pattern, value), "%q with %q", value, pattern)
		}
	}
}

// A pattern of many stars once took longer than anybody waits.
func TestNoPatternTakesLong(t *testing.T) {
	assert.False(t, glob(strings.Repeat("*a", 30)+"*b", strings.Repeat("a", 10_000)))
}
