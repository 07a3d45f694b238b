package pulumi

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhyPulumiGivesNoAnswerIsSaidToWhoeverHasToAct(t *testing.T) {
	for name, tc := range map[string]struct{ program, want string }{
		"not installed": {"", "pulumi is not on PATH: install the Pulumi CLI and log in to the stack's state, as " +
			"docs/deploying.md#by-hand says"},
		"not logged in": {"#!/bin/sh\necho 'error: log in first' >&2\nexit 255\n",
			"pulumi whoami: exit status 255\nerror: log in first"},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			if tc.program != "" {
				require.NoError(t, os.WriteFile(filepath.Join(path, "pulumi"), []byte(tc.program), 0o755))
			}
			t.Setenv("PATH", path)
			_, err := Output(t.Context(), "whoami")
			assert.EqualError(t, err, tc.want)
		})
	}
}
