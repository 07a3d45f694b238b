package events

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/constraint"
	"aurora-dsql-dr/sandbox/region"
)

// What EventBridge takes (EventBridge API Reference, PutRule, PutTargets, Target, InputTransformer, CreateEventBus,
// CreateArchive, StartReplay; EventBridge User Guide, "Amazon EventBridge quotas"). Lengths are in characters.
const (
	maxRuleName    = 64
	maxBusName     = 256
	maxArchiveName = 48
	maxReplayName  = 64
	maxDescription = 512
	maxSchedule    = 256
	maxTargetID    = 64
	maxARN         = 1600
	maxInput       = 8192 // also of an input template
	maxInputPath   = 256
	maxInputPaths  = 100
	maxTargets     = 5 // of a rule
	validation     = "ValidationException"
)

// Quotas of a region ("Amazon EventBridge quotas", EventBridge User Guide): rules are those on a bus, the size of a
// pattern is in characters.
var (
	BusQuota     = region.Quota{Code: "L-658A4FD9", Name: "Event buses", Default: 100}
	RuleQuota    = region.Quota{Code: "L-244521F2", Name: "Number of rules", Default: 300}
	PatternQuota = region.Quota{Code: "L-664C5505", Name: "Event pattern size", Default: 2048}
)

var (
	nameForm     = regexp.MustCompile(`^[.\-_A-Za-z0-9]+$`)
	busForm      = regexp.MustCompile(`^[.\-_A-Za-z0-9]+$`) // a slash is for partners' buses
	variableKey  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	stateAllowed = []string{"ENABLED", "DISABLED"}
)

func (r Rule) check() error {
	var c constraint.Check
	c.Pattern("name", r.Name, 1, maxRuleName, nameForm)
	c.Length("description", r.Description, 0, maxDescription)
	c.Length("scheduleExpression", r.ScheduleExpression, 0, maxSchedule)
	c.Tags(r.Tags)
	if err := c.Err(validation); err != nil {
		return err
	}
	if !slices.Contains(stateAllowed, r.State) {
		return awserr.Invalid(validation, "state %q: want %s", r.State, strings.Join(stateAllowed, " or "))
	}
	return nil
}

func (b Bus) check() error {
	var c constraint.Check
	c.Pattern("name", b.Name, 1, maxBusName, busForm)
	c.Length("description", b.Description, 0, maxDescription)
	c.Tags(b.Tags)
	return c.Err(validation)
}

func (a Archive) check() error {
	var c constraint.Check
	c.Pattern("archiveName", a.Name, 1, maxArchiveName, nameForm)
	c.Length("description", a.Description, 0, maxDescription)
	c.Range("retentionDays", a.RetentionDays, 0, 1<<31-1)
	return c.Err(validation)
}

func (r Replay) check() error {
	var c constraint.Check
	c.Pattern("replayName", r.Name, 1, maxReplayName, nameForm)
	c.Length("description", r.Description, 0, maxDescription)
	if err := c.Err(validation); err != nil {
		return err
	}
	if !r.From.Before(r.To) {
		return awserr.Invalid(
			validation,
			"Parameter EventStartTime is not valid. Reason: EventStartTime must be before EventEndTime.",
		)
	}
	return nil
}

// checkLengths checks a target's texts by themselves.
func (t Target) checkLengths() error {
	var c constraint.Check
	c.Pattern("targets.1.member.id", t.TargetID, 1, maxTargetID, nameForm)
	c.Length("targets.1.member.arn", t.Arn, 1, maxARN)
	c.Length("targets.1.member.roleArn", t.RoleArn, 0, maxARN)
	c.Length("targets.1.member.input", t.Input, 0, maxInput)
	c.Length("targets.1.member.inputPath", t.InputPath, 0, maxInputPath)
	if i := t.InputTransformer; i != nil {
		c.Length("targets.1.member.inputTransformer.inputTemplate", i.InputTemplate, 1, maxInput)
		c.Range("number of targets.1.member.inputTransformer.inputPathsMap", len(i.InputPaths), 0, maxInputPaths)
		for _, name := range slices.Sorted(maps.Keys(i.InputPaths)) {
			c.Pattern("targets.1.member.inputTransformer.inputPathsMap.key", name, 1, maxInputPath, variableKey)
			c.Length("targets.1.member.inputTransformer.inputPathsMap."+name, i.InputPaths[name], 1, maxInputPath)
		}
	}
	return c.Err(validation)
}

// limitExceeded is AWS's answer above a quota.
func limitExceeded(what string, quota int) error {
	return awserr.Invalid(
		"LimitExceededException",
		"The requested resource exceeds the maximum number allowed: %d %s.",
		quota,
		what,
	)
}
