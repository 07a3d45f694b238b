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

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal"
)

// detect loses the primary region again and again and shows how long it takes until a person is told.
func detect(ctx context.Context, p *printer, args []string) error {
	flags := flag.NewFlagSet("detect", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	opts := rehearsal.Options{Deploying: &sync.Mutex{}}
	flags.StringVar(&opts.Dir, "dir", ".", "")
	runs := flags.Int("runs", 10, "")
	interval := flags.Duration("interval", 15*time.Second, "")
	jobs := flags.Int("jobs", 1, "")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return errUsage
	}
	if *runs < 1 || *jobs < 1 {
		return errors.New("-runs and -jobs: want at least 1 of each")
	}
	if *interval < contract.MinProbeInterval || *interval > time.Minute {
		return fmt.Errorf("-interval is %v: want %v to 1m", *interval, contract.MinProbeInterval)
	}
	all, err := detectAll(ctx, p, *runs, min(*jobs, *runs), *interval, opts)
	if err != nil {
		return err
	}
	d := rehearsal.Distribute(all)
	p.line("From the loss to the first message, %d runs, a probe every %v: min %s, median %s, max %s",
		len(all), *interval, seconds(d.Min), seconds(d.Median), seconds(d.Max))
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
