//go:build verifyaws

// Command verify-aws asks an AWS account whether the pages' claims about AWS are so. `make verify-aws` builds it, and
// nothing else does.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"aurora-dsql-dr/verify"
)

// revision is set by the linker.
var revision string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	c := verify.Command{
		Dir:      ".",
		Env:      os.Getenv,
		Out:      os.Stdout,
		Err:      os.Stderr,
		Interval: 5 * time.Second,
		Revision: revision,
	}
	os.Exit(c.Run(ctx, os.Args[1:]))
}
