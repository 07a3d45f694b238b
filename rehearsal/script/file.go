// Package script is the files that describe rehearsals: what is done to the stack, how long what follows may take, and
// what people are to be told.
package script

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
)

// Rehearsal is one file. All times are sandbox time.
type Rehearsal struct {
	// Name is the file's, without ".yaml".
	Name string `json:"name"`
	// Title says in a sentence what happens, Proves what follows if it passes.
	Title  string `json:"title"`
	Proves string `json:"proves"`
	// ProbeInterval is the stack's; 15 s by default.
	ProbeInterval time.Duration `json:"-"`
	// Workload is what the clients write to; WorkloadSQL by default.
	Workload Workload `json:"workload"`
	// Backups tells whether recovery points are kept, and Calendar how many times faster than the clock daily and weekly
	// schedules go; 1 by default.
	Backups  bool    `json:"backups,omitempty"`
	Calendar float64 `json:"calendar,omitempty"`
	// Hypothesis bounds the time until the steady state holds, before the method and after it; a minute by default.
	Hypothesis time.Duration `json:"-"`
	// Method are the steps, with times counted from its start.
	Method []Step `json:"-"`
	// Watch is how long the stack is observed after the last step has ended.
	Watch time.Duration `json:"-"`
	// Budgets are by Measure; every one of Measures has one.
	Budgets map[Measure]Budget `json:"-"`
	// Expect are the messages that people are to get. Every other that pages is false.
	Expect []Expectation `json:"-"`
}

// Workload is what the clients of a rehearsal write to.
type Workload string

// The workloads.
const (
	// WorkloadSQL is a table of the workload's own, by SQL at the regional endpoints.
	WorkloadSQL Workload = "sql"
	// WorkloadApplication is the distributed application by its regional APIs, which is deployed for it. Afterwards its
	// events are looked for as its rows are.
	WorkloadApplication Workload = "application"
	// WorkloadName is the same application by the one name that traffic routing gives it, which is deployed as well, and
	// by clients that know nothing else.
	WorkloadName Workload = "name"
)

// Step is one thing that is done: a fault, a deployment, or an operator's act.
type Step struct {
	At time.Duration
	// Until is when the fault is undone, or the withdrawal expires.
	Until time.Duration
	// Fault is the fault to inject; nil for another step.
	Fault *fault.Spec
	// Deploy is the kind of deployment and Within what bounds it; "" for another step.
	Deploy Deployment
	Within time.Duration
	// Withdraw is the region to take out of traffic, Return the one whose withdrawal is to end; "" for another step.
	Withdraw, Return string
	// Act is what an operator does for the data, Region where, and Within what bounds it; "" for another step.
	Act    Act
	Region string
}

// Act is something that an operator does for the data.
type Act string

// The acts.
const (
	// ActBackUp makes a recovery point of the region's cluster, and its twin in the other data region.
	ActBackUp Act = "back-up"
	// ActBackUpFails begins the same, which has to fail and to leave no recovery point.
	ActBackUpFails Act = "back-up-fails"
	// ActTestRestore runs the region's restore test, which has to pass.
	ActTestRestore Act = "test-restore"
	// ActDeleteRows deletes everything that the clients have written so far, through the region's endpoint.
	ActDeleteRows Act = "delete-rows"
	// ActRestorePair restores a pair of the region's newest recovery point that has a twin, and takes from it what was
	// deleted. What it has not may be lost only if it was written after the point.
	ActRestorePair Act = "restore-pair"
)

// Deployment is a way to deploy during a rehearsal.
type Deployment string

// The deployments.
const (
	// DeployRefused is a plain deployment that has to fail, within its bound, naming a lost region, with the state intact.
	DeployRefused Deployment = "refused"
	// DeploySurvivor adds a recipient in the secondary region alone and, with the application, changes the stage of its
	// API, as the runbook "Change the survivor" says: credentialsRegion, --refresh=false, --target. The API has to answer
	// afterwards.
	DeploySurvivor Deployment = "survivor"
	// DeployComplete is a plain deployment without credentialsRegion that has to succeed, and another after it that must
	// not change anything.
	DeployComplete Deployment = "complete"
)

// Measure is a time that is measured.
type Measure string

// The measures. Those of an end are counted from the end of the last fault or withdrawal, all others from the first.
const (
	// Detect is the first probe of any observer that found an endpoint down.
	Detect Measure = "detect"
	// Alert is the first message of a function that says that an endpoint is lost.
	Alert Measure = "alert"
	// Recovery is the longest that a client went without an acknowledged write. Clients that keep their connections for
	// ever do not count.
	Recovery Measure = "recovery"
	// AllClear, of the end, is the first message that says that an endpoint serves again.
	AllClear Measure = "allClear"
	// Alarm is the first notification of a CloudWatch alarm that went into ALARM.
	Alarm Measure = "alarm"

	// Move is the first answer that stops naming a region.
	Move Measure = "move"
	// Name is when the last client that was served by a region that the name has left is served by another. Clients that
	// keep their connections for ever do not count.
	Name Measure = "name"
	// Back, of the end, is when the name leads everybody again where it led before.
	Back Measure = "back"
)

