package sns

import (
	"regexp"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// maxPolicy is the size of a topic's policy, in bytes (SNS API Reference, SetTopicAttributes: 30 KB).
const maxPolicy = 30 << 10

// topicName is what CreateTopic takes (SNS API Reference, CreateTopic).
var topicName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

// check refuses a complete topic that CreateTopic refuses.
func (t Topic) check() error {
	switch {
	case !topicName.MatchString(t.Name):
		return awserr.Invalid("InvalidParameter", "Invalid parameter: Topic Name")
	case len(t.Policy) > maxPolicy:
		return awserr.Invalid(
			"InvalidParameter",
			"Invalid parameter: Policy Error: it has %d bytes, at most %d are accepted",
			len(t.Policy),
			maxPolicy,
		)
	}
	var c constraint.Check
	c.Tags(t.Tags)
	return c.Err("InvalidParameter")
}
