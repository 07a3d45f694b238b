package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/internal/input"
	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal"
)

// detect loses the primary region again and again and shows how long it takes until a person is told.
func detect(ctx context.Context, p *printer, args []string) error {
	flags := flag.NewFlagSet("detect", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	opts := rehearsal.Options{Deploying: &sync.Mutex{}}
	flags.StringVar(&opts.Dir, "dir", ".", "")
	runs := flags.String("runs", "10", "")
	every := flags.String("interval", "15s", "")
	jobs := flags.String("jobs", "1", "")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return errUsage
	}
	times, badRuns := atLeastOne("RUNS", *runs, "how often to lose the region")
	at, badJobs := atLeastOne("AT_A_TIME", *jobs, "how many sandboxes share the runs")
	interval, err := time.ParseDuration(*every)
	if err != nil || interval < contract.MinProbeInterval || interval > time.Minute {
		err = input.Refusal("INTERVAL", *every,
			fmt.Sprintf("the time between two probes, %v to 1m", contract.MinProbeInterval))
	}
	if err := errors.Join(badRuns, badJobs, err); err != nil {
		return err
	}
	all, err := detectAll(ctx, p, times, min(at, times), interval, opts)
	if err != nil {
		return err
	}
	d := rehearsal.Distribute(all)
	p.line("From the loss to the first message, %d runs, a probe every %v: min %s, median %s, max %s",
		len(all), interval, seconds(d.Min), seconds(d.Median), seconds(d.Max))
	return nil
}

// detectAll deals the runs out to some sandboxes at a time.
func detectAll(
	ctx context.Context, p *printer, runs, jobs int, interval time.Duration, opts rehearsal.Options,
) ([]time.Duration, error) {
	const heading = "Losing the primary region %d times, at moments drawn by lot, in %d sandboxes at a time"
	done := p.follow(fmt.Sprintf(heading, runs, jobs), signOfLife, func() string { return "…" })
	defer done("")
	var mu sync.Mutex
	var all []time.Duration
	group, ctx := errgroup.WithContext(ctx)
	for job := range jobs {
		share := (runs + jobs - 1 - job) / jobs
		group.Go(func() error {
			return rehearsal.Detections(ctx, share, interval, opts, func(d rehearsal.Detection) {
				mu.Lock()
				defer mu.Unlock()
				all = append(all, d.Alert)
				p.line("    run %d: told after %s, %d page(s)", len(all), seconds(d.Alert), d.Pages)
			})
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	done("over")
	return all, nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
