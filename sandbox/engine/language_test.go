package engine

import (
	"path/filepath"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAProgramIsRunForACLIElsewhereAndItsEndIsTold(t *testing.T) {
	for _, c := range []struct {
		name, dir, does string
		bail            bool
		told            []string
	}{
		{name: "it ends well", dir: "program", does: "nothing"},
		{
			name: "it has told the engine its error",
			dir:  "program",
			does: "has logged its error",
			bail: true,
		},
		{name: "it panics", dir: "program", does: "panics", told: []string{"exit status 2", "panic: as it was told", "main.go"}},
		{name: "it does not compile", dir: "broken", told: []string{"go build: exit status 1", "undefined: missing"}},
		{
			name: "it reads what the engine says",
			dir:  "program",
			does: "fails",
			told: []string{
				"exit status 1",
				"PULUMI_ORGANIZATION=organization\n",
				"PULUMI_PROJECT=project\n",
				"PULUMI_STACK=stack\n",
				"PULUMI_ROOT_DIRECTORY=root\n",
				`PULUMI_CONFIG={"project:does":"fails"}` + "\n",
				`PULUMI_CONFIG_SECRET_KEYS=["project:secret"]` + "\n",
				"PULUMI_DRY_RUN=true\n",
				"PULUMI_PARALLEL=7\n",
				"PULUMI_MONITOR=127.0.0.1:1\n",
				"PULUMI_ENGINE=127.0.0.1:2\n",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			response := runProgram(t, c.dir, c.does)
			assert.Equal(t, c.bail, response.Bail)
			if len(c.told) == 0 {
				assert.Empty(t, response.Error)
			}
			for _, want := range c.told {
				assert.Contains(t, response.Error, want)
			}
		})
	}
}

func runProgram(t *testing.T, dir, does string) *pulumirpc.RunResponse {
	t.Helper()
	program, err := filepath.Abs(filepath.Join("testdata", dir))
	require.NoError(t, err)
	l, err := serveLanguage(program)
	require.NoError(t, err)
	t.Cleanup(l.Close)
	_, err = l.Handshake(t.Context(), &pulumirpc.LanguageHandshakeRequest{EngineAddress: "127.0.0.1:2"})
	require.NoError(t, err)
	response, err := l.Run(t.Context(), &pulumirpc.RunRequest{
		Organization:     "organization",
		Project:          "project",
		Stack:            "stack",
		Pwd:              program,
		Config:           map[string]string{"project:does": does},
		ConfigSecretKeys: []string{"project:secret"},
		DryRun:           true,
		Parallel:         7,
		MonitorAddress:   "127.0.0.1:1",
		Info:             &pulumirpc.ProgramInfo{RootDirectory: "root", ProgramDirectory: program},
	})
	require.NoError(t, err)
	return response
}

// Any process on this machine can attach, also those of other users.
func TestNoOtherProgramIsRunAndNoQuestionEndsTheSandbox(t *testing.T) {
	program, err := filepath.Abs(filepath.Join("testdata", "program"))
	require.NoError(t, err)
	l, err := serveLanguage(program)
	require.NoError(t, err)
	t.Cleanup(l.Close)
	for _, info := range []*pulumirpc.ProgramInfo{nil, {ProgramDirectory: t.TempDir()}} {
		response, err := l.Run(t.Context(), &pulumirpc.RunRequest{Info: info})
		require.NoError(t, err)
		assert.Contains(t, response.Error, "want that of the sandbox's stack, in "+program)
	}
	response, err := l.Run(t.Context(), &pulumirpc.RunRequest{Info: &pulumirpc.ProgramInfo{ProgramDirectory: program}})
	require.NoError(t, err, "nobody has said where the engine is")
	assert.Empty(t, response.Error)
}

func TestOfALongFailureTheEndIsKept(t *testing.T) {
	var said tail
	_, err := said.Write([]byte("the beginning" + strings.Repeat(".", 8<<10)))
	require.NoError(t, err)
	_, err = said.Write([]byte("the end"))
	require.NoError(t, err)
	assert.Len(t, said, 8<<10)
	assert.True(t, strings.HasSuffix(string(said), "the end"))
	assert.NotContains(t, string(said), "the beginning")
}
