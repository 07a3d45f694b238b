package sqs

import (
	"regexp"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// What SQS takes (SQS API Reference, CreateQueue; SQS Developer Guide, "Amazon SQS policy quotas").
const (
	maxPolicy     = 8192 // bytes
	maxStatements = 20
	maxConditions = 10
)

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// check refuses a complete queue that CreateQueue refuses.
func (q Queue) check() error {
	if !queueName.MatchString(q.Name) {
		return awserr.Invalid(
			"InvalidParameterValue",
			"Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
		)
	}
	for _, attribute := range []struct {
		name        string
		value       int
		least, most int
	}{
		{"MessageRetentionPeriod", *q.MessageRetentionSeconds, 60, 1_209_600},
		{"VisibilityTimeout", *q.VisibilityTimeoutSeconds, 0, 43_200},
		{"MaximumMessageSize", *q.MaxMessageSize, 1024, 1 << 20},
		{"ReceiveMessageWaitTimeSeconds", *q.ReceiveWaitTimeSeconds, 0, 20},
	} {
		if attribute.value < attribute.least || attribute.value > attribute.most {
			return awserr.Invalid("InvalidAttributeValue", "Invalid value for the parameter %s: %d: want %d to %d.",
				attribute.name, attribute.value, attribute.least, attribute.most)
		}
	}
	var c constraint.Check
	c.Tags(q.Tags)
	return c.Err("InvalidParameterValue")
}

// checkPolicy refuses a policy above the quotas.
func checkPolicy(document string, policy *iam.Policy) error {
	for _, quota := range []struct {
		what        string
		count, most int
	}{
		{"bytes", len(document), maxPolicy},
		{"statements", policy.Statements(), maxStatements},
		{"conditions", policy.Conditions(), maxConditions},
	} {
		if quota.count > quota.most {
			return awserr.Invalid(
				"InvalidAttributeValue",
				"Invalid value for the parameter Policy: it has %d %s, the quota is %d.",
				quota.count,
				quota.what,
				quota.most,
			)
		}
	}
	return nil
}
