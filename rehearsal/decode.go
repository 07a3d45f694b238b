package rehearsal

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/fault"
)

const (
	defaultInterval   = 15 * time.Second
	defaultHypothesis = time.Minute
	// longest bounds every time in a file.
	longest = 24 * time.Hour
)

// decoder reads a file and collects what is wrong with it.
type decoder struct {
	file     string
	places   map[string]string
	problems []problem
}

type problem struct {
	line int
	text string
}

// err is one error that lists every problem, in the file's order.
func (d *decoder) err() error {
	if len(d.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(d.problems, func(a, b problem) int { return cmp.Compare(a.line, b.line) })
	lines := []string{fmt.Sprintf("%s: %d problems:", d.file, len(d.problems))}
	if len(d.problems) == 1 {
		lines[0] = d.file + ": 1 problem:"
	}
	for _, p := range d.problems {
		lines = append(lines, fmt.Sprintf("  line %d: %s", p.line, p.text))
	}
	return errors.New(strings.Join(lines, "\n"))
}

func (d *decoder) problem(at *yaml.Node, format string, args ...any) {
	d.problems = append(d.problems, problem{at.Line, fmt.Sprintf(format, args...)})
}

// key is what may stand in a mapping.
type key struct {
	name     string
	required bool
	read     func(*yaml.Node)
}

// mapping reads a mapping that may hold these keys, each once. What names it in problems.
func (d *decoder) mapping(node *yaml.Node, what string, keys ...key) {
	if node.Kind != yaml.MappingNode {
		d.problem(node, "%s is %s: want a mapping of %s", what, kindOf(node), accepted(keys))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], resolveAlias(node.Content[i+1])
		at := slices.IndexFunc(keys, func(k key) bool { return k.name == name.Value })
		switch {
		case at < 0:
			d.problem(name, "%s has no key %q: want %s", what, name.Value, accepted(keys))
		case seen[name.Value]:
			d.problem(name, "%s has the key %q twice", what, name.Value)
		default:
			seen[name.Value] = true
			keys[at].read(value)
		}
	}
	for _, k := range keys {
		if k.required && !seen[k.name] {
			d.problem(node, "%s lacks the key %q", what, k.name)
		}
	}
}

func accepted(keys []key) string {
	var names []string
	for _, k := range keys {
		names = append(names, k.name)
	}
	return strings.Join(names, ", ")
}

// rehearsal reads a whole file.
func (d *decoder) rehearsal(text []byte) *Rehearsal {
	r := &Rehearsal{ProbeInterval: defaultInterval, Workload: WorkloadSQL, Hypothesis: defaultHypothesis, Budgets: map[Measure]Budget{}}
	document := d.document(text)
	if document == nil {
		return r
	}
	d.mapping(document, "a rehearsal",
		key{"title", true, d.text("title", &r.Title)},
		key{"proves", true, d.text("proves", &r.Proves)},
		key{"probeInterval", false, d.duration("probeInterval", &r.ProbeInterval, contract.MinProbeInterval, time.Minute)},
		key{"workload", false, func(node *yaml.Node) { d.workload(node, &r.Workload) }},
		key{"hypothesis", false, func(node *yaml.Node) {
			d.mapping(node, "hypothesis", key{"within", true, d.duration("hypothesis.within", &r.Hypothesis, time.Second, longest)})
		}},
		key{"method", true, func(node *yaml.Node) { r.Method = d.method(node) }},
		key{"watch", true, d.duration("watch", &r.Watch, time.Second, longest)},
		key{"budgets", true, func(node *yaml.Node) { d.budgets(node, r.Budgets) }},
		key{"expect", true, func(node *yaml.Node) { r.Expect = d.expectations(node) }},
	)
	return r
}

func (d *decoder) text(what string, into *string) func(*yaml.Node) {
	return func(node *yaml.Node) {
		if node.Kind != yaml.ScalarNode || strings.TrimSpace(node.Value) == "" {
			d.problem(node, "%s is %s: want text", what, kindOf(node))
			return
		}
		*into = strings.TrimSpace(node.Value)
	}
}

