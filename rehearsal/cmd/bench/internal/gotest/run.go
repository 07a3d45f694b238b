// Package gotest runs this module's Go tests and benchmarks for the sake of the figures they report.
package gotest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Run runs go test and returns what it wrote.
func Run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-count=1"}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // which go passes on
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go test %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return out, nil
}
