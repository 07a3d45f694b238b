package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

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
		report, err := holdOne(ctx, p, r, opts)
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

// holdOne holds a rehearsal, shows what happens as it happens, and then its report.
func holdOne(ctx context.Context, p *printer, r *rehearsal.Rehearsal, opts rehearsal.Options) (*rehearsal.Report, error) {
	done := p.begin("Rehearsal " + r.Name + ": " + r.Title)
	defer done("")
	opts.Progress = func(e rehearsal.Entry) { p.line("    %-8s %-44s %s", e.Tone, e.Lane, e.Text) }
	report, err := rehearsal.Run(ctx, r, opts)
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
