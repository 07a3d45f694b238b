package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/must"
)

var (
	pathForm     = regexp.MustCompile(`^\$(?:\.[A-Za-z0-9_-]+|\[\d+\])*$`)
	pathStep     = regexp.MustCompile(`\.[A-Za-z0-9_-]+|\[\d+\]`)
	variableForm = regexp.MustCompile(`<([A-Za-z0-9_.-]+)>`)
)

// reserved are the variables a template may use without declaring them.
var reserved = []string{"aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.json"}

// checkTarget refuses what PutTargets refuses, all problems at once.
func (s *Service) checkTarget(t Target) error {
	problems := []error{t.checkLengths()}
	report := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	service := ""
	if parts := strings.SplitN(t.Arn, ":", 6); len(parts) == 6 {
		service = parts[2]
	}
	report(
		!slices.Contains([]string{"lambda", "sns", "sqs", "events"}, service),
		"arn %q: the sandbox models functions, topics, queues and buses",
		t.Arn,
	)
	inputs := 0
	for _, given := range []bool{t.Input != "", t.InputPath != "", t.InputTransformer != nil} {
		if given {
			inputs++
		}
	}
	report(inputs > 1, "only one of input, inputPath and inputTransformer is accepted")
	report(t.Input != "" && !json.Valid([]byte(t.Input)), "input: not JSON")
	report(
		t.InputPath != "" && !pathForm.MatchString(t.InputPath),
		"inputPath %q: want $.name.name[0]",
		t.InputPath,
	)
	if transformer := t.InputTransformer; transformer != nil {
		for name, path := range transformer.InputPaths {
			report(!pathForm.MatchString(path), "inputPaths %s is %q: want $.name.name[0]", name, path)
		}
		for _, match := range variableForm.FindAllStringSubmatch(transformer.InputTemplate, -1) {
			_, declared := transformer.InputPaths[match[1]]
			report(!declared && !slices.Contains(reserved, match[1]), "inputTemplate: <%s> is not in inputPaths", match[1])
		}
	}
	if retry := t.RetryPolicy; retry != nil {
		report(!within(retry.MaximumRetryAttempts, 0, 185), "maximumRetryAttempts: want 0 to 185")
		report(!within(retry.MaximumEventAgeInSeconds, 60, 86400), "maximumEventAgeInSeconds: want 60 to 86400")
	}
	if service == "events" {
		problems = append(problems, s.checkBusTarget(t, inputs > 0))
	} else {
		report(t.RoleArn != "", "roleArn: the sandbox models it for buses only")
	}
	if err := errors.Join(problems...); err != nil {
		return awserr.Invalid("ValidationException", "Target %s of rule %s: %v", t.TargetID, t.Rule, err)
	}
	return nil
}

// checkBusTarget refuses what PutTargets refuses for a bus: it gets the event as it is, for 24 hours.
func (s *Service) checkBusTarget(t Target, transformed bool) error {
	var problems []error
	if at := regionOf(t.Arn); at == s.env.Name || s.deps.Peer(at) == nil {
		problems = append(problems, fmt.Errorf("arn %q: the sandbox models buses of the account's other regions", t.Arn))
	}
	if t.RoleArn == "" {
		problems = append(problems, errors.New("roleArn is required for a bus in another region"))
	}
	if transformed {
		problems = append(problems, errors.New("input, inputPath and inputTransformer are not supported for a bus"))
	}
	if t.RetryPolicy != nil {
		problems = append(problems, errors.New("retryPolicy is not supported for a bus"))
	}
	return errors.Join(problems...)
}

func regionOf(arn string) string { return strings.SplitN(arn, ":", 5)[3] }

func within(value *int, low, high int) bool { return value == nil || *value >= low && *value <= high }

// input is what the target receives for an event.
func (t Target) input(rule Rule, event []byte) []byte {
	switch {
	case t.Input != "":
		return []byte(t.Input)
	case t.InputPath != "":
		return must.JSON(lookUp(event, t.InputPath))
	case t.InputTransformer != nil:
		return t.InputTransformer.apply(rule, event)
	default:
		return event
	}
}

// lookUp follows a path; what is not there is null.
func lookUp(event []byte, path string) any {
	var value any = parse(event)
	for _, step := range pathStep.FindAllString(path, -1) {
		if name, ok := strings.CutPrefix(step, "."); ok {
			object, _ := value.(map[string]any)
			value = object[name]
			continue
		}
		list, _ := value.([]any)
		index, _ := strconv.Atoi(strings.Trim(step, "[]"))
		if value = nil; index < len(list) {
			value = list[index]
		}
	}
	return value
}

// apply fills in the template. Within quotes a variable stands for text, outside for a JSON value. The result may be no
// JSON.
func (i InputTransformer) apply(rule Rule, event []byte) []byte {
	var out strings.Builder
	last := 0
	for _, at := range variableForm.FindAllStringSubmatchIndex(i.InputTemplate, -1) {
		out.WriteString(i.InputTemplate[last:at[0]])
		value := i.value(i.InputTemplate[at[2]:at[3]], rule, event)
		if inQuotes(i.InputTemplate[:at[0]]) {
			out.WriteString(asText(value))
		} else {
			out.Write(must.JSON(value))
		}
		last = at[1]
	}
	out.WriteString(i.InputTemplate[last:])
	return []byte(out.String())
}

func (i InputTransformer) value(variable string, rule Rule, event []byte) any {
	switch variable {
	case "aws.events.rule-arn":
		return rule.Arn
	case "aws.events.rule-name":
		return rule.Name
	case "aws.events.event.json":
		return json.RawMessage(event)
	default:
		return lookUp(event, i.InputPaths[variable])
	}
}

func inQuotes(text string) bool {
	return strings.Count(strings.ReplaceAll(text, `\"`, ""), `"`)%2 == 1
}

// asText is a value within quotes: a string as it is, anything else as JSON, and nothing for what the event does not
// have. Nothing is escaped, so that a quotation mark in it leaves no JSON ("Amazon EventBridge input transformation"
// says so of the event itself: "you can only use it as a value for a JSON field, because its contents aren't escaped").
func asText(value any) string {
	if value == nil {
		return ""
	}
	if text, ok := value.(string); ok {
		return text
	}
	return string(must.JSON(value))
}
