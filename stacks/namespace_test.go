package stacks

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
)

func TestAMistypedKeyDeploysNothing(t *testing.T) {
	builtFunctions(t)
	for key, want := range map[string]string{
		"aurora-dsql-dr:alert":    "alert is not a key, the nearest is alerts",
		"aurora-dsql-dr:monitors": "monitors is not a key, the nearest is monitor",
		"aurora-dsqldr:alerts":    "aurora-dsqldr:alerts is no key of this program, want aurora-dsql-dr:alerts",
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

// nothing answers for the engine a program that creates nothing.
type nothing struct{}

func (nothing) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	return args.Name, args.Inputs, nil
}

func (nothing) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

// The language host hands the configuration over in the environment; inline programs get it as mocks do.
func TestAProgramOfTheLanguageHostSeesItsKeys(t *testing.T) {
	config, err := json.Marshal(map[string]string{"p:b": "1", "p:a": "2", "aws:region": "us-east-1"})
	require.NoError(t, err)
	secrets, err := json.Marshal([]string{"p:a"})
	require.NoError(t, err)
	t.Setenv(pulumi.EnvConfig, string(config))
	t.Setenv(pulumi.EnvConfigSecretKeys, string(secrets))
	require.NoError(t, pulumi.RunErr(func(ctx *pulumi.Context) error {
		n, err := configured(ctx)
		assert.Equal(t, namespace{
			values:  map[string]string{"a": "2", "b": "1"},
			secrets: map[string]bool{"a": true, "b": false},
		}, n)
		return err
	}, pulumi.WithMocks("p", "s", nothing{})))
}

func TestTheNearestKeyIsTheOneThatWasMeant(t *testing.T) {
	known := []string{"alerts", "application", "applicationSettings", "monitor", "owner", "regions"}
	for word, want := range map[string]string{
		"alert": "alerts", "alrets": "alerts", "Alerts": "alerts", "applicatoin": "application", "applicationSetting": "applicationSettings",
		"monitoring": "monitor", "region": "regions", "ownre": "owner",
	} {
		assert.Equal(t, want, nearest(word, known), word)
	}
	assert.Equal(t, []int{0, 3, 3, 1, 2}, []int{distance("a", "a"), distance("", "abc"), distance("abc", ""), distance("ab", "b"), distance("ab", "ba")})
}
