package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// undoing are the ways back, the latest last.
type undoing []func(context.Context) error

// back takes everything back after a failure, also after an interrupt. What cannot be taken back is told with it.
func (u undoing) back(ctx context.Context, failure error) error {
	var left []error
	for _, undo := range slices.Backward(u) {
		left = append(left, undo(context.WithoutCancel(ctx)))
	}
	if err := errors.Join(left...); err != nil {
		return fmt.Errorf("%w\nThis could not be taken back: %w", failure, err)
	}
	return failure
}

// keepSettings is how to have the stack's settings as they are now. Pulumi, too, writes and removes the file.
func (a adoption) keepSettings() (func(context.Context) error, error) {
	before, err := os.ReadFile(a.file())
	if errors.Is(err, fs.ErrNotExist) {
		return func(context.Context) error { return os.RemoveAll(a.file()) }, nil
	}
	return func(context.Context) error { return os.WriteFile(a.file(), before, 0o600) }, err
}
