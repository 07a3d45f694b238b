package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/recipe"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/rehearsal/workload"
	"aurora-dsql-dr/sandbox"
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
	// Deploying is held while a stack is deployed, so that rehearsals at the same time deploy one after the other and leave
	// the machine to those that measure. Optional.
	Deploying sync.Locker
	// Progress is told what happens, as it happens, one thing at a time; optional.
	Progress func(Entry)
}

// writesBefore is how many writes of a client must have been acknowledged before anything is broken.
const writesBefore = 2

const (
	// stopping bounds what is done after the clients have ended, by the wall.
	stopping = 30 * time.Second
	// eventsWithin is how long events are waited for after the clients have ended, in sandbox time.
	eventsWithin = 10 * time.Minute
)

// Run holds a rehearsal in a sandbox of its own, which it deploys to and which is gone when it returns. A rehearsal that
// fails is a report, not an error; errors are of rehearsals that could not be held.
func Run(ctx context.Context, r *Rehearsal, opts Options) (_ *Report, err error) {
	begun := time.Now()
	s, err := stack.Start(ctx, sandbox.Options{Dir: opts.Dir, Speed: opts.Speed})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	ctx, stop := s.Watch(ctx)
	defer stop()
	tell(opts, s.Clock.Now(), "deploying the stack")
	stage := Stage{Sandbox: s, Config: r.StackConfig(), Faults: fault.NewInjector(s, Places())}
	if stage.Engine, err = stack.Prepare(ctx, s, stage.Config); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stage.Engine.Close()) }()
	result, err := stage.Engine.Up(ctx, engine.Run{Turn: opts.Deploying})
	if err != nil {
		return nil, err
	}
	stage.Outputs = result.Outputs
	report, err := stage.Hold(ctx, r, opts)
	if err != nil {
		return nil, errors.Join(err, context.Cause(ctx))
	}
	report.Took = Offset(time.Since(begun))
	return report, nil
}

func tell(opts Options, now time.Time, format string, args ...any) {
	if opts.Progress != nil {
		opts.Progress(Entry{Time: now, Lane: laneRehearsal, Tone: Note, Text: fmt.Sprintf(format, args...)})
	}
}

// Hold holds a rehearsal on a stage, and leaves it without faults and without the workload, whatever happens.
func (s Stage) Hold(ctx context.Context, r *Rehearsal, opts Options) (*Report, error) {
	begun := time.Now()
	run := &run{Stage: s, Rehearsal: r, opts: opts, seen: s.observe(opts.Progress)}
	beside := run.startRecipe(ctx)
	err := run.hold(ctx)
	column, besideErr := beside(err == nil)
	if err := errors.Join(err, besideErr); err != nil {
		return nil, err
	}
	report := run.report(column)
	report.Took = Offset(time.Since(begun))
	return report, nil
}

// run is one rehearsal while it is held.
type run struct {
	Stage
	*Rehearsal
	opts Options
	seen *observation

	start, end, watched time.Time // the first fault, the end of the last, the end of watching
	before, after       error     // what kept the steady state from holding
	writes              workload.Result
	unread              error              // why acknowledged writes could not be looked for
	events              *workload.Arrivals // nil if the workload has none

	mu     sync.Mutex // guards end and checks while the method is played
	checks []Check    // of deployments
}

func (r *run) now() time.Time { return r.Sandbox.Clock.Now() }

func (r *run) note(tone Tone, lane, format string, args ...any) {
	r.seen.add(Entry{Time: r.now(), Lane: lane, Tone: tone, Text: fmt.Sprintf(format, args...)})
}

