// Package rehearsal lives the deployed stack through a disaster that a script describes, and has it reported what
// happened.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/recipe"
	"aurora-dsql-dr/rehearsal/report"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/rehearsal/workload"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/engine"
)

// Options say how rehearsals are held.
type Options struct {
	// Dir is the project's directory.
	Dir string
	// Speed is that of the sandbox's clock, 1 to 10; defaults to 1, the only one at which budgets are judged.
	Speed float64
	// Beside runs the same outage against the recipe's deployment.
	Beside bool
	// Deploying is held while a stack is deployed, so that rehearsals at the same time deploy one after the other and
	// leave the machine to those that measure. Optional.
	Deploying sync.Locker
	// Progress is told what happens, as it happens, one thing at a time; optional.
	Progress func(chronicle.Entry)
}

// Run holds a rehearsal in a sandbox of its own, which it deploys to and which is gone when it returns. A rehearsal
// that fails is a report, not an error; errors are of rehearsals that could not be held.
func Run(ctx context.Context, r *script.Rehearsal, opts Options) (_ *report.Report, err error) {
	begun := time.Now()
	s, err := stack.Start(ctx, sandbox.Options{
		Dir:           opts.Dir,
		Speed:         opts.Speed,
		CalendarSpeed: r.Calendar,
		Backup:        backup.Measured.Faster(r.Calendar),
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	ctx, stop := s.Watch(ctx)
	defer stop()
	if opts.Progress != nil {
		opts.Progress(chronicle.Remark(s.Clock.Now(), chronicle.Rehearsal, chronicle.Note, "deploying the stack"))
	}
	config, err := StackConfig(s, r)
	if err != nil {
		return nil, err
	}
	stage, err := deployed(ctx, s, config, opts.Deploying)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stage.Engine.Close()) }()
	held, err := stage.Hold(ctx, r, opts)
	if err != nil {
		return nil, errors.Join(err, context.Cause(ctx))
	}
	held.Took = report.Offset(time.Since(begun))
	return held, nil
}

// deployed is a stage with this configuration.
func deployed(ctx context.Context, s *sandbox.Sandbox, config map[string]any, turn sync.Locker) (Stage, error) {
	e, err := stack.Prepare(ctx, s, config)
	if err != nil {
		return Stage{}, err
	}
	result, err := e.Up(ctx, engine.Run{Turn: turn})
	if err != nil {
		return Stage{}, errors.Join(err, e.Close())
	}
	outputs, err := stack.OutputsOf(result)
	if err != nil {
		return Stage{}, errors.Join(err, e.Close())
	}
	return Stage{
		Sandbox: s,
		Engine:  e,
		Config:  config,
		Outputs: outputs,
		Faults:  fault.NewInjector(s, stack.Places()),
	}, nil
}

// Hold holds a rehearsal on a stage, and leaves it without faults and without the workload, whatever happens.
func (s Stage) Hold(ctx context.Context, r *script.Rehearsal, opts Options) (*report.Report, error) {
	begun := time.Now()
	run := &run{
		Stage: s,
		plan:  r,
		seen:  chronicle.New(s.chronicled(opts.Progress)),
	}
	beside := startRecipe(ctx, r, opts)
	lived, err := run.live(ctx)
	column, besideErr := beside(err == nil)
	if err := errors.Join(err, besideErr); err != nil {
		return nil, err
	}
	lived.Recipe = column
	held := report.New(r, lived)
	held.Took = report.Offset(time.Since(begun))
	return held, nil
}

// chronicled is what is read of the stage from now on.
func (s Stage) chronicled(progress func(chronicle.Entry)) chronicle.Options {
	opts := chronicle.Options{
		Account:   s.Sandbox.Account,
		Monitors:  s.Outputs.MonitorFunctionNames,
		Domain:    s.Outputs.TrafficDomain,
		Since:     s.Sandbox.Clock.Now(),
		Recipient: s.recipient(),
	}
	if progress != nil {
		opts.Tell = func(e chronicle.Entry) {
			if reported(e) {
				progress(e)
			}
		}
	}
	return opts
}

// reported is what reports show: the probes instead of what they change in an observer's word, and of the messages
// those that matter to somebody.
func reported(e chronicle.Entry) bool {
	return e.Source != chronicle.Verdict && (e.Source != chronicle.Told || e.Tone != chronicle.Note)
}

// run is one rehearsal while it is held. It only reads, but for what an operator does to the data: what is found out is
// returned.
type run struct {
	Stage
	plan *script.Rehearsal
	seen *chronicle.Chronicle
	// written is what the clients write to, and load who they are.
	written workload.System
	load    *workload.Workload
	// deleted and forgone are ids of rows: those that the operator deleted, and those of them that no recovery point has.
	deleted, forgone []string
}

func (r *run) now() time.Time { return r.Sandbox.Clock.Now() }

// note notes something about the whole rehearsal.
func (r *run) note(tone chronicle.Tone, format string, args ...any) {
	r.seen.Add(chronicle.Remark(r.now(), chronicle.Rehearsal, tone, fmt.Sprintf(format, args...)))
}

// noRouting is what the recipe lacks for what an operator does.
const noRouting = "it routes no traffic, from which a region could be withdrawn"

// startRecipe begins the same outage against the recipe and returns how to get what it went through: after it has come
// to its own end, or, if it is not wanted any more, at once.
func startRecipe(ctx context.Context, r *script.Rehearsal, opts Options) func(wanted bool) (*recipe.Lived, error) {
	if !opts.Beside {
		return func(bool) (*recipe.Lived, error) { return nil, nil }
	}
	if len(r.Faults()) == 0 {
		return func(bool) (*recipe.Lived, error) { return &recipe.Lived{Lacks: noRouting}, nil }
	}
	ctx, cancel := context.WithCancel(ctx)
	var lived *recipe.Lived
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		lived, err = recipe.Run(ctx, recipe.Options{
			Dir:       opts.Dir,
			Outage:    r.Faults(),
			Places:    stack.Places(),
			Deploying: opts.Deploying,
		})
	}()
	return func(wanted bool) (*recipe.Lived, error) {
		defer cancel()
		if !wanted {
			cancel()
			<-done
			return nil, nil // the other error is the one that matters
		}
		<-done
		return lived, err
	}
}
