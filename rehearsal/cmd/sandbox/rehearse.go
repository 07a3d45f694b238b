package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"aurora-dsql-dr/internal/input"
	"aurora-dsql-dr/rehearsal"
	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/report"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
)

// rehearse holds the rehearsals of the files, some at a time.
func rehearse(ctx context.Context, p *printer, args []string) error {
	flags := flag.NewFlagSet("rehearse", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	opts := rehearsal.Options{Deploying: &sync.Mutex{}}
	flags.StringVar(&opts.Dir, "dir", ".", "")
	speed := flags.String("speed", "1", "")
	directory := flags.String("report", "", "")
	alone := flags.Bool("alone", false, "")
	jobs := flags.String("jobs", "1", "")
	if err := flags.Parse(args); err != nil || flags.NArg() == 0 {
		return errUsage
	}
	var err error
	if opts.Speed, err = strconv.ParseFloat(*speed, 64); err != nil || !(opts.Speed >= 1 && opts.Speed <= 10) {
		err = input.Refusal("SPEED", *speed, "a number from 1 to 10")
	}
	at, refused := atLeastOne("JOBS", *jobs, "how many rehearsals to hold at a time")
	all, problems := load(opts.Dir, flags.Args())
	if err := errors.Join(err, refused, problems); err != nil {
		return err
	}
	opts.Beside = !*alone
	reports, err := holdAll(ctx, p, all, at, *directory, opts)
	if err != nil {
		return err
	}
	if *directory != "" {
		page, err := report.Write(*directory, reports)
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		p.line("The report: %s", page)
	}
	return summary(p, reports)
}

// atLeastOne reads how many of something are wanted.
func atLeastOne(what, text, wanted string) (int, error) {
	count, err := strconv.Atoi(text)
	if err != nil || count < 1 {
		return 0, input.Refusal(what, text, wanted+", at least 1")
	}
	return count, nil
}

// load reads the files and says, where one is missing, which there are.
func load(dir string, files []string) ([]*script.Rehearsal, error) {
	var there []string
	var problems []error
	for _, file := range files {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, missing(dir, file))
			continue
		}
		there = append(there, file)
	}
	all, err := script.Load(stack.Places(), there...)
	return all, errors.Join(append(problems, err)...)
}

// missing refuses a file that is not there. People name one of the project's by its name, which make makes a file of.
func missing(dir, file string) error {
	const ending = ".yaml"
	var names []string
	all, _ := filepath.Glob(filepath.Join(dir, "rehearsals", "*"+ending)) // the pattern is well-formed
	for _, path := range all {
		names = append(names, strings.TrimSuffix(filepath.Base(path), ending))
	}
	slices.Sort(names)
	name := strings.TrimSuffix(filepath.Base(file), ending)
	if filepath.Clean(file) == filepath.Join(dir, "rehearsals", name+ending) {
		return input.Unknown("R", name, "the name of a rehearsal", names)
	}
	return input.Unknown("FILE", file, "a rehearsal's file, such as one of "+filepath.Join(dir, "rehearsals"), names)
}

// holdAll holds rehearsals, the longest first, so that none is left to be waited for alone. Each leaves its report in a
// folder of its name as soon as it is over, unless the directory is empty. The reports are in the files' order.
func holdAll(
	ctx context.Context, p *printer, all []*script.Rehearsal, jobs int, directory string, opts rehearsal.Options,
) ([]*report.Report, error) {
	heading := fmt.Sprintf("Rehearsals: %d, %d at a time", len(all), min(jobs, len(all)))
	done := p.follow(heading, signOfLife, func() string { return "…" })
	defer done("")
	order := slices.Clone(all)
	slices.SortStableFunc(order, func(a, b *script.Rehearsal) int {
		return cmp.Compare(b.End()+b.Watch, a.End()+a.Watch)
	})
	reports := make([]*report.Report, len(all))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(jobs)
	for _, r := range order {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			name := ""
			if jobs > 1 {
				name = r.Name + "  "
			}
			held, err := hold(p, r, name, func(progress func(chronicle.Entry)) (*report.Report, error) {
				opts := opts
				opts.Progress = progress
				return rehearsal.Run(ctx, r, opts)
			})
			if err != nil {
				return fmt.Errorf("rehearsal %s: %w", r.Name, err)
			}
			reports[slices.Index(all, r)] = held
			if directory == "" {
				return nil
			}
			_, err = report.Write(filepath.Join(directory, r.Name), []*report.Report{held})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	done("over")
	return reports, nil
}

// signOfLife is the longest time without a line during rehearsals, which mostly wait.
const signOfLife = 10 * time.Second

// hold holds a rehearsal, shows what happens as it happens, each line after a name, and then its report.
func hold(
	p *printer, r *script.Rehearsal, name string, run func(func(chronicle.Entry)) (*report.Report, error),
) (*report.Report, error) {
	p.line("▶ Rehearsal %s: %s", r.Name, r.Title)
	held, err := run(func(e chronicle.Entry) { p.line("    %s%s %-44s  %s", name, signs[e.Tone], e.Lane, e.Text) })
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	if err := held.Text(&text); err != nil {
		return nil, err
	}
	p.text(text.String())
	return held, nil
}

var signs = map[chronicle.Tone]string{
	chronicle.Good:    "✔",
	chronicle.Bad:     "✘",
	chronicle.Warning: "!",
	chronicle.Note:    "·",
	chronicle.Quiet:   "·",
}

// summary shows a row for each of several rehearsals; the error names those that did not pass.
func summary(p *printer, reports []*report.Report) error {
	rows := [][]string{
		{"REHEARSAL", "RESULT", "SCORE", "DETECT", "ALERT", "RECOVERY", "ALL-CLEAR", "ALARM", "WRITES", "LOST"},
	}
	var failed []string
	for _, r := range reports {
		result := "passed"
		if !r.Passed {
			result = "FAILED"
			failed = append(failed, r.Name)
		}
		row := []string{r.Name, result, fmt.Sprint(r.Score)}
		for _, m := range script.Measures {
			row = append(row, r.Times[m].String())
		}
		rows = append(rows, append(row, fmt.Sprint(r.Writes.Acknowledged), fmt.Sprint(r.Writes.Lost)))
	}
	if len(reports) > 1 {
		p.table(rows)
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d of %d rehearsals did not pass: %s", len(failed), len(reports), strings.Join(failed, ", "))
	}
	return nil
}
