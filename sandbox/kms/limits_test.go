package kms

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKMSRefusesWhatIsTooLong(t *testing.T) {
	require.ErrorContains(t, Key{Policy: strings.Repeat("p", 32<<10+1)}.check(), "LimitExceededException: The key policy has 32769 bytes")
	require.ErrorContains(t, Key{Description: strings.Repeat("d", 8193)}.check(), "at 'description' failed")
	require.ErrorContains(t, Key{Tags: map[string]string{"aws:x": ""}}.check(), "not begin with aws:")
	require.NoError(t, Key{Policy: strings.Repeat("p", 32<<10), Description: strings.Repeat("d", 8192)}.check())
	require.ErrorContains(t, Alias{Name: "alias/a.b"}.check(), "at 'aliasName' failed")
	require.ErrorContains(t, Alias{Name: "alias/" + strings.Repeat("a", 251)}.check(), "length less than or equal to 256")
	require.NoError(t, Alias{Name: "alias/dsql/us-east-1"}.check())
}
