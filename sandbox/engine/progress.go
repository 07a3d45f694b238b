package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Step is what the engine does, or has done, to one resource.
type Step struct {
	// URN, Type and Name say which resource.
	URN, Type, Name string
	// Op is the engine's operation: create, update, delete, same, refresh, read, create-replacement, ….
	Op string
	// State is Started, Finished or Failed.
	State State
	// Took is the time since Started; 0 in a Started step.
	Took time.Duration
	// Changed are the properties that differ, in an update or replacement.
	Changed []string
}

// State is how far a step has come.
type State int

// The states of a step.
const (
	Started State = iota
	Finished
	Failed
)

func (s State) String() string { return [...]string{"started", "finished", "failed"}[s] }

// Diagnostic is a message of the engine about a resource, or about the whole operation when URN is empty.
type Diagnostic struct {
	URN, Message string
}

// String is the message after the resource's name.
func (d Diagnostic) String() string {
	if d.URN == "" {
		return d.Message
	}
	return fmt.Sprintf("%s: %s", resource.URN(d.URN).Name(), d.Message)
}

// recorder follows one operation's events.
type recorder struct {
	report   func(Step)
	started  map[string]time.Time
	steps    []Step
	problems []Diagnostic
	warnings []Diagnostic
	counts   map[string]int
}

func newRecorder(report func(Step)) *recorder {
	if report == nil {
		report = func(Step) {}
	}
	return &recorder{report: report, started: map[string]time.Time{}}
}

// follow reads events until the channel is closed or, after the operation has returned, empty. The engine's end does
// not always close it.
func (r *recorder) follow(stream <-chan events.EngineEvent, returned <-chan struct{}) {
	for {
		select {
		case event, open := <-stream:
			if !open {
				return
			}
			r.event(event.EngineEvent)
		case <-returned:
			select {
			case event, open := <-stream:
				if !open {
					return
				}
				r.event(event.EngineEvent)
			default:
				return
			}
		}
	}
}

func (r *recorder) event(e apitype.EngineEvent) {
	switch {
	case e.ResourcePreEvent != nil:
		r.step(e.ResourcePreEvent.Metadata, Started)
	case e.ResOutputsEvent != nil:
		r.step(e.ResOutputsEvent.Metadata, Finished)
	case e.ResOpFailedEvent != nil:
		r.step(e.ResOpFailedEvent.Metadata, Failed)
	case e.DiagnosticEvent != nil:
		r.diagnostic(*e.DiagnosticEvent)
	case e.SummaryEvent != nil:
		r.counts = map[string]int{}
		for op, count := range e.SummaryEvent.ResourceChanges {
			r.counts[string(op)] = count
		}
	}
}

func (r *recorder) diagnostic(e apitype.DiagnosticEvent) {
	d := Diagnostic{e.URN, strings.TrimSpace(withoutColor(e.Message))}
	switch e.Severity {
	case "error":
		r.problems = append(r.problems, d)
	case "warning":
		r.warnings = append(r.warnings, d)
	}
}

func (r *recorder) step(m apitype.StepEventMetadata, state State) {
	key := string(m.Op) + " " + m.URN
	step := Step{
		URN:   m.URN,
		Type:  m.Type,
		Name:  resource.URN(m.URN).Name(),
		Op:    string(m.Op),
		State: state,
	}
	for path := range m.DetailedDiff {
		step.Changed = append(step.Changed, path)
	}
	slices.Sort(step.Changed)
	if state == Started {
		r.started[key] = time.Now()
	} else {
		step.Took = time.Since(r.started[key])
		r.steps = append(r.steps, step)
	}
	r.report(step)
}

// withoutColor removes the engine's colour marks, "<{%fg 1%}>".
func withoutColor(message string) string {
	var plain strings.Builder
	for {
		start := strings.Index(message, "<{%")
		end := strings.Index(message, "%}>")
		if start < 0 || end < start {
			return plain.String() + message
		}
		plain.WriteString(message[:start])
		message = message[end+len("%}>"):]
	}
}
