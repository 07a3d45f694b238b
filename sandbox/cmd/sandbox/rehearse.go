package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/rehearsal"
)

// rehearse holds the rehearsals of the files, one after the other.
func rehearse(ctx context.Context, p *printer, args []string) error {
	flags := flag.NewFlagSet("rehearse", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	opts := rehearsal.Options{}
	flags.StringVar(&opts.Dir, "dir", ".", "")
	flags.Float64Var(&opts.Speed, "speed", 1, "")
	directory := flags.String("report", "", "")
	alone := flags.Bool("alone", false, "")
	if err := flags.Parse(args); err != nil || flags.NArg() == 0 {
		return errUsage
	}
	if opts.Speed < 1 || opts.Speed > 10 {
		return fmt.Errorf("-speed is %g: want 1 to 10", opts.Speed)
	}
	all, err := rehearsal.Load(rehearsal.Places(), flags.Args()...)
	if err != nil {
		return err
	}
	opts.Beside = !*alone
	var reports []*rehearsal.Report
	var failed []string
	for _, r := range all {
		report, err := hold(p, r, func(progress func(rehearsal.Entry)) (*rehearsal.Report, error) {
			opts.Progress = progress
			return rehearsal.Run(ctx, r, opts)
		})
		if err != nil {
			return fmt.Errorf("rehearsal %s: %w", r.Name, err)
		}
		reports = append(reports, report)
		if !report.Passed {
			failed = append(failed, r.Name)
		}
	}
	if *directory != "" {
		page, err := rehearsal.Write(*directory, reports)
		if err != nil {
			return err
		}
		p.line("The report: %s", page)
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d of %d rehearsals did not pass: %s", len(failed), len(all), strings.Join(failed, ", "))
	}
	return nil
}

// signOfLife is the longest time without a line during a rehearsal, which mostly waits.
const signOfLife = 10 * time.Second

// hold holds a rehearsal, shows what happens as it happens, and then its report.
func hold(p *printer, r *rehearsal.Rehearsal, run func(func(rehearsal.Entry)) (*rehearsal.Report, error)) (*rehearsal.Report, error) {
	done := p.follow("Rehearsal "+r.Name+": "+r.Title, signOfLife, func() string { return "…" })
	defer done("")
	report, err := run(func(e rehearsal.Entry) { p.line("    %s %-44s  %s", signs[e.Tone], e.Lane, e.Text) })
	if err != nil {
		return nil, err
	}
	done("over")
	var text strings.Builder
	if err := report.Text(&text); err != nil {
		return nil, err
	}
	p.text(text.String())
	return report, nil
}

var signs = map[rehearsal.Tone]string{rehearsal.Good: "✔", rehearsal.Bad: "✘", rehearsal.Warning: "!", rehearsal.Note: "·"}
