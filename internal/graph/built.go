package graph

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Pretend is Run in a directory of its own, where build products seem to be there.
func Pretend(program pulumi.RunFunc, o Options, files []string) (_ *Graph, err error) {
	back, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "graph-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Chdir(back), os.RemoveAll(dir)) }()
	if err := errors.Join(PretendBuilt(dir, files), os.Chdir(dir)); err != nil {
		return nil, err
	}
	return Run(program, o)
}

// PretendBuilt puts placeholders for build products under dir, so that the program can be described without having been
// built: mocks package nothing.
func PretendBuilt(dir string, files []string) error {
	for _, file := range files {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return err
		}
	}
	return nil
}
