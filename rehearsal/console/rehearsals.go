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
	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/report"
	"aurora-dsql-dr/rehearsal/script"
)

// Hold holds a rehearsal on the deployed stack: the method of a rehearsal.Stage.
type Hold func(context.Context, *script.Rehearsal, rehearsal.Options) (*report.Report, error)

// stage holds rehearsals, one at a time.
type stage struct {
	hold Hold
	list []*script.Rehearsal
	now  func() time.Time
	// tell is told what happens in the rehearsal that runs, changed called when it has ended.
	tell    func(chronicle.Entry)
	changed func()

	work   sync.WaitGroup
	mu     sync.Mutex
	cancel context.CancelFunc // of the one that runs
	latest *runView
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
func (c Config) fitting() []*script.Rehearsal {
	deployed := map[string]bool{}
	for region, name := range c.Monitors {
		if f, err := c.Account.Region(region).Lambda.Function(name); err == nil && f.Environment != nil {
			// What cannot be read fits none.
			interval, _ := time.ParseDuration(f.Environment.Variables[contract.EnvProbeInterval])
			deployed[interval.String()] = true
		}
	}
	return slices.DeleteFunc(
		slices.Clone(c.Rehearsals),
		func(r *script.Rehearsal) bool { return !deployed[r.ProbeInterval.String()] },
	)
}

// start begins a rehearsal.
func (s *stage) start(name string) error {
	at := slices.IndexFunc(s.list, func(r *script.Rehearsal) bool { return r.Name == name })
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
	s.cancel = cancel
	s.latest = &runView{Name: name, Started: s.now(), Running: true}
	s.work.Go(func() {
		defer cancel()
		s.end(s.hold(ctx, s.list[at], rehearsal.Options{Progress: s.note}))
	})
	return nil
}

// note tells the page what it sees of a rehearsal nowhere else.
func (s *stage) note(e chronicle.Entry) {
	if ofRehearsal(e) {
		s.tell(e)
	}
}

func (s *stage) end(held *report.Report, err error) {
	s.mu.Lock()
	run := *s.latest
	run.Running = false
	switch {
	case errors.Is(err, context.Canceled):
		run.Outcome = "stopped; its faults are undone"
	case err != nil:
		run.Outcome = err.Error()
	default:
		run.Passed, run.Outcome = held.Passed, fmt.Sprintf("score %d of 100", held.Score)
		for _, c := range held.Checks {
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
