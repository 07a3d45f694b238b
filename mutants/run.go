package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

// limit bounds the tests of one package: a fault that makes them hang is noticed, too.
const limit = 3 * time.Minute

// verdict is what became of one mutant.
type verdict struct {
	mutant mutant
	// killer is the test, or the package, that noticed; empty if none did.
	killer string
	took   time.Duration
	err    error
}

// try runs the tests that could notice the fault, nearest first, until one does. The fault exists only in an overlay:
// the working tree stays as it is.
func (m mutant) try(ctx context.Context, tests []string) verdict {
	start := time.Now()
	killer, err := m.killer(ctx, tests)
	return verdict{mutant: m, killer: killer, took: time.Since(start), err: err}
}

func (m mutant) killer(ctx context.Context, tests []string) (string, error) {
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	overlay, err := m.overlay(dir)
	if err != nil {
		return "", err
	}
	for _, tested := range tests {
		killer, err := run(ctx, dir, overlay, tested)
		if killer != "" || err != nil {
			return killer, err
		}
	}
	return "", nil
}

// overlay writes the mutated file and the JSON that go build puts it in place with (go help build, -overlay).
func (m mutant) overlay(dir string) (string, error) {
	source, err := m.source()
	if err != nil {
		return "", err
	}
	original, err := filepath.Abs(m.File)
	if err != nil {
		return "", err
	}
	mutated := filepath.Join(dir, filepath.Base(m.File))
	content, err := json.Marshal(map[string]any{"Replace": map[string]string{original: mutated}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, errors.Join(os.WriteFile(mutated, source, 0o600), os.WriteFile(overlay, content, 0o600))
}

var (
	failed  = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	hanging = regexp.MustCompile(`(?m)^panic: test timed out after \S+\n\s*running tests:\n\s*(\S+)`)
)

// run is the first test of a package that fails, the package itself if it ends otherwise, or nothing if all pass. Tests
// that take long come last, when the others have noticed nothing: they are those that -short leaves out.
func run(ctx context.Context, dir, overlay, tested string) (string, error) {
	binary := filepath.Join(dir, "tests")
	build := exec.CommandContext(
		ctx,
		"go",
		"test",
		"-c",
		"-o",
		binary,
		"-vet=off",
		"-ldflags",
		"-s -w",
		"-overlay",
		overlay,
		tested,
	)
	if out, err := build.CombinedOutput(); err != nil {
		return "", cmp.Or(ctx.Err(), fmt.Errorf("does not compile, so it proves nothing:\n%s", out))
	}
	if _, err := os.Stat(binary); err != nil {
		return "", fmt.Errorf("%s has no tests, so it proves nothing", tested)
	}
	for _, short := range []string{"-test.short=true", "-test.short=false"} {
		cmd := exec.CommandContext(ctx, binary, "-test.failfast", "-test.timeout", limit.String(), short)
		cmd.Dir, cmd.WaitDelay = tested, 10*time.Second // a server that outlives its test holds the output
		out, err := cmd.CombinedOutput()
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			return noticed(tested, string(out)), nil //nolint:nilerr // a test that fails is what is wanted
		}
	}
	return "", nil
}

// noticed is who noticed a fault, by what the tests of a package have printed.
func noticed(tested, output string) string {
	if name := failed.FindStringSubmatch(output); name != nil {
		return tested + " " + name[1]
	}
	if name := hanging.FindStringSubmatch(output); name != nil {
		return fmt.Sprintf("%s %s, which did not end within %v", tested, name[1], limit)
	}
	return tested
}
