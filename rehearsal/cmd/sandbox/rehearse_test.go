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
		"SPEED is \"11\": want a number from 1 to 10\nJOBS is \"0\": want how many rehearsals to hold at a time, at least 1": {
			"rehearse", "-speed", "11", "-jobs", "0", bad,
		},
		`SPEED is "fast"`: {"rehearse", "-speed", "fast", bad},
		`SPEED is "NaN"`:  {"rehearse", "-speed", "NaN", bad},
		"RUNS is \"0\": want how often to lose the region, at least 1\nAT_A_TIME is \"x\": want how many sandboxes share": {
			"detect", "-runs", "0", "-jobs", "x",
		},
		`INTERVAL is "4s": want the time between two probes, 5s to 1m`: {"detect", "-interval", "4s"},
		`FILE is "nowhere.yaml": want a rehearsal's file, such as one of ../../../rehearsals. There are:` + "\n  backup-stops": {
			"rehearse", "-dir", "../../..", "nowhere.yaml",
		},
		`R is "primary-lost": want the name of a rehearsal, perhaps primary-region-lost. There are:` + "\n  backup-stops": {
			"rehearse", "-dir", "../../..", "../../../rehearsals/primary-lost.yaml",
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
