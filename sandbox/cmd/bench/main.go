// Command bench measures the function binaries: size and reproducibility, start to first poll of the Lambda Runtime API,
// and what a call costs in time, CPU and memory against a sandbox with the stack deployed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"text/tabwriter"
	"time"

	"aurora-dsql-dr/sandbox"
)

const (
	starts = 20 // how often a function is started
	calls  = 20 // how often it is called in one life
)

func main() {
	runtime.LockOSThread() // children die with the thread that started them
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := bench(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context) error {
	if err := reportBuilds(ctx); err != nil {
		return err
	}
	if err := reportRuns(ctx); err != nil {
		return err
	}
	fmt.Println("\nOne check in process: without the network, and over loopback together with the endpoint it talks to")
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", ".", "-benchmem", "./lambda/internal/check")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

func reportBuilds(ctx context.Context) error {
	fmt.Println("Building the functions a second time, in another directory")
	elsewhere, err := buildElsewhere(ctx)
	defer func() { _ = os.RemoveAll(elsewhere) }() // in the temporary directory
	if err != nil {
		return err
	}
	builds, err := compareBuilds(elsewhere)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\nfunction\tbinary\tzip\tsecond build\t")
	for _, b := range builds {
		fmt.Fprintf(table, "%s\t%.1f MB\t%.1f MB\t%s\t\n", b.name, megabytes(b.binary), megabytes(b.zip), b.second)
		if b.second == different {
			err = errors.Join(err, fmt.Errorf("%s differs from its second build", b.name))
		}
	}
	return errors.Join(table.Flush(), err)
}

func reportRuns(ctx context.Context) (err error) {
	fmt.Println("\nDeploying the stack into a sandbox, for functions to run in")
	s, err := sandbox.Start(ctx, sandbox.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	subjects, err := deploy(ctx, s)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "\nfunction\tstart to first poll\tCPU of a start\tcall\tCPU of a call\tpeak memory\t\n")
	for _, subject := range subjects {
		m, err := measure(ctx, subject)
		if err != nil {
			return fmt.Errorf("%s: %w", subject.name, err)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%.1f MB\t\n", subject.name, millis(m.firstPoll), millis(m.startCPU), millis(m.call), millis(m.callCPU), megabytes(m.peak))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Printf("Medians of %d starts and %d calls on this machine; a call of the health check is one round of both endpoints.\n", starts, calls)
	return nil
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func megabytes(bytes int64) float64 { return float64(bytes) / 1e6 }
