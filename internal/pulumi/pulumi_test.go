package pulumi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhyPulumiGivesNoAnswerIsSaidToWhoeverHasToAct(t *testing.T) {
	saying := func(text string) string { return "#!/bin/sh\necho '" + text + "' >&2\nexit 255\n" }
	for name, tc := range map[string]struct{ program, want string }{
		"not installed": {"", "pulumi is not on PATH: install the Pulumi CLI and log in to the stack's state, as " +
			"docs/deploying.md#by-hand says"},
		"not logged in": {
			saying("error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions"),
			"pulumi is not logged in: 'pulumi login <where the stack's state is kept>', or 'pulumi login --local' if that is " +
				"this machine\npulumi stack output --stack prod: PULUMI_ACCESS_TOKEN must be set for login during " +
				"non-interactive CLI sessions",
		},
		"another state": {
			saying("warning: A new version is there\nerror: no stack named \"prod\" found\nerror: and more"),
			"pulumi knows no such stack where it is logged in, which 'pulumi whoami --verbose' names: log in to its state, " +
				"or deploy it (docs/deploying.md#by-hand)\npulumi stack output --stack prod: no stack named \"prod\" found",
		},
		"no state": {
			saying("error: could not list bucket: blob (code=Unknown): so it is"),
			"pulumi cannot read the stack's state, where 'pulumi whoami --verbose' says it is: is that there, and may your " +
				"credentials read it?\npulumi stack output --stack prod: could not list bucket: blob (code=Unknown): so it is",
		},
		"no passphrase": {
			saying("error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE"),
			"pulumi wants the passphrase of the stack's secrets: export PULUMI_CONFIG_PASSPHRASE or " +
				"PULUMI_CONFIG_PASSPHRASE_FILE\npulumi stack output --stack prod: passphrase must be set with " +
				"PULUMI_CONFIG_PASSPHRASE",
		},
		"something else": {saying("error: it is late"), "pulumi stack output --stack prod: it is late"},
		"much":           {saying(strings.Repeat("é", 300)), "pulumi stack output --stack prod: " + strings.Repeat("é", 200) + "…"},
		"nothing":        {"#!/bin/sh\nexit 3\n", "pulumi stack output --stack prod: exit status 3"},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			if tc.program != "" {
				require.NoError(t, os.WriteFile(filepath.Join(path, "pulumi"), []byte(tc.program), 0o755))
			}
			t.Setenv("PATH", path)
			_, err := Output(t.Context(), "stack", "output", "--stack", "prod")
			assert.EqualError(t, err, tc.want)
		})
	}
}
