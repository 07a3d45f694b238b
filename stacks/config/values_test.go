package config

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
		v, err := Configured(ctx)
		assert.Equal(t, Values{
			Texts:   map[string]string{"a": "2", "b": "1"},
			Secrets: map[string]bool{"a": true, "b": false},
		}, v)
		return err
	}, pulumi.WithMocks("p", "s", nothing{})))
}

func TestTheNearestKeyIsTheOneThatWasMeant(t *testing.T) {
	known := []string{"alerts", "application", "applicationSettings", "monitor", "owner", "regions"}
	for word, want := range map[string]string{
		"alert":              "alerts",
		"alrets":             "alerts",
		"Alerts":             "alerts",
		"applicatoin":        "application",
		"applicationSetting": "applicationSettings",
		"monitoring":         "monitor",
		"region":             "regions",
		"ownre":              "owner",
	} {
		assert.Equal(t, want, nearest(word, known), word)
	}
	assert.Equal(t, []int{0, 3, 3, 1, 2}, []int{distance("a", "a"), distance("", "abc"), distance("abc", ""),
		distance("ab", "b"), distance("ab", "ba")})
}
