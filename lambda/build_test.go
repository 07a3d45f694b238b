// Package lambda_test holds the function binaries to what deploying them relies on.
package lambda_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// maxZip is the largest deployment package, in bytes: a start downloads and unpacks it.
const maxZip = 10_000_000

// elsewhere is a copy of the functions' sources in a directory of another name.
func elsewhere(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "lambda"), os.DirFS(".")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "tools"), 0o755))
	for _, file := range []string{"go.mod", "go.sum", "Makefile", "tools/go.mod", "tools/gobuild"} {
		content, err := os.ReadFile(filepath.Join("..", file))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), content, 0o700)) // gobuild is run
	}
	return dir
}

// built is a binary that `make lambda` has left in a directory.
func built(t *testing.T, dir, architecture, function string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "build", "lambda", architecture, function, "bootstrap"))
	require.NoError(t, err, "run `make lambda`")
	return content
}

func TestEveryFunctionIsSmall(t *testing.T) {
	sources, err := filepath.Glob("*/main.go")
	require.NoError(t, err)
	require.NotEmpty(t, sources)
	for _, source := range sources {
		function := filepath.Dir(source)
		assert.LessOrEqual(t, deflated(t, built(t, "..", "arm64", function)), maxZip, "%s: bytes of the zip", function)
	}
}

// One function stands for all here, to keep the tests fast; `make bench` builds every one twice.
func TestTheSameSourcesGiveTheSameBinaryAnywhere(t *testing.T) {
	const target = "build/lambda/arm64/healthcheck/bootstrap"
	copied := elsewhere(t)
	for _, dir := range []string{"..", copied} {
		cmd := exec.Command("make", target)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "MAKEFLAGS=")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	assert.True(t, bytes.Equal(built(t, "..", "arm64", "healthcheck"), built(t, copied, "arm64", "healthcheck")),
		"two builds differ, so every deployment would replace the function's code")
}

// deflated is the size of a binary in a zip but for its few bytes of directory. gzip packs alike, and much faster than
// this test's own code would under the race detector.
func deflated(t *testing.T, content []byte) int {
	t.Helper()
	cmd := exec.Command("gzip", "-c")
	cmd.Stdin = bytes.NewReader(content)
	packed, err := cmd.Output()
	require.NoError(t, err)
	return len(packed)
}
