package rehearsal

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/report"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
)

// operator is who withdraws regions and has them return.
const operator = "rehearsal"

// withdrawals are what an operator has done so far.
type withdrawals struct {
	mu      sync.Mutex
	outage  fault.Outage
	checks  []report.Check
	waiting map[string]context.CancelFunc // for a withdrawal's expiry, by region
}

// acts carries out what an operator does, each in its time, and judges it. The outage is from the first withdrawal to
// the end of the last.
func (r *run) acts(ctx context.Context) (fault.Outage, []report.Check, error) {
	w := &withdrawals{waiting: map[string]context.CancelFunc{}}
	begun := r.now()
	all, ctx := errgroup.WithContext(ctx)
	for _, step := range r.plan.Acts() {
		all.Go(func() error {
			if err := r.Sandbox.Clock.Sleep(ctx, step.At-r.Sandbox.Clock.Since(begun)); err != nil {
				return err
			}
			if step.Return != "" {
				return r.returned(ctx, w, step)
			}
			return r.withdrawn(ctx, w, step, begun.Add(step.Until))
		})
	}
	err := all.Wait()
	return w.outage, w.checks, err
}

// withdrawn withdraws a region, and waits until that has expired or the region has returned.
func (r *run) withdrawn(ctx context.Context, w *withdrawals, step script.Step, until time.Time) error {
	at := r.now()
	err := r.act(ctx, contract.CheckEvent{Withdraw: &contract.Withdraw{
		Region: step.Withdraw,
		Until:  r.Sandbox.Clock.ToWall(until), // which the functions live by
		Reason: r.plan.Name,
		By:     operator,
	}})
	w.judge("withdraw "+step.Withdraw, err)
	if err != nil {
		return ctx.Err()
	}
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	w.begin(step.Withdraw, at, cancel)
	r.noteWithdrawal(chronicle.Bad, step.Withdraw, "until "+script.Short(step.Until))
	if r.Sandbox.Clock.Sleep(waiting, until.Sub(r.now())) == nil {
		r.noteWithdrawal(chronicle.Good, step.Withdraw, "expires")
		w.end(step.Withdraw, r.now())
	}
	return ctx.Err()
}

// returned ends a withdrawal before its time.
func (r *run) returned(ctx context.Context, w *withdrawals, step script.Step) error {
	err := r.act(ctx, contract.CheckEvent{Return: &contract.Return{Region: step.Return, By: operator}})
	w.judge("return "+step.Return, err)
	if err != nil {
		return ctx.Err()
	}
	r.noteWithdrawal(chronicle.Good, step.Return, "ended")
	w.end(step.Return, r.now())
	return nil
}

// act asks the observers.
func (r *run) act(ctx context.Context, event contract.CheckEvent) error {
	return stack.Act(ctx, r.Sandbox, r.Outputs.MonitorFunctionNames, event)
}

func (r *run) noteWithdrawal(tone chronicle.Tone, region, text string) {
	r.seen.Add(chronicle.Entry{
		Time:   r.now(),
		Source: chronicle.Operator,
		Tone:   tone,
		Lane:   "withdrawal of " + region,
		Text:   text,
		Title:  "withdrawal of " + region + " " + text,
	})
}

// judge takes in what came of an act.
func (w *withdrawals) judge(act string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	got := "done"
	if err != nil {
		got = err.Error()
	}
	w.checks = append(w.checks, report.NewCheck(act, "done", got, err == nil))
}

func (w *withdrawals) begin(region string, at time.Time, waiting context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outage = w.outage.And(fault.Outage{Start: at, End: at})
	w.waiting[region] = waiting
}

func (w *withdrawals) end(region string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outage.End = at
	if cancel := w.waiting[region]; cancel != nil {
		cancel()
	}
}