// Measures are what every rehearsal measures, in the order in which it is told; MeasuresOfName what one measures
// besides whose clients know a name.
var (
	Measures       = []Measure{Detect, Alert, Recovery, AllClear, Alarm}
	MeasuresOfName = []Measure{Move, Name, Back}
)

// Measures are what the rehearsal measures, in the order in which it is told.
func (r *Rehearsal) Measures() []Measure {
	if r.Workload == WorkloadName {
		return slices.Concat(Measures, MeasuresOfName)
	}
	return Measures
}

// Budget is what a measure may take.
type Budget struct {
	// Never demands that it does not happen; Unjudged only reports it. Otherwise it has to happen within Within.
	Never, Unjudged bool
	Within          time.Duration
}

func (b Budget) String() string {
	switch {
	case b.Never:
		return "never"
	case b.Unjudged:
		return "unjudged"
	default:
		return Short(b.Within)
	}
}

// Expectation is a message that people are to get.
type Expectation struct {
	// Message is its kind.
	Message chronicle.Kind
	// Endpoint is the region of the endpoint that a lost, reminder or resolved message is about.
	Endpoint string
	// Alarm is a part of the name of the alarm that an alarm or ok message is about.
	Alarm string
	// From are the regions whose topics may deliver it; any, if empty.
	From []string
	// AtLeast and AtMost bound how often it comes; once and once by default.
	AtLeast, AtMost int
}

func (e Expectation) String() string {
	words := []string{string(e.Message)}
	if e.Endpoint != "" {
		words = append(words, e.Endpoint)
	}
	if e.Alarm != "" {
		words = append(words, `"`+e.Alarm+`"`)
	}
	if len(e.From) > 0 {
		words = append(words, "from "+strings.Join(e.From, " or "))
	}
	switch {
	case e.AtLeast == e.AtMost && e.AtMost == 1:
		words = append(words, "once")
	case e.AtLeast == e.AtMost:
		words = append(words, fmt.Sprintf("%d times", e.AtMost))
	default:
		words = append(words, fmt.Sprintf("%d to %d times", e.AtLeast, e.AtMost))
	}
	return strings.Join(words, " ")
}

// Faults are the method's steps that inject one.
func (r *Rehearsal) Faults() (faults []fault.Step) {
	for _, step := range r.Method {
		if step.Fault != nil {
			faults = append(faults, fault.Step{At: step.At, Until: step.Until, Spec: *step.Fault})
		}
	}
	return faults
}

// Deployments are the method's steps that deploy.
func (r *Rehearsal) Deployments() []Step {
	return r.steps(func(s Step) bool { return s.Deploy != "" })
}

// Acts are the method's steps of an operator: withdrawals and returns.
func (r *Rehearsal) Acts() []Step {
	return r.steps(func(s Step) bool { return s.Withdraw != "" || s.Return != "" })
}

// ActsOnData are the method's steps of an operator for the data.
func (r *Rehearsal) ActsOnData() []Step { return r.steps(func(s Step) bool { return s.Act != "" }) }

func (r *Rehearsal) steps(wanted func(Step) bool) []Step {
	return slices.DeleteFunc(slices.Clone(r.Method), func(s Step) bool { return !wanted(s) })
}

// End is when the last step has ended, counted from the method's start.
func (r *Rehearsal) End() (end time.Duration) {
	for _, s := range r.Method {
		end = max(end, s.At, s.Until)
	}
	return end
}

// Load reads the files. The error lists every problem of every file, each with file and line.
func Load(places map[string]string, files ...string) ([]*Rehearsal, error) {
	var all []*Rehearsal
	var problems []error
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		r, err := Parse(file, text, places)
		problems = append(problems, err)
		all = append(all, r)
	}
	return all, errors.Join(problems...)
}

// Parse reads one file; places are the stack's names of its regions. The error lists every problem with its line.
func Parse(file string, text []byte, places map[string]string) (*Rehearsal, error) {
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	d := &decoder{file: file, places: places}
	r := d.rehearsal(text)
	r.Name = name
	return r, d.err()
}

// Short is a duration as people say it: 45s, 1m30s, 1.2s, 30ms.
func Short(d time.Duration) string {
	switch size := d.Abs(); {
	case size >= 10*time.Second:
		d = d.Round(time.Second)
	case size >= 100*time.Millisecond:
		d = d.Round(100 * time.Millisecond)
	default:
		d = d.Round(time.Millisecond)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
