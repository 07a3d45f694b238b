package main

import (
	"fmt"
	"strings"

	"aurora-dsql-dr/internal/reason"
)

// Status is what came of a question.
type Status string

// The four statuses. What could not be asked is never OK. A warning is of what goes on, and not of how the stack is
// made: it fails nothing.
const (
	OK      Status = "ok"
	Failed  Status = "failed"
	Warning Status = "warning"
	Unasked Status = "unasked"
)

// Finding is the answer to one question, of the account or of one region.
type Finding struct {
	// ID is stable; docs/doctor.md has a heading for each.
	ID     string `json:"id"`
	Region string `json:"region,omitempty"`
	Status Status `json:"status"`
	// Asked is the question, Found the answer.
	Asked string `json:"asked"`
	Found string `json:"found"`
	// Why it matters, and what to do about it: also of a good answer, so that findings can be read alone.
	Why string `json:"why"`
	Do  string `json:"do"`
	// Runbook is the page, with an anchor.
	Runbook string `json:"runbook"`
}

// answer is what a check has found, of a region or "" for the account.
type answer struct {
	region string
	status Status
	found  string
}

func good(region, format string, values ...any) answer {
	return answer{region, OK, fmt.Sprintf(format, values...)}
}

func bad(region, format string, values ...any) answer {
	return answer{region, Failed, fmt.Sprintf(format, values...)}
}

func warn(region, format string, values ...any) answer {
	return answer{region, Warning, fmt.Sprintf(format, values...)}
}

// sound is good unless there are faults, which it names.
func sound(region string, faults []string, format string, values ...any) answer {
	if len(faults) > 0 {
		return bad(region, "%s", strings.Join(faults, ", "))
	}
	return good(region, format, values...)
}

// unasked says why a question got no answer.
func unasked(region string, err error) answer { return answer{region, Unasked, reason.Of(err)} }