func (r *run) hold(ctx context.Context) (err error) {
	system, err := r.system(ctx)
	if err != nil {
		return err
	}
	defer func() {
		removing, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
		defer cancel()
		err = errors.Join(err, system.Remove(removing))
	}()
	watching, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	var watch sync.WaitGroup
	watch.Go(func() { r.seen.follow(watching) })
	defer watch.Wait()
	defer stopWatching()
	arriving := workload.NewEvents(r.Sandbox, r.Queues())
	watch.Go(func() { arriving.Follow(watching) })
	places := Places()
	load := workload.Start(workload.Options{Clock: r.Sandbox.Clock, Dial: system.Dial,
		Regions: [2]string{places["primary"], places["secondary"]}, Report: r.seen.client})
	stop := sync.OnceFunc(func() {
		looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
		defer cancel()
		r.writes, r.unread = load.Stop(looking)
	})
	defer stop()

	r.note(Note, laneRehearsal, "the hypothesis: every observer finds both endpoints up, no alarm, every client is served")
	if r.before = r.awaitSteady(ctx, r.Hypothesis); r.before == nil {
		r.before = r.served(ctx, load)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if r.before != nil { // a disaster on top of one would prove nothing
		r.start, r.end, r.watched = r.now(), r.now(), r.now()
		r.note(Bad, laneRehearsal, "the hypothesis does not hold: %v", r.before)
		return nil
	}
	begin, playing := errgroup.WithContext(ctx)
	begin.Go(func() error { return r.startObservers(playing, r.ProbeInterval) })
	begin.Go(func() error { return r.play(playing) })
	if err := begin.Wait(); err != nil {
		return err
	}
	r.note(Note, laneRehearsal, "watching for %s", short(r.Watch))
	if err := r.Sandbox.Clock.Sleep(ctx, r.Watch); err != nil {
		return err
	}
	r.watched = r.now()
	stop()
	if r.Workload == WorkloadApplication {
		r.awaitEvents(ctx, arriving, load.Acknowledged())
	}
	r.after = r.awaitSteady(ctx, r.Hypothesis)
	return ctx.Err()
}

// system is what the clients write to.
func (r *run) system(ctx context.Context) (workload.System, error) {
	if r.Workload == WorkloadApplication {
		return workload.PrepareApplication(r.Sandbox, texts(r.output("transactionApiUrls")))
	}
	return workload.PrepareDatabase(ctx, r.Sandbox)
}

// awaitEvents looks for the events of all acknowledged writes in both regions. What waits for a region that is back is
// sent again by then: EventBridge pauses for 8 minutes at most, the publishers run every minute.
func (r *run) awaitEvents(ctx context.Context, arriving *workload.Events, acknowledged map[string]time.Time) {
	r.note(Note, laneRehearsal, "waiting for the events of %d writes in both regions", len(acknowledged))
	ctx, cancel := context.WithTimeout(ctx, r.Sandbox.Clock.Wall(eventsWithin))
	defer cancel()
	arrivals := arriving.Await(ctx, acknowledged)
	r.events = &arrivals
}

// served waits, within the hypothesis' time, for the first writes of all clients.
func (r *run) served(ctx context.Context, load *workload.Workload) error {
	ctx, cancel := context.WithTimeout(ctx, max(r.Sandbox.Clock.Wall(r.Hypothesis), time.Second))
	defer cancel()
	return load.AwaitAcknowledged(ctx, writesBefore)
}

// play carries out the method. Every fault is undone when it returns, in time or early.
func (r *run) play(ctx context.Context) (err error) {
	begun := r.now()
	steps, ctx := errgroup.WithContext(ctx)
	var engine sync.Mutex // it does one operation at a time
	var first sync.Once
	for _, step := range r.Method {
		steps.Go(func() error {
			clk := r.Sandbox.Clock
			if err := clk.Sleep(ctx, step.At-clk.Since(begun)); err != nil {
				return err
			}
			if step.Fault == nil {
				engine.Lock()
				defer engine.Unlock()
				return r.deploy(ctx, step)
			}
			first.Do(func() { r.start = r.now() })
			lane := "fault " + step.Fault.String()
			undo, err := r.Faults.Inject(*step.Fault)
			if err != nil {
				return err
			}
			r.note(Bad, lane, "injected")
			err = clk.Sleep(ctx, step.Until-clk.Since(begun))
			err = errors.Join(err, undo())
			r.note(Good, lane, "undone")
			r.ended()
			return err
		})
	}
	err = steps.Wait()
	return errors.Join(err, r.Faults.UndoAll())
}

// ended notes the end of a fault, which may be the last.
func (r *run) ended() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end = r.now()
}

// startRecipe begins the same outage against the recipe and returns how to get its column: after it has come to its own
// end, or, if it is not wanted any more, at once.
func (r *run) startRecipe(ctx context.Context) func(wanted bool) (*recipe.Column, error) {
	if !r.opts.Beside {
		return func(bool) (*recipe.Column, error) { return nil, nil }
	}
	ctx, cancel := context.WithCancel(ctx)
	var column *recipe.Column
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		column, err = recipe.Run(ctx, recipe.Options{Dir: r.opts.Dir, Outage: r.outage(), Places: Places(), Deploying: r.opts.Deploying})
	}()
	return func(wanted bool) (*recipe.Column, error) {
		defer cancel()
		if !wanted {
			cancel()
			<-done
			return nil, nil // the other error is the one that matters
		}
		<-done
		return column, err
	}
}

// outage is the method's faults.
func (r *run) outage() (faults []recipe.Fault) {
	for _, step := range r.Method {
		if step.Fault != nil {
			faults = append(faults, recipe.Fault{At: step.At, Until: step.Until, Spec: *step.Fault})
		}
	}
	return faults
}

// report puts together what was seen.
func (r *run) report(column *recipe.Column) *Report {
	out := &Report{Rehearsal: r.Rehearsal, Provenance: provenance(), Speed: r.Sandbox.Clock.Speed(), Interval: Offset(r.ProbeInterval), Started: r.start,
		Ended: Offset(r.end.Sub(r.start)), Watched: Offset(r.watched.Sub(r.start)), Recipe: column, Writes: writesOf(r.writes)}
	out.Timeline, out.Messages = r.seen.timeline(r.start)
	out.Times = r.seen.measure(r.start, r.end, r.writes.Gaps)
	out.Checks = append(out.Checks, holds("hypothesis before", r.before))
	if r.before == nil {
		for _, m := range Measures {
			out.Checks = append(out.Checks, budgetCheck(m, r.Budgets[m], out.Times[m], out.Speed))
		}
		out.Checks = append(out.Checks, judge(r.Expect, out.Messages)...)
		out.Checks = append(out.Checks, r.checks...)
		lost := fmt.Sprintf("%d of %d", out.Writes.Lost, out.Writes.Acknowledged)
		if r.unread != nil {
			lost = r.unread.Error()
		}
		out.Checks = append(out.Checks, verdictOf("no acknowledged write lost", "0 lost", lost, out.Writes.Lost == 0 && r.unread == nil))
		if e := r.events; e != nil {
			out.Events = &Events{Lost: distinct(e.Missing), Repeated: e.Repeated, CaughtUp: e.CaughtUp, Longest: Offset(e.Longest)}
			out.Checks = append(out.Checks, verdictOf("no event lost", "0 lost", fmt.Sprintf("%d of %d", out.Events.Lost, out.Writes.Acknowledged), out.Events.Lost == 0))
		}
		out.Checks = append(out.Checks, holds("hypothesis after", r.after))
	}
	out.conclude()
	return out
}

func holds(name string, problem error) Check {
	if problem == nil {
		return verdictOf(name, "holds", "holds", true)
	}
	return verdictOf(name, "holds", problem.Error(), false)
}

// checked adds the outcome of a deployment.
func (r *run) checked(c Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks = append(slices.Clone(r.checks), c)
}
