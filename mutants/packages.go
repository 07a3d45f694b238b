package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// tree is what imports what in this module.
type tree struct {
	module   string
	tested   []string            // packages with tests, by import path
	requires map[string][]string // everything a package or its tests need, by import path
}

// list asks the go command for the module's packages.
func list(ctx context.Context) (*tree, error) {
	module, err := exec.CommandContext(ctx, "go", "list", "-m").Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m: %w", err)
	}
	const fields = "-json=ImportPath,Deps,TestGoFiles,XTestGoFiles,TestImports,XTestImports"
	out, err := exec.CommandContext(ctx, "go", "list", fields, "./...").Output()
	if err != nil {
		return nil, fmt.Errorf("go list ./...: %w", err)
	}
	t := &tree{module: strings.TrimSpace(string(module)), requires: map[string][]string{}}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath                                                 string
			Deps, TestGoFiles, XTestGoFiles, TestImports, XTestImports []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return t, nil
		} else if err != nil {
			return nil, err
		}
		t.requires[p.ImportPath] = slices.Concat(p.Deps, p.TestImports, p.XTestImports)
		if len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 {
			t.tested = append(t.tested, p.ImportPath)
		}
	}
}

// testsOf are the directories of the packages whose tests could notice a change of the file: its own first, then those
// that need it, the ones that need least first, since they are compiled soonest.
func (t *tree) testsOf(file string) []string {
	own := path.Join(t.module, path.Dir(file))
	var found []string
	for _, p := range t.tested {
		if p == own || slices.Contains(t.requires[p], own) {
			found = append(found, p)
		}
	}
	slices.SortStableFunc(found, func(a, b string) int {
		if a == own || b == own {
			return map[bool]int{true: -1, false: 1}[a == own]
		}
		return len(t.requires[a]) - len(t.requires[b])
	})
	for i, p := range found {
		found[i] = "." + strings.TrimPrefix(p, t.module)
	}
	return found
}