func (d *decoder) duration(what string, into *time.Duration, least, most time.Duration) func(*yaml.Node) {
	return func(node *yaml.Node) {
		value, err := time.ParseDuration(node.Value)
		if node.Kind != yaml.ScalarNode || err != nil || value < least || value > most {
			d.problem(node, "%s is %s: want a duration from %s to %s, such as 90s", what, kindOf(node), short(least), short(most))
			return
		}
		*into = value
	}
}

func (d *decoder) workload(node *yaml.Node, into *Workload) {
	if *into = Workload(node.Value); *into != WorkloadSQL && *into != WorkloadApplication {
		d.problem(node, "workload is %s: want %s or %s", kindOf(node), WorkloadSQL, WorkloadApplication)
	}
}

func (d *decoder) list(node *yaml.Node, what string, each func(*yaml.Node)) {
	if node.Kind != yaml.SequenceNode {
		d.problem(node, "%s is %s: want a list", what, kindOf(node))
		return
	}
	for _, item := range node.Content {
		each(resolveAlias(item))
	}
}

func (d *decoder) method(node *yaml.Node) (steps []Step) {
	d.list(node, "method", func(item *yaml.Node) { steps = append(steps, d.step(item)) })
	if !slices.ContainsFunc(steps, func(s Step) bool { return s.Fault != nil }) {
		d.problem(node, "method injects no fault")
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	return steps
}

func (d *decoder) step(node *yaml.Node) (s Step) {
	var name, deploy string
	with := map[string]string{}
	var faultAt, deployAt, untilAt, withinAt, withAt *yaml.Node
	remember := func(at **yaml.Node, read func(*yaml.Node)) func(*yaml.Node) {
		return func(node *yaml.Node) {
			*at = node
			read(node)
		}
	}
	d.mapping(node, "a step",
		key{"at", true, d.duration("at", &s.At, 0, longest)},
		key{"fault", false, remember(&faultAt, d.text("fault", &name))},
		key{"with", false, remember(&withAt, func(node *yaml.Node) { d.parameters(node, with) })},
		key{"until", false, remember(&untilAt, d.duration("until", &s.Until, 0, longest))},
		key{"deploy", false, remember(&deployAt, d.text("deploy", &deploy))},
		key{"within", false, remember(&withinAt, d.duration("within", &s.Within, time.Second, longest))},
	)
	switch {
	case node.Kind != yaml.MappingNode:
	case (faultAt == nil) == (deployAt == nil):
		d.problem(node, "a step has either a fault or a deploy")
	case faultAt != nil:
		d.fault(faultAt, &s, fault.Spec{Name: name, With: with})
		if untilAt == nil {
			d.problem(node, `a step with a fault lacks the key "until": when it is undone`)
		} else if s.Until <= s.At {
			d.problem(untilAt, "until is %s, which is not after at, %s", short(s.Until), short(s.At))
		}
		d.misplaced(withinAt, "within belongs to a deploy")
	default:
		kinds := []Deployment{DeployRefused, DeploySurvivor, DeployComplete}
		if s.Deploy = Deployment(deploy); !slices.Contains(kinds, s.Deploy) {
			d.problem(deployAt, "deploy is %q: want %s, %s or %s", deploy, kinds[0], kinds[1], kinds[2])
		}
		if withinAt == nil {
			d.problem(node, `a step with a deploy lacks the key "within": how long it may take`)
		}
		d.misplaced(untilAt, "until belongs to a fault")
		d.misplaced(withAt, "with belongs to a fault")
	}
	return s
}

func (d *decoder) misplaced(node *yaml.Node, text string) {
	if node != nil {
		d.problem(node, "%s", text)
	}
}

func (d *decoder) fault(node *yaml.Node, s *Step, spec fault.Spec) {
	s.Fault = &spec
	err := fault.Check(spec, d.places)
	if err == nil {
		return
	}
	for text := range strings.SplitSeq(err.Error(), "\n") {
		d.problem(node, "%s", text)
	}
}

func (d *decoder) parameters(node *yaml.Node, into map[string]string) {
	if node.Kind != yaml.MappingNode {
		d.problem(node, "with is %s: want a mapping of the fault's parameters", kindOf(node))
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		value := resolveAlias(node.Content[i+1])
		if value.Kind != yaml.ScalarNode {
			d.problem(value, "parameter %q is %s: want text", node.Content[i].Value, kindOf(value))
			continue
		}
		into[node.Content[i].Value] = value.Value
	}
}

func (d *decoder) budgets(node *yaml.Node, into map[Measure]Budget) {
	var keys []key
	for _, m := range Measures {
		keys = append(keys, key{string(m), true, func(node *yaml.Node) {
			switch node.Value {
			case "never":
				into[m] = Budget{Never: true}
			case "unjudged":
				into[m] = Budget{Unjudged: true}
			default:
				d.budget(node, m, into)
			}
		}})
	}
	d.mapping(node, "budgets", keys...)
}

func (d *decoder) budget(node *yaml.Node, m Measure, into map[Measure]Budget) {
	within, err := time.ParseDuration(node.Value)
	if node.Kind != yaml.ScalarNode || err != nil || within <= 0 || within > longest {
		d.problem(node, "budgets.%s is %s: want a duration such as 60s, never, or unjudged", m, kindOf(node))
		return
	}
	into[m] = Budget{Within: within}
}

func (d *decoder) expectations(node *yaml.Node) (all []Expectation) {
	d.list(node, "expect", func(item *yaml.Node) { all = append(all, d.expectation(item)) })
	return all
}

func (d *decoder) expectation(node *yaml.Node) Expectation {
	e := Expectation{AtLeast: 1, AtMost: 1}
	var kind string
	var times *yaml.Node
	d.mapping(node, "an expected message",
		key{"message", true, d.text("message", &kind)},
		key{"endpoint", false, d.region("endpoint", &e.Endpoint)},
		key{"alarm", false, d.text("alarm", &e.Alarm)},
		key{"from", false, func(node *yaml.Node) {
			d.list(node, "from", func(item *yaml.Node) {
				var region string
				d.region("from", &region)(item)
				e.From = append(e.From, region)
			})
		}},
		key{"times", false, func(node *yaml.Node) { times = node }},
	)
	if times != nil {
		d.times(times, &e)
	}
	for place, region := range d.places { // the names of places stand for their regions in names of alarms, too
		e.Alarm = strings.ReplaceAll(e.Alarm, "{"+place+"}", region)
	}
	e.Message = Kind(kind)
	alert, alarm := slices.Contains(alertKinds, e.Message), slices.Contains(alarmKinds, e.Message)
	switch {
	case node.Kind != yaml.MappingNode || kind == "":
	case !alert && !alarm:
		d.problem(node, "message is %q: want one of %s", kind, joined(slices.Concat(alertKinds, alarmKinds)))
	case alert && e.Endpoint == "":
		d.problem(node, `an expected message %q lacks the key "endpoint"`, kind)
	case alarm && e.Alarm == "":
		d.problem(node, `an expected message %q lacks the key "alarm": a part of its name`, kind)
	case alert && e.Alarm != "" || alarm && e.Endpoint != "":
		d.problem(node, "endpoint belongs to %s, alarm to %s", joined(alertKinds), joined(alarmKinds))
	}
	return e
}

func joined(kinds []Kind) string {
	var all []string
	for _, k := range kinds {
		all = append(all, string(k))
	}
	return strings.Join(all, ", ")
}

// region reads a place of the stack or the name of its region.
func (d *decoder) region(what string, into *string) func(*yaml.Node) {
	return func(node *yaml.Node) {
		if region, ok := d.places[node.Value]; ok {
			*into = region
			return
		}
		if !slices.Contains(slices.Collect(maps.Values(d.places)), node.Value) {
			d.problem(node, "%s is %s: want %s", what, kindOf(node), strings.Join(slices.Sorted(maps.Keys(d.places)), ", "))
			return
		}
		*into = node.Value
	}
}

// times reads how often a message comes: "2", or "0-3".
func (d *decoder) times(node *yaml.Node, e *Expectation) {
	least, most, ranged := strings.Cut(node.Value, "-")
	if !ranged {
		most = least
	}
	low, err1 := strconv.Atoi(least)
	high, err2 := strconv.Atoi(most)
	if err1 != nil || err2 != nil || low < 0 || high < max(low, 1) {
		d.problem(node, "times is %s: want a number such as 2, or a range such as 0-3", kindOf(node))
		return
	}
	e.AtLeast, e.AtMost = low, high
}
