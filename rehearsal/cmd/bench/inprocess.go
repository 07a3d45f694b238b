package main

import (
	"context"
	"errors"
	"os"

	"aurora-dsql-dr/rehearsal/cmd/bench/internal/gotest"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/inprocess"
)

// reportInProcess reports the Go benchmarks of the functions' parts. It fails when the handler costs too much.
func reportInProcess(ctx context.Context) error {
	done := begin("Running the benchmarks of the handler, its parts and the health check")
	out, err := gotest.Run(ctx, "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", "2s",
		"./lambda/internal/service", "./lambda/internal/breaker", "./lambda/internal/fieldcrypt", "./lambda/internal/check")
	done()
	if err != nil {
		return err
	}
	f, err := gotest.Parse(out)
	if err != nil {
		return err
	}
	handler, bound := inprocess.Handler(f)
	parts := inprocess.Parts(f)
	return errors.Join(f.Missing(), handler.Write(os.Stdout), parts.Write(os.Stdout), bound)
}
