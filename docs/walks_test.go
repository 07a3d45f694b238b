package docs

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheWalksGoThroughFilesThatExist(t *testing.T) {
	_, walks, found := strings.Cut(read(t, "docs/design.md"), "\n## Walks\n")
	require.True(t, found)
	files := all("`([^`]+\\.go)`", walks)
	assert.Greater(t, len(files), 10)
	for _, file := range files {
		assert.FileExists(t, filepath.Join(root, file))
	}
}
