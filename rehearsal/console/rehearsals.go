package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal"
)

// Hold holds a rehearsal on the deployed stack: the method of a rehearsal.Stage.
type Hold func(context.Context, *rehearsal.Rehearsal, rehearsal.Options) (*rehearsal.Report, error)

// stage holds rehearsals, one at a time.
type stage struct {
	hold Hold
	list []*rehearsal.Rehearsal
	now  func() time.Time
	// changed is called whenever there is something new to see.
	changed func()

	work   sync.WaitGroup
	mu     sync.Mutex
	cancel context.CancelFunc // of the one that runs
	latest *runView
	steps  []entry
}

// runView is a rehearsal that runs, or the last that ran.
type runView struct {
	Name    string    `json:"name"`
	Started time.Time `json:"started"`
	Running bool      `json:"running"`
	Passed  bool      `json:"passed"`
	// Outcome says at the end how it went: the checks, or why it could not be held.
	Outcome string      `json:"outcome,omitempty"`
	Checks  []checkView `json:"checks,omitempty"`
}

type checkView struct {
	Name   string `json:"name"`
	Want   string `json:"want"`
	Got    string `json:"got"`
	Passed bool   `json:"passed"`
}

type rehearsalsView struct {
	List   []rehearsalView `json:"list"`
	Latest *runView        `json:"latest,omitempty"`
}

type rehearsalView struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// fitting are the rehearsals for observers that probe as often as the deployed ones.
func (c Config) fitting() []*rehearsal.Rehearsal {
	deployed := map[string]bool{}
	for region, name := range c.Monitors {
		if f, err := c.Account.Region(region).Lambda.Function(name); err == nil && f.Environment != nil {
			interval, _ := time.ParseDuration(f.Environment.Variables[contract.EnvProbeInterval]) // none fits what cannot be read
			deployed[interval.String()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(c.Rehearsals), func(r *rehearsal.Rehearsal) bool { return !deployed[r.ProbeInterval.String()] })
}

// start begins a rehearsal.
func (s *stage) start(name string) error {
	at := slices.IndexFunc(s.list, func(r *rehearsal.Rehearsal) bool { return r.Name == name })
	if at < 0 {
		var names []string
		for _, r := range s.list {
			names = append(names, r.Name)
		}
		return fmt.Errorf("there is no rehearsal %q: want one of %s", name, strings.Join(names, ", "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest != nil && s.latest.Running {
		return fmt.Errorf("the rehearsal %s still runs: stop it, or wait for its end", s.latest.Name)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel, s.steps = cancel, nil
	s.latest = &runView{Name: name, Started: s.now(), Running: true}
	s.work.Go(func() {
		defer cancel()
		report, err := s.hold(ctx, s.list[at], rehearsal.Options{Progress: s.note})
		s.end(report, err)
	})
	return nil
}

// own are the lanes that the page knows from nowhere else: it shows faults, verdicts, alarms and messages as they are.
func own(lane string) bool {
	return lane == "rehearsal" || lane == "deployment" || strings.HasPrefix(lane, "client ")
}

var tones = map[rehearsal.Tone]tone{rehearsal.Good: good, rehearsal.Bad: bad, rehearsal.Warning: warn, rehearsal.Note: info}

// note adds a step to the timeline.
func (s *stage) note(e rehearsal.Entry) {
	if !own(e.Lane) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = append(s.steps, entry{Time: e.Time, Kind: "rehearsal", Tone: tones[e.Tone], Text: e.Text, Detail: e.Lane})
	s.steps = slices.Delete(s.steps, 0, max(0, len(s.steps)-maxChanges))
}

func (s *stage) end(report *rehearsal.Report, err error) {
	s.mu.Lock()
	run := *s.latest
	run.Running = false
	switch {
	case errors.Is(err, context.Canceled):
		run.Outcome = "stopped; its faults are undone"
	case err != nil:
		run.Outcome = err.Error()
	default:
		run.Passed, run.Outcome = report.Passed, fmt.Sprintf("score %d of 100", report.Score)
		for _, c := range report.Checks {
			run.Checks = append(run.Checks, checkView{c.Name, c.Want, c.Got, c.Passed})
		}
	}
	s.latest = &run
	s.mu.Unlock()
	s.changed()
}

// stop ends the rehearsal that runs, if any, and returns when its faults are undone.
func (s *stage) stop() {
	s.mu.Lock()
	if s.cancel != nil {
		s.cancel()
	}
	s.mu.Unlock()
	s.work.Wait()
}

// view is what the page shows.
func (s *stage) view() rehearsalsView {
	view := rehearsalsView{List: []rehearsalView{}}
	for _, r := range s.list {
		view.List = append(view.List, rehearsalView{r.Name, r.Title})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest != nil {
		latest := *s.latest
		view.Latest = &latest
	}
	return view
}

func (s *stage) recent() []entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.steps)
}
