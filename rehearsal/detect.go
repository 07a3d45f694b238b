package rehearsal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/sns"
)

// Bounds of one detection, beyond which it is given up, in sandbox time.
const (
	detectWithin  = 3 * time.Minute
	resolveWithin = 5 * time.Minute
)

// Detection is one loss of the primary region and what people heard of it.
type Detection struct {
	// Alert is the time from the loss to the first message that the endpoint is lost.
	Alert time.Duration
	// Pages is how many such messages there were until the region was back; one is right.
	Pages int
}

// Detections deploys the stack once, with a probe every interval, and loses the primary region as often as asked. In
// every run the observers' phases and the moment of the loss are drawn anew: they decide how long detection takes.
// Progress is told each detection as it is made.
func Detections(
	ctx context.Context, runs int, interval time.Duration, opts Options, progress func(Detection),
) (err error) {
	s, err := stack.Start(ctx, sandbox.Options{Dir: opts.Dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	ctx, stop := s.Watch(ctx)
	defer stop()
	plain := &script.Rehearsal{ProbeInterval: interval, Workload: script.WorkloadSQL}
	config, err := StackConfig(s, plain)
	if err != nil {
		return err
	}
	stage, err := deployed(ctx, s, config, opts.Deploying)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.Engine.Close()) }()
	for range runs {
		d, err := stage.detect(ctx, interval)
		if err != nil {
			return errors.Join(err, context.Cause(ctx))
		}
		progress(d)
	}
	return nil
}

// detect makes one run and returns when the region is back and everybody has been told.
func (s Stage) detect(ctx context.Context, interval time.Duration) (Detection, error) {
	if err := s.drawPhases(ctx, interval); err != nil {
		return Detection{}, fmt.Errorf("draw the observers' phases: %w", err)
	}
	// Two intervals settle what is left of the run before; the moment is drawn over a whole period, since the end of an
	// observer's run is a moment like any other.
	moment := 2*interval + draw(time.Minute)
	if err := s.Sandbox.Clock.Sleep(ctx, moment); err != nil {
		return Detection{}, err
	}
	begun := s.Sandbox.Clock.Now()
	undo, err := s.Faults.Inject(fault.Spec{Name: "region-lost", With: map[string]string{"region": "primary"}})
	if err != nil {
		return Detection{}, err
	}
	lost, err := s.await(ctx, chronicle.Lost, begun, detectWithin)
	if err := errors.Join(err, undo()); err != nil {
		return Detection{}, err
	}
	if _, err := s.await(ctx, chronicle.Resolved, lost.Time, resolveWithin); err != nil {
		return Detection{}, err
	}
	return Detection{Alert: lost.Time.Sub(begun), Pages: s.pagesSince(begun)}, nil
}

// drawPhases ends every observer's run and starts it again at a moment of its own within one interval.
func (s Stage) drawPhases(ctx context.Context, interval time.Duration) error {
	starts, ctx := errgroup.WithContext(ctx)
	for region, function := range s.Outputs.MonitorFunctionNames {
		starts.Go(func() error { return s.restart(ctx, region, function, draw(interval)) })
	}
	return starts.Wait()
}

// restart lets an observer's schedule pause at the end of its run, and begin anew after the pause.
func (s Stage) restart(ctx context.Context, region, function string, pause time.Duration) error {
	rule, next, ok := s.scheduleOf(region, function)
	if !ok {
		return fmt.Errorf("%s runs on no schedule in %s", function, region)
	}
	bus := s.Sandbox.Account.Region(region).Events
	set := func(state string) error {
		rule.State = state
		_, err := bus.PutRule(rule)
		return err
	}
	if err := set("DISABLED"); err != nil {
		return err
	}
	err := s.Sandbox.Clock.Sleep(ctx, next.Sub(s.Sandbox.Clock.Now())+pause)
	if err := errors.Join(err, set("ENABLED")); err != nil {
		return err
	}
	account := s.Sandbox.Account
	_, err = account.Region(region).Lambda.InvokeEvent(account.IAM.Admin().Principal, function, []byte("{}"), nil)
	return err
}

// draw is a random duration from nothing up to the bound.
func draw(bound time.Duration) time.Duration { return rand.N(bound) } //nolint:gosec // chance is no secret

// await waits for a message about the primary endpoint that came after a time.
func (s Stage) await(
	ctx context.Context, kind chronicle.Kind, after time.Time, within time.Duration,
) (sns.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Sandbox.Clock.Wall(within))
	defer cancel()
	m, err := s.Sandbox.Account.Inbox.Await(ctx, func(m sns.Message) bool { return s.says(m, kind, after) })
	if err != nil {
		return m, fmt.Errorf("no message %q within %s: %w", kind, within, err)
	}
	return m, nil
}

func (s Stage) says(m sns.Message, kind chronicle.Kind, after time.Time) bool {
	got := chronicle.ReadMessage(m)
	about := got.Kind == kind && got.Endpoint == stack.Places()["primary"]
	return about && got.To == s.recipient() && got.Time.After(after)
}

func (s Stage) pagesSince(begun time.Time) int {
	pages := 0
	for _, m := range s.Sandbox.Account.Inbox.Messages() {
		if s.says(m, chronicle.Lost, begun) {
			pages++
		}
	}
	return pages
}

// Distribution is the least, the middle and the greatest of some durations.
type Distribution struct{ Min, Median, Max time.Duration }

// Distribute returns the distribution of at least one duration.
func Distribute(all []time.Duration) Distribution {
	sorted := slices.SortedFunc(slices.Values(all), cmp.Compare[time.Duration])
	n := len(sorted)
	return Distribution{Min: sorted[0], Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Max: sorted[n-1]}
}
