// Package constraint checks values against the lengths, ranges and patterns that an AWS API documents, and words the
// refusal as AWS does.
package constraint

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"aurora-dsql-dr/sandbox/awserr"
)

// Tags that every service takes ("Tagging AWS resources", AWS General Reference).
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

var tagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// Check collects what is wrong with the members of a request. The zero value is ready.
type Check struct{ problems []string }

func (c *Check) fail(value, member, want string) {
	c.problems = append(
		c.problems,
		fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: Member must %s", value, member, want),
	)
}

// Length wants a text of so many characters.
func (c *Check) Length(member, value string, least, most int) {
	switch n := utf8.RuneCountInString(value); {
	case n < least:
		c.fail(value, member, fmt.Sprintf("have length greater than or equal to %d", least))
	case n > most:
		c.fail(short(value), member, fmt.Sprintf("have length less than or equal to %d", most))
	}
}

// Pattern wants a text of so many characters that matches.
func (c *Check) Pattern(member, value string, least, most int, pattern *regexp.Regexp) {
	c.Length(member, value, least, most)
	if value != "" && !pattern.MatchString(value) {
		c.fail(short(value), member, "satisfy regular expression pattern: "+pattern.String())
	}
}

// Range wants a number from least to most.
func (c *Check) Range(member string, value, least, most int) {
	switch {
	case value < least:
		c.fail(fmt.Sprint(value), member, fmt.Sprintf("have value greater than or equal to %d", least))
	case value > most:
		c.fail(fmt.Sprint(value), member, fmt.Sprintf("have value less than or equal to %d", most))
	}
}

// Count wants a collection of at most so many.
func (c *Check) Count(member string, n, most int) {
	if n > most {
		c.fail(fmt.Sprintf("%d members", n), member, fmt.Sprintf("have length less than or equal to %d", most))
	}
}

// Tags wants at most 50 tags whose keys and values AWS takes and whose keys are not AWS's own.
func (c *Check) Tags(tags map[string]string) {
	c.Count("tags", len(tags), maxTags)
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		c.Pattern("tags.key", key, 1, maxTagKey, tagText)
		c.Pattern("tags."+short(key), tags[key], 0, maxTagValue, tagText)
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			c.fail(short(key), "tags.key", "not begin with aws:, which is reserved")
		}
	}
}

// Err is one error with the service's code for every problem, nil for none.
func (c *Check) Err(code string) error {
	switch n := len(c.problems); n {
	case 0:
		return nil
	case 1:
		return awserr.Invalid(code, "1 validation error detected: %s", c.problems[0])
	default:
		return awserr.Invalid(code, "%d validation errors detected: %s", n, strings.Join(c.problems, "; "))
	}
}

// short cuts a text that is too long to be read.
func short(text string) string {
	const most = 60
	text = strings.ToValidUTF8(text, "?")
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

// PolicySize is a policy's length in characters as AWS counts it where white space is free (IAM User Guide, "IAM and
// STS quotas").
func PolicySize(document string) (size int) {
	for _, r := range document {
		if !unicode.IsSpace(r) {
			size++
		}
	}
	return size
}
