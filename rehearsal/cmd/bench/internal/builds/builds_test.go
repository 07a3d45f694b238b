package builds

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func write(t *testing.T, dir, function, content string) {
	t.Helper()
	path := filepath.Join(dir, "arm64", function)
	require.NoError(t, os.MkdirAll(path, 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(path, "bootstrap"), []byte(content), 0o600))
}

func TestBinariesAreComparedByteByByte(t *testing.T) {
	here, elsewhere := t.TempDir(), t.TempDir()
	random := make([]byte, 10_000)
	_, err := rand.Read(random)
	require.NoError(t, err)
	large := string(random) + strings.Repeat("code", 10_000)
	write(t, here, "healthcheck", large)
	write(t, elsewhere, "healthcheck", large)
	write(t, here, "migrate", "built at 12:00")
	write(t, elsewhere, "migrate", "built at 12:01")
	builds, err := compareAll(here, elsewhere)
	require.NoError(t, err)
	require.Len(t, builds, 2)

	assert.Equal(t, "arm64/healthcheck", builds[0].Name)
	assert.EqualValues(t, 50_000, builds[0].Binary)
	assert.InDelta(t, 10_400, builds[0].Zip, 300, "what can be compressed is")
	assert.True(t, builds[0].Reproducible)
	assert.False(t, builds[1].Reproducible)
}

func TestAFunctionMissingFromTheSecondBuildIsAnError(t *testing.T) {
	here := t.TempDir()
	write(t, here, "healthcheck", "code")
	_, err := compareAll(here, t.TempDir())
	assert.ErrorIs(t, err, os.ErrNotExist)
}
