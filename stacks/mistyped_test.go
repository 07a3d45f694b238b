package stacks

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
)

func TestAMistypedKeyDeploysNothing(t *testing.T) {
	builtFunctions(t)
	for key, want := range map[string]string{
		"aurora-dsql-dr:alert":    "the nearest is alerts",
		"aurora-dsql-dr:monitors": "the nearest is monitor",
		"aurora-dsqldr:alerts":    "aurora-dsqldr:alerts is no key of this program: want aurora-dsql-dr:alerts",
	} {
		config := stackConfig(t, "dev", nil)
		config[key] = `[{"protocol":"email","endpoint":"oncall@example.com"}]`
		g, err := graph.Run(Run, graph.Options{Stack: "dev", Config: config})
		require.ErrorContains(t, err, want)
		assert.Empty(t, g.Of("aws:dsql/cluster:Cluster"))
	}
}

func TestOtherPackagesHaveTheirOwnKeys(t *testing.T) {
	builtFunctions(t)
	config := stackConfig(t, "dev", nil)
	config["aws:region"], config["pulumi:tags"] = "us-east-1", `{"a":"b"}`
	_, err := graph.Run(Run, graph.Options{Stack: "dev", Config: config})
	assert.NoError(t, err)
}
