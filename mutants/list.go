package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// mutant is a fault of one line that somebody could make, and that a test has to notice.
type mutant struct {
	// Number is its place in the lists, from 1.
	Number int `yaml:"-"`
	// File is relative to the repository's root.
	File string `yaml:"-"`
	// From stands in the file exactly once, within a line; To takes its place.
	From string `yaml:"from"`
	To   string `yaml:"to"`
	// Fault says what would happen to people if nobody noticed.
	Fault string `yaml:"fault"`
	// Tests are the packages that are run, as "./components"; those of the file and of its importers if there are none.
	Tests []string `yaml:"-"`
}

// mutated is a file with its mutants, as it is listed.
type mutated struct {
	File   string   `yaml:"file"`
	Tests  []string `yaml:"tests"`
	Faults []mutant `yaml:"faults"`
}

// load reads the lists that the pattern matches and names everything that is wrong with them.
func load(pattern string) ([]mutant, error) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	var all []mutant
	var problems []error
	for _, path := range paths {
		files, err := decode(path)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", path, err))
		}
		for _, file := range files {
			for _, m := range file.Faults {
				m.Number, m.File, m.Tests = len(all)+1, file.File, file.Tests
				if err := m.check(); err != nil {
					problems = append(problems, fmt.Errorf("%s: %s: %q: %w", path, m.File, m.Fault, err))
				}
				all = append(all, m)
			}
		}
	}
	return all, errors.Join(problems...)
}

func decode(path string) (files []mutated, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	return files, decoder.Decode(&files)
}

func (m mutant) check() error {
	if m.Fault == "" {
		return errors.New("has no fault: say what it would do to people")
	}
	_, err := m.source()
	return err
}

// source is the file with the fault in it.
func (m mutant) source() ([]byte, error) {
	content, err := os.ReadFile(m.File)
	if err != nil {
		return nil, err
	}
	switch n := strings.Count(string(content), m.From); {
	case m.From == m.To:
		return nil, errors.New("from and to are the same, so nothing is changed")
	case strings.ContainsAny(m.From+m.To, "\n"):
		return nil, errors.New("from or to is longer than a line")
	case n != 1:
		return nil, fmt.Errorf(
			"%s holds %q %d times: want once; follow the code, or give more of the line",
			m.File,
			m.From,
			n,
		)
	}
	mutated := strings.Replace(string(content), m.From, m.To, 1)
	if _, err := parser.ParseFile(
		token.NewFileSet(),
		m.File,
		mutated,
		parser.SkipObjectResolution,
	); err != nil &&
		strings.HasSuffix(m.File, ".go") {
		return nil, fmt.Errorf("is no Go: %w", err)
	}
	return []byte(mutated), nil
}
