// Package builds compares the function binaries with a second build of the same sources, in another directory.
package builds

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Directory is where `make lambda` leaves the binaries: <architecture>/<function>/bootstrap.
const Directory = "build/lambda"

// Build is one function binary: its size and that of its zip in bytes, and whether a second build has the same bytes.
type Build struct {
	Name         string
	Binary, Zip  int64
	Reproducible bool
}

// secondBuild is where the second build is made. Its name is fixed, so that the next bench removes what a killed one
// left.
const secondBuild = "build/elsewhere"

// Twice builds the functions a second time, in another directory, and compares all of them.
func Twice(ctx context.Context) (_ []Build, err error) {
	if err := os.RemoveAll(secondBuild); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(secondBuild)) }()
	if err := build(ctx, secondBuild); err != nil {
		return nil, err
	}
	return compareAll(Directory, filepath.Join(secondBuild, Directory))
}

// build builds the functions from a copy of their sources.
func build(ctx context.Context, dir string) error {
	if err := os.CopyFS(filepath.Join(dir, "lambda"), os.DirFS("lambda")); err != nil {
		return err
	}
	for _, file := range []string{"go.mod", "go.sum", "Makefile", "tools/go.mod"} {
		if err := copyFile(file, filepath.Join(dir, file)); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "make", "lambda")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "MAKEFLAGS=")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // which make passes on
	cmd.WaitDelay = 10 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the functions elsewhere: %w\n%s", err, out)
	}
	return nil
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

func compareAll(dir, elsewhere string) ([]Build, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "bootstrap"))
	if err != nil {
		return nil, err
	}
	var builds []Build
	for _, file := range files {
		name, err := filepath.Rel(dir, filepath.Dir(file))
		if err != nil {
			return nil, err
		}
		b, err := compare(file, filepath.Join(elsewhere, name, "bootstrap"))
		if err != nil {
			return nil, err
		}
		b.Name = filepath.ToSlash(name)
		builds = append(builds, b)
	}
	return builds, nil
}

func compare(file, again string) (Build, error) {
	first, err := os.ReadFile(file)
	if err != nil {
		return Build{}, err
	}
	second, err := os.ReadFile(again)
	if err != nil {
		return Build{}, err
	}
	size, err := zipSize(first)
	return Build{Binary: int64(len(first)), Zip: size, Reproducible: bytes.Equal(first, second)}, err
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
