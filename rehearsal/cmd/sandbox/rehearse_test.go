package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/fault"
)

func TestRehearsalsThatCannotBeHeld(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("title: t\nmethod: []\n"), 0o600))
	for want, args := range map[string][]string{
		"line 2: method neither injects a fault nor has an operator act": {"rehearse", bad},
		`line 1: a rehearsal lacks the key "expect"`:                     {"rehearse", bad},
		"-speed is 11: want 1 to 10":                                     {"rehearse", "-speed", "11", bad},
		"-jobs is 0: want how many":                                      {"rehearse", "-jobs", "0", bad},
		"nowhere.yaml":                                                   {"rehearse", "nowhere.yaml"},
		"the rehearsals of this project: ../../../rehearsals/backup-stops.yaml, ": {
			"rehearse",
			"-dir",
			"../../..",
			"nowhere.yaml",
		},
	} {
		assert.ErrorContains(t, run(t.Context(), &output{}, args), want)
	}
	for _, args := range [][]string{
		{"rehearse"},
		{"rehearse", "-fast", bad},
		{"fault"},
		{"fault", "break"},
		{"fault", "list", "all"},
	} {
		assert.ErrorIs(t, run(t.Context(), &output{}, args), errUsage, "%q", args)
	}
}

func TestFaultsOnTheCommandLine(t *testing.T) {
	out := &output{}
	require.NoError(t, run(t.Context(), out, []string{"fault", "list"}))
	for _, f := range fault.Catalogue() {
		assert.Contains(t, out.String(), f.Name)
		assert.Contains(t, out.String(), f.Description)
	}
	assert.Contains(t, out.String(), "wake=<duration>  how long they take to wake; default 10s")

	t.Setenv("TMPDIR", t.TempDir())
	assert.ErrorContains(t, run(t.Context(), out, []string{"fault", "active"}), "no sandbox is running")

	_, err := inject(t.Context(), nil, []string{"region-lost", "primary", "now"})
	assert.ErrorContains(t, err, `parameter "primary": want NAME=VALUE`)
	assert.ErrorContains(t, err, `parameter "now": want NAME=VALUE`)
	_, err = undo(t.Context(), nil, []string{"region-lost"})
	assert.ErrorContains(t, err, "is no ID of a fault: want a number that `sandbox fault active` shows, or all")
}
