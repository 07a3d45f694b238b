package sns

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSNSRefusesWhatIsTooLong(t *testing.T) {
	for want, topic := range map[string]Topic{
		"InvalidParameter: Invalid parameter: Topic Name": {Name: "a.b"},
		"Invalid parameter: Policy Error: it has 30721":   {Name: "t", Policy: strings.Repeat("p", 30<<10+1)},
		"at 'tags.k' failed":                              {Name: "t", Tags: map[string]string{"k": ";"}},
	} {
		require.ErrorContains(t, topic.check(), want)
	}
	require.Error(t, Topic{Name: strings.Repeat("t", 257)}.check())
	require.NoError(t, Topic{Name: strings.Repeat("t", 256), Policy: strings.Repeat("p", 30<<10)}.check())
}
