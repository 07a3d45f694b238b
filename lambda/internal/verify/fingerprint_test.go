package verify

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/schema"
	"aurora-dsql-dr/sandbox/sqlendpoint/sqlendpointtest"
)

var update = flag.Bool("update", false, "write lambda/schema/fingerprints.txt")

// A migration that was added needs its line: `go test ./lambda/internal/verify -update` writes the file.
func TestFingerprintsAreThoseOfTheMigrations(t *testing.T) {
	env := sqlendpointtest.Start(t)
	conn := env.Connect(t, sqlendpointtest.Primary, "admin", sqlendpointtest.AdminARN)
	files, err := fs.Glob(schema.FS(), "*.sql") // sorted
	require.NoError(t, err)
	var lines strings.Builder
	seen := map[string]int64{}
	for _, file := range files {
		version, err := goose.NumericComponent(file)
		require.NoError(t, err)
		text, err := fs.ReadFile(schema.FS(), file)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), string(text))
		require.NoError(t, err, file)
		built(t, env)
		hash, err := fingerprint(t.Context(), conn)
		require.NoError(t, err)
		assert.NotContains(t, seen, hash, "version %d changes nothing that is seen", version)
		seen[hash] = version
		fmt.Fprintf(&lines, "%d %s\n", version, hash)
	}
	if *update {
		require.NoError(t, os.WriteFile("../../schema/fingerprints.txt", []byte(lines.String()), 0o644))
		return
	}
	for line := range strings.Lines(lines.String()) {
		var version int64
		var hash string
		_, err := fmt.Sscan(line, &version, &hash)
		require.NoError(t, err)
		declared, known := schema.Fingerprint(version)
		require.True(t, known, "version %d has no fingerprint: run with -update", version)
		assert.Equal(t, hash, declared, "version %d: run with -update", version)
	}
	last, known := schema.Fingerprint(schema.Version())
	assert.True(t, known && seen[last] == schema.Version())
	_, known = schema.Fingerprint(3_000)
	assert.False(t, known)
}
