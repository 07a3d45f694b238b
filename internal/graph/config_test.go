package graph

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatCannotBeReadIsNamedWithWhatThereIs(t *testing.T) {
	for _, c := range []struct {
		intent  string
		files   map[string]string // "" is a directory
		problem []string
	}{
		{"no project here", nil, []string{"Pulumi.yaml", "project's root"}},
		{"a project that cannot be read", map[string]string{"Pulumi.yaml": ""}, []string{"Pulumi.yaml: is a directory"}},
		{"a project that is no YAML", map[string]string{"Pulumi.yaml": "name: ["}, []string{"Pulumi.yaml: yaml: line 1"}},
		{"an unknown stack", map[string]string{"Pulumi.yaml": "name: p", "Pulumi.prod.yaml": "config:", "Pulumi.a.b.yaml": "config:"}, []string{`no stack "dev"`, "no Pulumi.dev.yaml", `one of ["a.b" "prod"]`}},
		{"no stack at all", map[string]string{"Pulumi.yaml": "name: p"}, []string{"no Pulumi.dev.yaml", "one of []"}},
		{"a stack that cannot be read", map[string]string{"Pulumi.yaml": "name: p", "Pulumi.dev.yaml": ""}, []string{"Pulumi.dev.yaml: is a directory"}},
	} {
		t.Run(c.intent, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range c.files {
				if content == "" {
					require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
				} else {
					require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
				}
			}
			_, err := StackConfig(dir, "dev")
			for _, part := range c.problem {
				assert.ErrorContains(t, err, part)
			}
		})
	}
}
