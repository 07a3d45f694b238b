package constraint

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryProblemIsInOneErrorInAWSsWords(t *testing.T) {
	var c Check
	require.NoError(t, c.Err("ValidationException"))
	c.Pattern("name", "a b", 1, 64, regexp.MustCompile(`^[a-z]+$`))
	require.EqualError(t, c.Err("ValidationException"), "ValidationException: 1 validation error detected: Value 'a b' at 'name' "+
		"failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z]+$")
	c.Length("description", strings.Repeat("é", 513), 0, 512)
	c.Length("id", "", 1, 64)
	c.Range("age", 59, 60, 61)
	c.Range("age", 62, 60, 61)
	err := c.Err("ValidationException")
	require.ErrorContains(t, err, "5 validation errors detected")
	for _, want := range []string{"at 'description' failed to satisfy constraint: Member must have length less than or equal to 512",
		"at 'id' failed to satisfy constraint: Member must have length greater than or equal to 1",
		"Value '59' at 'age' failed to satisfy constraint: Member must have value greater than or equal to 60",
		"Value '62' at 'age' failed to satisfy constraint: Member must have value less than or equal to 61"} {
		require.ErrorContains(t, err, want)
	}
}

func TestTags(t *testing.T) {
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprint(i)] = ""
	}
	for want, tags := range map[string]map[string]string{
		"51 members": many,
		"at 'tags.key' failed to satisfy constraint: Member must have length greater": {"": "v"},
		"length less than or equal to 128":                                            {strings.Repeat("k", 129): "v"},
		"length less than or equal to 256":                                            {"k": strings.Repeat("v", 257)},
		"Value 'a;b' at 'tags.k'":                                                     {"k": "a;b"},
		"not begin with aws:":                                                         {"AWS:x": "v"},
	} {
		var c Check
		c.Tags(tags)
		require.ErrorContains(t, c.Err("E"), want)
	}
	var c Check
	c.Tags(map[string]string{"cost-centre": "Zürich @ 4/7 = a+b_c.d:e", "empty": ""})
	require.NoError(t, c.Err("E"))
	assert.Equal(t, 3, PolicySize(" a\tb\n c "))
}
