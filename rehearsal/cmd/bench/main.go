// Command bench measures what the stack costs to run: the function binaries, the functions, the application from its
// API to the database, its parts, a restore test, and the sandbox itself. Progress goes to the standard error, the
// report to the standard output.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"aurora-dsql-dr/rehearsal/cmd/bench/internal/results"
)

func main() {
	runtime.LockOSThread() // functions die with the thread that started them
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := bench(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench reports everything, also after a part that is not as it should be.
func bench(ctx context.Context) (err error) {
	for _, part := range []func(context.Context) error{
		reportBuilds, reportDeployed, reportTraffic, reportRestores, reportInProcess, reportDay,
	} {
		err = errors.Join(err, part(ctx))
		if ctx.Err() != nil { // whatever failed has failed for this
			return context.Cause(ctx)
		}
	}
	return err
}

// begin shows on the standard error that something is going on.
func begin(what string) (done func()) { return results.Begin(os.Stderr, what) }
