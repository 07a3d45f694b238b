// Package lambda_test holds the function binaries to what deploying them relies on.
package lambda_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// maxZip is the largest deployment package, in bytes: a start downloads and unpacks it.
const maxZip = 10_000_000

// makeLambda builds the functions of a checkout, as a deployment does.
func makeLambda(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.Command("make", "lambda")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "MAKEFLAGS=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

// elsewhere is a copy of the functions' sources in a directory of another name.
func elsewhere(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "lambda"), os.DirFS(".")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "tools"), 0o755))
	for _, file := range []string{"go.mod", "go.sum", "Makefile", "tools/go.mod"} {
		content, err := os.ReadFile(filepath.Join("..", file))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), content, 0o600))
	}
	return dir
}

func TestTheSameSourcesGiveTheSameSmallBinariesAnywhere(t *testing.T) {
	makeLambda(t, "..")
	copied := elsewhere(t)
	makeLambda(t, copied)
	sources, err := filepath.Glob("*/main.go")
	require.NoError(t, err)
	require.NotEmpty(t, sources)
	for _, architecture := range []string{"arm64", "x86_64"} {
		for _, source := range sources {
			name := filepath.Join("build", "lambda", architecture, filepath.Dir(source), "bootstrap")
			first, err := os.ReadFile(filepath.Join("..", name))
			require.NoError(t, err)
			second, err := os.ReadFile(filepath.Join(copied, name))
			require.NoError(t, err)
			assert.True(t, bytes.Equal(first, second), "%s: two builds differ, so every deployment would replace the function's code", name)
			assert.LessOrEqual(t, zipped(t, first), maxZip, "%s: bytes of the zip", name)
		}
	}
}

func zipped(t *testing.T, content []byte) int {
	t.Helper()
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	entry, err := w.Create("bootstrap")
	require.NoError(t, err)
	_, err = io.Copy(entry, bytes.NewReader(content))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return buffer.Len()
}
