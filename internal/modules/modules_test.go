// Package modules holds the modules of this repository against each other.
package modules

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
)

// A package that the Pulumi CLI and the sandbox both need is compiled once only if both have it in the same version.
func TestTheCLIIsBuiltFromTheVersionsOfTheProgram(t *testing.T) {
	program := versions(t, "../../go.mod")
	for module, version := range versions(t, "../../tools/go.mod") {
		if ours, shared := program[module]; shared {
			assert.Equal(t, ours, version, "%s in go.mod and in tools/go.mod: go get %[1]s@<the higher> in both", module)
		}
	}
}

// versions are those of all requirements of a go.mod file, by module.
func versions(t *testing.T, path string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	file, err := modfile.Parse(path, content, nil)
	require.NoError(t, err)
	versions := map[string]string{}
	for _, r := range file.Require {
		versions[r.Mod.Path] = r.Mod.Version
	}
	return versions
}
