package stepfunctions

import (
	"regexp"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// What Step Functions takes (API Reference; Developer Guide, "Quotas").
const (
	maxName       = 80
	maxDefinition = 1 << 20   // bytes
	maxData       = 256 << 10 // bytes, of an input, an output or a result
	maxEvents     = 25_000    // of an execution's history
	maxError      = 256
	maxCause      = 32_768

	// longest is how long an execution may last, and kept how long one that has ended is known and its name is taken.
	longest = 365 * 24 * time.Hour
	kept    = 90 * 24 * time.Hour
)

// Values of a machine.
const (
	standard = "STANDARD"
	off      = "OFF"
)

// nameForm leaves out white space, brackets, wildcards, special and control characters.
var nameForm = regexp.MustCompile(`^[^\s<>{}\[\]?*"#%\\^|~` + "`" + `$&,;:/\x00-\x1f\x7f-\x{9f}\x{fffe}\x{ffff}]+$`)

func (m Machine) withDefaults() Machine {
	if m.Type == "" {
		m.Type = standard
	}
	logging, tracing := Logging{}, Tracing{}
	if m.Logging != nil {
		logging = *m.Logging
	}
	if logging.Level == "" {
		logging.Level = off
	}
	if m.Tracing != nil {
		tracing = *m.Tracing
	}
	m.Logging, m.Tracing = &logging, &tracing
	return m
}

func (m Machine) check() error {
	if err := checkName(m.Name); err != nil {
		return err
	}
	var c constraint.Check
	c.Range("length of definition", len(m.Definition), 1, maxDefinition)
	c.Length("roleArn", m.RoleArn, 1, 256)
	c.Tags(m.Tags)
	if err := c.Err("ValidationException"); err != nil {
		return err
	}
	switch {
	case m.Type != standard:
		return awserr.Invalid("ValidationException", "type is %q: the sandbox models %s", m.Type, standard)
	case m.Publish:
		return awserr.Invalid("ValidationException", "publish is true: the sandbox does not model versions")
	case m.Logging.Level != off:
		return awserr.Invalid("InvalidLoggingConfiguration", "the log level is %q: the sandbox models %s", m.Logging.Level,
			off)
	default:
		return nil
	}
}

// checkName checks the name of a machine or an execution.
func checkName(name string) error {
	var c constraint.Check
	c.Length("name", name, 1, maxName)
	if err := c.Err("ValidationException"); err != nil {
		return err
	}
	if !nameForm.MatchString(name) {
		return awserr.Invalid("InvalidName", "Invalid Name: '%s'", name)
	}
	return nil
}

func checkARN(arn string) error {
	if !strings.HasPrefix(arn, "arn:") {
		return awserr.Invalid("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: %s'", arn)
	}
	return nil
}
