package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"aurora-dsql-dr/rehearsal/cmd/bench/internal/builds"
	"aurora-dsql-dr/rehearsal/cmd/bench/internal/results"
)

// reportBuilds fails when a binary is not reproducible.
func reportBuilds(ctx context.Context) error {
	done := begin("Building the functions a second time, in another directory")
	twice, err := builds.Twice(ctx)
	done()
	if err != nil {
		return err
	}
	rows := [][]string{{"function", "binary", "zip", "second build"}}
	var problems []error
	for _, b := range twice {
		second := "same bytes"
		if !b.Reproducible {
			second = "DIFFERENT"
			problems = append(problems, fmt.Errorf("%s is not reproducible: a second build has other bytes", b.Name))
		}
		rows = append(rows, []string{b.Name, results.Bytes(b.Binary), results.Bytes(b.Zip), second})
	}
	return errors.Join(append(problems, results.Table{Title: "Function binaries", Rows: rows}.Write(os.Stdout))...)
}
