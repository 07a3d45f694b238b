package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// lambdaDir is where `make lambda` leaves the binaries.
const lambdaDir = "build/lambda"

// buildElsewhere builds the functions in another directory, from a copy of their sources. The directory is the caller's to
// remove, also beside an error.
func buildElsewhere(ctx context.Context) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "bench-"); err != nil {
		return "", err
	}
	if err := os.CopyFS(filepath.Join(dir, "lambda"), os.DirFS("lambda")); err != nil {
		return dir, err
	}
	for _, file := range []string{"go.mod", "go.sum", "Makefile", "tools/go.mod"} {
		if err := copyFile(file, filepath.Join(dir, file)); err != nil {
			return dir, err
		}
	}
	cmd := exec.CommandContext(ctx, "make", "lambda")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "MAKEFLAGS=")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // which make passes on
	cmd.WaitDelay = 10 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("build the functions elsewhere: %w\n%s", err, out)
	}
	return dir, nil
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

// build is one function binary: its size and that of its zip in bytes, and how a second build compares.
type build struct {
	name        string
	binary, zip int64
	second      string
}

// What a second build can be.
const (
	same      = "same bytes"
	different = "DIFFERENT"
)

func compareBuilds(elsewhere string) ([]build, error) {
	files, err := filepath.Glob(filepath.Join(lambdaDir, "*", "*", "bootstrap"))
	if err != nil {
		return nil, err
	}
	var builds []build
	for _, file := range files {
		b, err := compareBuild(file, filepath.Join(elsewhere, file))
		if err != nil {
			return nil, err
		}
		builds = append(builds, b)
	}
	return builds, nil
}

func compareBuild(file, again string) (build, error) {
	first, err := os.ReadFile(file)
	if err != nil {
		return build{}, err
	}
	b := build{
		name:   strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(file), lambdaDir+"/"), "/bootstrap"),
		binary: int64(len(first)), second: different,
	}
	second, err := os.ReadFile(again)
	if err != nil {
		return build{}, err
	}
	if bytes.Equal(first, second) {
		b.second = same
	}
	b.zip, err = zipSize(first)
	return b, err
}

func zipSize(content []byte) (int64, error) {
	var size counter
	w := zip.NewWriter(&size)
	entry, err := w.Create("bootstrap")
	if err != nil {
		return 0, err
	}
	if _, err := entry.Write(content); err != nil {
		return 0, err
	}
	err = w.Close() // writes the directory
	return int64(size), err
}

// counter counts what is written to it.
type counter int64

var _ io.Writer = (*counter)(nil)

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
