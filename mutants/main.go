// Command mutants puts one fault after the other of its lists into the program and runs the tests that should notice.
// A fault that no test notices has survived: its behaviour is not tested.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

const listed = "mutants/*.yaml"

func main() {
	jobs := flag.Int("jobs", 2, "how many are tried at a time")
	only := flag.String("only", "", "try those whose file or fault holds this text")
	from := flag.Int("from", 1, "try those from this number on, such as after an interruption")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := tryAll(ctx, *jobs, *only, *from, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// tryAll prints a line a mutant as soon as it has been tried, and fails if one has survived or could not be tried.
func tryAll(ctx context.Context, jobs int, only string, from int, out io.Writer) error {
	all, err := load(listed)
	if err != nil {
		return err
	}
	chosen := choose(all, only, from)
	if len(chosen) == 0 {
		return fmt.Errorf("no file and no fault of the %d in %s holds %q from number %d on", len(all), listed, only, from)
	}
	packages, err := list(ctx)
	if err != nil {
		return err
	}
	start, verdicts := time.Now(), make(chan verdict)
	var group errgroup.Group
	group.SetLimit(jobs)
	go func() {
		defer close(verdicts)
		for _, m := range chosen {
			group.Go(func() error {
				verdicts <- m.try(ctx, m.testsIn(packages))
				return nil
			})
		}
		_ = group.Wait()
	}()
	return report(verdicts, len(chosen), start, out)
}

func choose(all []mutant, text string, from int) []mutant {
	var chosen []mutant
	for _, m := range all {
		if m.Number >= from && strings.Contains(m.File+" "+m.Fault, text) {
			chosen = append(chosen, m)
		}
	}
	return chosen
}

func (m mutant) testsIn(packages *tree) []string {
	if len(m.Tests) > 0 {
		return m.Tests
	}
	return packages.testsOf(m.File)
}

func report(verdicts <-chan verdict, n int, start time.Time, out io.Writer) error {
	killed := 0
	for v := range verdicts {
		word, why := "survived", v.mutant.From+" -> "+v.mutant.To
		switch {
		case errors.Is(v.err, context.Canceled):
			continue
		case v.err != nil:
			word, why = "invalid", v.err.Error()
		case v.killer != "":
			word, why = "killed", v.killer
			killed++
		}
		fmt.Fprintf(out, "%4d  %-8s  %5.1fs  %s: %s\n%23s%s\n",
			v.mutant.Number, word, v.took.Seconds(), v.mutant.File, v.mutant.Fault, "", why)
	}
	fmt.Fprintf(out, "%d of %d mutants killed in %s\n", killed, n, time.Since(start).Round(time.Second))
	if killed < n {
		return fmt.Errorf("%d of %d mutants were not killed", n-killed, n)
	}
	return nil
}
