package script

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
	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
)

const (
	defaultInterval   = 15 * time.Second
	defaultHypothesis = time.Minute
	// longest bounds every time in a file.
	longest = 24 * time.Hour
)

// decoder reads a file and collects what is wrong with it: first what its grammar refuses, then what no grammar can
// say.
type decoder struct {
	file     string
	places   map[string]string
	root     *yaml.Node
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
	slices.SortFunc(d.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.line, b.line), strings.Compare(a.text, b.text))
	})
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

// document is a file as YAML has it. What the program checks itself is a node, whose line it can tell.
type document struct {
	Title         string    `yaml:"title"`
	Proves        string    `yaml:"proves"`
	ProbeInterval yaml.Node `yaml:"probeInterval"`
	Workload      Workload  `yaml:"workload"`
	Backups       bool      `yaml:"backups"`
	Calendar      float64   `yaml:"calendar"`
	Hypothesis    struct {
		Within yaml.Node `yaml:"within"`
	} `yaml:"hypothesis"`
	Method  []stepText            `yaml:"method"`
	Watch   yaml.Node             `yaml:"watch"`
	Budgets map[Measure]yaml.Node `yaml:"budgets"`
	Expect  []expectationText     `yaml:"expect"`
}

type stepText struct {
	At     yaml.Node         `yaml:"at"`
	Fault  yaml.Node         `yaml:"fault"`
	With   map[string]string `yaml:"with"`
	Until  yaml.Node         `yaml:"until"`
	Deploy Deployment        `yaml:"deploy"`
	Within yaml.Node         `yaml:"within"`

	Withdraw yaml.Node `yaml:"withdraw"`
	Return   yaml.Node `yaml:"return"`
	Act      yaml.Node `yaml:"act"`
	Region   yaml.Node `yaml:"region"`
}

type expectationText struct {
	Message  chronicle.Kind `yaml:"message"`
	Endpoint yaml.Node      `yaml:"endpoint"`
	Alarm    string         `yaml:"alarm"`
	From     []yaml.Node    `yaml:"from"`
	Times    yaml.Node      `yaml:"times"`
}

// rehearsal reads a whole file.
func (d *decoder) rehearsal(text []byte) *Rehearsal {
	r := &Rehearsal{
		ProbeInterval: defaultInterval,
		Workload:      WorkloadSQL,
		Calendar:      1,
		Hypothesis:    defaultHypothesis,
		Budgets:       map[Measure]Budget{},
	}
	if d.root = d.document(text); d.root == nil {
		return r
	}
	d.unique(d.root)
	var value any
	if err := d.root.Decode(&value); err != nil {
		d.syntax(err)
		return r
	}
	d.validate(plain(value))
	doc := document{Workload: r.Workload, Calendar: r.Calendar}
	_ = d.root.Decode(&doc) // what is of the wrong kind stays empty: the grammar has refused it
	d.read(doc, r)
	return r
}

