// Package golden holds documents against files, for tests.
package golden

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

// JSON holds a document, indented, against testdata/<name>; `go test <package> -update` writes it.
func JSON(t *testing.T, name, document string) {
	t.Helper()
	var got bytes.Buffer
	require.NoError(t, json.Indent(&got, []byte(document), "", "  "))
	got.WriteByte('\n')
	Text(t, name, got.String())
}

// Text holds a text against testdata/<name>, in the same way.
func Text(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run with -update to make it")
	assert.Equal(t, string(want), got)
}
