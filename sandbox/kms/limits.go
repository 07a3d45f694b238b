package kms

import (
	"regexp"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// What KMS takes (KMS API Reference, CreateKey, CreateAlias; KMS Developer Guide, "Resource quotas").
const (
	maxPolicy      = 32 << 10 // bytes
	maxDescription = 8192
	maxAlias       = 256
)

var aliasForm = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]+$`)

func (k Key) check() error {
	var c constraint.Check
	c.Length("description", k.Description, 0, maxDescription)
	c.Tags(k.Tags)
	if err := c.Err("ValidationException"); err != nil {
		return err
	}
	if len(k.Policy) > maxPolicy {
		return awserr.Invalid(
			"LimitExceededException",
			"The key policy has %d bytes; the quota \"key policy document size\" is %d.",
			len(k.Policy),
			maxPolicy,
		)
	}
	return nil
}

func (a Alias) check() error {
	var c constraint.Check
	c.Pattern("aliasName", a.Name, 1, maxAlias, aliasForm)
	return c.Err("ValidationException")
}