func (d *decoder) read(doc document, r *Rehearsal) {
	r.Title = strings.TrimSpace(doc.Title)
	r.Proves = strings.TrimSpace(doc.Proves)
	r.Workload, r.Backups, r.Calendar = doc.Workload, doc.Backups, doc.Calendar
	d.duration(&doc.ProbeInterval, "probeInterval", &r.ProbeInterval, contract.MinProbeInterval, time.Minute)
	d.duration(&doc.Hypothesis.Within, "hypothesis.within", &r.Hypothesis, time.Second, longest)
	d.duration(&doc.Watch, "watch", &r.Watch, time.Second, longest)
	for _, s := range doc.Method {
		r.Method = append(r.Method, d.step(s))
		if !s.Act.IsZero() && !r.Backups {
			d.problem(resolveAlias(&s.Act), "act is %s: want it with backups: true only", kindOf(resolveAlias(&s.Act)))
		}
	}
	slices.SortStableFunc(r.Method, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	for m, node := range doc.Budgets {
		r.Budgets[m] = d.budget(m, &node)
	}
	for _, e := range doc.Expect {
		r.Expect = append(r.Expect, d.expectation(e))
	}
}

// duration reads a duration within bounds; one that is none the grammar has refused.
func (d *decoder) duration(node *yaml.Node, what string, into *time.Duration, least, most time.Duration) {
	node = resolveAlias(node)
	value, err := time.ParseDuration(node.Value)
	if err != nil || strings.HasPrefix(node.Value, "-") {
		return
	}
	if value < least || value > most {
		d.problem(node, "%s is %s: want a duration from %s to %s", what, kindOf(node), Short(least), Short(most))
		return
	}
	*into = value
}

func (d *decoder) step(text stepText) (s Step) {
	d.duration(&text.At, "at", &s.At, 0, longest)
	d.duration(&text.Until, "until", &s.Until, 0, longest)
	d.duration(&text.Within, "within", &s.Within, time.Second, longest)
	s.Withdraw = d.region("withdraw", &text.Withdraw)
	s.Return = d.region("return", &text.Return)
	s.Region = d.region("region", &text.Region)
	s.Act = Act(resolveAlias(&text.Act).Value)
	if !text.Until.IsZero() && text.Deploy == "" && text.Return.IsZero() && s.Until <= s.At {
		d.problem(resolveAlias(&text.Until), "until is %s, which is not after at, %s", Short(s.Until), Short(s.At))
	}
	if text.Fault.IsZero() {
		s.Deploy = text.Deploy
		return s
	}
	node := resolveAlias(&text.Fault)
	s.Fault = &fault.Spec{Name: node.Value, With: text.With}
	if s.Fault.With == nil {
		s.Fault.With = map[string]string{}
	}
	d.fault(node, *s.Fault)
	return s
}

// fault checks the parameters of a fault that there is.
func (d *decoder) fault(node *yaml.Node, spec fault.Spec) {
	if !slices.ContainsFunc(fault.Catalogue(), func(f fault.Fault) bool { return f.Name == spec.Name }) {
		return
	}
	if err := fault.Check(spec, d.places); err != nil {
		for text := range strings.SplitSeq(err.Error(), "\n") {
			d.problem(node, "%s", text)
		}
	}
}

func (d *decoder) budget(m Measure, node *yaml.Node) (b Budget) {
	switch text := resolveAlias(node).Value; text {
	case "never":
		b.Never = true
	case "unjudged":
		b.Unjudged = true
	default:
		d.duration(node, "budgets."+string(m), &b.Within, time.Millisecond, longest)
	}
	return b
}

func (d *decoder) expectation(text expectationText) Expectation {
	e := Expectation{
		Message:  text.Message,
		Endpoint: d.region("endpoint", &text.Endpoint),
		Alarm:    strings.TrimSpace(text.Alarm),
		AtLeast:  1,
		AtMost:   1,
	}
	for place, region := range d.places { // the names of places stand for their regions in names of alarms, too
		e.Alarm = strings.ReplaceAll(e.Alarm, "{"+place+"}", region)
	}
	for _, node := range text.From {
		e.From = append(e.From, d.region("from", &node))
	}
	d.times(resolveAlias(&text.Times), &e)
	return e
}

// region is a region by its place in the stack, or by its name.
func (d *decoder) region(what string, node *yaml.Node) string {
	node = resolveAlias(node)
	if region, ok := d.places[node.Value]; ok {
		return region
	}
	if node.Kind == yaml.ScalarNode && !slices.Contains(slices.Collect(maps.Values(d.places)), node.Value) {
		places := strings.Join(slices.Sorted(maps.Keys(d.places)), ", ")
		d.problem(node, "%s is %s: want %s, or the name of one's region", what, kindOf(node), places)
	}
	return node.Value
}

// times reads how often a message comes: "2", or "0-3".
func (d *decoder) times(node *yaml.Node, e *Expectation) {
	least, most, ranged := strings.Cut(node.Value, "-")
	if !ranged {
		most = least
	}
	low, err1 := strconv.Atoi(least)
	high, err2 := strconv.Atoi(most)
	if err1 != nil || err2 != nil || low < 0 {
		return // nothing is given, or the grammar has refused it
	}
	if high < max(low, 1) {
		d.problem(node, "times is %s: want at least 1, and in a range the lower number first, such as 0-3", kindOf(node))
		return
	}
	e.AtLeast, e.AtMost = low, high
}
